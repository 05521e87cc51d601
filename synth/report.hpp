// What a synthesised design is made of, by module.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "liberty.hpp"

namespace neuspin::synth {

/// All instances of one library module, whatever their parameters. Cells and areas are those of the module
/// itself, without the kept modules inside it, so that they add up to the whole design.
struct ModuleUse {
  std::string name;
  int variants = 0;  ///< parameter sets; each was synthesised once
  std::int64_t instances = 0;
  std::int64_t cells = 0;
  double area = 0;
  double storage_area = 0;  ///< flip-flops and latches, part of area
};

/// Black boxes of one kind and size.
struct MacroUse {
  std::string name;
  std::map<std::string, std::int64_t> parameters;
  std::int64_t count = 0;
  std::int64_t bits = 0;  ///< of all `count` together
};

struct Report {
  std::vector<ModuleUse> per_module;  ///< largest area first
  std::vector<MacroUse> macros;
  std::int64_t cells = 0;
  double area = 0, storage_area = 0;  ///< in the library's unit
};

/// From Yosys' `stat -json` and its dump of module headers and macro cells (run.ys). nullopt with a reason in
/// `error` if the output is not understood or holds cells that are in neither library nor design.
[[nodiscard]] std::optional<Report> buildReport(std::string_view stat_json, std::string_view dump,
                                                const std::string& top, const Liberty& library,
                                                std::string& error);

/// `$paramod$0123…\cim_tile`, `$paramod\cim_fa\Columns=s32'…` and `\top` → the module's own name.
[[nodiscard]] std::string moduleName(std::string_view yosys_name);

/// One table, modules by area, macros apart, areas also in gate equivalents.
[[nodiscard]] std::string renderReport(const Report& report, const Liberty& library, std::string_view unit);

}  // namespace neuspin::synth

// Prints modules and constants as SystemVerilog. Pure: the text depends on the arguments only, and the layout
// is stable, so that regenerated files differ exactly where the design does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hdl/netlist.hpp"

namespace neuspin::hdl {

/// `text`, line by line, as comment lines.
[[nodiscard]] std::string comment(std::string_view text);

/// Whole file: banner (already comment lines), the module's comment, the module.
[[nodiscard]] std::string printModule(const Module& module, std::string_view banner);

/// A named constant. Bit vectors print as sized literals, text as a quoted string.
struct Constant {
  std::string name;
  ParamValue value;
  std::string comment;  ///< one line, may be empty
};

/// A package file with the constants in order. Integers have no type there: Icarus 11 takes none in a
/// package.
[[nodiscard]] std::string printPackage(std::string_view name, const std::vector<Constant>& constants,
                                       std::string_view banner);

struct Macro {
  std::string name, value;
};
/// A header: `define lines, then localparams (integers as `int`), which need a module around the `include.
[[nodiscard]] std::string printHeader(const std::vector<Macro>& macros,
                                      const std::vector<Constant>& constants, std::string_view banner);

/// The value as SystemVerilog source.
[[nodiscard]] std::string printValue(const ParamValue& value);

}  // namespace neuspin::hdl

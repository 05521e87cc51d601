// Synthesis of an emitted design with Yosys: writes a work folder, runs it, reads back what each module
// became.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "emit/emit.hpp"
#include "liberty.hpp"
#include "report.hpp"
#include "support/diagnostic.hpp"

namespace neuspin::synth {

enum class MacroView {
  Blackbox,  ///< arrays, memories and MTJ bits are counted, not synthesised
  Flops,     ///< arrays and memories become flip-flops; the MTJ bit stays a box, it has no digital form
};

/// The library "generic" that neuspin brings, or a Liberty file; dont_use rules applied, checked usable.
[[nodiscard]] std::optional<Liberty> loadLibrary(const std::string& library, Diagnostics& diags);

struct FlowOptions {
  std::string work;  ///< folder to write; replaced if it is an earlier one of neuspin
  MacroView macros = MacroView::Blackbox;
  bool netlist = false;        ///< also write synth/netlist.v (a tenth of the time of the run)
  double timeout_seconds = 0;  ///< 0 = none
  std::function<void(double seconds)> heartbeat;
};

enum class FlowError { None, BadInput, ToolMissing, ToolFailed };

struct FlowResult {
  FlowError error = FlowError::None;
  Report report;  ///< valid if error is None
  std::string yosys_version;
  std::string script;  ///< path of the Yosys script in the work folder
  double seconds = 0;  ///< wall
  double peak_memory_mb = 0;
};

/// The work folder holds the design, `synth/run.ys` and what it reads and writes: cells.lib, stat.json,
/// modules.rtlil, yosys.log, netlist.v if asked for. `yosys -s synth/run.ys` in that folder repeats the run.
[[nodiscard]] FlowResult synthesize(const std::string& design_name, const FileSet& design,
                                    const Liberty& library, const FlowOptions& options, Diagnostics& diags);

/// Verilog technology map from cim_fa's box to the cell; an adder with a constant input becomes plain gates.
[[nodiscard]] std::string fullAdderMap(const FullAdder& adder);

}  // namespace neuspin::synth

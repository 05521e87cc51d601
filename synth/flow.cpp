#include "flow.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <set>
#include <sstream>
#include <vector>

#include "embedded/flops.hpp"
#include "embedded/synth_lib.hpp"
#include "support/files.hpp"
#include "support/process.hpp"

namespace neuspin::synth {
namespace {

/// Modules that dissolve in their user: their gates only make sense together with what surrounds them.
constexpr const char* kDissolved = "*cim_fa* *cim_popcount* *cim_rom*";

/// Lines of `<name>.f`: the RTL files in reading order.
std::vector<std::string> rtlFiles(const std::string& file_list) {
  std::vector<std::string> files;
  std::istringstream lines(file_list);
  for (std::string line; std::getline(lines, line);) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (line.ends_with(".sv") && line.starts_with("rtl/")) files.push_back(line);
  }
  return files;
}

/// hierarchy → per-module synthesis below the kept modules → adders and flip-flops → ABC, each module once.
std::string runScript(const std::string& top, const std::vector<std::string>& files, bool full_adder,
                      bool netlist) {
  std::string script =
      "# Run inside the design folder: yosys -s synth/run.ys\nread_liberty -lib synth/cells.lib\n";
  for (const auto& file : files) script += fmt::format("read_verilog -sv -I rtl {}\n", file);
  script += fmt::format("hierarchy -check -top {}\n", top);
  script += fmt::format("setattr -mod -set keep_hierarchy 1 *\nsetattr -mod -unset keep_hierarchy {}\n",
                        kDissolved);
  script +=
      "tee -q -o synth/modules.rtlil dump -m i:* t:cim_array t:cim_array_adc t:cim_sram_1rw t:cim_mtj_bit\n";
  script += fmt::format("synth -flatten -noabc -top {} -run begin:fine\n", top);
  script += "techmap -map synth/word_select.v\nbmuxmap\nopt_clean\n";
  script += fmt::format("synth -noabc -top {} -run fine:check\n", top);
  if (full_adder) script += "techmap -map synth/full_adder.v\ntechmap\nopt -fast\n";
  script +=
      "dfflibmap -liberty synth/cells.lib\nsimplemap\nabc -liberty synth/cells.lib\nopt_clean\nsetundef "
      "-zero\n"
      "tee -q -o synth/stat.json stat -json\n";
  if (netlist) script += "write_verilog -noattr synth/netlist.v\n";
  return script;
}

std::string lastLines(const std::string& text, int count) {
  std::size_t at = text.size();
  for (int i = 0; i <= count && at != std::string::npos && at > 0; ++i) at = text.rfind('\n', at - 1);
  return at == std::string::npos || at == 0 ? text : text.substr(at + 1);
}

std::optional<std::string> yosysVersion() {
  const auto result = runProcess({"yosys", "-V"});
  if (result.exit_code != 0) return std::nullopt;
  return result.output.substr(0, result.output.find('\n'));
}

}  // namespace

std::optional<Liberty> loadLibrary(const std::string& library, Diagnostics& diags) {
  const auto& files = embedded::synth_lib();
  auto read = library == "generic" ? parseLiberty(std::string(files.at("generic.lib")), "generic.lib", diags)
                                   : readLiberty(library, diags);
  if (!read) return std::nullopt;
  markDontUse(*read, files.at("dont_use.json"));
  if (!checkUsable(*read, library, diags)) return std::nullopt;
  return read;
}

std::string fullAdderMap(const FullAdder& adder) {
  const auto drive = [](const std::string& pin, bool inverted, const char* port) {
    return fmt::format(".{}({})", pin, inverted ? fmt::format("{}_n", port) : port);
  };
  std::string cell =
      fmt::format("    wire S_n, CO_n;\n    {} cell_ (.{}(A), .{}(B), .{}(C), {}, {});\n", adder.cell->name,
                  adder.inputs[0], adder.inputs[1], adder.inputs[2],
                  drive(adder.sum, adder.sum_inverted, "S"), drive(adder.carry, adder.carry_inverted, "CO"));
  if (adder.sum_inverted) cell += "    assign S = ~S_n;\n";
  if (adder.carry_inverted) cell += "    assign CO = ~CO_n;\n";
  return fmt::format(
      "(* techmap_celltype = \"neuspin_full_adder\" *)\n"
      "module map_full_adder (input A, B, C, output S, CO);\n"
      "  parameter _TECHMAP_CONSTMSK_A_ = 0;\n  parameter _TECHMAP_CONSTMSK_B_ = 0;\n"
      "  parameter _TECHMAP_CONSTMSK_C_ = 0;\n"
      "  generate if (_TECHMAP_CONSTMSK_A_ || _TECHMAP_CONSTMSK_B_ || _TECHMAP_CONSTMSK_C_) begin\n"
      "    assign S = A ^ B ^ C;\n    assign CO = (A & B) | (C & (A ^ B));\n  end else begin\n{}  end "
      "endgenerate\n"
      "endmodule\n",
      cell);
}

FlowResult synthesize(const std::string& design_name, const FileSet& design, const Liberty& library,
                      const FlowOptions& options, Diagnostics& diags) {
  FlowResult result;
  const auto version = yosysVersion();
  if (!version) {
    diags.error("tool-missing", {}, "yosys is not installed or does not start",
                "install it: apt-get install yosys");
    result.error = FlowError::ToolMissing;
    return result;
  }
  result.yosys_version = *version;

  FileSet files = design;
  const auto& lib = embedded::synth_lib();
  const auto adder = findFullAdder(library);
  files["synth/cells.lib"] = usableText(library);
  files["synth/word_select.v"] = lib.at("word_select.v");
  std::vector<std::string> sources;
  if (adder) {
    files["synth/full_adder.v"] = fullAdderMap(*adder);
    files["synth/cim_fa.sv"] = lib.at("cim_fa.sv");
  }
  for (const auto& file : rtlFiles(design.at(design_name + ".f"))) {
    sources.push_back(adder && file == "rtl/cim_fa.sv" ? "synth/cim_fa.sv" : file);
  }
  for (const auto& [path, text] : design) {
    const std::string name = std::filesystem::path(path).filename().string();
    if (!path.starts_with("blackbox/")) continue;
    if (options.macros == MacroView::Flops && embedded::flops().contains(name)) {
      files["synth/" + name] = embedded::flops().at(name);
      sources.push_back("synth/" + name);
    } else {
      sources.push_back(path);
    }
  }
  const std::string top = design_name + "_top";
  files["synth/run.ys"] = runScript(top, sources, adder.has_value(), options.netlist);
  if (!writeFolderWhole(options.work, files, diags)) {
    result.error = FlowError::BadInput;
    return result;
  }
  result.script = options.work + "/synth/run.ys";

  const std::vector<std::string> command = {"yosys", "-q", "-l", "synth/yosys.log", "-s", "synth/run.ys"};
  const auto run = runProcess(command, {options.work, options.timeout_seconds, options.heartbeat});
  result.seconds = run.seconds;
  result.peak_memory_mb = run.peak_memory_mb;
  std::string reason;
  std::optional<Report> report;
  if (run.exit_code != 0) {
    reason = fmt::format("yosys {} after {:.0f} s:\n{}", run.timed_out ? "was stopped" : "failed",
                         run.seconds, lastLines(run.output, 10));
  } else if (auto stat = readFile(options.work + "/synth/stat.json", diags)) {
    if (auto dump = readFile(options.work + "/synth/modules.rtlil", diags)) {
      report = buildReport(*stat, *dump, top, library, reason);
    }
  }
  if (!report) {
    diags.error("synthesis-failed", {result.script}, reason,
                "see synth/yosys.log in the work folder (keep it with --work DIR)");
    result.error = FlowError::ToolFailed;
    return result;
  }
  result.report = std::move(*report);
  return result;
}

}  // namespace neuspin::synth

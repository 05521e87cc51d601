// `neuspin synth`: area by module, from Yosys and a Liberty file.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "cli/cli.hpp"
#include "emit/emit.hpp"
#include "flow.hpp"
#include "support/progress.hpp"

namespace neuspin::cli {
namespace {

namespace fs = std::filesystem;

struct SynthOptions {
  Common common;
  std::string library;  // "" = as target.toml says
  std::string macros = "blackbox";
  std::string work;
  bool keep = false;
};

/// A Liberty path in target.toml is relative to that file.
std::string libraryOf(const SynthOptions& options, const TargetSpec& target) {
  if (!options.library.empty()) return options.library;
  if (target.library == "generic" || fs::path(target.library).is_absolute()) return target.library;
  return (fs::path(target.file).parent_path() / target.library).string();
}

nlohmann::json toJson(const synth::FlowResult& result, const synth::Liberty& library, const std::string& unit,
                      bool kept) {
  const auto& report = result.report;
  nlohmann::json json = {
      {"library", library.name},
      {"cells", report.cells},
      {"area", report.area},
      {"area_unit", unit},
      {"gate_equivalents",
       library.gateArea() > 0 ? nlohmann::json(report.area / library.gateArea()) : nlohmann::json(nullptr)},
      {"storage_area", report.storage_area},
      {"storage_share", report.area > 0 ? report.storage_area / report.area : 0.0},
      {"macros", nlohmann::json::array()},
      {"per_module", nlohmann::json::array()},
      {"seconds", result.seconds},
      {"peak_memory_mb", result.peak_memory_mb},
      {"yosys_version", result.yosys_version},
      {"command", "yosys -s synth/run.ys"},
      {"script", kept ? nlohmann::json(result.script) : nlohmann::json(nullptr)}};
  for (const auto& macro : report.macros) {
    json["macros"].push_back({{"name", macro.name},
                              {"parameters", macro.parameters},
                              {"count", macro.count},
                              {"bits", macro.bits}});
  }
  for (const auto& use : report.per_module) {
    json["per_module"].push_back({{"name", use.name},
                                  {"instances", use.instances},
                                  {"variants", use.variants},
                                  {"cells", use.cells},
                                  {"area", use.area},
                                  {"storage_area", use.storage_area}});
  }
  return json;
}

/// A folder of its own under the temporary directory, removed at the end unless it is to stay.
class WorkFolder {
 public:
  explicit WorkFolder(const SynthOptions& options) : keep_(options.keep || !options.work.empty()) {
    path_ = options.work;
    if (!path_.empty()) return;
    scratch_ = (fs::temp_directory_path() / "neuspin-synth-XXXXXX").string();
    if (mkdtemp(scratch_.data()) == nullptr) scratch_.clear();
    if (!scratch_.empty()) path_ = scratch_ + "/design";
  }
  ~WorkFolder() {
    std::error_code ignored;
    if (!keep_ && !scratch_.empty()) fs::remove_all(scratch_, ignored);
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool kept() const { return keep_; }

 private:
  std::string path_, scratch_;
  bool keep_;
};

int exitCode(synth::FlowError error) {
  switch (error) {
    case synth::FlowError::None:
      return kOk;
    case synth::FlowError::BadInput:
      return kBadInput;
    case synth::FlowError::ToolMissing:
    case synth::FlowError::ToolFailed:
      return kToolMissing;
  }
  return kToolMissing;
}

int synthesizeDesign(const SynthOptions& options) {
  const auto loaded = load(options.common);
  if (!loaded) return kBadInput;
  Diagnostics diags;
  const auto library = synth::loadLibrary(libraryOf(options, loaded->target), diags);
  if (!library) {
    fmt::print(stderr, "{}", diags.render());
    return kBadInput;
  }
  const WorkFolder work(options);
  if (work.path().empty()) {
    fmt::print(stderr, "error: no folder could be made under {}; name one with --work\n",
               fs::temp_directory_path().string());
    return kBadInput;
  }
  EmitOptions emit;
  emit.vector_images = 0;
  const FileSet design = emitDesign(loaded->plan, loaded->weights, emit);

  synth::FlowResult result;
  {
    Progress progress("synthesis", 0, options.common.quiet);
    synth::FlowOptions flow;
    flow.work = work.path();
    flow.netlist = work.kept();
    flow.macros = options.macros == "flops" ? synth::MacroView::Flops : synth::MacroView::Blackbox;
    flow.heartbeat = [&progress](double) { progress.update(0); };
    result = synth::synthesize(loaded->plan.name, design, *library, flow, diags);
  }
  fmt::print(stderr, "{}", diags.render());
  if (result.error != synth::FlowError::None) return exitCode(result.error);

  const std::string unit = library->name == "neuspin_generic" ? "GE" : "um2";
  if (options.common.json != "-") {
    fmt::print("{}\n{:.1f} s, {:.0f} MB, {}\n", synth::renderReport(result.report, *library, unit),
               result.seconds, result.peak_memory_mb, result.yosys_version);
    if (work.kept()) fmt::print("netlist, log and script: {}/synth/\n", work.path());
  }
  return writeJson(options.common, toJson(result, *library, unit, work.kept())) ? kOk : kBadInput;
}

}  // namespace

void addSynth(CLI::App& app, Run& run) {
  auto* sub = app.add_subcommand("synth", "synthesise with Yosys; print the area by module");
  auto options = std::make_shared<SynthOptions>();
  addCommon(*sub, options->common);
  sub->add_option(
      "--lib", options->library,
      "cell library: \"generic\" or a Liberty file, .lib or .lib.gz (default: `library` of target.toml)");
  sub->add_option("--macros", options->macros, "blackbox: count arrays and memories; flops: synthesise them")
      ->check(CLI::IsMember({"blackbox", "flops"}));
  sub->add_option("--work", options->work, "folder for design, netlist, log and script; stays");
  sub->add_flag("--keep", options->keep, "keep the temporary work folder when --work is not given");
  sub->footer(
      "Example: neuspin synth examples/fashion-mlp-scaledrop --lib "
      "/usr/share/qflow/tech/osu018/osu018_stdcells.lib");
  sub->callback([options, &run] { run = [options] { return synthesizeDesign(*options); }; });
}

}  // namespace neuspin::cli

// `neuspin report`: one readable summary from the JSON reports of a run (scripts/demo.sh writes them).
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/cli.hpp"
#include "support/files.hpp"

namespace neuspin::cli {

namespace {

using Json = nlohmann::json;

/// A report file, or an empty object if that step was not run.
Json readReport(const std::filesystem::path& path, Diagnostics& diags) {
  if (!std::filesystem::exists(path)) return Json::object();
  const auto text = readFile(path.string(), diags);
  if (!text) return Json::object();
  auto report = Json::parse(*text, nullptr, false);
  if (report.is_object() && report.value("name", Json("")).is_string()) return report;
  diags.error("bad-report", {path.string(), 0, 0, ""}, "not a JSON report",
              "run the step again with --json " + path.string());
  return Json::object();
}

void printAccuracy(const Json& evaluate) {
  fmt::print("Accuracy       {:.2f} %  ({} images, T = {}, seed {}, integer golden model)\n",
             100 * evaluate.value("accuracy", 0.0), evaluate.value("images", std::int64_t{0}),
             evaluate.value("passes", std::int64_t{0}), evaluate.value("seed", std::int64_t{0}));
  fmt::print(
      "NLL            {:.4f} nats   Brier {:.4f}   ECE {:.4f} (15 bins; {:.4f} on average if perfectly "
      "calibrated)\n",
      evaluate.value("nll", 0.0), evaluate.value("brier", 0.0), evaluate.value("ece", 0.0),
      evaluate.value("ece_null_mean", 0.0));
  fmt::print("Golden speed   {:.0f} images/s\n", evaluate.value("images_per_second", 0.0));
}

void printCycles(const Json& check, const Json& simulate) {
  if (!check.empty()) {
    const auto planned = check.value("planned_cycles_per_image", 0.0);
    const auto ideal = check.value("ideal_cycles_per_image", 1.0);
    fmt::print("Cycles/image   {:.2f} planned, {:.0f} ideal ({}): {:.3f} x\n", planned, ideal,
               check.value("bottleneck", std::string()), planned / ideal);
  }
  if (!simulate.empty()) {
    fmt::print(
        "Lock-step      {} images, {} cycles measured, {} planned; {} signals, {} comparisons, {} "
        "mismatches\n",
        simulate.value("images", std::int64_t{0}), simulate.value("cycles", std::int64_t{0}),
        simulate.value("planned_cycles", std::int64_t{0}),
        simulate.value("signals_compared", std::int64_t{0}), simulate.value("comparisons", std::int64_t{0}),
        simulate.value("mismatches", std::int64_t{0}));
    fmt::print("RTL speed      {:.0f} cycles/s, every signal compared\n",
               simulate.value("cycles_per_second", 0.0));
  }
}

void printArea(const Json& synth) {
  const auto unit = synth.value("area_unit", std::string());
  fmt::print("Area           {:.0f} {} in {} cells (library {}), macros apart\n", synth.value("area", 0.0),
             unit, synth.value("cells", std::int64_t{0}), synth.value("library", std::string()));
  std::vector<Json> modules = synth.value("per_module", std::vector<Json>());
  const auto total = [](const Json& m) { return m.value("area", 0.0); };  // of all instances together
  std::sort(modules.begin(), modules.end(),
            [&](const Json& a, const Json& b) { return total(a) > total(b); });
  constexpr std::size_t kShown = 10;
  fmt::print("\n  {:<36}{:>10}{:>12}{:>14}\n", "largest modules", "instances", "cells", "area " + unit);
  for (std::size_t i = 0; i < std::min(kShown, modules.size()); ++i) {
    fmt::print("  {:<36}{:>10}{:>12}{:>14.0f}\n", modules[i].value("name", std::string()),
               modules[i].value("instances", std::int64_t{1}), modules[i].value("cells", std::int64_t{0}),
               total(modules[i]));
  }
}

int report(const std::filesystem::path& folder) {
  Diagnostics diags;
  const auto check = readReport(folder / "check.json", diags);
  const auto generate = readReport(folder / "generate.json", diags);
  const auto simulate = readReport(folder / "simulate.json", diags);
  const auto evaluate = readReport(folder / "evaluate.json", diags);
  const auto synth = readReport(folder / "synth.json", diags);
  if (check.empty() && generate.empty() && simulate.empty() && evaluate.empty() && synth.empty()) {
    diags.error("no-reports", {folder.string(), 0, 0, ""}, "no report found",
                "run the steps with --json into this folder; scripts/demo.sh does it");
  }
  if (diags.hasErrors()) {
    fmt::print(stderr, "{}", diags.render());
    return kBadInput;
  }
  fmt::print("==== {} ====\n", check.value("name", folder.filename().string()));
  if (!evaluate.empty()) printAccuracy(evaluate);
  printCycles(check, simulate);
  if (!synth.empty()) printArea(synth);
  if (!generate.empty()) {
    fmt::print("\nFiles          {} ({} bytes) in {}\n", generate.value("files", std::int64_t{0}),
               generate.value("bytes", std::int64_t{0}), generate.value("folder", std::string()));
    fmt::print("Look next      README.md and manifest.json there; reports in {}\n", folder.string());
  }
  return kOk;
}

}  // namespace

void addReport(CLI::App& app, Run& run) {
  auto* sub = app.add_subcommand("report", "print one summary from the JSON reports in a folder");
  auto folder = std::make_shared<std::string>();
  sub->add_option("FOLDER", *folder,
                  "folder with check.json, generate.json, simulate.json, evaluate.json, synth.json")
      ->required();
  sub->footer("Example: neuspin report build/demo/fashion-mlp-scaledrop");
  sub->callback([folder, &run] { run = [folder] { return report(*folder); }; });
}

}  // namespace neuspin::cli

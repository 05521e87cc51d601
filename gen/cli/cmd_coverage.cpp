// `neuspin coverage`: which places of the RTL library ran, over all runs given.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "cli/cli.hpp"
#include "coverage.hpp"
#include "support/files.hpp"

namespace neuspin::cli {

namespace {

struct ModuleCoverage {
  int places = 0, ran = 0;
};

int coverage(const std::vector<std::string>& files, const Common& common) {
  Diagnostics diags;
  tb::CoverageCounts counts;
  for (const std::string& file : files) {
    if (const auto text = readFile(file, diags)) tb::addCoverage(*text, file, counts, diags);
  }
  if (diags.hasErrors()) {
    fmt::print(stderr, "{}", diags.render());
    return kBadInput;
  }
  // The design, not the models of its macros.
  std::erase_if(counts, [](const auto& entry) { return entry.first.file.starts_with("behavioral/"); });
  std::map<std::string, ModuleCoverage> modules;
  ModuleCoverage all;
  nlohmann::json never = nlohmann::json::array();
  for (const auto& [point, count] : counts) {
    for (ModuleCoverage* sum : {&modules[std::filesystem::path(point.file).stem().string()], &all}) {
      ++sum->places;
      sum->ran += count > 0 ? 1 : 0;
    }
    if (count == 0)
      never.push_back(
          {{"file", point.file}, {"line", point.line}, {"column", point.column}, {"kind", point.kind}});
  }
  if (common.json != "-") {
    fmt::print("{:<28}{:>8}{:>8}\n", "module", "ran", "places");
    for (const auto& [name, sum] : modules) fmt::print("{:<28}{:>8}{:>8}\n", name, sum.ran, sum.places);
    fmt::print("{:<28}{:>8}{:>8}  {:.1f} %, {} runs\n", "all", all.ran, all.places,
               100.0 * all.ran / std::max(1, all.places), files.size());
    for (const auto& place : never) {
      fmt::print("never ran: {}:{}:{}: {}\n", place["file"].get<std::string>(), place["line"].get<int>(),
                 place["column"].get<int>(), place["kind"].get<std::string>());
    }
  }
  nlohmann::json report{{"runs", files.size()}, {"places", all.places}, {"ran", all.ran}, {"never", never}};
  for (const auto& [name, sum] : modules)
    report["modules"].push_back({{"name", name}, {"places", sum.places}, {"ran", sum.ran}});
  return writeJson(common, report) ? kOk : kBadInput;
}

}  // namespace

void addCoverage(CLI::App& app, Run& run) {
  auto* sub =
      app.add_subcommand("coverage", "show which statements and branches of the RTL ran in simulation");
  auto files = std::make_shared<std::vector<std::string>>();
  auto common = std::make_shared<Common>();
  sub->add_option("FILE", *files, "what neuspin simulate --coverage wrote; several runs are added up")
      ->required();
  sub->add_option("--json", common->json, "write the report as JSON to FILE (\"-\" = standard output)");
  sub->footer(
      "Example: neuspin simulate examples/fashion-mlp-scaledrop --coverage a.dat && neuspin coverage a.dat");
  sub->callback([files, common, &run] { run = [files, common] { return coverage(*files, *common); }; });
}

}  // namespace neuspin::cli

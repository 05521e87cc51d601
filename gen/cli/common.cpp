#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "cli/cli.hpp"
#include "support/files.hpp"

namespace neuspin::cli {

namespace {

void addReporting(CLI::App& app, Common& common) {
  app.add_option("--json", common.json, "write the report as JSON to FILE (\"-\" = standard output)");
  app.add_flag("--quiet", common.quiet, "no progress on standard error");
}

}  // namespace

void addCommon(CLI::App& app, Common& common) {
  app.add_option("SPEC", common.network, "network.toml, or the folder that holds it")->required();
  app.add_option("--target", common.target, "target.toml (default: beside network.toml)");
  addReporting(app, common);
}

void addCommonOfSeveral(CLI::App& app, std::vector<std::string>& specs, const char* specs_help,
                        Common& common) {
  app.add_option("SPEC", specs, specs_help)->required();
  app.add_option("--target", common.target, "one target.toml for all (default: beside each network.toml)");
  addReporting(app, common);
}

std::optional<Loaded> load(const Common& common) {
  namespace fs = std::filesystem;
  fs::path network_path = common.network;
  std::error_code ignored;
  if (fs::is_directory(network_path, ignored)) network_path /= "network.toml";
  const fs::path target_path =
      common.target.empty() ? network_path.parent_path() / "target.toml" : fs::path(common.target);
  Diagnostics diags;
  auto network = readNetwork(network_path.string(), diags);
  auto target = readTarget(target_path.string(), diags);
  std::optional<Weights> weights;
  if (network) weights = readWeights(*network, diags);
  std::optional<Loaded> loaded;
  if (network && target && weights) {
    if (auto plan = makePlan(*network, *target, *weights, diags)) {
      loaded = Loaded{std::move(*network), std::move(*target), std::move(*weights), std::move(*plan)};
    }
  }
  fmt::print(stderr, "{}", diags.render());
  return loaded;
}

int passesFor(const Loaded& loaded, int requested, Diagnostics& diags) {
  const bool stochastic = std::ranges::any_of(loaded.plan.layers, &LayerPlan::stochastic);
  if (!stochastic && requested > 1) {
    diags.note("deterministic-network", {.file = loaded.network.file},
               fmt::format("no layer is stochastic: one pass is made instead of {}", requested));
    return 0;
  }
  const int most = loaded.plan.head.max_passes;
  if (requested > most) {
    diags.error("too-many-passes", {.file = loaded.target.file},
                fmt::format("--passes {}, but the target is built for at most {}", requested, most),
                "raise max_passes in the target (up to 255), or ask for fewer passes");
  }
  return requested;
}

bool writeReport(const std::string& path, const std::string& text) {
  if (path == "-") return std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  Diagnostics diags;
  std::error_code ignored;
  char first = text.front();
  if (std::filesystem::is_regular_file(path, ignored)) std::ifstream(path) >> first;
  if (first != text.front()) {
    diags.error("output-exists", {.file = path}, "the file is there and is no report of this kind",
                "choose another name, or remove the file yourself");
  }
  const bool written = !diags.hasErrors() && writeFileWhole(path, text, diags);
  fmt::print(stderr, "{}", diags.render());
  return written;
}

bool writeJson(const Common& common, const nlohmann::json& report) {
  return common.json.empty() || writeReport(common.json, report.dump(2) + "\n");
}

}  // namespace neuspin::cli

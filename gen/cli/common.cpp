#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

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

bool writeJson(const Common& common, const nlohmann::json& report) {
  if (common.json.empty()) return true;
  const std::string text = report.dump(2) + "\n";
  if (common.json == "-") return std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  Diagnostics diags;
  const bool written = writeFileWhole(common.json, text, diags);
  fmt::print(stderr, "{}", diags.render());
  return written;
}

}  // namespace neuspin::cli

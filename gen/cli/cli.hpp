// The `neuspin` command: what the subcommands share. One file per subcommand (cmd_<name>.cpp).
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "plan/plan.hpp"

namespace neuspin::cli {

/// Exit codes of every subcommand (also in README.md).
enum ExitCode : int {
  kOk = 0,
  kBadInput = 1,     ///< spec, weights, data or options are wrong; diagnostics say where
  kCheckFailed = 2,  ///< the run finished and found mismatches
  kToolMissing = 3,  ///< an external tool is absent or failed
  kUsage = 4,        ///< unknown option or subcommand
};

/// Options every subcommand takes.
struct Common {
  std::string network;  ///< path of network.toml (positional SPEC: the file or its folder)
  std::string target;   ///< --target FILE; default: target.toml beside network.toml
  std::string json;     ///< --json FILE, "-" = stdout
  bool quiet = false;   ///< --quiet: no progress
};
void addCommon(CLI::App& app, Common& common);
/// The same for a subcommand that takes several networks and sets `common.network` to each in turn.
void addCommonOfSeveral(CLI::App& app, std::vector<std::string>& specs, const char* specs_help,
                        Common& common);

/// Everything read and planned. Prints diagnostics to stderr; nullopt = exit with kBadInput.
struct Loaded {
  NetworkSpec network;
  TargetSpec target;
  Weights weights;
  Plan plan;
};
[[nodiscard]] std::optional<Loaded> load(const Common& common);

/// Monte Carlo passes to run for --passes `requested`; 0: as the network says. A deterministic network makes
/// one, with a note; adds an error if the target cannot make so many.
[[nodiscard]] int passesFor(const Loaded& loaded, int requested, Diagnostics& diags);

/// Writes a report whole to a file, or to standard output ("-"). Another file than a report, as the spec, is
/// not replaced: it must begin as the text does, or be empty. Prints diagnostics to stderr. False: could not.
[[nodiscard]] bool writeReport(const std::string& path, const std::string& text);

/// Writes the JSON report whole to --json (no-op if not asked). False: could not.
[[nodiscard]] bool writeJson(const Common& common, const nlohmann::json& report);

/// Each adds its subcommand; `run` receives the exit code.
using Run = std::function<int()>;
void addCheck(CLI::App& app, Run& run);
void addExplain(CLI::App& app, Run& run);
void addGenerate(CLI::App& app, Run& run);
void addSimulate(CLI::App& app, Run& run);
void addEvaluate(CLI::App& app, Run& run);
void addCompare(CLI::App& app, Run& run);
void addEnergy(CLI::App& app, Run& run);
void addSurvey(CLI::App& app, Run& run);
void addSweep(CLI::App& app, Run& run);
void addPlot(CLI::App& app, Run& run);
void addSynth(CLI::App& app, Run& run);
void addCoverage(CLI::App& app, Run& run);
void addReport(CLI::App& app, Run& run);
void addImport(CLI::App& app, Run& run);

}  // namespace neuspin::cli

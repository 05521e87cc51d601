// What `neuspin evaluate` and `neuspin compare` share: test set, out-of-distribution sets, passes and seeds.
#pragma once

#include <vector>

#include "cli/cli.hpp"
#include "evaluate/study.hpp"

namespace neuspin::cli {

struct QualityOptions {
  evaluate::DatasetFiles files;
  std::vector<std::string> ood;
  std::int64_t limit = 0;
  int passes = 0;
  std::optional<std::uint32_t> seed;
  int seeds = 1;
  int threads = 0;
};
/// --images, --labels, --limit, --passes, --seed, --threads.
void addTestSet(CLI::App& app, QualityOptions& options);
/// These, --ood and --seeds.
void addQuality(CLI::App& app, QualityOptions& options);

/// Networks that cannot be shown the same images cannot be compared: error "networks-differ".
void checkFits(const Loaded& first, const Loaded& other, Diagnostics& diags);

struct QualitySets {
  evaluate::Dataset test;
  std::vector<evaluate::OodSet> ood;
};
/// Adds errors and returns nullopt if a set cannot be had or does not fit the plan. `file` places
/// diagnostics.
[[nodiscard]] std::optional<QualitySets> readSets(const QualityOptions& options, const Plan& plan,
                                                  const std::string& file, Diagnostics& diags);

/// Seeds, passes and threads for this network, and its units as a calibration at start-up leaves them. Adds
/// an error if the target cannot make so many passes. `loaded` must outlive the result.
[[nodiscard]] evaluate::StudyOptions studyOptions(const QualityOptions& options, const Loaded& loaded,
                                                  Diagnostics& diags);

/// Starts the units where the design's own calibration at start-up leaves them, if it has one. `plan` must
/// outlive `options`.
void startCalibrated(const Plan& plan, evaluate::StudyOptions& options);

/// runStudy with progress on standard error.
[[nodiscard]] evaluate::Study runWithProgress(const golden::Infer& infer, const Plan& plan,
                                              const QualitySets& sets, evaluate::StudyOptions options,
                                              bool quiet);

}  // namespace neuspin::cli

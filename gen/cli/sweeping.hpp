// Robustness sweeps: several networks on many chips along an axis (`neuspin sweep`, `neuspin plot`).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "chip/axis.hpp"
#include "cli/chips.hpp"
#include "evaluate/sweep.hpp"

namespace neuspin::cli {

struct SweepOptions {
  std::vector<std::string> specs;
  Common common;  ///< of each; `network` is set in turn
  QualityOptions quality;
  DeviceOptions device;
  int chips = 20;
};
/// SPEC…, --target, --json, --quiet, --device, --chip, --chips and the test set.
void addSweepOptions(CLI::App& app, SweepOptions& options);

/// A network ready to be swept.
struct SweepNetwork {
  Loaded loaded;
  QualitySets sets;  ///< the same images for all, arranged as this network takes them
  evaluate::StudyOptions study;
  std::string method;
  evaluate::Study ideal;  ///< ideal devices
};
struct SweepInput {
  std::vector<SweepNetwork> networks;
  chip::DeviceFile device;
};
/// Everything read and checked, and the networks on ideal devices; prints diagnostics. nullopt: exit with
/// kBadInput.
[[nodiscard]] std::optional<SweepInput> prepareSweep(const SweepOptions& options);

/// Accuracy and NLL of every network at every point, with progress on standard error.
[[nodiscard]] evaluate::Sweep runSweep(const SweepInput& input, const chip::Axis& axis,
                                       const std::vector<double>& points, const SweepOptions& options);

/// Of every other network over the first deterministic one; empty without one. That of inverted
/// normalisation, if there is one, comes first.
[[nodiscard]] std::vector<evaluate::Gap> gapsOf(const evaluate::Sweep& sweep);

/// Whether the first gap is that of inverted normalisation.
[[nodiscard]] bool showsSelfHealing(const evaluate::Sweep& sweep, const std::vector<evaluate::Gap>& gaps);
/// What the gap of inverted normalisation says, the others beside it; why there is none, if there is none.
[[nodiscard]] std::string selfHealingText(const evaluate::Sweep& sweep,
                                          const std::vector<evaluate::Gap>& gaps);

}  // namespace neuspin::cli

// The same network on many chips: figures as distributions.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "evaluate/study.hpp"

namespace neuspin::evaluate {

/// Quantiles interpolate between neighbours (type 7 of Hyndman and Fan 1996).
struct Distribution {
  double mean = 0, deviation = 0;  ///< with n − 1; 0 for one value
  double lowest = 0, q05 = 0, q25 = 0, median = 0, q75 = 0, q95 = 0, highest = 0;
};
/// At least one value.
[[nodiscard]] Distribution distributionOf(std::vector<double> values);

struct ChipResult {
  std::uint32_t chip = 0;  ///< its seed
  SeedResult result;
};

/// All on the same images with the same Monte Carlo seed: what differs is the chip.
struct ChipStudy {
  std::string name;
  std::int64_t images = 0;
  int passes = 0;
  SeedResult ideal;               ///< ideal devices
  std::vector<ChipResult> chips;  ///< at least one
};

/// Names and values of what is followed over chips, e.g. "accuracy", "ood.mnist.entropy.auroc".
[[nodiscard]] std::vector<std::pair<std::string, double>> figuresOf(const SeedResult& result);

[[nodiscard]] nlohmann::json toJson(const Distribution& distribution);
[[nodiscard]] nlohmann::json toJson(const ChipStudy& study);
[[nodiscard]] std::string toText(const ChipStudy& study);

}  // namespace neuspin::evaluate

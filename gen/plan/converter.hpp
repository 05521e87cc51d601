// The converter of a column that sums currents (rtl/README.md, cim_array_adc): which counts it tells apart.
#pragma once

#include <algorithm>
#include <cstdint>

#include "plan/plan.hpp"

namespace neuspin::plan {

/// Counts of matches that a converter of `bits` bits reports where `driven` rows conduct: 2^bits of them, or
/// one less, around half of the rows; all of them, 0 … driven, where that is enough.
struct CountRange {
  int least = 0, most = 0;
};
[[nodiscard]] constexpr CountRange countRange(int driven, int bits) {
  const int codes = 1 << bits;
  const int least = driven < codes ? 0 : (driven - codes + 2) / 2;
  return {least, driven - least};
}

/// Matches that such a converter reports for `current`, in units of CellCurrents: the nearest count of its
/// range.
[[nodiscard]] constexpr int countOf(std::int32_t current, const CountRange& range) {
  constexpr std::int32_t kHalf = 1 << (kCurrentFraction - 1);
  return std::clamp((current + kHalf) >> kCurrentFraction, range.least, range.most);
}

/// Read noise (rtl/README.md, NoiseFile): a standard deviation `sigma` times the sum of the eight bytes of
/// two draws, 1020 in the mean, with a standard deviation of √43690. At most 0.4 % of the reads, in
/// probability, are on the wrong side of any level; |noise| is at most 4.9 standard deviations.
[[nodiscard]] constexpr std::int32_t readNoise(std::uint32_t sigma, std::uint32_t low, std::uint32_t high) {
  constexpr std::int32_t kMean = 1020, kShift = 12;
  std::int32_t bytes = -kMean;
  for (int shift = 0; shift < 32; shift += 8)
    bytes += static_cast<std::int32_t>((low >> shift & 255U) + (high >> shift & 255U));
  return (static_cast<std::int32_t>(sigma) * bytes + (1 << (kShift - 1))) >> kShift;
}
/// In matches, of ReadNoise::sigma.
inline constexpr double kNoiseUnit = 209.02153 / (1 << (kCurrentFraction + 12));
inline constexpr std::uint32_t kMostNoise = (1U << 21) - 1;

/// Share of the reads of `rows` rows whose count is cut, where weights and inputs are fair coins. rows 1
/// … 64.
[[nodiscard]] double cutCounts(int rows, int bits);

}  // namespace neuspin::plan

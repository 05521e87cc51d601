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

/// Share of the reads of `rows` rows whose count is cut, where weights and inputs are fair coins. rows 1
/// … 64.
[[nodiscard]] double cutCounts(int rows, int bits);

}  // namespace neuspin::plan

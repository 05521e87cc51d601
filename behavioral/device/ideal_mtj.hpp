// The ideal dropout device: a logistic switching curve in the drive code, centred so that the middle code
// switches with exactly the wanted probability. Assumed slope: 0.25 logits a code (a trim range of about ±2
// logits with 4 bits), in place of a measured device (issue 5 brings those).
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

namespace neuspin::device {

/// Switching thresholds per drive code: a SET switches iff draw() < table[code]; table[code] =
/// round(p(code)·2^32). probability in (0,1), drive_bits >= 1. The code 2^(drive_bits−1) gives `probability`
/// itself.
[[nodiscard]] inline std::vector<std::uint64_t> idealSwitchTable(double probability, int drive_bits) {
  constexpr double kLogitsPerCode = 0.25;
  constexpr double kTwo32 = 4294967296.0;
  const int codes = 1 << drive_bits;
  const int middle = codes / 2;
  const double centre = std::log(probability / (1.0 - probability));
  std::vector<std::uint64_t> table(static_cast<std::size_t>(codes));
  for (int code = 0; code < codes; ++code) {
    const double p =
        code == middle ? probability : 1.0 / (1.0 + std::exp(-(centre + kLogitsPerCode * (code - middle))));
    table[static_cast<std::size_t>(code)] = static_cast<std::uint64_t>(std::llround(p * kTwo32));
  }
  return table;
}

}  // namespace neuspin::device

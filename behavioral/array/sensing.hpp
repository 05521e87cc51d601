// From column current to code: read noise, front-end offset, ADC; and the digital sense amplifier of one
// cell.
#pragma once

#include <cstdint>
#include <vector>

#include "array/cells.hpp"
#include "device/params.hpp"

namespace neuspin::array {

/// Read noise of a column in units of the dot product: a sum of independent normals is normal, so one draw a
/// column stands for one a cell. Linear in active rows A and dot product y, since matches are (A + y)/2.
struct NoiseLaw {
  double per_row = 0, per_count = 0;
  [[nodiscard]] double variance(double active, double dot) const {
    const double v = per_row * active + per_count * dot;
    return v > 0 ? v : 0;
  }
};

/// Relative noise of each cell's conductance (the set's read.noise_relative) and thermal noise of the column,
/// 4kTBG.
[[nodiscard]] NoiseLaw noiseLaw(const device::DeviceSet& set, const CellGrid& grid, device::ReadPoint at);

/// Uniform mid-tread converter with 2^bits − 1 codes, symmetric: code·lsb = dot product.
struct Adc {
  int bits = 6;
  double range_sqrt_n = 3.5;  ///< half range in units of sqrt(rows)
  [[nodiscard]] int largest() const { return (1 << (bits - 1)) - 1; }
  /// Dot product per code, when the reference is set for `rows` rows.
  [[nodiscard]] double lsb(double rows) const;
  /// Nearest code, halves to even, cut to ±largest().
  [[nodiscard]] int convert(double dot, double rows) const;
};
[[nodiscard]] Adc makeAdc(const device::DeviceSet& set);

/// Front-end offset of every column, frozen, in units of the range of the ADC: an offset voltage over the
/// full scale. In counts it is that times 2·range_sqrt_n·sqrt(rows).
[[nodiscard]] std::vector<double> drawOffsets(const device::DeviceSet& set, int cols, std::uint32_t seed,
                                              std::uint32_t array, double scale = 1);

/// The digital sense amplifier of one cell: the probability that it reads "match" for conductance g against
/// the reference (g_p + g_ap)/2, with its frozen input offset (volts over full scale, of the step g_p − g_ap)
/// and relative read noise.
[[nodiscard]] double matchProbability(const CellGrid& grid, double g, double offset, double noise_relative);

}  // namespace neuspin::array

#include "array/sensing.hpp"

#include <algorithm>
#include <cmath>

#include "device/constants.hpp"
#include "device/gaussian.hpp"

namespace neuspin::array {

NoiseLaw noiseLaw(const device::DeviceSet& set, const CellGrid& grid, device::ReadPoint at) {
  const double step = grid.g_p - grid.g_ap, sum = grid.g_p + grid.g_ap;
  const double relative = set.read_noise.value;
  // y = (2G − …)/step. Cells: var G = relative²·Σg², with Σg² = A(g_p² + g_ap²)/2 + y(g_p² − g_ap²)/2.
  const double cells = 2 * relative * relative / (step * step);
  NoiseLaw law{cells * (grid.g_p * grid.g_p + grid.g_ap * grid.g_ap), cells * sum * step};
  // Column: var I = 4kTB·G with G = A·sum/2 + y·step/2, and y = 2I/(V·step).
  const double thermal =
      8 * device::kBoltzmann * at.kelvin * set.bandwidth.value / (at.volts * at.volts * step * step);
  law.per_row += thermal * sum;
  law.per_count += thermal * step;
  return law;
}

double Adc::lsb(double rows) const {
  return range_sqrt_n * std::sqrt(rows) / largest();
}

int Adc::convert(double dot, double rows) const {
  return std::clamp(static_cast<int>(std::nearbyint(dot / lsb(rows))), -largest(), largest());
}

Adc makeAdc(const device::DeviceSet& set) {
  return {static_cast<int>(set.adc_bits.value), set.adc_range.value};
}

std::vector<double> drawOffsets(const device::DeviceSet& set, int cols, std::uint32_t seed,
                                std::uint32_t array, double scale) {
  const std::uint64_t key = device::streamKey(seed, device::Stream::SenseOffset, array);
  const double sigma = scale * set.sense_offset.value * 1e-3 / set.full_scale.value;
  std::vector<double> offsets(static_cast<std::size_t>(cols));
  for (std::size_t col = 0; col < offsets.size(); ++col) {
    offsets[col] = sigma * static_cast<double>(device::streamNormal(key, col));
  }
  return offsets;
}

double matchProbability(const CellGrid& grid, double g, double offset, double noise_relative) {
  const double step = grid.g_p - grid.g_ap;
  const double margin = g - (grid.g_p + grid.g_ap) / 2 + offset * step;
  const double sigma = noise_relative * g;
  if (sigma <= 0) return margin > 0 ? 1 : 0;
  return std::erfc(-margin / (sigma * std::sqrt(2.0))) / 2;
}

}  // namespace neuspin::array

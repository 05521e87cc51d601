#include "array/multilevel.hpp"

#include <cmath>
#include <numbers>

#include "device/gaussian.hpp"

namespace neuspin::array {

std::vector<Level> cellLevels(const StateSpread& spread, int junctions, Stacking stacking) {
  const auto rms = [](double a, double b) { return std::sqrt(a * a + b * b); };
  std::vector<Level> levels;
  // In units of the smallest junction: k of `all` are parallel.
  const int all = stacking == Stacking::Binary ? (1 << junctions) - 1 : junctions;
  for (int k = 0; k <= all; ++k) {
    const double in_p = std::sqrt(k), in_ap = std::sqrt(all - k);
    if (stacking == Stacking::Series) {
      const double ohm = k / spread.p + (all - k) / spread.ap;
      const double sigma = rms(in_p * spread.p_sigma / (spread.p * spread.p),
                               in_ap * spread.ap_sigma / (spread.ap * spread.ap));
      levels.push_back({1 / ohm, sigma / (ohm * ohm)});
    } else {
      levels.push_back(
          {k * spread.p + (all - k) * spread.ap, rms(in_p * spread.p_sigma, in_ap * spread.ap_sigma)});
    }
  }
  return levels;
}

double levelMisread(std::span<const Level> levels) {
  double misread = 0;
  for (std::size_t k = 0; k < levels.size(); ++k) {
    const auto beyond = [&](const Level& neighbour) {
      const double margin = std::abs(neighbour.mean - levels[k].mean) / 2;
      return std::erfc(margin / levels[k].sigma / std::numbers::sqrt2) / 2;
    };
    if (k > 0) misread += beyond(levels[k - 1]);
    if (k + 1 < levels.size()) misread += beyond(levels[k + 1]);
  }
  return misread / static_cast<double>(levels.size());
}

std::vector<std::uint8_t> programTrack(std::span<const std::uint8_t> targets, std::span<const double> disturb,
                                       std::uint32_t seed, std::uint32_t cell, std::uint64_t event) {
  const std::uint64_t key = device::streamKey(seed, device::Stream::LevelWrite, cell);
  std::vector<std::uint8_t> states(targets.size(), 0);
  for (std::size_t m = 0; m < targets.size(); ++m) {
    states[m] = targets[m];
    for (std::size_t n = 0; n < targets.size(); ++n) {
      const bool hit = device::streamUniform(key, event++) < disturb[m * targets.size() + n];
      if (n != m && hit) states[n] = targets[m];
    }
  }
  return states;
}

}  // namespace neuspin::array

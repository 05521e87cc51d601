// Parameter sets, weights and inputs that the tests of arrays share.
#pragma once

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "array/cells.hpp"

namespace neuspin::array {

/// stt40 with junctions of R_P, no access transistor and no spread: cells of exactly two conductances, TMR
/// 150 %.
inline device::DeviceSet plainSet(double r_p) {
  Diagnostics diags;
  auto set = device::loadDeviceSet("stt40", diags);
  BOOST_REQUIRE_MESSAGE(set, diags.render());
  set->r_p.value = r_p;
  set->access.value = 0;
  set->phi.given = false;
  set->tmr_half.value = 1e6;  // no bias dependence
  for (auto* sigma : {&set->var_diameter, &set->var_ra, &set->var_tmr, &set->var_free_layer, &set->var_hk,
                      &set->var_ms, &set->die_share, &set->gradient}) {
    sigma->value = 0;
  }
  return *set;
}

class Random {
 public:
  explicit Random(std::uint32_t seed) : rng_(seed) {}
  std::vector<std::uint8_t> weights(int rows, int cols) {
    std::vector<std::uint8_t> bits(static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols));
    for (auto& bit : bits) bit = static_cast<std::uint8_t>(rng_() & 1U);
    return bits;
  }
  /// ±1, and 0 with probability `silent`.
  std::vector<std::int8_t> input(int rows, double silent = 0) {
    std::vector<std::int8_t> x(static_cast<std::size_t>(rows));
    for (auto& v : x) {
      v = static_cast<std::int8_t>((rng_() & 1U) != 0 ? 1 : -1);
      if (uniform() < silent) v = 0;
    }
    return x;
  }
  double uniform() { return static_cast<double>(rng_() >> 8) * 0x1p-24; }
  double normal() { return normal_(rng_); }

 private:
  std::mt19937 rng_;
  std::normal_distribution<double> normal_;
};

/// Slope, offset and residual of y against x.
struct LineFit {
  double slope = 0, offset = 0, residual = 0;
};
inline LineFit fitLine(const std::vector<double>& x, const std::vector<double>& y) {
  double mx = 0, my = 0, xx = 0, xy = 0, yy = 0;
  const auto n = static_cast<double>(x.size());
  for (std::size_t k = 0; k < x.size(); ++k) {
    mx += x[k] / n;
    my += y[k] / n;
  }
  for (std::size_t k = 0; k < x.size(); ++k) {
    xx += (x[k] - mx) * (x[k] - mx) / n;
    xy += (x[k] - mx) * (y[k] - my) / n;
    yy += (y[k] - my) * (y[k] - my) / n;
  }
  return {xy / xx, my - xy / xx * mx, std::sqrt(std::max(0.0, yy - xy * xy / xx))};
}

inline int dot(const std::vector<std::uint8_t>& weights, int cols, int col,
               const std::vector<std::int8_t>& x) {
  int sum = 0;
  for (std::size_t row = 0; row < x.size(); ++row) {
    sum +=
        weights[row * static_cast<std::size_t>(cols) + static_cast<std::size_t>(col)] != 0 ? x[row] : -x[row];
  }
  return sum;
}

inline int activeRows(const std::vector<std::int8_t>& x) {
  int count = 0;
  for (const auto v : x) count += v != 0 ? 1 : 0;
  return count;
}

}  // namespace neuspin::array

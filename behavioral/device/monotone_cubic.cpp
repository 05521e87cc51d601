#include "device/monotone_cubic.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace neuspin::device {
namespace {

/// One-sided three-point slope at an end, limited so that the curve stays monotone there.
double endSlope(double h0, double h1, double d0, double d1) {
  const double slope = ((2 * h0 + h1) * d0 - h0 * d1) / (h0 + h1);
  if (slope * d0 <= 0) return 0;
  return d0 * d1 <= 0 && std::abs(slope) > 3 * std::abs(d0) ? 3 * d0 : slope;
}

}  // namespace

MonotoneCubic::MonotoneCubic(std::vector<double> x, std::vector<double> y)
    : x_(std::move(x)), y_(std::move(y)), slope_(x_.size(), 0.0) {
  const std::size_t n = x_.size();
  if (n < 2) return;
  std::vector<double> h(n - 1), d(n - 1);
  for (std::size_t k = 0; k + 1 < n; ++k) {
    h[k] = x_[k + 1] - x_[k];
    d[k] = (y_[k + 1] - y_[k]) / h[k];
  }
  if (n == 2) {
    slope_[0] = slope_[1] = d[0];
    return;
  }
  for (std::size_t k = 1; k + 1 < n; ++k) {
    if (d[k - 1] * d[k] <= 0) continue;
    const double w1 = 2 * h[k] + h[k - 1], w2 = h[k] + 2 * h[k - 1];
    slope_[k] = (w1 + w2) / (w1 / d[k - 1] + w2 / d[k]);
  }
  slope_[0] = endSlope(h[0], h[1], d[0], d[1]);
  slope_[n - 1] = endSlope(h[n - 2], h[n - 3], d[n - 2], d[n - 3]);
}

double MonotoneCubic::operator()(double x) const {
  if (x <= x_.front()) return y_.front();
  if (x >= x_.back()) return y_.back();
  const auto k = static_cast<std::size_t>(std::upper_bound(x_.begin(), x_.end(), x) - x_.begin()) - 1;
  const double h = x_[k + 1] - x_[k], t = (x - x_[k]) / h, s = 1 - t;
  return s * s * (1 + 2 * t) * y_[k] + t * t * (1 + 2 * s) * y_[k + 1] +
         h * t * s * (s * slope_[k] - t * slope_[k + 1]);
}

}  // namespace neuspin::device

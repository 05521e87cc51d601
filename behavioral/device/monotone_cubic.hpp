// Interpolation that adds no wiggles to measured curves.
#pragma once

#include <vector>

namespace neuspin::device {

/// Piecewise cubic through all points, monotone wherever they are (Fritsch and Carlson 1980, slopes by
/// Fritsch and Butland 1984); constant outside.
class MonotoneCubic {
 public:
  /// x strictly ascending; as many y; at least one point.
  MonotoneCubic(std::vector<double> x, std::vector<double> y);
  [[nodiscard]] double operator()(double x) const;

 private:
  std::vector<double> x_, y_, slope_;
};

}  // namespace neuspin::device

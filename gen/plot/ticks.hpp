// Where an axis has its ticks.
#pragma once

#include <string>
#include <vector>

namespace neuspin::plot {

/// Multiples of 1, 2 or 5 times a power of ten in [low, high], at most `most` (>= 2) of them. low < high.
[[nodiscard]] std::vector<double> linearTicks(double low, double high, int most);
/// Powers of ten in [low, high], every k-th if there are more than `most`. 0 < low < high.
[[nodiscard]] std::vector<double> decadeTicks(double low, double high, int most);
/// With so many significant digits, very large and very small ones as 1e9.
[[nodiscard]] std::string tickLabel(double value, int digits = 6);
/// As few digits, from 4 on, as tell the ticks apart.
[[nodiscard]] std::vector<std::string> tickLabels(const std::vector<double>& ticks);

}  // namespace neuspin::plot

#include "array/integer_cells.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace neuspin::array {
namespace {

/// Largest sum of the cells' magnitudes over a run of rows of one column.
double largestRun(const CellGrid& grid, const std::vector<double>& difference,
                  const std::vector<double>& common) {
  double largest = 0;
  std::vector<double> sums;
  for (int row = 0; row < grid.rows; ++row) {
    if (row % kRun == 0) sums.assign(static_cast<std::size_t>(grid.cols), 0);
    for (int col = 0; col < grid.cols; ++col) {
      double& sum = sums[static_cast<std::size_t>(col)];
      sum += std::abs(difference[grid.at(row, col)]) + std::abs(common[grid.at(row, col)]);
      largest = std::max(largest, sum);
    }
  }
  return largest;
}

int finestFraction(double largest_run) {
  constexpr double kLimit = 32767 - kRun;  // both parts of each cell are rounded
  int fraction = 13;
  while (std::ldexp(largest_run, fraction) > kLimit) --fraction;
  return fraction;
}

}  // namespace

IntegerCells makeIntegerCells(const CellGrid& grid) {
  const double step = grid.g_p - grid.g_ap, sum = grid.g_p + grid.g_ap;
  std::vector<double> difference, common;
  for (std::size_t k = 0; k < grid.one.size(); ++k) {
    const double one = static_cast<double>(grid.one[k]), zero = static_cast<double>(grid.zero[k]);
    difference.push_back((one - zero) / step);
    common.push_back((one + zero - sum) / step);
  }
  IntegerCells cells;
  cells.fraction = finestFraction(largestRun(grid, difference, common));
  const auto toFixed = [unit = std::ldexp(1.0, cells.fraction)](double value) {
    return static_cast<std::int16_t>(std::nearbyint(value * unit));
  };
  std::ranges::transform(difference, std::back_inserter(cells.difference), toFixed);
  std::ranges::transform(common, std::back_inserter(cells.common), toFixed);
  return cells;
}

}  // namespace neuspin::array

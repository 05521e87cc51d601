#include "array/integer_cells.hpp"

#include <algorithm>
#include <cmath>

#include "array/sensing.hpp"

namespace neuspin::array {
namespace {

std::int16_t toFixed(double value) {
  constexpr double kLargest = 32767;
  const double scaled = std::nearbyint(value * (1 << kCellFraction));
  return static_cast<std::int16_t>(std::clamp(scaled, -kLargest, kLargest));
}

}  // namespace

IntegerCells makeIntegerCells(const CellGrid& grid) {
  const double step = grid.g_p - grid.g_ap, sum = grid.g_p + grid.g_ap;
  IntegerCells cells;
  for (std::size_t k = 0; k < grid.one.size(); ++k) {
    const double one = static_cast<double>(grid.one[k]), zero = static_cast<double>(grid.zero[k]);
    cells.difference.push_back(toFixed((one - zero) / step));
    cells.common.push_back(toFixed((one + zero - sum) / step));
  }
  return cells;
}

BitSense makeBitSense(const CellGrid& grid, int group, const std::vector<double>& offsets,
                      double noise_relative) {
  const auto chance = [&](float g, double offset) {
    const double p = matchProbability(grid, static_cast<double>(g), offset, noise_relative);
    return static_cast<std::uint64_t>(std::llround(p * 4294967296.0));
  };
  BitSense sense;
  for (int row = 0; row < grid.rows; ++row) {
    for (int col = 0; col < grid.cols; ++col) {
      const auto amplifier = static_cast<std::size_t>(row % group * grid.cols + col);
      const double offset = offsets.empty() ? 0 : offsets[amplifier];
      sense.one.push_back(chance(grid.one[grid.at(row, col)], offset));
      sense.zero.push_back(chance(grid.zero[grid.at(row, col)], offset));
    }
  }
  return sense;
}

}  // namespace neuspin::array

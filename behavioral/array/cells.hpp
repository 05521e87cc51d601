// The conductances of an array of XNOR cells (2T-2MTJ), frozen per chip.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "array/defects.hpp"
#include "device/params.hpp"
#include "device/resistance.hpp"

namespace neuspin::array {

struct ArrayConditions {
  device::ReadPoint read;
  double variation = 1;           ///< multiplies the set's [variation]
  double retention_seconds = 0;   ///< time since programming
  double retention_kelvin = 300;  ///< during that time; lowers the barrier as 1/T
};

/// Two junctions a cell, in complementary states: `one` is parallel where the weight is 1 and conducts where
/// the input bit is 1; `zero` is parallel where the weight is 0 and conducts where the input bit is 0. So a
/// match conducts g_p and a mismatch g_ap. A row whose two word lines are off conducts nothing.
struct CellGrid {
  int rows = 0, cols = 0;
  double g_p = 0, g_ap = 0;      ///< S, nominal cell: what the reference is built for
  std::vector<float> one, zero;  ///< S, [row][col]

  [[nodiscard]] std::size_t at(int row, int col) const {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(cols) + static_cast<std::size_t>(col);
  }
};

/// weights: 0 or 1, [row][col], as many as the map has cells. Junction number 2·(row·cols + col) is `one`,
/// the next `zero`.
[[nodiscard]] CellGrid makeCells(const device::DeviceSet& set, const ArrayConditions& conditions,
                                 std::span<const std::uint8_t> weights, const DefectMap& defects,
                                 std::uint32_t seed, std::uint32_t array);

/// All junctions of an array in both states, numbered as above: what makeCells takes from, whatever the
/// weights are.
struct JunctionStates {
  double g_p = 0, g_ap = 0;  ///< S, nominal cell
  /// S, [junction] written parallel, antiparallel; 0: on a broken line
  std::vector<float> parallel, antiparallel;
  std::vector<std::uint8_t> lost;  ///< [junction] 1: has lost its state since; conductances leave that out
};
/// `coarse`: a junction whose resistance and TMR are within this factor of the nominal ones counts as
/// nominal. For those who ask only on which side of a threshold it lies; then most need not be worked out.
[[nodiscard]] JunctionStates makeJunctions(const device::DeviceSet& set, const ArrayConditions& conditions,
                                           const DefectMap& defects, std::uint32_t seed, std::uint32_t array,
                                           double coarse = 1);

/// Conductance of a column, S; x: +1, −1 or 0 (both word lines off), [row].
[[nodiscard]] double columnConductance(const CellGrid& grid, int col, std::span<const std::int8_t> x);

/// Dot product that the conductance stands for, with a reference for `reference_rows` rows:
/// (2G − rows(g_p + g_ap))/(g_p − g_ap). Exact for ideal cells if reference_rows is the number of active
/// rows.
[[nodiscard]] double dotEstimate(const CellGrid& grid, double conductance, int reference_rows);

}  // namespace neuspin::array

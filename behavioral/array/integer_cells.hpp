// The frozen array as integers, which the kernels of MvmArray add.
#pragma once

#include <cstdint>
#include <vector>

#include "array/cells.hpp"

namespace neuspin::array {

/// Rows whose cells add up within 16 bits, whichever of them are added.
inline constexpr int kRun = 32;

/// Current summation. With x = ±1 or 0 for each row, the dot product that a column shows is
/// 2^−fraction·Σ_row (x·difference + |x|·common), exactly, in 32 bits up to 65536 rows.
struct IntegerCells {
  int fraction = 0;
  std::vector<std::int16_t> difference;  ///< [row][col], (g_one − g_zero)/(g_p − g_ap): ±1 for ideal cells
  std::vector<std::int16_t>
      common;  ///< [row][col], (g_one + g_zero − g_p − g_ap)/(g_p − g_ap): 0 for ideal cells
};

/// Rounded to nearest in the finest unit, 2^−13 or more, in which |difference| + |common| of a column adds up
/// to at most 32767 in each run of kRun rows, from row 0 on. Arrays of 32 rows and more of nearly ideal cells
/// have 2^−9.
[[nodiscard]] IntegerCells makeIntegerCells(const CellGrid& grid);

}  // namespace neuspin::array

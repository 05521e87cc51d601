// The frozen array as integers: what a SystemVerilog macro, the golden model and the fast C++ kernels all
// read.
#pragma once

#include <cstdint>
#include <vector>

#include "array/cells.hpp"

namespace neuspin::array {

/// Of IntegerCells: units of 2^−kCellFraction of the dot product.
inline constexpr int kCellFraction = 13;

/// Current summation. With x = ±1 or 0 for each row, the dot product that a column shows is
/// 2^−kCellFraction·Σ_row (x·difference + |x|·common), exactly, in 32 bits up to 65536 rows.
struct IntegerCells {
  std::vector<std::int16_t> difference;  ///< [row][col], (g_one − g_zero)/(g_p − g_ap): ±1 for ideal cells
  std::vector<std::int16_t>
      common;  ///< [row][col], (g_one + g_zero − g_p − g_ap)/(g_p − g_ap): 0 for ideal cells
};

/// Rounded to nearest, cut to ±32767 (±4): a pinhole of 10 % of the area is 2.5.
[[nodiscard]] IntegerCells makeIntegerCells(const CellGrid& grid);

/// Bit sensing, one sense amplifier a row of the group and column: per junction, the chance that its cell
/// reads "match" when it conducts, round(P·2^32), 33 bits; 0 and 2^32 need no draw.
struct BitSense {
  std::vector<std::uint64_t> one, zero;  ///< [row][col], for input bit 1 and 0
};

/// offsets: [row % group][col], as drawOffsets of group·cols gives them, of the swing between the two states;
/// empty: none. noise_relative: of a cell's conductance, per read.
[[nodiscard]] BitSense makeBitSense(const CellGrid& grid, int group, const std::vector<double>& offsets,
                                    double noise_relative);

}  // namespace neuspin::array

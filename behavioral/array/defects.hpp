// Manufacturing defects of an array, frozen per chip, and their repair with spare rows and columns.
#pragma once

#include <cstdint>
#include <vector>

#include "device/params.hpp"

namespace neuspin::array {

enum class Defect : std::uint8_t {
  /// always parallel
  None,
  StuckP,
  StuckAp,  ///< always antiparallel
  Pinhole,  ///< lower resistance and TMR; still switches
};

/// Both junctions of every cell of rows × cols; `one` conducts where the input bit is 1, `zero` where it is
/// 0.
struct DefectMap {
  int rows = 0, cols = 0;
  std::vector<Defect> one, zero;                 ///< [row][col]
  std::vector<std::uint8_t> open_row, open_col;  ///< 1: the line is broken, its cells conduct nothing

  DefectMap() = default;
  DefectMap(int rows_, int cols_);
  [[nodiscard]] std::size_t at(int row, int col) const {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(cols) + static_cast<std::size_t>(col);
  }
  /// Is the cell other than made to be?
  [[nodiscard]] bool faulty(int row, int col) const;
  [[nodiscard]] int faultyCells() const;
};

/// Draws the defects of array number `array` of the chip `seed`, at `scale` times the rates of the set's
/// [defects].
[[nodiscard]] DefectMap drawDefects(const device::DeviceSet& set, int rows, int cols, std::uint32_t seed,
                                    std::uint32_t array, double scale = 1);

/// Which physical line serves each logical one.
struct Repair {
  std::vector<int> row, col;  ///< [logical]
  int left = 0;               ///< faulty cells that the logical array still has
};

/// Serves logical_rows × logical_cols from a map that is at least as large; the lines beyond are spares.
/// Lines with more faults than the other direction has spares left must go first ("must repair"), then always
/// the line with the most faults, rows before columns; a spare is taken only if it has fewer faults. A
/// heuristic: the exact problem is NP-hard.
[[nodiscard]] Repair repairLines(const DefectMap& map, int logical_rows, int logical_cols);

/// The defects that the logical array sees after the repair.
[[nodiscard]] DefectMap applyRepair(const DefectMap& map, const Repair& repair);

}  // namespace neuspin::array

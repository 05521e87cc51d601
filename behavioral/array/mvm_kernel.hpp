// Inner loops of MvmArray, one set per instruction set, chosen at run time. All sets give the same results to
// the last bit: integer sums, and floats computed by the same operations in the same order.
#pragma once

#include <cstdint>
#include <vector>

#include "array/integer_cells.hpp"

namespace neuspin::array {

inline constexpr int kBlock = 32;         ///< columns of one block of integer cells
inline constexpr int kLadderBlock = 64;   ///< columns of one block of the ladder
inline constexpr int kMostVectors = 256;  ///< of one call

/// Word lines of several reads, [run][vector]: bit r stands for row kRun·run + r. Rows of which the junction
/// `one` or `zero` conducts, never both.
struct WordLines {
  const std::uint32_t *one = nullptr, *zero = nullptr;
  int vectors = 0;
};

/// Frozen conductances of one block in units of the nominal g_p, [row][zero, one][kLadderBlock].
struct LadderBlock {
  const float* cells = nullptr;
  int rows = 0;
  double wires = 0;  ///< 2·wire·g_p, both lines of one cell
};

/// What turns estimates of dot products into codes: of the columns ...
struct SenseColumns {
  const std::uint32_t* radius = nullptr;  ///< [column] prefixes of the draws
  const std::uint32_t* angle = nullptr;   ///< [column]
  const float* offset = nullptr;          ///< [column] in units of the converter's range
};
/// ... and of one read.
struct SenseRead {
  float per_row_active = 0, per_count = 0;  ///< variance = per_row_active + per_count·y
  float range = 0;                          ///< half range, dot product
  float per_lsb = 0;                        ///< 1/LSB
  float largest = 0;                        ///< largest code
  std::uint32_t event = 0;                  ///< hashed event number
  bool noise = true;
};

struct MvmKernel {
  const char* name;

  /// sums[v·kBlock + c] = Σ of the cells of column c in the rows whose bit is set, 32-bit. cells: of one
  /// block, [row][kBlock], `runs` times kRun rows (IntegerCells); rows: as one array of WordLines.
  void (*sums)(const std::int16_t* cells, int runs, const std::uint32_t* rows, int vectors,
               std::int32_t* sums);

  /// seen[v·kLadderBlock + c] = conductance of column c at its driven end over g_p. Y = p/q with p ← p + g·q,
  /// q ← q + wires·p from the far end: no division a cell, and sums of positive terms only.
  void (*ladder)(const LadderBlock& block, const WordLines& lines, double* seen);

  /// codes[c] = clamp(round((y[c] + sd·normal + offset·range)/LSB)).
  void (*sense)(const SenseColumns& columns, const SenseRead& read, const float* y, int count,
                std::int32_t* codes);
};

/// The kernels this processor can run, slowest first; the first ("portable") is always there.
[[nodiscard]] const std::vector<MvmKernel>& mvmKernels();

}  // namespace neuspin::array

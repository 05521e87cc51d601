// Inner loops of MvmArray, one set per instruction set, chosen at run time. All sets give the same results to
// the last bit: integer sums, and floats computed by the same operations in the same order.
#pragma once

#include <cstdint>
#include <vector>

namespace neuspin::array {

inline constexpr int kBlock = 16;        ///< columns of one block of the integer matrix
inline constexpr int kLadderBlock = 64;  ///< columns of one block of the ladder

/// Frozen cells as integers. Pair p holds rows 2p and 2p + 1; its entry for column c of block b is
/// [((b·pairs + p)·kBlock + c)·2 + (row & 1)].
struct IntegerMatrix {
  const std::int16_t* cells = nullptr;
  int pairs = 0, blocks = 0;
};

/// Frozen conductances in units of the nominal g_p, [block][row][zero, one][kLadderBlock].
struct LadderMatrix {
  const float* cells = nullptr;
  int rows = 0, blocks = 0;
  double wires = 0;  ///< 2·wire·g_p, both lines of one cell
};

/// What turns the estimate of a dot product into a code.
struct SenseJob {
  const std::uint32_t* radius = nullptr;    ///< [columns] prefixes of the draws
  const std::uint32_t* angle = nullptr;     ///< [columns]
  const float* offset = nullptr;            ///< [columns] in units of the converter's range
  float per_row_active = 0, per_count = 0;  ///< variance = per_row_active + per_count·y
  float range = 0;                          ///< half range, dot product
  float per_lsb = 0;                        ///< 1/LSB
  float largest = 0;                        ///< largest code
  std::uint32_t event = 0;                  ///< hashed event number
  bool noise = true;
};

struct MvmKernel {
  const char* name;

  /// sums[v·kBlock·blocks + c] = Σ_row x[v·2·pairs + row]·cell(row, c), 32-bit; x is +1, −1 or 0.
  void (*sums)(const IntegerMatrix& matrix, const std::int16_t* x, int vectors, std::int32_t* sums);

  /// seen[v·kLadderBlock·blocks + c] = conductance of column c at its driven end over g_p; x:
  /// [vector][stride], +1: `one` conducts, −1: `zero`, 0: neither. Y = p/q with p ← p + g·q, q ← q + wires·p
  /// from the far end: no division a cell, and sums of positive terms only.
  void (*ladder)(const LadderMatrix& matrix, const std::int16_t* x, int stride, int vectors, double* seen);

  /// codes[c] = clamp(round((y[c] + sd·normal + offset·range)/LSB)).
  void (*sense)(const SenseJob& job, const float* y, int columns, std::int32_t* codes);
};

/// The kernels this processor can run, slowest first; the first ("portable") is always there.
[[nodiscard]] const std::vector<MvmKernel>& mvmKernels();

}  // namespace neuspin::array

// A whole array with everything frozen that is frozen, fast enough for data sets: device variation, defects,
// read noise, offsets, ADC, and IR drop if asked for.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "array/cells.hpp"
#include "array/integer_cells.hpp"
#include "array/mvm_kernel.hpp"
#include "array/sensing.hpp"

namespace neuspin::array {

struct MvmOptions {
  NoiseLaw noise;  ///< zero: none
  Adc adc;
  std::vector<double> offsets;  ///< drawOffsets; empty: none
  bool tracks_active = true;  ///< reference column and range follow the number of active rows; else all rows
  double wire = 0;            ///< Ohm a cell; > 0: exact ladder instead of a plain sum
  std::uint32_t seed = 1, array = 0;
};

/// Inputs are bit vectors, 64 rows a word, row 0 in bit 0: `sign` (1 is +1) and `active` (0: both word lines
/// off).
class MvmArray {
 public:
  MvmArray(const CellGrid& grid, const MvmOptions& options);

  [[nodiscard]] int rows() const { return rows_; }
  [[nodiscard]] int cols() const { return cols_; }
  [[nodiscard]] int words() const { return (rows_ + 63) / 64; }  ///< of one input vector

  /// Codes of `vectors` reads, [vector][cols]; code·lsb is the dot product. Read k is event first_event + k:
  /// the same event draws the same noise. `active` empty: all rows. Deterministic, and the same for every
  /// kernel.
  void multiply(std::span<const std::uint64_t> sign, std::span<const std::uint64_t> active, int vectors,
                std::uint32_t first_event, std::span<std::int32_t> codes, const MvmKernel& kernel) const;
  void multiply(std::span<const std::uint64_t> sign, std::span<const std::uint64_t> active, int vectors,
                std::uint32_t first_event, std::span<std::int32_t> codes) const;

  /// The same reads before noise, offset and ADC: estimates of the dot product, [vector][cols].
  void estimates(std::span<const std::uint64_t> sign, std::span<const std::uint64_t> active, int vectors,
                 std::span<float> y, const MvmKernel& kernel) const;

 private:
  struct Batch;
  void packSums(const IntegerCells& cells);
  void packLadder(const CellGrid& grid);
  [[nodiscard]] int runs() const { return (rows_ + kRun - 1) / kRun; }
  [[nodiscard]] int block() const { return options_.wire > 0 ? kLadderBlock : kBlock; }
  void setWordLines(const std::uint64_t* sign, const std::uint64_t* active, int vectors, Batch& batch) const;
  [[nodiscard]] SenseRead senseOf(int active_rows, std::uint32_t event) const;
  void estimateSums(int block, const MvmKernel& kernel, Batch& batch) const;
  void estimateLadder(int block, const MvmKernel& kernel, Batch& batch) const;
  void readAll(const std::uint64_t* sign, const std::uint64_t* active, int vectors, std::uint32_t first_event,
               float* y, std::int32_t* codes, const MvmKernel& kernel) const;

  int rows_, cols_, padded_;  // padded_: columns rounded up to whole blocks
  MvmOptions options_;
  double g_p_, g_ap_;
  float unit_ = 0;  // of the integers, in dot products
  // [block][row, runs() times kRun][kBlock]: what a cell adds where its junction `one` conducts, where `zero`
  // does, and half of what the first is more than the second
  std::vector<std::int16_t> one_, zero_, difference_;
  std::vector<std::int32_t> all_zero_;  // [padded_]: zero_ over all rows
  std::vector<float> ladder_;           // [block] as LadderBlock::cells
  std::vector<std::uint32_t> radius_, angle_;
  std::vector<float> offset_;
};

}  // namespace neuspin::array

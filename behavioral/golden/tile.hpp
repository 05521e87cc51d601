// cim_array and cim_column_block: what one tile stores and counts.
#pragma once

#include "golden/bits.hpp"

namespace neuspin::golden {

/// Word-line pairs of one group: bit r%8 of byte r/8 belongs to row r of the group.
struct WordLines {
  std::vector<std::uint8_t> wl, wlb;
  explicit WordLines(int group)
      : wl(static_cast<std::size_t>((group + 7) / 8)), wlb(static_cast<std::size_t>((group + 7) / 8)) {}
  void clear();
  [[nodiscard]] int active() const;  ///< rows that take part
};

/// The array macro: stored bits, the faults of its cells and the sense latch. None is cleared by reset.
class Array {
 public:
  Array(int rows, int cols, int group);
  /// Of a real chip; without this call the cells are ideal.
  void setFaults(std::span<const CellFault> faults);
  void setWeight(int row, int col, bool bit);
  /// Programming write of a whole row, column 0 in the lowest bit; a row that does not exist is ignored.
  void writeRow(int row, std::span<const std::uint32_t> data);

  /// Latches the match bits of a group.
  void read(int group, const WordLines& lines);
  /// Latched match bits: byte s*cols + c holds rows 8s … 8s+7 of column c.
  [[nodiscard]] std::span<const std::uint8_t> sense() const { return sense_; }

 private:
  using Plane = std::vector<std::uint8_t>;  ///< [group][slice][column], as sense_
  /// Of one junction of all cells.
  struct Faults {
    Plane flipped, high, low;
  };
  [[nodiscard]] std::size_t byteOf(int row, int col) const;
  [[nodiscard]] std::uint8_t bitOf(int row) const {
    return static_cast<std::uint8_t>(1U << (row % group_ % 8));
  }

  int rows_, cols_, group_;
  std::size_t slices_;  ///< bytes a group and column
  Plane weights_;
  Faults one_, zero_;  ///< empty: no faults
  std::vector<std::uint8_t> sense_;
};

/// Accumulator and hold register of every column of a tile (its blocks are a matter of names only).
class ColumnCounters {
 public:
  static constexpr int kBlockColumns = 64;

  /// sense_cols: columns of the array, of which the first `cols` are counted.
  ColumnCounters(int cols, int sense_cols, int acc_bits);
  void reset();

  void accumulate(std::span<const std::uint8_t> sense, bool first, bool shift, bool load);
  /// The same where the macro counts: a code a column of the array.
  void accumulateCodes(std::span<const std::uint32_t> codes, bool first, bool shift, bool load);
  [[nodiscard]] std::uint32_t held(int col) const { return hold_.value[static_cast<std::size_t>(col)]; }

  /// acc_q and hold_q of each block, under `<scope>.u_columns.gen_block[<b>].u_block`.
  void addProbes(const ProbeScope& scope) const;

 private:
  using Planes = std::array<std::uint64_t, 32>;  ///< of one block: bit c of plane k is bit k of its column c
  struct Register {
    std::vector<std::uint32_t> value;    ///< [column]
    mutable std::vector<Planes> planes;  ///< [block], rebuilt from value when read and out of date
    mutable bool planes_current = false;
    void changed() { planes_current = false; }
  };
  void makeBase(bool first, bool shift);
  void finish(bool load);
  void rebuildPlanes(const Register& reg) const;
  void readBlock(const Register& reg, std::size_t block, std::span<std::uint32_t> out) const;
  [[nodiscard]] int blockColumns(std::size_t block) const {
    return std::min(kBlockColumns, cols_ - static_cast<int>(block) * kBlockColumns);
  }

  int cols_, sense_cols_, acc_bits_;
  Register acc_, hold_;
};

}  // namespace neuspin::golden

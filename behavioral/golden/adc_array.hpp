// cim_array_adc: an array whose columns sum currents and count matches, a converter each.
#pragma once

#include "golden/read_noise.hpp"
#include "golden/tile.hpp"

namespace neuspin::golden {

class AdcArray {
 public:
  /// Ideal junctions, all weights 0.
  AdcArray(int rows, int cols, int group, int adc_bits);
  /// Of a real chip: what its junctions conduct. Must outlive this object.
  void setCurrents(const CellCurrents& currents);
  /// Of a real chip: the noise of its reads, which must outlive this object. column: number on the chip of
  /// the first column.
  void setNoise(const ReadNoise& noise, std::uint32_t seed, std::uint32_t column);
  /// Of a real chip, after the weights: junctions that hold the other state. Throws std::logic_error at any
  /// other fault.
  void flip(std::span<const CellFault> faults);
  void setWeight(int row, int col, bool bit);
  /// Programming write of a whole row, column 0 in the lowest bit; a row that does not exist is ignored.
  void writeRow(int row, std::span<const std::uint32_t> data);
  void reset();  ///< the codes and the count of reads; weights are non-volatile

  /// Latches the codes of a group.
  void read(int group, const WordLines& lines);
  [[nodiscard]] std::span<const std::uint32_t> codes() const { return codes_; }  ///< [column]
  [[nodiscard]] std::uint32_t reads() const { return event_.read; }              ///< since reset

 private:
  [[nodiscard]] std::size_t at(int row, int col) const {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(cols_) + static_cast<std::size_t>(col);
  }
  void conduct(int row, bool input);

  int rows_, cols_, group_, adc_bits_;
  std::vector<std::uint8_t> one_, zero_;  ///< [row][col] whether the junction is parallel
  const CellCurrents* currents_ = nullptr;
  const ReadNoise* noise_ = nullptr;
  ReadEvent event_;                 ///< the next read
  std::vector<std::int32_t> sums_;  ///< scratch: [column]
  std::vector<std::uint32_t> codes_;
};

}  // namespace neuspin::golden

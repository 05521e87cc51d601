// cim_row_buffer: two banks, filled by beats, read whole.
#pragma once

#include "golden/bits.hpp"

namespace neuspin::golden {

class RowBuffer {
 public:
  /// vectors: of an image (1, or the pixels of a convolution's map).
  RowBuffer(int words, int beat_width, int vectors = 1);
  void reset();

  [[nodiscard]] bool ready() const { return !full_[wr_bank_]; }
  /// The beat on offer completes the image.
  [[nodiscard]] bool fillLast() const { return lastBeat() && vidx_ == vectors_ - 1; }
  [[nodiscard]] bool rowsValid() const { return full_[rd_bank_]; }
  [[nodiscard]] const Bits& rows() const { return bank_[rd_bank_]; }

  /// data: at least beat_width bits. release only while rowsValid().
  void tick(const Bits& data, bool valid, bool release);
  void addProbes(const ProbeScope& scope) const;

 private:
  [[nodiscard]] bool lastBeat() const { return widx_ == words_ - 1; }

  int words_, beat_width_, vectors_;
  std::array<Bits, 2> bank_;
  std::array<bool, 2> full_{};
  std::size_t wr_bank_ = 0, rd_bank_ = 0;
  int widx_ = 0, vidx_ = 0;
};

}  // namespace neuspin::golden

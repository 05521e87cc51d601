// cim_window_buffer: pixels of a feature map in, the windows of a convolution out.
#pragma once

#include "golden/bits.hpp"

namespace neuspin::golden {

class WindowBuffer {
 public:
  /// layer.window must be set; keeps nothing of `layer`.
  explicit WindowBuffer(const LayerPlan& layer);
  void reset();  ///< registers; the memory keeps its contents

  /// Settles this cycle: a pixel on offer, the passes register.
  void eval(bool pixel_valid, int passes);
  [[nodiscard]] bool pixelRelease() const { return write_; }  ///< the pixel is taken; after eval()
  [[nodiscard]] bool rowsValid() const { return rows_valid_; }
  [[nodiscard]] const Bits& rows() const { return rows_; }      ///< a window, row by row
  [[nodiscard]] const Bits& absent() const { return absent_; }  ///< a bit a tap

  /// Clock edge after eval(). pixel: at least channels·elem_bits bits. release only while rowsValid().
  void tick(const Bits& pixel, bool release);
  [[nodiscard]] std::int64_t stores() const { return stores_; }  ///< pixels written so far
  [[nodiscard]] std::int64_t reads() const { return reads_; }    ///< and read
  void addProbes(const ProbeScope& scope) const;

 private:
  /// What tap ky of the column being scanned asks for.
  struct Tap {
    bool real = false;  ///< inside the map
    int index = 0;      ///< number of its pixel in the image; `address` in the memory. Meant only if real
    int address = 0;
  };
  [[nodiscard]] Tap tap() const;
  [[nodiscard]] static int clip(int value, int most) { return std::clamp(value, 0, most); }
  [[nodiscard]] int wrap(int address) const { return address % depth_; }
  [[nodiscard]] int needed() const;  ///< pixels before this one may be given up
  [[nodiscard]] int rowOf(int channel, int ky, int kx) const;

  void insertTap();
  void issue(const Tap& tap);
  /// After the last tap of a column. True if the last pass over the image is complete.
  bool advanceColumn();
  void moveColumn(int x);
  void nextBand();
  bool nextPass();

  const int channels_, elem_bits_, height_, width_, kernel_, stride_, padding_, out_height_, out_width_,
      depth_;
  const std::int64_t pad_value_;
  const bool absent_positions_, tap_major_, replay_;

  std::vector<Bits> memory_;  ///< [address] a pixel
  Bits rdata_;
  // fill side
  int wr_addr_ = 0, stored_ = 0, freed_ = 0;
  // scan
  int oy_ = 0, ox_ = 0, col_ = 0, ky_ = 0, top_ = 0, x_ = 0, pass_ = 0;
  int image_addr_ = 0, row_addr_ = 0, col_addr_ = 0, tap_addr_ = 0, base_ = 0, tap_index_ = 0;
  // a tap that has been read
  bool s1_valid_ = false, s1_real_ = false, s1_last_ = false;
  int s1_ky_ = 0;
  Bits window_, gap_;   ///< being shifted together
  Bits rows_, absent_;  ///< on offer
  bool rows_valid_ = false;
  // of this cycle
  bool write_ = false;
  std::int64_t stores_ = 0, reads_ = 0;
  int passes_ = 1;
};

}  // namespace neuspin::golden

// cim_max_pool: the maximum of the sums over pool × pool windows, found on their output bits.
#pragma once

#include "golden/bits.hpp"

namespace neuspin::golden {

class MaxPool {
 public:
  /// layer.window must be set, its pool at least 2; keeps nothing of `layer`.
  explicit MaxPool(const LayerPlan& layer);
  void reset();  ///< registers; the memory keeps its contents

  /// `out_ready`: of the engine after this one.
  [[nodiscard]] bool ready(bool out_ready) const {
    return !s1_valid_ || (s1_emit_ && outAdvances(out_ready));
  }
  [[nodiscard]] bool valid() const { return valid_; }
  [[nodiscard]] const Bits& data() const { return data_; }

  /// data, negative: a bit a lane each.
  void tick(const Bits& data, const Bits& negative, bool valid, bool out_ready);
  void addProbes(const ProbeScope& scope) const;

 private:
  [[nodiscard]] bool outAdvances(bool out_ready) const { return !valid_ || out_ready; }
  /// Per lane the larger of the two sums, by bits.
  static Bits join(const Bits& a, const Bits& b, const Bits& negative);
  void take(const Bits& data, const Bits& negative);
  void advanceWord();

  const int lanes_, words_, height_, width_, pool_, out_height_, out_width_;
  std::vector<Bits> memory_;  ///< [pixel of a row*words + word]
  Bits rdata_;
  int word_ = 0, x_ = 0, xm_ = 0, px_ = 0, y_ = 0, ym_ = 0, py_ = 0;
  std::vector<Bits> acc_;  ///< [word] of the pixels of this row and window
  bool s1_valid_ = false, s1_emit_ = false;
  Bits s1_bits_, s1_negative_;
  int s1_addr_ = 0;
  Bits data_;
  bool valid_ = false;
};

}  // namespace neuspin::golden

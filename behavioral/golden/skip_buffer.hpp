// cim_skip_buffer: output bits of an earlier layer wait for the sums they are added to.
#pragma once

#include "golden/bits.hpp"

namespace neuspin::golden {

class SkipBuffer {
 public:
  /// layer.skip must be set; keeps nothing of `layer`.
  explicit SkipBuffer(const LayerPlan& layer);
  void reset();  ///< registers; the memory keeps its contents

  [[nodiscard]] bool valid() const { return valid_; }
  /// A bit a lane, of the word fired last.
  [[nodiscard]] const Bits& bits() const { return bits_; }
  /// Settles this cycle; `fire`: word `word` is used.
  void eval(bool pixel_valid, bool fire, int word, int passes);
  [[nodiscard]] bool pixelRelease() const { return store_; }
  void tick(const Bits& pixel);
  [[nodiscard]] std::int64_t stores() const { return stores_; }  ///< pixels written so far
  [[nodiscard]] std::int64_t reads() const { return reads_; }    ///< and read
  void addProbes(const ProbeScope& scope) const;

 private:
  void fetch();

  const int channels_, lanes_, words_, pixels_, depth_;
  const bool replay_;
  std::vector<Bits> memory_;
  Bits rdata_, bits_;
  int wr_addr_ = 0, rd_addr_ = 0, map_addr_ = 0, held_ = 0, ahead_ = 0, pixel_ = 0, pass_ = 0;
  std::int64_t stores_ = 0, reads_ = 0;
  bool valid_ = false;
  bool fire_ = false, fetch_ = false, store_ = false, done_ = false, last_pass_ = true;  ///< in this cycle
  int word_ = 0;
};

}  // namespace neuspin::golden

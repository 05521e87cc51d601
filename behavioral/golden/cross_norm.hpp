// cim_cross_norm: the sign of u against its mean over the outputs of the layer.
#pragma once

#include "golden/bits.hpp"

namespace neuspin::golden {

class CrossNorm {
 public:
  explicit CrossNorm(const LayerPlan& layer);
  void reset();  ///< registers; the memories keep their contents

  [[nodiscard]] bool ready() const { return !full_[wr_bank_]; }
  [[nodiscard]] bool valid() const { return valid_; }
  [[nodiscard]] const Bits& data() const { return data_; }  ///< one bit a lane

  /// data: a word of u, one of out_bits bits a lane. ready: of the engine after this one.
  void tick(const Bits& data, bool valid, bool ready);
  void addProbes(const ProbeScope& scope) const;

 private:
  void accept(const Bits& data);
  void compare();

  int lanes_, words_, outputs_, data_bits_;
  std::array<std::vector<std::int64_t>, 2> memory_;  ///< [bank][word*lanes + lane]
  std::vector<std::int64_t> rdata_;                  ///< [lane], of the bank read last
  std::array<std::int64_t, 2> sum_{};
  std::array<bool, 2> full_{};
  std::size_t wr_bank_ = 0, rd_bank_ = 0, r1_bank_ = 0;
  int widx_ = 0, ridx_ = 0;
  bool r1_valid_ = false, valid_ = false;
  std::int64_t r1_sum_ = 0;
  Bits data_;
};

}  // namespace neuspin::golden

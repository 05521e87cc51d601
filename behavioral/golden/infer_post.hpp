// The post lanes of one layer of golden::Infer: what its sums become under a pass's choice.
#pragma once

#include <cstdint>
#include <vector>

#include "golden/infer_kernel.hpp"
#include "plan/plan.hpp"

namespace neuspin::golden {

/// The entry in threshold form that decides as the multiply form's z·scale + offset >= 0 does, for every |z|
/// < 2^31 (integers throughout, so nothing is rounded).
[[nodiscard]] PostEntry asThreshold(const PostEntry& multiply);

class InferPost {
 public:
  /// `kernel` must outlive this object.
  InferPost(const LayerPlan& plan, const Kernel& kernel);

  [[nodiscard]] int outputs() const { return outputs_; }
  [[nodiscard]] int outputWords() const { return blocks_; }  ///< of the decided bits

  /// Hidden layers: the output bits of one vector, outputWords() words, unused high bits 0. `noise`:
  /// [output], read only in the noise form. `skip`: [outputWords()], the bits of a skip connection, read only
  /// with one.
  void decide(const std::int32_t* sums, int bank, const std::int32_t* noise, const std::uint64_t* skip,
              std::uint64_t* bits) const;

  /// Which outputs fall with growing sums, outputWords() words; none where more than the sign of a sum
  /// decides.
  [[nodiscard]] const std::uint64_t* falling(int bank) const {
    return banks_[static_cast<std::size_t>(bank)].invert.data();
  }

  /// [64·outputWords()], what a sum must reach to be a 1 before `falling` inverts it; outputs that do not
  /// exist never do.
  [[nodiscard]] const std::vector<std::int32_t>& thresholds(int bank) const {
    return banks_[static_cast<std::size_t>(bank)].thresholds;
  }

  /// The same before anything is inverted: 1 where a sum reaches its threshold (of a convolution that pools:
  /// the largest one's is the OR of these).
  void compare(const std::int32_t* sums, int bank, const std::int32_t* noise, const std::uint64_t* skip,
               std::uint64_t* bits) const;

  /// Whether thresholds() say everything: no skip connection, no noise, no mean over the outputs.
  [[nodiscard]] bool plainThresholds() const { return thresholds_ && !skips_; }

  /// Last layer: logits, [outputs].
  void logits(const std::int32_t* sums, int bank, const std::int32_t* noise, std::int32_t* logits) const;

 private:
  struct Bank {
    std::vector<std::int32_t> thresholds;       ///< [64·blocks_]; where the sign of one sum decides
    std::vector<std::int32_t> skip_thresholds;  ///< the same where the skip bit is 1, with a skip connection
    std::vector<std::uint64_t> invert;          ///< [blocks_]
    std::vector<std::int64_t> scale, sigma, offset, skip;  ///< [outputs_]; otherwise
    [[nodiscard]] std::int64_t constant(std::size_t o, const std::uint64_t* bits) const {
      return offset[o] + (bits != nullptr && (bits[o / 64] >> (o % 64) & 1) != 0 ? skip[o] : 0);
    }
  };
  [[nodiscard]] Bank makeBank(const LayerPlan& plan, const std::vector<PostEntry>& entries) const;
  void decideAgainstMean(const std::int32_t* sums, const Bank& bank, const std::uint64_t* skip,
                         std::uint64_t* bits) const;
  template <typename Decide>
  void packBits(Decide&& decide, std::uint64_t* bits) const;

  const Kernel& kernel_;
  int outputs_, blocks_;
  bool noisy_, cross_norm_, thresholds_, skips_;
  std::vector<Bank> banks_;
};

}  // namespace neuspin::golden

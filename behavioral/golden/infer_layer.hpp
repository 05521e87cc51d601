// One layer of golden::Infer: packed weights, the integer sums of many input vectors, and what the post lanes
// make of them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "golden/infer_kernel.hpp"
#include "plan/plan.hpp"

namespace neuspin::golden {

/// The entry in threshold form that decides as the multiply form's z·scale + offset >= 0 does, for every |z|
/// < 2^31 (integers throughout, so nothing is rounded).
[[nodiscard]] PostEntry asThreshold(const PostEntry& multiply);

class PackedLayer {
 public:
  /// `kernel` must outlive the layer.
  PackedLayer(const LayerPlan& plan, const LayerWeights& weights, const Kernel& kernel);

  [[nodiscard]] int planes() const { return planes_; }
  [[nodiscard]] int inputWords() const { return words_; }  ///< of one plane of a vector, unused high bits 0
  [[nodiscard]] int outputs() const { return outputs_; }
  [[nodiscard]] int outputWords() const { return output_blocks_; }  ///< of the decided bits
  [[nodiscard]] int sumStride() const { return sum_stride_; }       ///< sums of one vector, padded

  /// z of `vectors` input vectors. inputs: [vector][plane, most significant first][inputWords()];
  /// sums: [vector][sumStride()].
  void sums(const std::uint64_t* inputs, int vectors, std::int32_t* sums) const;

  /// Hidden layers: the output bits of one vector, outputWords() words, unused high bits 0.
  void decide(const std::int32_t* sums, int bank, std::uint64_t* bits) const;

  /// Last layer: logits, [outputs].
  void logits(const std::int32_t* sums, int bank, std::int32_t* logits) const;

 private:
  struct Bank {
    std::vector<std::int32_t> thresholds;     ///< [64·output_blocks_]
    std::vector<std::uint64_t> invert;        ///< [output_blocks_]
    std::vector<std::int64_t> scale, offset;  ///< [outputs_], last layer
  };
  [[nodiscard]] std::size_t packedIndex(int output, int word) const;
  void packWeights(const LayerWeights& weights, int inputs);
  [[nodiscard]] Bank makeBank(const LayerPlan& plan, const std::vector<PostEntry>& entries) const;

  const Kernel& kernel_;
  int outputs_, planes_, words_;
  int kernel_blocks_, output_blocks_, sum_stride_;
  std::int32_t step_;                    ///< how much one differing bit lowers a sum
  std::vector<std::uint64_t> weights_;   ///< as Kernel::distances reads them
  std::vector<std::int32_t> full_sums_;  ///< [sum_stride_]: the sum where no bit differs
  std::vector<Bank> banks_;
};

}  // namespace neuspin::golden

#include "golden/infer_layer.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace neuspin::golden {

namespace {

constexpr int kWordBits = 64;

/// One cache line more than a power of two: the sums of many vectors would otherwise compete for the same
/// cache sets.
constexpr int kSkew = 16;

int divideUp(int a, int b) {
  return (a + b - 1) / b;
}

std::int64_t floorDivide(std::int64_t a, std::int64_t b) {
  const std::int64_t quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

/// A threshold beyond every 32-bit sum decides like the nearest 32-bit one (sums stay far from the ends: at
/// most 24 bits).
std::int32_t clampThreshold(std::int64_t theta) {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(theta, std::numeric_limits<std::int32_t>::min(),
                                                            std::numeric_limits<std::int32_t>::max()));
}

}  // namespace

PostEntry asThreshold(const PostEntry& multiply) {
  const std::int64_t scale = multiply.scale;
  const std::int64_t offset = multiply.offset;
  if (scale > 0) return {.invert = false, .theta = -floorDivide(offset, scale)};  // z >= ⌈−offset/scale⌉
  if (scale < 0) return {.invert = true, .theta = floorDivide(offset, -scale) + 1};  // z <= ⌊offset/−scale⌋
  constexpr std::int64_t kAlways = std::numeric_limits<std::int32_t>::min();
  return {.invert = offset < 0, .theta = kAlways};
}

PackedLayer::PackedLayer(const LayerPlan& plan, const LayerWeights& weights, const Kernel& kernel)
    : kernel_(kernel),
      outputs_(plan.outputs),
      planes_(plan.elem_bits),
      words_(divideUp(plan.inputs, kWordBits)),
      kernel_blocks_(divideUp(plan.outputs, kKernelBlock)),
      output_blocks_(divideUp(plan.outputs, kDecideBlock)),
      sum_stride_(output_blocks_ * kDecideBlock + kSkew),
      step_(plan.bipolar ? 2 : 1),
      full_sums_(static_cast<std::size_t>(sum_stride_)) {
  packWeights(weights, plan.inputs);
  // Bipolar: z = 2P − n with P = n − d matches, d = popcount(w ^ x), so z = n − 2d.
  // Unsigned plane: P = popcount(w & x) and A = popcount(x), and popcount(w ^ x) = popcount(w) + A − 2P, so
  // 2P − A = popcount(w) − d; planes add up with their powers of two. One XOR kernel serves both.
  const std::int32_t plane_weights = (1 << planes_) - 1;
  for (int o = 0; o < outputs_; ++o) {
    int ones = 0;
    for (int w = 0; w < words_; ++w) {
      ones += std::popcount(weights_[packedIndex(o, w)]);
    }
    full_sums_[static_cast<std::size_t>(o)] = plan.bipolar ? plan.inputs : plane_weights * ones;
  }
  for (const auto& entries : plan.entries) banks_.push_back(makeBank(plan, entries));
}

std::size_t PackedLayer::packedIndex(int output, int word) const {
  return (static_cast<std::size_t>(output / kKernelBlock) * words_ + word) * kKernelBlock +
         output % kKernelBlock;
}

void PackedLayer::packWeights(const LayerWeights& weights, int inputs) {
  const int used = inputs % kWordBits;
  const std::uint64_t last_mask = used == 0 ? ~std::uint64_t{0} : (std::uint64_t{1} << used) - 1;
  weights_.assign(static_cast<std::size_t>(kernel_blocks_) * words_ * kKernelBlock, 0);
  for (int o = 0; o < outputs_; ++o) {
    for (int w = 0; w < words_; ++w) {
      weights_[packedIndex(o, w)] =
          weights.weight_bits[static_cast<std::size_t>(o) * weights.words_per_row + w] &
          (w == words_ - 1 ? last_mask : ~std::uint64_t{0});
    }
  }
}

PackedLayer::Bank PackedLayer::makeBank(const LayerPlan& plan, const std::vector<PostEntry>& entries) const {
  Bank bank;
  if (plan.last) {
    for (const PostEntry& entry : entries) {
      bank.scale.push_back(entry.scale);
      bank.offset.push_back(entry.offset);
    }
    return bank;
  }
  // Outputs that do not exist must decide 0: the next layer's weights are 0 there and no bit may differ.
  bank.thresholds.assign(static_cast<std::size_t>(sum_stride_), std::numeric_limits<std::int32_t>::max());
  bank.invert.assign(static_cast<std::size_t>(output_blocks_), 0);
  for (int o = 0; o < outputs_; ++o) {
    const PostEntry& entry = entries[static_cast<std::size_t>(o)];
    const PostEntry threshold = plan.form == PostForm::Multiply ? asThreshold(entry) : entry;
    bank.thresholds[static_cast<std::size_t>(o)] = clampThreshold(threshold.theta);
    bank.invert[static_cast<std::size_t>(o / kWordBits)] |= static_cast<std::uint64_t>(threshold.invert)
                                                            << (o % kWordBits);
  }
  return bank;
}

void PackedLayer::sums(const std::uint64_t* inputs, int vectors, std::int32_t* sums) const {
  // Few enough vectors at once that they and their sums of one block stay in the first-level cache.
  constexpr int kVectorsPerCall = 64;
  const KernelMatrix matrix{.weights = weights_.data(),
                            .full = full_sums_.data(),
                            .words = words_,
                            .blocks = kernel_blocks_,
                            .planes = planes_,
                            .step = step_};
  for (int v = 0; v < vectors; v += kVectorsPerCall) {
    kernel_.sums(matrix, inputs + static_cast<std::ptrdiff_t>(v) * planes_ * words_,
                 std::min(kVectorsPerCall, vectors - v), sum_stride_,
                 sums + static_cast<std::ptrdiff_t>(v) * sum_stride_);
  }
}

void PackedLayer::decide(const std::int32_t* sums, int bank, std::uint64_t* bits) const {
  const Bank& entries = banks_[static_cast<std::size_t>(bank)];
  kernel_.decide(sums, entries.thresholds.data(), output_blocks_, bits);
  for (int w = 0; w < output_blocks_; ++w) bits[w] ^= entries.invert[static_cast<std::size_t>(w)];
}

void PackedLayer::logits(const std::int32_t* sums, int bank, std::int32_t* logits) const {
  const Bank& entries = banks_[static_cast<std::size_t>(bank)];
  for (int o = 0; o < outputs_; ++o) {
    const auto i = static_cast<std::size_t>(o);
    logits[o] = static_cast<std::int32_t>(sums[o] * entries.scale[i] + entries.offset[i]);
  }
}

}  // namespace neuspin::golden

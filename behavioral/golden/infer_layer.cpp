#include "golden/infer_layer.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace neuspin::golden {

namespace {

constexpr int kWordBits = 64;

/// One cache line more than a power of two: the sums of many vectors would otherwise compete for the same
/// cache sets.
constexpr int kSkew = 16;

/// Few enough vectors at once that they and their sums of one block stay in the first-level cache.
constexpr int kVectorsPerCall = 64;

int divideUp(int a, int b) {
  return (a + b - 1) / b;
}

/// Whether bit i is logical input i, as far as there are inputs.
bool isInOrder(const std::vector<int>& order) {
  for (std::size_t bit = 0; bit < order.size(); ++bit) {
    if (order[bit] >= 0 && order[bit] != static_cast<int>(bit)) return false;
  }
  return true;
}

/// Calls f(first vector, vectors) for shares of at most kVectorsPerCall.
template <typename F>
void inShares(int vectors, F&& f) {
  for (int v = 0; v < vectors; v += kVectorsPerCall) f(v, std::min(kVectorsPerCall, vectors - v));
}

}  // namespace

PackedLayer::PackedLayer(const LayerPlan& plan, const LayerWeights& weights, std::vector<int> order,
                         const Kernel& kernel)
    : kernel_(kernel),
      order_(std::move(order)),
      in_order_(isInOrder(order_)),
      outputs_(plan.outputs),
      planes_(plan.elem_bits),
      words_(static_cast<int>(order_.size()) / kWordBits),
      last_mask_(plan.inputs % kWordBits == 0 ? ~std::uint64_t{0}
                                              : (std::uint64_t{1} << (plan.inputs % kWordBits)) - 1),
      kernel_blocks_(divideUp(plan.outputs, kKernelBlock)),
      sum_stride_(divideUp(plan.outputs, kDecideBlock) * kDecideBlock + kSkew),
      bipolar_(plan.bipolar) {
  // Bipolar: z = 2P − n with P = n − d matches, d = popcount(w ^ x), so z = n − 2d.
  // Unsigned plane: P = popcount(w & x) and A = popcount(x), and popcount(w ^ x) = popcount(w) + A − 2P, so
  // 2P − A = popcount(w) − d; planes add up with their powers of two. One XOR kernel serves both.
  // Slice s of a weight adds its own z, 2^s times.
  const std::int32_t plane_weights = (1 << planes_) - 1;
  for (int array = 0; array < plan.arrays; ++array) {
    auto& slices = arrays_.emplace_back();
    auto& full = full_sums_.emplace_back(static_cast<std::size_t>(sum_stride_));
    for (int s = 0; s < plan.slices; ++s) {
      const Slice& slice = slices.emplace_back(packSlice(weights, array, s));
      for (int o = 0; o < outputs_; ++o) {
        int ones = 0;
        for (int w = 0; w < words_; ++w) ones += std::popcount(slice[packedIndex(o, w)]);
        full[static_cast<std::size_t>(o)] += (bipolar_ ? plan.inputs : plane_weights * ones) << s;
      }
    }
  }
}

std::size_t PackedLayer::packedIndex(int output, int word) const {
  return (static_cast<std::size_t>(output / kKernelBlock) * words_ + word) * kKernelBlock +
         output % kKernelBlock;
}

void PackedLayer::pack(const std::uint64_t* logical, std::uint64_t* packed) const {
  if (in_order_) {
    std::copy_n(logical, words_, packed);
    packed[words_ - 1] &= last_mask_;
    return;
  }
  for (int w = 0; w < words_; ++w) {
    const int* const order = order_.data() + static_cast<std::ptrdiff_t>(w) * kWordBits;
    std::uint64_t word = 0;
    for (int bit = 0; bit < kWordBits; ++bit) {
      if (order[bit] >= 0) word |= (logical[order[bit] / kWordBits] >> (order[bit] % kWordBits) & 1) << bit;
    }
    packed[w] = word;
  }
}

PackedLayer::Slice PackedLayer::packSlice(const LayerWeights& weights, int array, int slice) const {
  Slice packed(static_cast<std::size_t>(kernel_blocks_) * words_ * kKernelBlock);
  std::vector<std::uint64_t> row(static_cast<std::size_t>(words_));
  for (int o = 0; o < outputs_; ++o) {
    pack(weights.row(array, slice, o), row.data());
    for (int w = 0; w < words_; ++w) packed[packedIndex(o, w)] = row[static_cast<std::size_t>(w)];
  }
  return packed;
}

KernelMatrix PackedLayer::matrix(const Slice& slice, int significance) const {
  return {.weights = slice.data(),
          .words = words_,
          .blocks = kernel_blocks_,
          .planes = planes_,
          .shift = (bipolar_ ? 1 : 0) + significance};
}

void PackedLayer::sums(int array, const std::uint64_t* inputs, int vectors, std::int32_t* sums) const {
  const auto& slices = arrays_[static_cast<std::size_t>(array)];
  inShares(vectors, [&](int first, int count) {
    std::int32_t* out = sums + static_cast<std::ptrdiff_t>(first) * sum_stride_;
    for (std::size_t s = 0; s < slices.size(); ++s) {
      KernelMatrix part = matrix(slices[s], static_cast<int>(s));
      part.base = s == 0 ? full_sums_[static_cast<std::size_t>(array)].data() : out;
      part.base_stride = s == 0 ? 0 : sum_stride_;
      kernel_.sums(part, inputs + static_cast<std::ptrdiff_t>(first) * vectorWords(), count, sum_stride_,
                   out);
    }
  });
}

void PackedLayer::maskedSums(int array, std::uint64_t* inputs, const std::uint64_t* kept, int vectors,
                             std::int32_t* sums) const {
  if (!bipolar_) {  // a row that is not driven is a 0 in every plane
    for (int v = 0; v < vectors; ++v) {
      std::uint64_t* planes = inputs + static_cast<std::ptrdiff_t>(v) * vectorWords();
      for (int i = 0; i < vectorWords(); ++i) planes[i] &= kept[v * words_ + i % words_];
    }
    this->sums(array, inputs, vectors, sums);
    return;
  }
  // z = A − 2d with A rows that take part and d of them differing, of each slice 2^s times.
  const auto& slices = arrays_[static_cast<std::size_t>(array)];
  for (int v = 0; v < vectors; ++v) {
    int active = 0;
    for (int w = 0; w < words_; ++w) active += std::popcount(kept[v * words_ + w]);
    std::fill_n(sums + static_cast<std::ptrdiff_t>(v) * sum_stride_, kernel_blocks_ * kKernelBlock,
                active * ((1 << slices.size()) - 1));
  }
  inShares(vectors, [&](int first, int count) {
    const std::ptrdiff_t word = static_cast<std::ptrdiff_t>(first) * words_;
    std::int32_t* out = sums + static_cast<std::ptrdiff_t>(first) * sum_stride_;
    for (std::size_t s = 0; s < slices.size(); ++s) {
      KernelMatrix masked = matrix(slices[s], static_cast<int>(s));
      masked.base = out;
      masked.base_stride = sum_stride_;
      kernel_.maskedSums(masked, inputs + word, kept + word, count, sum_stride_, out);
    }
  });
}

}  // namespace neuspin::golden

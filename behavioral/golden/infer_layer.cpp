#include "golden/infer_layer.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <optional>
#include <utility>

#include "golden/infer_windows.hpp"

namespace neuspin::golden {

namespace {

constexpr int kWordBytes = 8;
constexpr int kGroup = 4;  ///< inputs of Kernel::byteSums that lie together

/// One cache line more than a power of two: the sums of many vectors would otherwise compete for the same
/// cache sets.
constexpr int kSkew = 16;

/// Few enough vectors at once that they and their sums of one block stay in the first-level cache.
constexpr int kVectorsPerCall = 64;

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

PackedLayer::PackedLayer(const LayerPlan& plan, const LayerWeights& ideal, std::vector<int> order,
                         const Kernel& kernel)
    : kernel_(kernel),
      order_(std::move(order)),
      in_order_(isInOrder(order_)),
      bytes_(takesBytes(plan)),
      outputs_(plan.outputs),
      planes_(bytes_ ? 1 : plan.elem_bits),
      words_(static_cast<int>(order_.size()) / (bytes_ ? kWordBytes : kWordBits)),
      kept_words_(divideUp(static_cast<int>(order_.size()), kWordBits)),
      inputs_(plan.inputs),
      last_mask_(plan.inputs % kWordBits == 0 ? ~std::uint64_t{0}
                                              : (std::uint64_t{1} << (plan.inputs % kWordBits)) - 1),
      kernel_blocks_(divideUp(plan.outputs, kKernelBlock)),
      sum_stride_(divideUp(plan.outputs, kDecideBlock) * kDecideBlock + kSkew),
      bipolar_(plan.bipolar) {
  if (!plan.countsExactly()) {
    const std::vector<int> bit_of = bitsOfInputs();
    for (int row = 0; row < inputs_; ++row)
      bit_of_row_.push_back(bit_of[static_cast<std::size_t>(plan.inputOfRow(row))]);
    reads_.emplace(plan, ideal);
    return;
  }
  std::optional<LayerWeights> faulty;
  if (!plan.faults.empty()) applyFaults(plan, faulty.emplace(ideal));
  const LayerWeights& weights = faulty ? *faulty : ideal;
  // Bipolar: z = 2P − n with P = n − d matches, d = popcount(w ^ x), so z = n − 2d.
  // Unsigned plane: P = popcount(w & x) and A = popcount(x), and popcount(w ^ x) = popcount(w) + A − 2P, so
  // 2P − A = popcount(w) − d; planes add up with their powers of two. One XOR kernel serves both.
  // Slice s of a weight adds its own z, 2^s times.
  largest_weight_ = (1 << plan.slices) - 1;
  for (int array = 0; bytes_ && array < plan.arrays; ++array)
    byte_arrays_.push_back(packBytes(weights, array));
  if (bytes_) return;
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
  if (!worthTables(plan)) return;
  for (const auto& slices : arrays_) {
    auto& tables = tables_.emplace_back();
    for (const Slice& slice : slices) tables.push_back(makeTables(slice));
  }
}

/// [logical input] its bit (byte) of a packed vector.
std::vector<int> PackedLayer::bitsOfInputs() const {
  std::vector<int> bit_of(static_cast<std::size_t>(inputs_));
  for (std::size_t bit = 0; bit < order_.size(); ++bit) {
    if (order_[bit] >= 0) bit_of[static_cast<std::size_t>(order_[bit])] = static_cast<int>(bit);
  }
  return bit_of;
}

void PackedLayer::applyFaults(const LayerPlan& plan, LayerWeights& weights) {
  const std::vector<int> bit_of = bitsOfInputs();
  const auto reads = [](const CellFault& fault, bool state) {
    return fault.fault == JunctionFault::Flipped ? !state : fault.fault == JunctionFault::High;
  };
  std::vector<std::vector<Correction>> corrections(static_cast<std::size_t>(plan.arrays));
  bool any = false;
  for (std::size_t t = 0; t < plan.faults.size(); ++t) {
    const TilePlan& tile = plan.tiles[t];
    const auto& faults = plan.faults[t];
    for (std::size_t k = 0; k < faults.size();) {
      const CellFault& first = faults[k];
      const auto same = [&](std::size_t other) {
        return other < faults.size() && faults[other].row == first.row && faults[other].col == first.col;
      };
      std::size_t end = k + 1;
      while (same(end)) ++end;
      if (first.row < tile.rows_used && first.col < tile.cols_used) {
        const int input = plan.inputOfRow(tile.row_base + first.row), output = tile.col_base + first.col;
        const bool stored = weights.weight(output, input, tile.array, tile.slice);
        bool at_one = stored, at_zero = !stored;
        for (; k < end; ++k) {
          (faults[k].zero ? at_zero : at_one) = reads(faults[k], faults[k].zero ? !stored : stored);
        }
        weights.setWeight(output, input, at_one, tile.array, tile.slice);
        if (bipolar_ && at_one == at_zero) {
          const int bit = bit_of[static_cast<std::size_t>(input)];
          corrections[static_cast<std::size_t>(tile.array)].push_back(
              {bit / kWordBits, bit % kWordBits, output, (at_one ? 2 : -2) * (1 << tile.slice)});
          any = true;
        }
      }
      k = end;
    }
  }
  if (any) corrections_ = std::move(corrections);
}

/// kept: nullptr = all rows take part.
void PackedLayer::correct(int array, const std::uint64_t* inputs, const std::uint64_t* kept, int vectors,
                          std::int32_t* sums) const {
  if (corrections_.empty()) return;
  std::vector<std::uint64_t> zeros(static_cast<std::size_t>(words_));
  for (int v = 0; v < vectors; ++v, inputs += words_, sums += sum_stride_) {
    for (int w = 0; w < words_; ++w)
      zeros[static_cast<std::size_t>(w)] = ~inputs[w] & (kept == nullptr ? ~0ULL : kept[w]);
    for (const Correction& c : corrections_[static_cast<std::size_t>(array)]) {
      sums[c.output] +=
          c.value * static_cast<std::int32_t>(zeros[static_cast<std::size_t>(c.word)] >> c.bit & 1);
    }
    if (kept != nullptr) kept += words_;
  }
}

std::size_t PackedLayer::packedIndex(int output, int word) const {
  return (static_cast<std::size_t>(output / kKernelBlock) * words_ + word) * kKernelBlock +
         output % kKernelBlock;
}

void PackedLayer::pack(const std::uint64_t* logical, std::uint64_t* packed) const {
  if (in_order_) {
    const int words = divideUp(inputs_, kWordBits);
    std::fill_n(std::copy_n(logical, words, packed), kept_words_ - words, 0);
    packed[words - 1] &= last_mask_;
    return;
  }
  for (int w = 0; w < kept_words_; ++w) {
    const int* const order = order_.data() + static_cast<std::ptrdiff_t>(w) * kWordBits;
    const int bits = std::min(kWordBits, static_cast<int>(order_.size()) - w * kWordBits);
    std::uint64_t word = 0;
    for (int bit = 0; bit < bits; ++bit) {
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

/// Many windows, outputs that fill the blocks, and not too much memory.
bool PackedLayer::worthTables(const LayerPlan& plan) const {
  constexpr int kFewestWindows = 32;
  constexpr std::int64_t kMostBytes = std::int64_t{1} << 25;
  const int blocks = divideUp(outputs_, kLookUpBlock);
  const std::int64_t bytes = std::int64_t{blocks} * words_ * kLookUpWordBytes * plan.arrays * plan.slices;
  return kernel_.lookUpSums != nullptr && !bytes_ && planes_ == 1 && plan.windows >= kFewestWindows &&
         words_ <= kLookUpMostWords && 3 * outputs_ >= 2 * blocks * kLookUpBlock && bytes <= kMostBytes;
}

PackedLayer::Tables PackedLayer::makeTables(const Slice& slice) const {
  const int blocks = divideUp(outputs_, kLookUpBlock);
  Tables tables(static_cast<std::size_t>(blocks) * words_ * kLookUpWordRows);
  for (int o = 0; o < outputs_; ++o) {
    for (int w = 0; w < words_; ++w) {
      TableRow* row = &tables[(static_cast<std::size_t>(o / kLookUpBlock) * words_ + w) * kLookUpWordRows];
      const std::uint64_t weights = slice[packedIndex(o, w)];
      for (int first = 0; first < kWordBits; first += kLookUpBits) {
        const unsigned values = 1U << std::min(kLookUpBits, kWordBits - first);
        const auto group = static_cast<unsigned>(weights >> first & (values - 1));
        for (unsigned value = 0; value < values; ++value, ++row)
          row->differing[o % kLookUpBlock] = static_cast<std::uint8_t>(std::popcount(group ^ value));
      }
    }
  }
  return tables;
}

LookUpMatrix PackedLayer::lookUpMatrix(const Tables& tables, int significance) const {
  return {.tables = tables.front().differing,
          .words = words_,
          .blocks = divideUp(outputs_, kLookUpBlock),
          .shift = (bipolar_ ? 1 : 0) + significance};
}

std::vector<std::int16_t> PackedLayer::limits(int array, const std::vector<std::int32_t>& thresholds) const {
  constexpr std::int64_t kMost = std::numeric_limits<std::int16_t>::max();
  std::vector<std::int16_t> limits;
  for (std::size_t o = 0; o < thresholds.size(); ++o) {
    // full − d·2^shift >= threshold; shifting rounds towards minus infinity.
    const std::int64_t room =
        std::int64_t{full_sums_[static_cast<std::size_t>(array)][o]} - std::int64_t{thresholds[o]};
    limits.push_back(
        static_cast<std::int16_t>(std::clamp<std::int64_t>(room >> (bipolar_ ? 1 : 0), -1, kMost)));
  }
  return limits;
}

void PackedLayer::decide(int array, const std::vector<std::int16_t>& limits, const std::uint64_t* inputs,
                         const std::int32_t* vector_at, const std::int32_t* word_at, int vectors,
                         std::uint64_t* bits) const {
  kernel_.lookUpDecide(lookUpMatrix(tables_[static_cast<std::size_t>(array)].front(), 0), limits.data(),
                       inputs, vector_at, word_at, vectors, bits);
}

KernelMatrix PackedLayer::matrix(const Slice& slice, int significance) const {
  return {.weights = slice.data(),
          .words = words_,
          .blocks = kernel_blocks_,
          .planes = planes_,
          .shift = (bipolar_ ? 1 : 0) + significance};
}

/// Four inputs of eight outputs together; 0 where there is no input or output.
std::vector<std::int8_t> PackedLayer::packBytes(const LayerWeights& weights, int array) const {
  const int groups = divideUp(inputs_, kGroup);
  std::vector<std::int8_t> packed(static_cast<std::size_t>(kernel_blocks_) * kKernelBlock * kGroup * groups);
  for (int o = 0; o < outputs_; ++o) {
    for (int i = 0; i < static_cast<int>(order_.size()); ++i) {
      const int input = order_[static_cast<std::size_t>(i)];
      if (input < 0) continue;
      const int at =
          ((o / kKernelBlock * groups + i / kGroup) * kKernelBlock + o % kKernelBlock) * kGroup + i % kGroup;
      packed[static_cast<std::size_t>(at)] = static_cast<std::int8_t>(weights.value(array, o, input));
    }
  }
  return packed;
}

void PackedLayer::byteSums(int array, const std::uint64_t* inputs, int vectors, std::int32_t* sums) const {
  const ByteMatrix matrix{.weights = byte_arrays_[static_cast<std::size_t>(array)].data(),
                          .groups = divideUp(inputs_, kGroup),
                          .blocks = kernel_blocks_,
                          .input_stride = static_cast<int>(order_.size()),
                          .largest = largest_weight_};
  kernel_.byteSums(matrix, reinterpret_cast<const std::uint8_t*>(inputs), vectors, sum_stride_, sums);
}

/// kept: nullptr = all rows take part.
void PackedLayer::readSums(int array, const std::uint64_t* inputs, const std::uint64_t* kept, int vectors,
                           const VectorReads& reads, std::int32_t* sums) const {
  std::vector<std::uint8_t> elements(bit_of_row_.size()), part(bit_of_row_.size(), 1);
  for (int v = 0; v < vectors; ++v, inputs += vectorWords(), sums += sum_stride_) {
    for (std::size_t row = 0; row < bit_of_row_.size(); ++row) {
      const int at = bit_of_row_[row], word = at / kWordBits, shift = at % kWordBits;
      if (kept != nullptr) part[row] = kept[word] >> shift & 1;
      if (bytes_) {
        elements[row] = reinterpret_cast<const std::uint8_t*>(inputs)[at];
        continue;
      }
      unsigned element = 0;  // most significant plane first
      for (int plane = 0; plane < planes_; ++plane)
        element = 2 * element + static_cast<unsigned>(inputs[plane * words_ + word] >> shift & 1);
      elements[row] = static_cast<std::uint8_t>(element);
    }
    if (kept != nullptr) kept += kept_words_;
    std::fill_n(sums + outputs_, sum_stride_ - outputs_, 0);
    reads_->sums(array, elements, part, reads.of(v), {sums, static_cast<std::size_t>(outputs_)});
  }
}

void PackedLayer::sums(int array, const std::uint64_t* inputs, int vectors, const VectorReads& reads,
                       std::int32_t* sums) const {
  if (reads_) return readSums(array, inputs, nullptr, vectors, reads, sums);
  idealSums(array, inputs, vectors, sums);
  correct(array, inputs, nullptr, vectors, sums);
}

void PackedLayer::idealSums(int array, const std::uint64_t* inputs, int vectors, std::int32_t* sums) const {
  if (bytes_) return byteSums(array, inputs, vectors, sums);
  const auto& slices = arrays_[static_cast<std::size_t>(array)];
  if (!tables_.empty()) {
    for (std::size_t s = 0; s < slices.size(); ++s) {
      LookUpMatrix part = lookUpMatrix(tables_[static_cast<std::size_t>(array)][s], static_cast<int>(s));
      part.base = s == 0 ? full_sums_[static_cast<std::size_t>(array)].data() : sums;
      part.base_stride = s == 0 ? 0 : sum_stride_;
      kernel_.lookUpSums(part, inputs, vectors, sum_stride_, sums);
    }
    return;
  }
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
                             const VectorReads& reads, std::int32_t* sums) const {
  if (reads_) return readSums(array, inputs, kept, vectors, reads, sums);
  if (bytes_) {
    for (int v = 0; v < vectors; ++v) {
      auto* elements = reinterpret_cast<std::uint8_t*>(inputs + static_cast<std::ptrdiff_t>(v) * words_);
      for (std::size_t i = 0; i < order_.size(); ++i) {
        if ((kept[v * kept_words_ + static_cast<int>(i) / kWordBits] >> (i % kWordBits) & 1) == 0)
          elements[i] = 0;
      }
    }
    return byteSums(array, inputs, vectors, sums);
  }
  if (!bipolar_) {  // a row that is not driven is a 0 in every plane
    for (int v = 0; v < vectors; ++v) {
      std::uint64_t* planes = inputs + static_cast<std::ptrdiff_t>(v) * vectorWords();
      for (int i = 0; i < vectorWords(); ++i) planes[i] &= kept[v * words_ + i % words_];
    }
    this->sums(array, inputs, vectors, reads, sums);
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
  correct(array, inputs, kept, vectors, sums);
}

}  // namespace neuspin::golden

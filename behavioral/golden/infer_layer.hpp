// The arrays of one layer of golden::Infer: packed weights and the integer sums of many input vectors.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "golden/infer_kernel.hpp"
#include "golden/infer_reads.hpp"
#include "plan/plan.hpp"

namespace neuspin::golden {

/// A row of a bipolar layer whose cell reads the same for both input bits: at input bit 0 its weight (what it
/// reads at 1) is the wrong way round.
struct Correction {
  int word = 0, bit = 0;  ///< of the packed input
  int output = 0;
  std::int32_t value = 0;  ///< to add where the bit is 0
};

/// Where reads are noisy: which they are of their array.
struct VectorReads {
  std::uint32_t seed = 0;                ///< of the stochastic devices
  std::span<const std::uint32_t> first;  ///< [vector] its first read
  [[nodiscard]] ReadEvent of(int vector) const {
    return {.seed = seed, .read = first.empty() ? 0 : first[static_cast<std::size_t>(vector)]};
  }
};

class PackedLayer {
 public:
  /// `plan` and `kernel` must outlive the layer. `order`: the logical input of every bit (where
  /// takesBytes(plan): byte) of a packed vector, −1 for none.
  PackedLayer(const LayerPlan& plan, const LayerWeights& ideal, std::vector<int> order, const Kernel& kernel);

  [[nodiscard]] int planes() const { return planes_; }
  [[nodiscard]] int inputWords() const { return words_; }  ///< of one plane of a vector, unused high bits 0
  [[nodiscard]] int keptWords() const { return kept_words_; }  ///< a bit an element of a vector
  [[nodiscard]] int vectorWords() const { return planes_ * words_; }
  [[nodiscard]] int sumStride() const { return sum_stride_; }  ///< sums of one vector, padded

  /// z of `vectors` input vectors on one array set. inputs: [vector][plane, most significant
  /// first][inputWords()]; sums: [vector][sumStride()].
  void sums(int array, const std::uint64_t* inputs, int vectors, const VectorReads& reads,
            std::int32_t* sums) const;

  /// The same with rows that take no part: kept [vector][keptWords()], bit 1 = takes part.
  /// `inputs` may be changed.
  void maskedSums(int array, std::uint64_t* inputs, const std::uint64_t* kept, int vectors,
                  const VectorReads& reads, std::int32_t* sums) const;

  /// Whether limits() and decide() exist: sums need not be written out.
  [[nodiscard]] bool decides() const {
    return !tables_.empty() && tables_.front().size() == 1 && corrections_.empty();
  }
  /// Thresholds of sums ([64·blocks]; a sum that reaches it is a 1) → the most bits that may differ.
  [[nodiscard]] std::vector<std::int16_t> limits(int array,
                                                 const std::vector<std::int32_t>& thresholds) const;
  /// Output bits of `vectors` input vectors, [vector][64-bit words of outputs]; word w of vector v is
  /// inputs[vector_at[v] + word_at[w]].
  void decide(int array, const std::vector<std::int16_t>& limits, const std::uint64_t* inputs,
              const std::int32_t* vector_at, const std::int32_t* word_at, int vectors,
              std::uint64_t* bits) const;

  /// Bits of logical inputs, in order → packed, keptWords().
  void pack(const std::uint64_t* logical, std::uint64_t* packed) const;

 private:
  /// Weights of one slice of one array set, as Kernel::sums reads them.
  using Slice = std::vector<std::uint64_t>;
  /// The same as LookUpMatrix::tables; a row is one cache line.
  struct alignas(64) TableRow {
    std::uint8_t differing[kLookUpBlock];
  };
  using Tables = std::vector<TableRow>;
  [[nodiscard]] std::vector<int> bitsOfInputs() const;
  /// Writes what the cells read at input bit 1 into `weights` and notes those that read the same at 0.
  void applyFaults(const LayerPlan& plan, LayerWeights& weights);
  void correct(int array, const std::uint64_t* inputs, const std::uint64_t* kept, int vectors,
               std::int32_t* sums) const;
  void readSums(int array, const std::uint64_t* inputs, const std::uint64_t* kept, int vectors,
                const VectorReads& reads, std::int32_t* sums) const;
  void idealSums(int array, const std::uint64_t* inputs, int vectors, std::int32_t* sums) const;
  [[nodiscard]] std::size_t packedIndex(int output, int word) const;
  [[nodiscard]] std::vector<std::int8_t> packBytes(const LayerWeights& weights, int array) const;
  void byteSums(int array, const std::uint64_t* inputs, int vectors, std::int32_t* sums) const;
  [[nodiscard]] Slice packSlice(const LayerWeights& weights, int array, int slice) const;
  [[nodiscard]] bool worthTables(const LayerPlan& plan) const;
  [[nodiscard]] Tables makeTables(const Slice& slice) const;
  [[nodiscard]] LookUpMatrix lookUpMatrix(const Tables& tables, int significance) const;
  [[nodiscard]] KernelMatrix matrix(const Slice& slice, int significance) const;

  const Kernel& kernel_;
  std::vector<int> order_;
  bool in_order_;  ///< bit i is logical input i
  bool bytes_;     ///< elements of a vector are bytes
  int outputs_, planes_, words_, kept_words_;
  int inputs_;
  std::uint64_t last_mask_;  ///< used bits of the last word
  int kernel_blocks_, sum_stride_;
  bool bipolar_;
  std::vector<std::vector<Slice>> arrays_;             ///< [array][slice]
  std::vector<std::vector<Tables>> tables_;            ///< [array][slice], where they are worth it
  std::vector<std::vector<std::int8_t>> byte_arrays_;  ///< [array], as Kernel::byteSums reads them; if bytes_
  std::vector<std::vector<Correction>> corrections_;   ///< [array]; empty: none anywhere
  int largest_weight_ = 1;
  std::optional<ReadSums> reads_;  ///< where columns do not count exactly: in place of all that is packed
  std::vector<int> bit_of_row_;    ///< [array row] its bit (byte) of a packed vector; with reads_
  std::vector<std::vector<std::int32_t>> full_sums_;  ///< [array][sum_stride_]: the sum where no bit differs
};

}  // namespace neuspin::golden

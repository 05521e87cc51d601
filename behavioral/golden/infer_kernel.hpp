// The inner loops of golden::Infer, one set per instruction set, chosen at run time.
#pragma once

#include <cstdint>
#include <vector>

namespace neuspin::golden {

/// Inputs are packed into words of this many bits.
inline constexpr int kWordBits = 64;

[[nodiscard]] constexpr int divideUp(int a, int b) {
  return (a + b - 1) / b;
}

/// Outputs are stored and computed in blocks: word w of outputs 8b … 8b+7 lies at [(b·words + w)·8, +8), so
/// that one vector register holds the same word of eight outputs and no horizontal sum is ever needed.
inline constexpr int kKernelBlock = 8;
/// `decide` works on this many outputs at a time.
inline constexpr int kDecideBlock = 64;

struct KernelMatrix {
  const std::uint64_t* weights = nullptr;
  /// Sums where no bit differs: vector v's of output o at [v·base_stride + o], o < 8·blocks. May be the sums
  /// to be written (slices of a weight add up this way); stride 0: the same for all vectors.
  const std::int32_t* base = nullptr;
  int base_stride = 0;
  int words = 0, blocks = 0, planes = 1;
  int shift = 0;  ///< one differing bit takes 2^shift off
};

/// Weights of −15 … 15 and inputs of bytes, four of each together. A block is that of KernelMatrix.
struct ByteMatrix {
  const std::int8_t* weights = nullptr;  ///< [block][group][8 outputs][4 inputs]
  int groups = 0, blocks = 0;            ///< of four inputs; of eight outputs
  int input_stride = 0;                  ///< bytes of a vector, at least 4·groups
  int largest = 1;                       ///< weight
};

/// Numbers of differing bits, looked up: for every five inputs, every value they can have and 64 outputs one
/// byte.
inline constexpr int kLookUpBlock = 64;
inline constexpr int kLookUpBits = 5;  ///< inputs of a group; the 13th and last group of a word has four
inline constexpr int kLookUpGroups = 13;
inline constexpr int kLookUpWordRows = 12 * 32 + 16;  ///< values of all groups of a word
inline constexpr int kLookUpWordBytes = kLookUpWordRows * kLookUpBlock;
inline constexpr int kLookUpMostWords = 511;  ///< of a vector: distances fit 15 bits
struct LookUpMatrix {
  const std::uint8_t* tables = nullptr;  ///< [block][word][group][value][64 outputs]
  const std::int32_t* base = nullptr;    ///< these four as in KernelMatrix
  int base_stride = 0;
  int words = 0, blocks = 0;  ///< words at most kLookUpMostWords; blocks of kLookUpBlock outputs
  int shift = 0;
};

struct Kernel {
  const char* name;

  /// sums[v·stride + o] = base − 2^shift · Σ_k 2^k · Σ_w popcount(weights[o][w] ^ plane k of inputs[v][w]), v
  /// < vectors, o < 8·blocks; inputs: [vector][plane, most significant first][words].
  void (*sums)(const KernelMatrix& matrix, const std::uint64_t* inputs, int vectors, int stride,
               std::int32_t* sums);

  /// The same for one plane with rows left out: popcount((weights[o][w] ^ inputs[v][w]) & keep[v][w]).
  void (*maskedSums)(const KernelMatrix& matrix, const std::uint64_t* inputs, const std::uint64_t* keep,
                     int vectors, int stride, std::int32_t* sums);

  /// sums[v·stride + o] = Σ_i weight[o][i]·inputs[v][i], v < vectors, o < 8·blocks; inputs:
  /// [vector][input_stride].
  void (*byteSums)(const ByteMatrix& matrix, const std::uint8_t* inputs, int vectors, int stride,
                   std::int32_t* sums);

  /// The same as `sums` with one plane, o < 64·blocks, for many vectors: worth its tables where no
  /// instruction counts bits. nullptr otherwise.
  void (*lookUpSums)(const LookUpMatrix& matrix, const std::uint64_t* inputs, int vectors, int stride,
                     std::int32_t* sums);

  /// Bit o%64 of bits[v·blocks + o/64] = at most limits[o] bits differ, o < 64·blocks. Word w of vector v is
  /// inputs[vector_at[v] + word_at[w]]. nullptr like lookUpSums.
  void (*lookUpDecide)(const LookUpMatrix& matrix, const std::int16_t* limits, const std::uint64_t* inputs,
                       const std::int32_t* vector_at, const std::int32_t* word_at, int vectors,
                       std::uint64_t* bits);

  /// Bit o%64 of bits[o/64] = sums[o] >= thresholds[o], o < 64·blocks.
  void (*decide)(const std::int32_t* sums, const std::int32_t* thresholds, int blocks, std::uint64_t* bits);

  /// out[i] = draw of the device with key keys[i] at event events[i] + add, minus 2^31 (so that `decide`
  /// compares it).
  void (*draws)(const std::uint32_t* keys, const std::uint32_t* events, std::uint32_t add, int count,
                std::int32_t* out);

  /// Σ_i popcount(data[i] ^ key), i < words (a multiple of 32): one load, XOR, popcount and add a word. The
  /// benchmark's yardstick for how fast this machine counts with this instruction set.
  std::uint64_t (*countMismatches)(const std::uint64_t* data, std::uint64_t key, std::size_t words);
};

/// The kernels this processor can run, slowest first; the first ("portable") is always there.
[[nodiscard]] const std::vector<Kernel>& supportedKernels();

}  // namespace neuspin::golden

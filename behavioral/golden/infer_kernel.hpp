// The inner loops of golden::Infer, one set per instruction set, chosen at run time.
#pragma once

#include <cstdint>
#include <vector>

namespace neuspin::golden {

/// Outputs are stored and computed in blocks: word w of outputs 8b … 8b+7 lies at [(b·words + w)·8, +8), so
/// that one vector register holds the same word of eight outputs and no horizontal sum is ever needed.
inline constexpr int kKernelBlock = 8;
/// `decide` works on this many outputs at a time.
inline constexpr int kDecideBlock = 64;

struct KernelMatrix {
  const std::uint64_t* weights = nullptr;
  const std::int32_t* full = nullptr;  ///< [8·blocks], the sum where no bit differs
  int words = 0, blocks = 0, planes = 1;
  std::int32_t step = 1;  ///< what one differing bit takes off
};

struct Kernel {
  const char* name;

  /// sums[v·stride + o] = full[o] − step · Σ_k 2^k · Σ_w popcount(weights[o][w] ^ plane k of inputs[v][w]), v
  /// < vectors, o < 8·blocks; inputs: [vector][plane, most significant first][words].
  void (*sums)(const KernelMatrix& matrix, const std::uint64_t* inputs, int vectors, int stride,
               std::int32_t* sums);

  /// Bit o%64 of bits[o/64] = sums[o] >= thresholds[o], o < 64·blocks.
  void (*decide)(const std::int32_t* sums, const std::int32_t* thresholds, int blocks, std::uint64_t* bits);

  /// Σ_i popcount(data[i] ^ key), i < words (a multiple of 32): one load, XOR, popcount and add a word. The
  /// benchmark's yardstick for how fast this machine counts with this instruction set.
  std::uint64_t (*countMismatches)(const std::uint64_t* data, std::uint64_t key, std::size_t words);
};

/// The kernels this processor can run, slowest first; the first ("portable") is always there.
[[nodiscard]] const std::vector<Kernel>& supportedKernels();

}  // namespace neuspin::golden

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

struct Kernel {
  const char* name;

  /// distances[v·8·blocks + o] = Σ_w popcount(weights[o][w] ^ inputs[v·words + w]) for v < vectors, o <
  /// 8·blocks.
  void (*distances)(const std::uint64_t* weights, int words, int blocks, const std::uint64_t* inputs,
                    int vectors, std::int32_t* distances);

  /// Bit o%64 of bits[o/64] = sums[o] >= thresholds[o], o < 64·blocks.
  void (*decide)(const std::int32_t* sums, const std::int32_t* thresholds, int blocks, std::uint64_t* bits);

  /// Σ_i popcount(data[i] ^ key), i < words (a multiple of 32): one load, XOR, popcount and add a word. The
  /// benchmark's yardstick for how fast this machine counts with this instruction set.
  std::uint64_t (*countMismatches)(const std::uint64_t* data, std::uint64_t key, std::size_t words);
};

/// The kernels this processor can run, slowest first; the first ("portable") is always there.
[[nodiscard]] const std::vector<Kernel>& supportedKernels();

}  // namespace neuspin::golden

#include "golden/infer_kernel.hpp"

#include <bit>
#include <cstddef>

#include "golden/infer_kernel_isa.hpp"

namespace neuspin::golden {

namespace {

/// `keep` is read only if Masked, and then there is one plane.
template <bool Masked>
void allSumsPortable(const KernelMatrix& matrix, const std::uint64_t* inputs, const std::uint64_t* keep,
                     int vectors, int stride, std::int32_t* sums) {
  const std::int32_t* base = matrix.base;
  for (int v = 0; v < vectors; ++v) {
    const std::uint64_t* weights = matrix.weights;
    for (int b = 0; b < matrix.blocks; ++b, weights += matrix.words * kKernelBlock) {
      std::int32_t distances[kKernelBlock] = {};
      for (int plane = 0; plane < matrix.planes; ++plane) {
        for (auto& distance : distances) distance *= 2;
        for (int w = 0; w < matrix.words; ++w) {
          const std::uint64_t x = inputs[plane * matrix.words + w];
          const std::uint64_t kept = Masked ? keep[w] : ~std::uint64_t{0};
          for (int o = 0; o < kKernelBlock; ++o)
            distances[o] += std::popcount((weights[w * kKernelBlock + o] ^ x) & kept);
        }
      }
      for (int o = 0; o < kKernelBlock; ++o) {
        const int at = b * kKernelBlock + o;
        sums[at] = base[at] - (distances[o] << matrix.shift);
      }
    }
    inputs += matrix.planes * matrix.words;
    if (Masked) keep += matrix.words;
    base += matrix.base_stride;
    sums += stride;
  }
}

void sumsPortable(const KernelMatrix& matrix, const std::uint64_t* inputs, int vectors, int stride,
                  std::int32_t* sums) {
  allSumsPortable<false>(matrix, inputs, nullptr, vectors, stride, sums);
}

void byteSumsPortable(const ByteMatrix& matrix, const std::uint8_t* inputs, int vectors, int stride,
                      std::int32_t* sums) {
  for (int v = 0; v < vectors; ++v, inputs += matrix.input_stride, sums += stride) {
    const std::int8_t* weights = matrix.weights;
    for (int b = 0; b < matrix.blocks; ++b) {
      std::int32_t block[kKernelBlock] = {};
      for (int g = 0; g < matrix.groups; ++g) {
        for (int o = 0; o < kKernelBlock; ++o) {
          for (int i = 0; i < 4; ++i) block[o] += *weights++ * inputs[4 * g + i];
        }
      }
      for (int o = 0; o < kKernelBlock; ++o) sums[b * kKernelBlock + o] = block[o];
    }
  }
}

void decidePortable(const std::int32_t* sums, const std::int32_t* thresholds, int blocks,
                    std::uint64_t* bits) {
  for (int b = 0; b < blocks; ++b) {
    std::uint64_t word = 0;
    for (int o = 0; o < kDecideBlock; ++o) {
      word |= static_cast<std::uint64_t>(*sums++ >= *thresholds++) << o;
    }
    bits[b] = word;
  }
}

void drawsPortable(const std::uint32_t* keys, const std::uint32_t* events, std::uint32_t add, int count,
                   std::int32_t* out) {
  drawLoop(keys, events, add, count, out);
}

std::uint64_t countMismatchesPortable(const std::uint64_t* data, std::uint64_t key, std::size_t words) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < words; ++i) sum += static_cast<std::uint64_t>(std::popcount(data[i] ^ key));
  return sum;
}

std::vector<Kernel> findKernels() {
  std::vector<Kernel> kernels = {{.name = "portable",
                                  .sums = sumsPortable,
                                  .maskedSums = allSumsPortable<true>,
                                  .byteSums = byteSumsPortable,
                                  .lookUpSums = nullptr,
                                  .lookUpDecide = nullptr,
                                  .decide = decidePortable,
                                  .draws = drawsPortable,
                                  .countMismatches = countMismatchesPortable}};
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2")) kernels.push_back(avx2Kernel());
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vpopcntdq"))
    kernels.push_back(avx512Kernel());
#endif
  return kernels;
}

}  // namespace

const std::vector<Kernel>& supportedKernels() {
  static const std::vector<Kernel> kernels = findKernels();
  return kernels;
}

}  // namespace neuspin::golden

#include "golden/infer_kernel.hpp"

#include <bit>
#include <cstddef>
#include <iterator>
#include <numeric>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace neuspin::golden {

namespace {

// ---- portable
// ----------------------------------------------------------------------------------------------

void sumsPortable(const KernelMatrix& matrix, const std::uint64_t* inputs, int vectors, int stride,
                  std::int32_t* sums) {
  for (int v = 0; v < vectors; ++v, inputs += matrix.planes * matrix.words, sums += stride) {
    const std::uint64_t* weights = matrix.weights;
    for (int b = 0; b < matrix.blocks; ++b, weights += matrix.words * kKernelBlock) {
      std::int32_t distances[kKernelBlock] = {};
      for (int plane = 0; plane < matrix.planes; ++plane) {
        for (auto& distance : distances) distance *= 2;
        for (int w = 0; w < matrix.words; ++w) {
          const std::uint64_t x = inputs[plane * matrix.words + w];
          for (int o = 0; o < kKernelBlock; ++o)
            distances[o] += std::popcount(weights[w * kKernelBlock + o] ^ x);
        }
      }
      for (int o = 0; o < kKernelBlock; ++o) {
        const int at = b * kKernelBlock + o;
        sums[at] = matrix.full[at] - matrix.step * distances[o];
      }
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

std::uint64_t countMismatchesPortable(const std::uint64_t* data, std::uint64_t key, std::size_t words) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < words; ++i) sum += static_cast<std::uint64_t>(std::popcount(data[i] ^ key));
  return sum;
}

#if defined(__x86_64__)

#define NEUSPIN_AVX2 __attribute__((target("avx2")))
#define NEUSPIN_AVX512 __attribute__((target("avx512f,avx512vpopcntdq")))

// ---- AVX2: bytes counted by nibble look-up, summed to 64 bits before a byte can overflow
// -----------------------

NEUSPIN_AVX2 inline __m256i byteCounts(__m256i x) {
  const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,  //
                                         0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m256i nibble = _mm256_set1_epi8(15);
  const __m256i low = _mm256_shuffle_epi8(table, _mm256_and_si256(x, nibble));
  const __m256i high = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(x, 4), nibble));
  return _mm256_add_epi8(low, high);
}

NEUSPIN_AVX2 inline __m256i load256(const void* p) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(p));
}

constexpr int kByteSafeWords = 31;  // 31 · 8 < 256

/// V vectors, one block of outputs. The distances of a more significant plane are doubled before the next one
/// is added.
template <int V>
NEUSPIN_AVX2 void blockAvx2(const KernelMatrix& matrix, int block, const std::uint64_t* inputs, int stride,
                            std::int32_t* sums) {
  const int words = matrix.words;
  const std::uint64_t* weights = matrix.weights + static_cast<std::ptrdiff_t>(block) * words * kKernelBlock;
  const __m256i zero = _mm256_setzero_si256();
  __m256i distances[V][2];
  for (int v = 0; v < V; ++v) distances[v][0] = distances[v][1] = zero;
  for (int plane = 0; plane < matrix.planes; ++plane) {
    for (int v = 0; v < V; ++v) {
      for (int h = 0; h < 2; ++h) distances[v][h] = _mm256_slli_epi64(distances[v][h], 1);
    }
    for (int start = 0; start < words; start += kByteSafeWords) {
      const int end = words - start < kByteSafeWords ? words : start + kByteSafeWords;
      __m256i bytes[V][2];
      for (int v = 0; v < V; ++v) bytes[v][0] = bytes[v][1] = zero;
      for (int w = start; w < end; ++w) {
        const __m256i low = load256(weights + w * kKernelBlock);
        const __m256i high = load256(weights + w * kKernelBlock + 4);
        for (int v = 0; v < V; ++v) {
          const auto input = inputs[(v * matrix.planes + plane) * words + w];
          const __m256i x = _mm256_set1_epi64x(static_cast<long long>(input));
          bytes[v][0] = _mm256_add_epi8(bytes[v][0], byteCounts(_mm256_xor_si256(low, x)));
          bytes[v][1] = _mm256_add_epi8(bytes[v][1], byteCounts(_mm256_xor_si256(high, x)));
        }
      }
      for (int v = 0; v < V; ++v) {
        for (int h = 0; h < 2; ++h) {
          distances[v][h] = _mm256_add_epi64(distances[v][h], _mm256_sad_epu8(bytes[v][h], zero));
        }
      }
    }
  }
  for (int v = 0; v < V; ++v) {
    alignas(32) std::int64_t wide[kKernelBlock];
    _mm256_store_si256(reinterpret_cast<__m256i*>(wide), distances[v][0]);
    _mm256_store_si256(reinterpret_cast<__m256i*>(wide + 4), distances[v][1]);
    for (int o = 0; o < kKernelBlock; ++o) {
      const int at = block * kKernelBlock + o;
      sums[v * stride + at] = matrix.full[at] - matrix.step * static_cast<std::int32_t>(wide[o]);
    }
  }
}

NEUSPIN_AVX2 void sumsAvx2(const KernelMatrix& matrix, const std::uint64_t* inputs, int vectors, int stride,
                           std::int32_t* sums) {
  const int size = matrix.planes * matrix.words;
  for (int b = 0; b < matrix.blocks; ++b) {
    int v = 0;
    for (; v + 2 <= vectors; v += 2) blockAvx2<2>(matrix, b, inputs + v * size, stride, sums + v * stride);
    if (v < vectors) blockAvx2<1>(matrix, b, inputs + v * size, stride, sums + v * stride);
  }
}

NEUSPIN_AVX2 void decideAvx2(const std::int32_t* sums, const std::int32_t* thresholds, int blocks,
                             std::uint64_t* bits) {
  constexpr int kLanes = 8;
  for (int b = 0; b < blocks; ++b) {
    std::uint64_t below = 0;
    for (int o = 0; o < kDecideBlock; o += kLanes, sums += kLanes, thresholds += kLanes) {
      const __m256i less =
          _mm256_cmpgt_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(thresholds)),
                             _mm256_loadu_si256(reinterpret_cast<const __m256i*>(sums)));
      below |=
          static_cast<std::uint64_t>(static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(less))))
          << o;
    }
    bits[b] = ~below;
  }
}

NEUSPIN_AVX2 std::uint64_t countMismatchesAvx2(const std::uint64_t* data, std::uint64_t key,
                                               std::size_t words) {
  const __m256i zero = _mm256_setzero_si256();
  const __m256i x = _mm256_set1_epi64x(static_cast<long long>(key));
  __m256i sum = zero;
  for (std::size_t i = 0; i < words; i += 32) {
    __m256i bytes = zero;
    for (std::size_t j = 0; j < 32; j += 4) {
      bytes = _mm256_add_epi8(bytes, byteCounts(_mm256_xor_si256(load256(data + i + j), x)));
    }
    sum = _mm256_add_epi64(sum, _mm256_sad_epu8(bytes, zero));
  }
  alignas(32) std::uint64_t lanes[4];
  _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), sum);
  return lanes[0] + lanes[1] + lanes[2] + lanes[3];
}

// ---- AVX-512 with VPOPCNTDQ: one instruction counts eight words
// ------------------------------------------------

NEUSPIN_AVX512 inline __m512i load512(const void* p) {
  return _mm512_loadu_si512(p);
}

template <int V>
NEUSPIN_AVX512 void blockAvx512(const KernelMatrix& matrix, int block, const std::uint64_t* inputs,
                                int stride, std::int32_t* sums) {
  const int words = matrix.words;
  const std::uint64_t* weights = matrix.weights + static_cast<std::ptrdiff_t>(block) * words * kKernelBlock;
  __m512i distances[V];
  for (int v = 0; v < V; ++v) distances[v] = _mm512_setzero_si512();
  for (int plane = 0; plane < matrix.planes; ++plane, inputs += words) {
    for (int v = 0; v < V; ++v) distances[v] = _mm512_add_epi64(distances[v], distances[v]);
    for (int w = 0; w < words; ++w) {
      const __m512i weight = load512(weights + w * kKernelBlock);
      for (int v = 0; v < V; ++v) {
        const __m512i x = _mm512_set1_epi64(static_cast<long long>(inputs[v * matrix.planes * words + w]));
        distances[v] = _mm512_add_epi64(distances[v], _mm512_popcnt_epi64(_mm512_xor_si512(weight, x)));
      }
    }
  }
  const int at = block * kKernelBlock;
  const __m256i full = load256(matrix.full + at);
  const __m256i step = _mm256_set1_epi32(matrix.step);
  for (int v = 0; v < V; ++v) {
    const __m256i taken = _mm256_mullo_epi32(_mm512_maskz_cvtepi64_epi32(0xff, distances[v]), step);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(sums + v * stride + at), _mm256_sub_epi32(full, taken));
  }
}

NEUSPIN_AVX512 void sumsAvx512(const KernelMatrix& matrix, const std::uint64_t* inputs, int vectors,
                               int stride, std::int32_t* sums) {
  const int size = matrix.planes * matrix.words;
  for (int b = 0; b < matrix.blocks; ++b) {
    int v = 0;
    for (; v + 8 <= vectors; v += 8) blockAvx512<8>(matrix, b, inputs + v * size, stride, sums + v * stride);
    for (; v + 2 <= vectors; v += 2) blockAvx512<2>(matrix, b, inputs + v * size, stride, sums + v * stride);
    if (v < vectors) blockAvx512<1>(matrix, b, inputs + v * size, stride, sums + v * stride);
  }
}

NEUSPIN_AVX512 void decideAvx512(const std::int32_t* sums, const std::int32_t* thresholds, int blocks,
                                 std::uint64_t* bits) {
  constexpr int kLanes = 16;
  for (int b = 0; b < blocks; ++b) {
    std::uint64_t word = 0;
    for (int o = 0; o < kDecideBlock; o += kLanes, sums += kLanes, thresholds += kLanes) {
      word |= static_cast<std::uint64_t>(_mm512_cmpge_epi32_mask(load512(sums), load512(thresholds))) << o;
    }
    bits[b] = word;
  }
}

NEUSPIN_AVX512 std::uint64_t countMismatchesAvx512(const std::uint64_t* data, std::uint64_t key,
                                                   std::size_t words) {
  const __m512i x = _mm512_set1_epi64(static_cast<long long>(key));
  __m512i sums[4];
  for (auto& sum : sums) sum = _mm512_setzero_si512();
  for (std::size_t i = 0; i < words; i += 32) {
    for (std::size_t j = 0; j < 4; ++j) {
      sums[j] =
          _mm512_add_epi64(sums[j], _mm512_popcnt_epi64(_mm512_xor_si512(load512(data + i + 8 * j), x)));
    }
  }
  const __m512i sum =
      _mm512_add_epi64(_mm512_add_epi64(sums[0], sums[1]), _mm512_add_epi64(sums[2], sums[3]));
  alignas(64) std::uint64_t lanes[8];
  _mm512_store_si512(lanes, sum);
  return std::accumulate(std::begin(lanes), std::end(lanes), std::uint64_t{0});
}

#undef NEUSPIN_AVX2
#undef NEUSPIN_AVX512
#endif

std::vector<Kernel> findKernels() {
  std::vector<Kernel> kernels = {{"portable", sumsPortable, decidePortable, countMismatchesPortable}};
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2")) kernels.push_back({"avx2", sumsAvx2, decideAvx2, countMismatchesAvx2});
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vpopcntdq")) {
    kernels.push_back({"avx512-vpopcntdq", sumsAvx512, decideAvx512, countMismatchesAvx512});
  }
#endif
  return kernels;
}

}  // namespace

const std::vector<Kernel>& supportedKernels() {
  static const std::vector<Kernel> kernels = findKernels();
  return kernels;
}

}  // namespace neuspin::golden

// AVX-512 with VPOPCNTDQ: one instruction counts eight words.
#include "golden/infer_kernel_isa.hpp"

#if defined(__x86_64__)
#include <cstddef>
#include <iterator>
#include <numeric>

namespace neuspin::golden {

namespace {

NEUSPIN_AVX512 inline __m512i load512(const void* p) {
  return _mm512_loadu_si512(p);
}

/// Truth table of (a ^ b) & c for the ternary instruction.
constexpr int kXorThenAnd = 0x28;

template <int V, bool Masked>
NEUSPIN_AVX512 void blockAvx512(const KernelMatrix& matrix, int block, int first, const std::uint64_t* inputs,
                                const std::uint64_t* keep, int stride, std::int32_t* sums) {
  const int words = matrix.words;
  inputs += first * matrix.planes * words;
  if constexpr (Masked) keep += first * words;
  const std::int32_t* base = matrix.base + first * matrix.base_stride;
  sums += first * stride;
  const std::uint64_t* weights = matrix.weights + static_cast<std::ptrdiff_t>(block) * words * kKernelBlock;
  __m512i distances[V];
  for (int v = 0; v < V; ++v) distances[v] = _mm512_setzero_si512();
  // There is at least one plane of one word. Were the loops to allow none, the compiler would keep the zeros
  // in memory too, which takes a tenth of the whole time.
  int plane = 0;
  do {
    for (int v = 0; v < V; ++v) distances[v] = _mm512_add_epi64(distances[v], distances[v]);
    int w = 0;
    do {
      const __m512i weight = load512(weights + w * kKernelBlock);
      for (int v = 0; v < V; ++v) {
        const __m512i x = _mm512_set1_epi64(static_cast<long long>(inputs[v * matrix.planes * words + w]));
        __m512i differ;
        if constexpr (Masked) {
          const __m512i kept = _mm512_set1_epi64(static_cast<long long>(keep[v * words + w]));
          differ = _mm512_ternarylogic_epi64(weight, x, kept, kXorThenAnd);
        } else {
          differ = _mm512_xor_si512(weight, x);
        }
        distances[v] = _mm512_add_epi64(distances[v], _mm512_popcnt_epi64(differ));
      }
    } while (++w < words);
    inputs += words;
  } while (++plane < matrix.planes);
  const int at = block * kKernelBlock;
  const __m128i shift = _mm_cvtsi32_si128(matrix.shift);
  for (int v = 0; v < V; ++v) {
    const __m256i taken = _mm256_sll_epi32(_mm512_maskz_cvtepi64_epi32(0xff, distances[v]), shift);
    const __m256i most = load256(base + v * matrix.base_stride + at);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(sums + v * stride + at), _mm256_sub_epi32(most, taken));
  }
}

template <bool Masked>
NEUSPIN_AVX512 void allSumsAvx512(const KernelMatrix& matrix, const std::uint64_t* inputs,
                                  const std::uint64_t* keep, int vectors, int stride, std::int32_t* sums) {
  for (int b = 0; b < matrix.blocks; ++b) {
    int v = 0;
    for (; v + 8 <= vectors; v += 8) blockAvx512<8, Masked>(matrix, b, v, inputs, keep, stride, sums);
    for (; v + 2 <= vectors; v += 2) blockAvx512<2, Masked>(matrix, b, v, inputs, keep, stride, sums);
    if (v < vectors) blockAvx512<1, Masked>(matrix, b, v, inputs, keep, stride, sums);
  }
}

NEUSPIN_AVX512 void sumsAvx512(const KernelMatrix& matrix, const std::uint64_t* inputs, int vectors,
                               int stride, std::int32_t* sums) {
  allSumsAvx512<false>(matrix, inputs, nullptr, vectors, stride, sums);
}

NEUSPIN_AVX512 void drawsAvx512(const std::uint32_t* keys, const std::uint32_t* events, std::uint32_t add,
                                int count, std::int32_t* out) {
  drawLoop(keys, events, add, count, out);
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

}  // namespace

Kernel avx512Kernel() {
  return {.name = "avx512-vpopcntdq",
          .sums = sumsAvx512,
          .maskedSums = allSumsAvx512<true>,
          .byteSums = byteSumsAvx2,
          .lookUpSums = nullptr,
          .lookUpDecide = nullptr,
          .decide = decideAvx512,
          .draws = drawsAvx512,
          .countMismatches = countMismatchesAvx512};
}

}  // namespace neuspin::golden
#endif

#include "array/mvm_kernel.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "device/gaussian.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace neuspin::array {
namespace {

constexpr int kRescale = 32;  // ladder rows between divisions: p and q grow by less than 2^30 a row

// ---- plain C++; the compiler vectorises it for the instruction set of the function it is inlined into
#define NEUSPIN_INLINE [[gnu::always_inline]] inline

NEUSPIN_INLINE void senseLoop(const SenseJob& job, const float* y, int columns, std::int32_t* codes) {
  for (int c = 0; c < columns; ++c) {
    const float variance = job.per_row_active + job.per_count * y[c];
    const float deviation = std::sqrt(variance > 0.0F ? variance : 0.0F);
    const float normal =
        device::normalOf(device::mix(job.radius[c] ^ job.event), device::mix(job.angle[c] ^ job.event));
    const float scaled = (y[c] + deviation * normal + job.offset[c] * job.range) * job.per_lsb;
    const float low = scaled < -job.largest ? -job.largest : scaled;
    const float cut = low > job.largest ? job.largest : low;
    // Adding 1.5·2^23 rounds to the nearest integer, halves to even.
    codes[c] = static_cast<std::int32_t>((cut + 12582912.0F) - 12582912.0F);
  }
}

NEUSPIN_INLINE void quietLoop(const SenseJob& job, const float* y, int columns, std::int32_t* codes) {
  for (int c = 0; c < columns; ++c) {
    const float scaled = (y[c] + job.offset[c] * job.range) * job.per_lsb;
    const float low = scaled < -job.largest ? -job.largest : scaled;
    const float cut = low > job.largest ? job.largest : low;
    codes[c] = static_cast<std::int32_t>((cut + 12582912.0F) - 12582912.0F);
  }
}

NEUSPIN_INLINE void senseEither(const SenseJob& job, const float* y, int columns, std::int32_t* codes) {
  if (job.noise) {
    senseLoop(job, y, columns, codes);
  } else {
    quietLoop(job, y, columns, codes);
  }
}

void sensePortable(const SenseJob& job, const float* y, int columns, std::int32_t* codes) {
  senseEither(job, y, columns, codes);
}

// Vector types of the compiler, for whatever the machine has. Fold expressions instead of loops, here and
// below: GCC 12 keeps arrays that loops index in memory.
using Half = std::int16_t __attribute__((vector_size(16)));
using Four = std::int32_t __attribute__((vector_size(16)));

/// Four columns: the products of both rows of a pair.
NEUSPIN_INLINE void addProducts(Four& total, const Half& input, const std::int16_t* cells) {
  Half cell;
  __builtin_memcpy(&cell, cells, sizeof cell);
#if defined(__SSE2__)
  total += reinterpret_cast<Four>(
      _mm_madd_epi16(reinterpret_cast<__m128i>(cell), reinterpret_cast<__m128i>(input)));
#else
  for (int c = 0; c < 4; ++c) total[c] += cell[2 * c] * input[2 * c] + cell[2 * c + 1] * input[2 * c + 1];
#endif
}

template <std::size_t... K>
void blockPortable(std::index_sequence<K...>, const std::int16_t* cells, int pairs, const std::int16_t* x,
                   std::int32_t* sums) {
  constexpr std::size_t kLanes = 8;
  Four total[sizeof...(K)] = {};
  for (int p = 0; p < pairs; ++p, cells += 2 * kBlock) {
    const std::int16_t even = x[2 * p], odd = x[2 * p + 1];
    const Half input = {even, odd, even, odd, even, odd, even, odd};
    (addProducts(total[K], input, cells + K * kLanes), ...);
  }
  for (std::size_t c = 0; c < kBlock; ++c) sums[c] = total[c / 4][c % 4];
}

void sumsPortable(const IntegerMatrix& matrix, const std::int16_t* x, int vectors, std::int32_t* sums) {
  for (int v = 0; v < vectors; ++v, x += 2 * matrix.pairs) {
    const std::int16_t* cells = matrix.cells;
    for (int b = 0; b < matrix.blocks;
         ++b, sums += kBlock, cells += static_cast<std::ptrdiff_t>(matrix.pairs) * 2 * kBlock) {
      blockPortable(std::make_index_sequence<4>(), cells, matrix.pairs, x, sums);
    }
  }
}

/// Conductances of one row of a block for one input; nullptr: the row is silent.
NEUSPIN_INLINE const float* ladderRow(const float* block, int row, std::int16_t x) {
  return x == 0 ? nullptr : block + static_cast<std::ptrdiff_t>(2 * row + (x > 0 ? 1 : 0)) * kLadderBlock;
}

/// Calls one(block, x, seen) for every block and vector, blocks outermost: a block stays in the second-level
/// cache.
template <typename F>
NEUSPIN_INLINE void forEachLadder(const LadderMatrix& matrix, const std::int16_t* x, int stride, int vectors,
                                  double* seen, const F& one) {
  for (int b = 0; b < matrix.blocks; ++b) {
    const float* block = matrix.cells + static_cast<std::ptrdiff_t>(b) * matrix.rows * 2 * kLadderBlock;
    for (int v = 0; v < vectors; ++v) {
      one(matrix, block, x + static_cast<std::ptrdiff_t>(v) * stride,
          seen + (static_cast<std::ptrdiff_t>(v) * matrix.blocks + b) * kLadderBlock);
    }
  }
}

void ladderBlockPortable(const LadderMatrix& matrix, const float* block, const std::int16_t* x,
                         double* seen) {
  double p[kLadderBlock] = {}, q[kLadderBlock];
  std::fill(q, q + kLadderBlock, 1.0);
  for (int row = matrix.rows; row-- > 0;) {
    if (const float* g = ladderRow(block, row, x[row])) {
      for (int c = 0; c < kLadderBlock; ++c) p[c] += static_cast<double>(g[c]) * q[c];
    }
    for (int c = 0; c < kLadderBlock; ++c) q[c] += matrix.wires * p[c];
    if (row % kRescale == 0) {
      for (int c = 0; c < kLadderBlock; ++c) {
        p[c] /= q[c];
        q[c] = 1;
      }
    }
  }
  std::copy(p, p + kLadderBlock, seen);
}

void ladderPortable(const LadderMatrix& matrix, const std::int16_t* x, int stride, int vectors,
                    double* seen) {
  forEachLadder(matrix, x, stride, vectors, seen, ladderBlockPortable);
}

#if defined(__x86_64__)

#define NEUSPIN_AVX2 __attribute__((target("avx2")))
#define NEUSPIN_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")))

// Two neighbouring inputs as one 32-bit lane.
NEUSPIN_INLINE int pairAt(const std::int16_t* x, int pair) {
  std::int32_t both = 0;
  __builtin_memcpy(&both, x + 2 * pair, sizeof both);
  return both;
}

// ---- AVX2

NEUSPIN_AVX2 void senseAvx2(const SenseJob& job, const float* y, int columns, std::int32_t* codes) {
  senseEither(job, y, columns, codes);
}

/// One block for V vectors; K numbers (vector, half).
template <int V, std::size_t... K>
NEUSPIN_AVX2 void blockAvx2(std::index_sequence<K...>, const std::int16_t* cells, int pairs,
                            const std::int16_t* x, std::ptrdiff_t stride, std::int32_t* sums) {
  static_assert(sizeof...(K) == 2 * V);
  __m256i total[2 * V] = {(static_cast<void>(K), _mm256_setzero_si256())...};
  for (int p = 0; p < pairs; ++p, cells += 2 * kBlock) {
    ((total[K] = _mm256_add_epi32(
          total[K],
          _mm256_madd_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(cells + K % 2 * kBlock)),
                            _mm256_set1_epi32(pairAt(x + K / 2 * static_cast<std::size_t>(2 * pairs), p))))),
     ...);
  }
  (_mm256_storeu_si256(
       reinterpret_cast<__m256i*>(sums + static_cast<std::ptrdiff_t>(K / 2) * stride + K % 2 * (kBlock / 2)),
       total[K]),
   ...);
}

template <int V>
NEUSPIN_AVX2 void blockAvx2(const std::int16_t* cells, int pairs, const std::int16_t* x,
                            std::ptrdiff_t stride, std::int32_t* sums) {
  blockAvx2<V>(std::make_index_sequence<2 * V>(), cells, pairs, x, stride, sums);
}

NEUSPIN_AVX2 void sumsAvx2(const IntegerMatrix& matrix, const std::int16_t* x, int vectors,
                           std::int32_t* sums) {
  const std::ptrdiff_t stride = static_cast<std::ptrdiff_t>(matrix.blocks) * kBlock;
  const int size = 2 * matrix.pairs;
  for (int b = 0; b < matrix.blocks; ++b) {
    const std::int16_t* cells = matrix.cells + static_cast<std::ptrdiff_t>(b) * matrix.pairs * 2 * kBlock;
    int v = 0;
    for (; v + 4 <= vectors; v += 4)
      blockAvx2<4>(cells, matrix.pairs, x + v * size, stride, sums + v * stride + b * kBlock);
    for (; v < vectors; ++v)
      blockAvx2<1>(cells, matrix.pairs, x + v * size, stride, sums + v * stride + b * kBlock);
  }
}

NEUSPIN_AVX2 void ladderBlockAvx2(const LadderMatrix& matrix, const float* block, const std::int16_t* x,
                                  double* seen) {
  constexpr int kLanes = 4, kVectors = 4;  // 16 columns at a time: p and q in eight registers
  const __m256d wires = _mm256_set1_pd(matrix.wires);
  for (int at = 0; at < kLadderBlock; at += kVectors * kLanes) {
    __m256d p[kVectors], q[kVectors];
    for (int k = 0; k < kVectors; ++k) {
      p[k] = _mm256_setzero_pd();
      q[k] = _mm256_set1_pd(1.0);
    }
    for (int row = matrix.rows; row-- > 0;) {
      if (const float* g = ladderRow(block, row, x[row])) {
        for (int k = 0; k < kVectors; ++k) {
          p[k] = _mm256_add_pd(p[k], _mm256_mul_pd(_mm256_cvtps_pd(_mm_loadu_ps(g + at + k * kLanes)), q[k]));
        }
      }
      for (int k = 0; k < kVectors; ++k) q[k] = _mm256_add_pd(q[k], _mm256_mul_pd(wires, p[k]));
      if (row % kRescale == 0) {
        for (int k = 0; k < kVectors; ++k) {
          p[k] = _mm256_div_pd(p[k], q[k]);
          q[k] = _mm256_set1_pd(1.0);
        }
      }
    }
    for (int k = 0; k < kVectors; ++k) _mm256_storeu_pd(seen + at + k * kLanes, p[k]);
  }
}

void ladderAvx2(const LadderMatrix& matrix, const std::int16_t* x, int stride, int vectors, double* seen) {
  forEachLadder(matrix, x, stride, vectors, seen, ladderBlockAvx2);
}

// ---- AVX-512 with VNNI: one instruction multiplies and adds 32 pairs

NEUSPIN_AVX512 void senseAvx512(const SenseJob& job, const float* y, int columns, std::int32_t* codes) {
  senseEither(job, y, columns, codes);
}

/// B blocks for V vectors at once: every load of cells serves V of them. K numbers (vector, block).
template <int B, int V, std::size_t... K>
NEUSPIN_AVX512 void blocksAvx512(std::index_sequence<K...>, const std::int16_t* cells, int pairs,
                                 const std::int16_t* x, std::ptrdiff_t stride, std::int32_t* sums) {
  static_assert(sizeof...(K) == B * V);
  const std::size_t next = static_cast<std::size_t>(pairs) * 2 * kBlock,
                    size = static_cast<std::size_t>(2 * pairs);
  __m512i total[B * V] = {(static_cast<void>(K), _mm512_setzero_si512())...};
  for (int p = 0; p < pairs; ++p, cells += 2 * kBlock) {
    ((total[K] = _mm512_dpwssd_epi32(total[K], _mm512_loadu_si512(cells + K % B * next),
                                     _mm512_set1_epi32(pairAt(x + K / B * size, p)))),
     ...);
  }
  (_mm512_storeu_si512(sums + static_cast<std::ptrdiff_t>(K / B) * stride + K % B * kBlock, total[K]), ...);
}

template <int B, int V>
NEUSPIN_AVX512 void blocksAvx512(const std::int16_t* cells, int pairs, const std::int16_t* x,
                                 std::ptrdiff_t stride, std::int32_t* sums) {
  blocksAvx512<B, V>(std::make_index_sequence<B * V>(), cells, pairs, x, stride, sums);
}

template <int B>
NEUSPIN_AVX512 void columnsAvx512(const IntegerMatrix& matrix, int block, const std::int16_t* x, int vectors,
                                  std::int32_t* sums) {
  const std::ptrdiff_t stride = static_cast<std::ptrdiff_t>(matrix.blocks) * kBlock;
  const std::int16_t* cells = matrix.cells + static_cast<std::ptrdiff_t>(block) * matrix.pairs * 2 * kBlock;
  const int size = 2 * matrix.pairs;
  sums += block * kBlock;
  int v = 0;
  for (; v + 6 <= vectors; v += 6)
    blocksAvx512<B, 6>(cells, matrix.pairs, x + v * size, stride, sums + v * stride);
  for (; v + 2 <= vectors; v += 2)
    blocksAvx512<B, 2>(cells, matrix.pairs, x + v * size, stride, sums + v * stride);
  if (v < vectors) blocksAvx512<B, 1>(cells, matrix.pairs, x + v * size, stride, sums + v * stride);
}

NEUSPIN_AVX512 void sumsAvx512(const IntegerMatrix& matrix, const std::int16_t* x, int vectors,
                               std::int32_t* sums) {
  int b = 0;
  for (; b + 4 <= matrix.blocks; b += 4) columnsAvx512<4>(matrix, b, x, vectors, sums);
  for (; b < matrix.blocks; ++b) columnsAvx512<1>(matrix, b, x, vectors, sums);
}

NEUSPIN_AVX512 void ladderBlockAvx512(const LadderMatrix& matrix, const float* block, const std::int16_t* x,
                                      double* seen) {
  constexpr int kLanes = 8, kVectors = kLadderBlock / kLanes;
  const __m512d wires = _mm512_set1_pd(matrix.wires);
  __m512d p[kVectors], q[kVectors];
  for (int k = 0; k < kVectors; ++k) {
    p[k] = _mm512_setzero_pd();
    q[k] = _mm512_set1_pd(1.0);
  }
  for (int row = matrix.rows; row-- > 0;) {
    if (const float* g = ladderRow(block, row, x[row])) {
      for (int k = 0; k < kVectors; ++k) {  // maskz: GCC 12 warns of its own header otherwise
        const __m512d wide = _mm512_maskz_cvtps_pd(0xFF, _mm256_loadu_ps(g + k * kLanes));
        p[k] = _mm512_add_pd(p[k], _mm512_mul_pd(wide, q[k]));
      }
    }
    for (int k = 0; k < kVectors; ++k) q[k] = _mm512_add_pd(q[k], _mm512_mul_pd(wires, p[k]));
    if (row % kRescale == 0) {
      for (int k = 0; k < kVectors; ++k) {
        p[k] = _mm512_div_pd(p[k], q[k]);
        q[k] = _mm512_set1_pd(1.0);
      }
    }
  }
  for (int k = 0; k < kVectors; ++k) _mm512_storeu_pd(seen + k * kLanes, p[k]);
}

void ladderAvx512(const LadderMatrix& matrix, const std::int16_t* x, int stride, int vectors, double* seen) {
  forEachLadder(matrix, x, stride, vectors, seen, ladderBlockAvx512);
}

#undef NEUSPIN_AVX2
#undef NEUSPIN_AVX512
#endif
#undef NEUSPIN_INLINE

std::vector<MvmKernel> findKernels() {
  std::vector<MvmKernel> kernels = {{"portable", sumsPortable, ladderPortable, sensePortable}};
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2")) kernels.push_back({"avx2", sumsAvx2, ladderAvx2, senseAvx2});
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512vnni")) {
    kernels.push_back({"avx512-vnni", sumsAvx512, ladderAvx512, senseAvx512});
  }
#endif
  return kernels;
}

}  // namespace

const std::vector<MvmKernel>& mvmKernels() {
  static const std::vector<MvmKernel> kernels = findKernels();
  return kernels;
}

}  // namespace neuspin::array

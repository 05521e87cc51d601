#include "array/mvm_kernel.hpp"

#include <algorithm>
#include <bit>
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

NEUSPIN_INLINE void senseLoop(const SenseColumns& columns, const SenseRead& read, const float* y, int count,
                              std::int32_t* codes) {
  for (int c = 0; c < count; ++c) {
    const float variance = read.per_row_active + read.per_count * y[c];
    const float radius_squared = device::radiusSquaredOf(device::mix(columns.radius[c] ^ read.event));
    const float noise = std::sqrt((variance > 0.0F ? variance : 0.0F) * radius_squared) *
                        device::cosOf(device::mix(columns.angle[c] ^ read.event));
    const float scaled = (y[c] + noise + columns.offset[c] * read.range) * read.per_lsb;
    const float low = scaled < -read.largest ? -read.largest : scaled;
    const float cut = low > read.largest ? read.largest : low;
    // Adding 1.5·2^23 rounds to the nearest integer, halves to even.
    codes[c] = static_cast<std::int32_t>((cut + 12582912.0F) - 12582912.0F);
  }
}

NEUSPIN_INLINE void quietLoop(const SenseColumns& columns, const SenseRead& read, const float* y, int count,
                              std::int32_t* codes) {
  for (int c = 0; c < count; ++c) {
    const float scaled = (y[c] + columns.offset[c] * read.range) * read.per_lsb;
    const float low = scaled < -read.largest ? -read.largest : scaled;
    const float cut = low > read.largest ? read.largest : low;
    codes[c] = static_cast<std::int32_t>((cut + 12582912.0F) - 12582912.0F);
  }
}

NEUSPIN_INLINE void senseEither(const SenseColumns& columns, const SenseRead& read, const float* y, int count,
                                std::int32_t* codes) {
  if (read.noise) {
    senseLoop(columns, read, y, count, codes);
  } else {
    quietLoop(columns, read, y, count, codes);
  }
}

void sensePortable(const SenseColumns& columns, const SenseRead& read, const float* y, int count,
                   std::int32_t* codes) {
  senseEither(columns, read, y, count, codes);
}

constexpr int kNibble = 4, kEntries = 1 << kNibble, kNibbles = kRun / kNibble;
constexpr int kFewest = 8;  // vectors that are worth the tables

/// totals[c] += the sum of W cells each of eight lines, which fits 16 bits.
template <int W>
NEUSPIN_INLINE void addEight(const std::int16_t* const (&line)[kNibbles], std::int32_t* totals) {
  static_assert(kNibbles == 8);
  for (int c = 0; c < W; ++c) {
    totals[c] += static_cast<std::int16_t>(line[0][c] + line[1][c] + line[2][c] + line[3][c] + line[4][c] +
                                           line[5][c] + line[6][c] + line[7][c]);
  }
}

/// The entries E of one table, [entry][W]: sums of those of four rows whose bit is set in E. A fold instead
/// of a loop over entries, which GCC 12 would not turn into vectors.
template <int W, int... E>
NEUSPIN_INLINE void makeTable(std::integer_sequence<int, E...>, const std::int16_t* __restrict cells,
                              std::int16_t* __restrict table) {
  for (int c = 0; c < W; ++c) {
    const int row[kNibble] = {cells[c], cells[kBlock + c], cells[2 * kBlock + c], cells[3 * kBlock + c]};
    ((table[E * W + c] = static_cast<std::int16_t>((E & 1 ? row[0] : 0) + (E & 2 ? row[1] : 0) +
                                                   (E & 4 ? row[2] : 0) + (E & 8 ? row[3] : 0))),
     ...);
  }
}

/// W columns of a block: tables of partial sums ("Method of Four Russians", Arlazarov et al. 1970), then
/// eight look-ups a run instead of 32 products.
template <int W>
NEUSPIN_INLINE void sumsByTable(const std::int16_t* cells, int runs, const std::uint32_t* rows, int vectors,
                                std::int32_t* sums) {
  alignas(64) std::int16_t tables[kNibbles * kEntries * W];  // both stay in the first-level cache
  alignas(64) std::int32_t totals[kMostVectors * W];
  std::fill_n(totals, vectors * W, 0);
  for (int run = 0; run < runs; ++run, cells += kRun * kBlock, rows += vectors) {
    for (int n = 0; n < kNibbles; ++n)
      makeTable<W>(std::make_integer_sequence<int, kEntries>(), cells + n * kNibble * kBlock,
                   tables + n * kEntries * W);
    for (int v = 0; v < vectors; ++v) {
      const std::int16_t* line[kNibbles];
      for (int n = 0; n < kNibbles; ++n)
        line[n] = tables + (n * kEntries + static_cast<int>(rows[v] >> (n * kNibble) & (kEntries - 1))) * W;
      addEight<W>(line, totals + v * W);
    }
  }
  for (int v = 0; v < vectors; ++v) std::copy_n(totals + v * W, W, sums + v * kBlock);
}

/// One vector: the cells of its rows.
NEUSPIN_INLINE void sumsOfRows(const std::int16_t* cells, int runs, const std::uint32_t* rows, int vectors,
                               std::int32_t* sums) {
  std::fill_n(sums, kBlock, 0);
  for (int run = 0; run < runs; ++run, rows += vectors, cells += kRun * kBlock) {
    std::int16_t total[kBlock] = {};
    for (std::uint32_t left = *rows; left != 0; left &= left - 1) {
      const std::int16_t* row = cells + std::countr_zero(left) * kBlock;
      for (int c = 0; c < kBlock; ++c) total[c] = static_cast<std::int16_t>(total[c] + row[c]);
    }
    for (int c = 0; c < kBlock; ++c) sums[c] += total[c];
  }
}

/// W: the columns that the instruction set does best at once.
template <int W>
NEUSPIN_INLINE void sumsLoop(const std::int16_t* cells, int runs, const std::uint32_t* rows, int vectors,
                             std::int32_t* sums) {
  if (vectors < kFewest) {
    for (int v = 0; v < vectors; ++v) sumsOfRows(cells, runs, rows + v, vectors, sums + v * kBlock);
  } else {
    for (int at = 0; at < kBlock; at += W) sumsByTable<W>(cells + at, runs, rows, vectors, sums + at);
  }
}

void sumsPortable(const std::int16_t* cells, int runs, const std::uint32_t* rows, int vectors,
                  std::int32_t* sums) {
  sumsLoop<16>(cells, runs, rows, vectors, sums);
}

/// Conductances of one row for one vector; nullptr: the row is silent.
NEUSPIN_INLINE const float* ladderRow(const LadderBlock& block, int row, const WordLines& lines, int vector) {
  const std::ptrdiff_t word = static_cast<std::ptrdiff_t>(row / kRun) * lines.vectors + vector;
  const std::uint32_t one = lines.one[word] >> (row % kRun) & 1U,
                      zero = lines.zero[word] >> (row % kRun) & 1U;
  return (one | zero) == 0 ? nullptr
                           : block.cells + (2 * static_cast<std::ptrdiff_t>(row) + one) * kLadderBlock;
}

void ladderReadPortable(const LadderBlock& block, const WordLines& lines, int vector, double* seen) {
  double p[kLadderBlock] = {}, q[kLadderBlock];
  std::fill(q, q + kLadderBlock, 1.0);
  for (int row = block.rows; row-- > 0;) {
    if (const float* g = ladderRow(block, row, lines, vector)) {
      for (int c = 0; c < kLadderBlock; ++c) p[c] += static_cast<double>(g[c]) * q[c];
    }
    for (int c = 0; c < kLadderBlock; ++c) q[c] += block.wires * p[c];
    if (row % kRescale == 0) {
      for (int c = 0; c < kLadderBlock; ++c) {
        p[c] /= q[c];
        q[c] = 1;
      }
    }
  }
  std::copy(p, p + kLadderBlock, seen);
}

void ladderPortable(const LadderBlock& block, const WordLines& lines, double* seen) {
  for (int v = 0; v < lines.vectors; ++v) ladderReadPortable(block, lines, v, seen + v * kLadderBlock);
}

#if defined(__x86_64__)

#define NEUSPIN_AVX2 __attribute__((target("avx2")))
#define NEUSPIN_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))

// ---- AVX2

NEUSPIN_AVX2 void senseAvx2(const SenseColumns& columns, const SenseRead& read, const float* y, int count,
                            std::int32_t* codes) {
  senseEither(columns, read, y, count, codes);
}

NEUSPIN_AVX2 void sumsAvx2(const std::int16_t* cells, int runs, const std::uint32_t* rows, int vectors,
                           std::int32_t* sums) {
  sumsLoop<16>(cells, runs, rows, vectors, sums);
}

NEUSPIN_AVX2 void ladderReadAvx2(const LadderBlock& block, const WordLines& lines, int vector, double* seen) {
  constexpr int kLanes = 4, kVectors = 4;  // 16 columns at a time: p and q in eight registers
  const __m256d wires = _mm256_set1_pd(block.wires);
  for (int at = 0; at < kLadderBlock; at += kVectors * kLanes) {
    __m256d p[kVectors], q[kVectors];
    for (int k = 0; k < kVectors; ++k) {
      p[k] = _mm256_setzero_pd();
      q[k] = _mm256_set1_pd(1.0);
    }
    for (int row = block.rows; row-- > 0;) {
      if (const float* g = ladderRow(block, row, lines, vector)) {
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

void ladderAvx2(const LadderBlock& block, const WordLines& lines, double* seen) {
  for (int v = 0; v < lines.vectors; ++v) ladderReadAvx2(block, lines, v, seen + v * kLadderBlock);
}

// ---- AVX-512

NEUSPIN_AVX512 void senseAvx512(const SenseColumns& columns, const SenseRead& read, const float* y, int count,
                                std::int32_t* codes) {
  senseEither(columns, read, y, count, codes);
}

NEUSPIN_AVX512 void sumsAvx512(const std::int16_t* cells, int runs, const std::uint32_t* rows, int vectors,
                               std::int32_t* sums) {
  sumsLoop<32>(cells, runs, rows, vectors, sums);
}

NEUSPIN_AVX512 void ladderReadAvx512(const LadderBlock& block, const WordLines& lines, int vector,
                                     double* seen) {
  constexpr int kLanes = 8, kVectors = kLadderBlock / kLanes;
  const __m512d wires = _mm512_set1_pd(block.wires);
  __m512d p[kVectors], q[kVectors];
  for (int k = 0; k < kVectors; ++k) {
    p[k] = _mm512_setzero_pd();
    q[k] = _mm512_set1_pd(1.0);
  }
  for (int row = block.rows; row-- > 0;) {
    if (const float* g = ladderRow(block, row, lines, vector)) {
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

void ladderAvx512(const LadderBlock& block, const WordLines& lines, double* seen) {
  for (int v = 0; v < lines.vectors; ++v) ladderReadAvx512(block, lines, v, seen + v * kLadderBlock);
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
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    kernels.push_back({"avx512", sumsAvx512, ladderAvx512, senseAvx512});
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

// AVX2: bytes counted by nibble look-up, summed to 64 bits before a byte can overflow.
#include "golden/infer_kernel_isa.hpp"

#if defined(__x86_64__)
#include <bit>
#include <cstddef>
#include <cstring>

namespace neuspin::golden {

namespace {

NEUSPIN_AVX2 inline __m256i byteCounts(__m256i x) {
  const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,  //
                                         0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m256i nibble = _mm256_set1_epi8(15);
  const __m256i low = _mm256_shuffle_epi8(table, _mm256_and_si256(x, nibble));
  const __m256i high = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(x, 4), nibble));
  return _mm256_add_epi8(low, high);
}

constexpr int kByteSafeWords = 31;  // 31 · 8 < 256

/// V vectors from vector `first` on, one block of outputs. The distances of a more significant plane are
/// doubled before the next one is added.
template <int V, bool Masked>
NEUSPIN_AVX2 void blockAvx2(const KernelMatrix& matrix, int block, int first, const std::uint64_t* inputs,
                            const std::uint64_t* keep, int stride, std::int32_t* sums) {
  const int words = matrix.words;
  inputs += first * matrix.planes * words;
  if constexpr (Masked) keep += first * words;
  const std::int32_t* base = matrix.base + first * matrix.base_stride;
  sums += first * stride;
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
          __m256i differ[2] = {_mm256_xor_si256(low, x), _mm256_xor_si256(high, x)};
          if constexpr (Masked) {
            const __m256i kept = _mm256_set1_epi64x(static_cast<long long>(keep[v * words + w]));
            for (auto& d : differ) d = _mm256_and_si256(d, kept);
          }
          for (int h = 0; h < 2; ++h) bytes[v][h] = _mm256_add_epi8(bytes[v][h], byteCounts(differ[h]));
        }
      }
      for (int v = 0; v < V; ++v) {
        for (int h = 0; h < 2; ++h) {
          distances[v][h] = _mm256_add_epi64(distances[v][h], _mm256_sad_epu8(bytes[v][h], zero));
        }
      }
    }
  }
  // The low halves of eight 64-bit distances, in order.
  const __m256i even = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6);
  const __m128i shift = _mm_cvtsi32_si128(matrix.shift);
  const int at = block * kKernelBlock;
  for (int v = 0; v < V; ++v) {
    const __m256i low = _mm256_permutevar8x32_epi32(distances[v][0], even);
    const __m256i high = _mm256_permutevar8x32_epi32(distances[v][1], even);
    const __m256i taken = _mm256_sll_epi32(_mm256_blend_epi32(low, high, 0xf0), shift);
    const __m256i most = load256(base + v * matrix.base_stride + at);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(sums + v * stride + at), _mm256_sub_epi32(most, taken));
  }
}

template <bool Masked>
NEUSPIN_AVX2 void allSumsAvx2(const KernelMatrix& matrix, const std::uint64_t* inputs,
                              const std::uint64_t* keep, int vectors, int stride, std::int32_t* sums) {
  for (int b = 0; b < matrix.blocks; ++b) {
    int v = 0;
    for (; v + 2 <= vectors; v += 2) blockAvx2<2, Masked>(matrix, b, v, inputs, keep, stride, sums);
    if (v < vectors) blockAvx2<1, Masked>(matrix, b, v, inputs, keep, stride, sums);
  }
}

NEUSPIN_AVX2 void sumsAvx2(const KernelMatrix& matrix, const std::uint64_t* inputs, int vectors, int stride,
                           std::int32_t* sums) {
  allSumsAvx2<false>(matrix, inputs, nullptr, vectors, stride, sums);
}

constexpr int kLookUpVectors = 64;  // their byte counters and one word's tables fit the first-level cache
constexpr int kLookUpWords = 3;     // 3 · 64 < 256: byte counters hold that many words

/// Adds the word at inputs[vector_at[v]] of V vectors to their byte counters, [vector][64], which begin anew
/// if First.
template <int V, bool First>
NEUSPIN_AVX2 inline void lookUpWordAvx2(const std::uint8_t* tables, const std::uint64_t* inputs,
                                        const std::int32_t* vector_at, std::uint8_t* counters) {
  constexpr int kGroupBytes = (1 << kLookUpBits) * kLookUpBlock;
  constexpr std::uint64_t kRow = ((1 << kLookUpBits) - 1) * kLookUpBlock;
  constexpr std::uint64_t kLastRow = 15 * kLookUpBlock;
  std::uint64_t x[V];
  __m256i low[V], high[V];
  for (int v = 0; v < V; ++v) {
    x[v] = std::rotl(inputs[vector_at[v]], 6);  // a group at bit 6: the offset of a row of 64 bytes
    low[v] = First ? _mm256_setzero_si256() : load256(counters + v * kLookUpBlock);
    high[v] = First ? _mm256_setzero_si256() : load256(counters + v * kLookUpBlock + 32);
  }
#pragma GCC unroll 16
  for (int group = 0; group < kLookUpGroups; ++group) {
    const std::uint64_t mask = group == kLookUpGroups - 1 ? kLastRow : kRow;
    for (int v = 0; v < V; ++v) {
      const std::uint8_t* row = tables + group * kGroupBytes + (std::rotr(x[v], kLookUpBits * group) & mask);
      low[v] = _mm256_add_epi8(low[v], load256(row));
      high[v] = _mm256_add_epi8(high[v], load256(row + 32));
      asm("" : "+x"(low[v]), "+x"(high[v]));  // or all addresses are computed first, which spills them
    }
  }
  for (int v = 0; v < V; ++v) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(counters + v * kLookUpBlock), low[v]);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(counters + v * kLookUpBlock + 32), high[v]);
  }
}

/// One word of all vectors.
template <bool First>
NEUSPIN_AVX2 inline void lookUpVectorsAvx2(const std::uint8_t* tables, const std::uint64_t* inputs,
                                           const std::int32_t* vector_at, int vectors,
                                           std::uint8_t* counters) {
  int v = 0;
  for (; v + 4 <= vectors; v += 4)
    lookUpWordAvx2<4, First>(tables, inputs, vector_at + v, counters + v * kLookUpBlock);
  for (; v < vectors; ++v)
    lookUpWordAvx2<1, First>(tables, inputs, vector_at + v, counters + v * kLookUpBlock);
}

/// Adds byte counters to 16-bit ones, which begin anew if First.
template <bool First>
NEUSPIN_AVX2 inline void widenAvx2(const std::uint8_t* counters, int count, std::uint16_t* wide) {
  for (int i = 0; i < count; i += 16) {
    __m256i sum = _mm256_cvtepu8_epi16(_mm_load_si128(reinterpret_cast<const __m128i*>(counters + i)));
    if (!First) sum = _mm256_add_epi16(load256(wide + i), sum);
    _mm256_store_si256(reinterpret_cast<__m256i*>(wide + i), sum);
  }
}

/// Differing bits of at most kLookUpVectors vectors and one block of outputs.
struct Distances {
  alignas(32) std::uint8_t counters[kLookUpVectors * kLookUpBlock];
  alignas(32) std::uint16_t wide[kLookUpVectors * kLookUpBlock];  ///< [vector][64]
};

NEUSPIN_AVX2 inline void lookUpAvx2(const std::uint8_t* tables, const std::uint64_t* inputs,
                                    const std::int32_t* vector_at, const std::int32_t* word_at, int words,
                                    int vectors, Distances& distances) {
  for (int w = 0; w < words; ++w, tables += kLookUpWordBytes) {
    if (w % kLookUpWords == 0) {
      lookUpVectorsAvx2<true>(tables, inputs + word_at[w], vector_at, vectors, distances.counters);
    } else {
      lookUpVectorsAvx2<false>(tables, inputs + word_at[w], vector_at, vectors, distances.counters);
    }
    if ((w + 1) % kLookUpWords != 0 && w + 1 != words) continue;
    if (w < kLookUpWords) {
      widenAvx2<true>(distances.counters, vectors * kLookUpBlock, distances.wide);
    } else {
      widenAvx2<false>(distances.counters, vectors * kLookUpBlock, distances.wide);
    }
  }
}

NEUSPIN_AVX2 void lookUpSumsAvx2(const LookUpMatrix& matrix, const std::uint64_t* inputs, int vectors,
                                 int stride, std::int32_t* sums) {
  Distances distances;
  std::int32_t vector_at[kLookUpVectors], word_at[kLookUpMostWords];
  for (int v = 0; v < kLookUpVectors; ++v) vector_at[v] = v * matrix.words;
  for (int w = 0; w < matrix.words; ++w) word_at[w] = w;
  const __m128i shift = _mm_cvtsi32_si128(matrix.shift);
  for (int first = 0; first < vectors; first += kLookUpVectors) {
    const int share = vectors - first < kLookUpVectors ? vectors - first : kLookUpVectors;
    for (int block = 0; block < matrix.blocks; ++block) {
      lookUpAvx2(matrix.tables + static_cast<std::ptrdiff_t>(block) * matrix.words * kLookUpWordBytes,
                 inputs + static_cast<std::ptrdiff_t>(first) * matrix.words, vector_at, word_at, matrix.words,
                 share, distances);
      for (int v = 0; v < share; ++v) {
        const std::int32_t* base =
            matrix.base + static_cast<std::ptrdiff_t>(first + v) * matrix.base_stride + block * kLookUpBlock;
        std::int32_t* out = sums + static_cast<std::ptrdiff_t>(first + v) * stride + block * kLookUpBlock;
        for (int o = 0; o < kLookUpBlock; o += 8) {
          const auto* narrow = reinterpret_cast<const __m128i*>(distances.wide + v * kLookUpBlock + o);
          const __m256i taken = _mm256_sll_epi32(_mm256_cvtepu16_epi32(_mm_load_si128(narrow)), shift);
          _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + o),
                              _mm256_sub_epi32(load256(base + o), taken));
        }
      }
    }
  }
}

NEUSPIN_AVX2 void lookUpDecideAvx2(const LookUpMatrix& matrix, const std::int16_t* limits,
                                   const std::uint64_t* inputs, const std::int32_t* vector_at,
                                   const std::int32_t* word_at, int vectors, std::uint64_t* bits) {
  constexpr int kInOrder = 0b11'01'10'00;  // packing takes turns between the halves of its arguments
  Distances distances;
  for (int first = 0; first < vectors; first += kLookUpVectors) {
    const int share = vectors - first < kLookUpVectors ? vectors - first : kLookUpVectors;
    for (int block = 0; block < matrix.blocks; ++block) {
      lookUpAvx2(matrix.tables + static_cast<std::ptrdiff_t>(block) * matrix.words * kLookUpWordBytes, inputs,
                 vector_at + first, word_at, matrix.words, share, distances);
      const std::int16_t* limit = limits + block * kLookUpBlock;
      for (int v = 0; v < share; ++v) {
        const std::uint16_t* wide = distances.wide + v * kLookUpBlock;
        std::uint64_t beyond = 0;
        for (int half = 0; half < 2; ++half, wide += 32) {
          const __m256i low = _mm256_cmpgt_epi16(load256(wide), load256(limit + 32 * half));
          const __m256i high = _mm256_cmpgt_epi16(load256(wide + 16), load256(limit + 32 * half + 16));
          const __m256i both = _mm256_permute4x64_epi64(_mm256_packs_epi16(low, high), kInOrder);
          beyond |= std::uint64_t{static_cast<std::uint32_t>(_mm256_movemask_epi8(both))} << (32 * half);
        }
        bits[static_cast<std::ptrdiff_t>(first + v) * matrix.blocks + block] = ~beyond;
      }
    }
  }
}

/// V vectors from `inputs` on, B blocks of outputs. Products of two inputs each are added up in 16 bits for
/// as many groups as these hold; the sums of the groups before are in `sums` already.
template <int V, int B>
NEUSPIN_AVX2 inline void byteGroupsAvx2(const ByteMatrix& matrix, int block, int start, int end,
                                        const std::uint8_t* inputs, int stride, std::int32_t* sums) {
  const int bytes = matrix.input_stride;
  const std::ptrdiff_t block_bytes = std::ptrdiff_t{matrix.groups} * 4 * kKernelBlock;
  const std::int8_t* weights = matrix.weights + block * block_bytes;
  __m256i narrow[V][B];
  for (int v = 0; v < V; ++v) {
    for (int b = 0; b < B; ++b) narrow[v][b] = _mm256_setzero_si256();
  }
  for (int g = start; g < end; ++g) {
    __m256i weight[B];
    for (int b = 0; b < B; ++b) weight[b] = load256(weights + b * block_bytes + g * 4 * kKernelBlock);
    for (int v = 0; v < V; ++v) {
      std::int32_t four = 0;
      std::memcpy(&four, inputs + v * bytes + 4 * g, sizeof four);
      const __m256i x = _mm256_set1_epi32(four);
      for (int b = 0; b < B; ++b) {
        narrow[v][b] = _mm256_add_epi16(narrow[v][b], _mm256_maddubs_epi16(x, weight[b]));
        asm("" : "+x"(narrow[v][b]));  // or all products come first, which spills them
      }
    }
  }
  const __m256i ones = _mm256_set1_epi16(1);
  for (int v = 0; v < V; ++v) {
    for (int b = 0; b < B; ++b) {
      auto* to = reinterpret_cast<__m256i*>(sums + v * stride + (block + b) * kKernelBlock);
      __m256i sum = _mm256_madd_epi16(narrow[v][b], ones);
      if (start > 0) sum = _mm256_add_epi32(sum, load256(to));
      _mm256_storeu_si256(to, sum);
    }
  }
}

template <int V, int B>
NEUSPIN_AVX2 void byteBlocksAvx2(const ByteMatrix& matrix, int block, const std::uint8_t* inputs, int stride,
                                 std::int32_t* sums) {
  const int safe = 32767 / (2 * 255 * matrix.largest);
  for (int start = 0; start < matrix.groups; start += safe) {
    const int end = matrix.groups - start < safe ? matrix.groups : start + safe;
    byteGroupsAvx2<V, B>(matrix, block, start, end, inputs, stride, sums);
  }
}

template <int B>
NEUSPIN_AVX2 void byteVectorsAvx2(const ByteMatrix& matrix, int block, const std::uint8_t* inputs,
                                  int vectors, int stride, std::int32_t* sums) {
  int v = 0;
  for (; v + 4 <= vectors; v += 4, inputs += 4 * matrix.input_stride, sums += 4 * stride)
    byteBlocksAvx2<4, B>(matrix, block, inputs, stride, sums);
  for (; v < vectors; ++v, inputs += matrix.input_stride, sums += stride)
    byteBlocksAvx2<1, B>(matrix, block, inputs, stride, sums);
}

NEUSPIN_AVX2 void drawsAvx2(const std::uint32_t* keys, const std::uint32_t* events, std::uint32_t add,
                            int count, std::int32_t* out) {
  drawLoop(keys, events, add, count, out);
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

}  // namespace

NEUSPIN_AVX2 void byteSumsAvx2(const ByteMatrix& matrix, const std::uint8_t* inputs, int vectors, int stride,
                               std::int32_t* sums) {
  int b = 0;
  for (; b + 2 <= matrix.blocks; b += 2) byteVectorsAvx2<2>(matrix, b, inputs, vectors, stride, sums);
  if (b < matrix.blocks) byteVectorsAvx2<1>(matrix, b, inputs, vectors, stride, sums);
}

Kernel avx2Kernel() {
  return {.name = "avx2",
          .sums = sumsAvx2,
          .maskedSums = allSumsAvx2<true>,
          .byteSums = byteSumsAvx2,
          .lookUpSums = lookUpSumsAvx2,
          .lookUpDecide = lookUpDecideAvx2,
          .decide = decideAvx2,
          .draws = drawsAvx2,
          .countMismatches = countMismatchesAvx2};
}

}  // namespace neuspin::golden
#endif

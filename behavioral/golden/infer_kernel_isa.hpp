// What the instruction sets of infer_kernel.hpp share. Only infer_kernel*.cpp include this.
#pragma once

#include <cstdint>

#include "device/draw.hpp"
#include "golden/infer_kernel.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#define NEUSPIN_AVX2 __attribute__((target("avx2,bmi2")))
#define NEUSPIN_AVX512 __attribute__((target("avx512f,avx512vpopcntdq")))
#endif

namespace neuspin::golden {

/// `draws`, plain enough for the compiler to use the vector instructions of the function it is put into.
__attribute__((always_inline)) inline void drawLoop(const std::uint32_t* keys, const std::uint32_t* events,
                                                    std::uint32_t add, int count, std::int32_t* out) {
  constexpr std::uint32_t kSignBit = 0x80000000U;
  for (int i = 0; i < count; ++i)
    out[i] = static_cast<std::int32_t>(device::drawOf(keys[i], events[i] + add) ^ kSignBit);
}

#if defined(__x86_64__)
NEUSPIN_AVX2 inline __m256i load256(const void* p) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(p));
}

NEUSPIN_AVX2 void byteSumsAvx2(const ByteMatrix& matrix, const std::uint8_t* inputs, int vectors, int stride,
                               std::int32_t* sums);

/// The processor must support the instructions of a kernel before it runs, not before it is asked for.
[[nodiscard]] Kernel avx2Kernel();
[[nodiscard]] Kernel avx512Kernel();
#endif

}  // namespace neuspin::golden

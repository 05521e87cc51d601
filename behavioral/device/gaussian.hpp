// Normal numbers that are the same on every platform: only +, −, ×, / and sqrt of IEEE floats, in a fixed
// order, from counter-based draws. The build must not contract them into fused multiply-adds. Plain enough
// for compilers to vectorise.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "device/draw.hpp"

namespace neuspin::device {

/// ln u for normal u > 0, relative error about 1e-7: ln m = 2 artanh((m − 1)/(m + 1)), m in [sqrt(1/2), sqrt
/// 2).
[[nodiscard, gnu::always_inline]] inline float portableLog(float u) {
  constexpr std::uint32_t kSqrtHalf = 0x3F3504F3U;  // bits of sqrt(1/2)
  constexpr float kLn2 = 0.69314718F;
  const std::uint32_t above = std::bit_cast<std::uint32_t>(u) - kSqrtHalf;
  const auto exponent = static_cast<float>(static_cast<std::int32_t>(above) >> 23);
  const float m = std::bit_cast<float>((above & 0x007FFFFFU) + kSqrtHalf);
  const float z = (m - 1.0F) / (m + 1.0F);
  const float s = z * z;
  return exponent * kLn2 +
         2.0F * z * (1.0F + s * (1.0F / 3 + s * (1.0F / 5 + s * (1.0F / 7 + s * (1.0F / 9)))));
}

/// e^x for |x| < 80, relative error below 3e-7: 2^n times the Taylor series on ±(ln 2)/2.
[[nodiscard]] inline float portableExp(float x) {
  constexpr float kLog2e = 1.44269504F, kLn2High = 0.693145752F, kLn2Low = 1.42860677e-6F;
  const float n = std::floor(x * kLog2e + 0.5F);
  const float r = (x - n * kLn2High) - n * kLn2Low;
  const float series =
      1.0F +
      r * (1.0F + r * (1.0F / 2 + r * (1.0F / 6 + r * (1.0F / 24 + r * (1.0F / 120 + r * (1.0F / 720))))));
  return series * std::bit_cast<float>((static_cast<std::int32_t>(n) + 127) << 23);
}

/// cos(2π·turn), |turn| <= 1/2, absolute error below 2e-7: −sin on [−π/2, π/2] by its Taylor series.
[[nodiscard, gnu::always_inline]] inline float portableCosTurn(float turn) {
  const float x = 6.28318531F * (std::abs(turn) - 0.25F);
  const float s = x * x;
  constexpr float k3 = -1.0F / 6, k5 = 1.0F / 120, k7 = -1.0F / 5040, k9 = 1.0F / 362880,
                  k11 = -1.0F / 39916800;
  return -x * (1.0F + s * (k3 + s * (k5 + s * (k7 + s * (k9 + s * k11)))));
}

/// Twice an exponential variate from one draw: the square of a standard normal's radius (Box and Muller
/// 1958), below 46.
[[nodiscard, gnu::always_inline]] inline float radiusSquaredOf(std::uint32_t draw) {
  constexpr float kScale = 1.0F / 4294967296.0F;
  // The high and low half separately: unsigned 32-bit to float is no instruction before AVX-512.
  const float u = (static_cast<float>(static_cast<std::int32_t>(draw >> 16)) * 65536.0F +
                   static_cast<float>(static_cast<std::int32_t>(draw & 0xFFFFU)) + 0.5F) *
                  kScale;
  return -2.0F * portableLog(u);
}

/// Cosine of its angle, uniform.
[[nodiscard, gnu::always_inline]] inline float cosOf(std::uint32_t draw) {
  return portableCosTurn(static_cast<float>(static_cast<std::int32_t>(draw)) * (1.0F / 4294967296.0F));
}

/// Standard normal from two independent 32-bit draws; |result| < 6.8.
[[nodiscard, gnu::always_inline]] inline float normalOf(std::uint32_t radius, std::uint32_t angle) {
  return std::sqrt(radiusSquaredOf(radius)) * cosOf(angle);
}

/// What the random numbers of a chip are used for; each has draws of its own (README, "Streams").
enum class Stream : std::uint32_t {
  Diameter = 1,
  Ra,
  Tmr,
  FreeLayer,
  Hk,
  Ms,
  Die,
  Defect,
  OpenLine,
  Retention,
  SenseOffset,
  ReadNoise,
  UnitProbability,
  LevelWrite,
  WriteFailure,
};

/// 64-bit finaliser ("variant 13" constants, D. Stafford, 2011).
[[nodiscard]] constexpr std::uint64_t mix64(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}

/// Key of one stream of one instance (array or unit number) of the chip `seed`. Frozen draws are 64 bits
/// wide, unlike the 32 bits of switching events: with millions of devices in hundreds of streams 32-bit
/// streams would share values.
[[nodiscard]] constexpr std::uint64_t streamKey(std::uint32_t seed, Stream stream, std::uint32_t instance) {
  const std::uint64_t which = (static_cast<std::uint64_t>(stream) << 32U) | instance;
  return mix64(mix64(seed + 0x9E3779B97F4A7C15U) ^ which);
}

/// 64 random bits: number `index` of a stream.
[[nodiscard]] constexpr std::uint64_t streamBits(std::uint64_t key, std::uint64_t index) {
  return mix64(key + index * 0x9E3779B97F4A7C15U);
}

/// Standard normal, number `index` of a stream.
[[nodiscard]] inline float streamNormal(std::uint64_t key, std::uint64_t index) {
  const std::uint64_t bits = streamBits(key, index);
  return normalOf(static_cast<std::uint32_t>(bits >> 32U), static_cast<std::uint32_t>(bits));
}

/// Uniform on (0, 1), number `index` of a stream.
[[nodiscard]] constexpr double streamUniform(std::uint64_t key, std::uint64_t index) {
  return (static_cast<double>(streamBits(key, index) >> 12U) + 0.5) * 0x1p-52;
}

}  // namespace neuspin::device

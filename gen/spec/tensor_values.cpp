#include "spec/tensor_values.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace neuspin::spec {
namespace {

template <typename T>
T load(const unsigned char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

/// ±1 as int8, eight at a time: 01 and FF differ in the sign bit, and given it the whole byte is known.
std::optional<std::size_t> packUnits(const unsigned char* row, std::size_t count, std::uint64_t* words) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kGather = 0x0102040810204080;  // multiplying moves bit 0 of byte i to bit 56 + i
  std::uint64_t wrong = 0;
  for (std::size_t base = 0; base < count; base += 64) {
    const unsigned char* const from = row + base;
    const std::size_t here = std::min<std::size_t>(64, count - base);
    std::uint64_t bits = 0;
    std::size_t i = 0;
    for (; i + 8 <= here; i += 8) {
      const auto eight = load<std::uint64_t>(from + i);
      const std::uint64_t negative = (eight >> 7) & kOnes;
      wrong |= eight ^ (kOnes | (negative * 0xFE));
      bits |= (((negative ^ kOnes) * kGather) >> 56) << i;
    }
    for (; i < here; ++i) {
      wrong |= static_cast<std::uint64_t>(from[i] != 0x01 && from[i] != 0xFF);
      bits |= std::uint64_t{from[i] == 0x01} << i;
    }
    words[base / 64] = bits;
  }
  if (wrong == 0) return std::nullopt;
  const auto* const bad =
      std::find_if(row, row + count, [](unsigned char b) { return b != 0x01 && b != 0xFF; });
  return static_cast<std::size_t>(bad - row);
}

/// IEEE formats as unsigned integers: the sign on top, `Exponent` the mask of the exponent bits.
template <typename Bits, Bits Exponent>
std::optional<std::size_t> packSigns(const unsigned char* row, std::size_t count, std::uint64_t* words) {
  constexpr Bits kSign = static_cast<Bits>(Bits{1} << (std::numeric_limits<Bits>::digits - 1));
  std::fill_n(words, (count + 63) / 64, 0);
  for (std::size_t i = 0; i < count; ++i) {
    const Bits value = load<Bits>(row + i * sizeof(Bits));
    if ((value & Exponent) == Exponent) return i;  // NaN or infinite
    const bool plus = (value & kSign) == 0 || value == kSign;
    words[i / 64] |= std::uint64_t{plus} << (i % 64);
  }
  return std::nullopt;
}

double fromHalf(std::uint16_t half) {
  const int exponent = (half >> 10) & 0x1F;
  const int fraction = half & 0x3FF;
  const double sign = (half & 0x8000) != 0 ? -1.0 : 1.0;
  if (exponent == 0x1F) return fraction != 0 ? std::numeric_limits<double>::quiet_NaN() : sign * HUGE_VAL;
  return sign * (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 0x400, exponent - 25));
}

double fromBrain(std::uint16_t brain) {
  return std::bit_cast<float>(std::uint32_t{brain} << 16);
}
double fromFloat(float value) {
  return value;
}
double fromDouble(double value) {
  return value;
}

template <typename T>
std::vector<double> convert(std::span<const unsigned char> bytes, double (*toDouble)(T)) {
  std::vector<double> values(bytes.size() / sizeof(T));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = toDouble(load<T>(bytes.data() + i * sizeof(T)));
  return values;
}

}  // namespace

PackRow packerFor(std::string_view dtype) {
  if (dtype == "I8") return packUnits;
  if (dtype == "F16") return packSigns<std::uint16_t, 0x7C00>;
  if (dtype == "BF16") return packSigns<std::uint16_t, 0x7F80>;
  if (dtype == "F32") return packSigns<std::uint32_t, 0x7F800000>;
  if (dtype == "F64") return packSigns<std::uint64_t, 0x7FF0000000000000>;
  return nullptr;
}

std::optional<std::size_t> packLevels(const unsigned char* row, std::size_t count, int bits,
                                      std::uint64_t* words, std::size_t stride) {
  const int top = (1 << bits) - 1;
  for (int s = 0; s < bits; ++s) std::fill_n(words + s * stride, (count + 63) / 64, 0);
  for (std::size_t i = 0; i < count; ++i) {
    const int value = static_cast<signed char>(row[i]);
    if (value < -top || value > top || value % 2 == 0) return i;
    const auto code = static_cast<unsigned>((value + top) / 2);
    for (int s = 0; s < bits; ++s) words[s * stride + i / 64] |= std::uint64_t{(code >> s) & 1U} << (i % 64);
  }
  return std::nullopt;
}

std::optional<std::vector<double>> toDoubles(std::string_view dtype, std::span<const unsigned char> bytes) {
  if (dtype == "F16") return convert<std::uint16_t>(bytes, fromHalf);
  if (dtype == "BF16") return convert<std::uint16_t>(bytes, fromBrain);
  if (dtype == "F32") return convert<float>(bytes, fromFloat);
  if (dtype == "F64") return convert<double>(bytes, fromDouble);
  return std::nullopt;
}

}  // namespace neuspin::spec

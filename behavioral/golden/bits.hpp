// Bit fields in little-endian 32-bit words (golden::Bits), and the probe list every module of the clocked
// model fills.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "golden/network.hpp"

namespace neuspin::golden {

[[nodiscard]] constexpr int wordsFor(int bits) {
  return (bits + 31) / 32;
}
[[nodiscard]] constexpr std::uint64_t lowMask(int width) {
  return width >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
}
[[nodiscard]] constexpr std::int64_t signExtend(std::uint64_t value, int width) {
  const std::uint64_t sign = std::uint64_t{1} << (width - 1);
  return static_cast<std::int64_t>(((value & lowMask(width)) ^ sign) - sign);
}

[[nodiscard]] inline bool getBit(std::span<const std::uint32_t> words, int at) {
  return (words[static_cast<std::size_t>(at / 32)] >> (at % 32) & 1) != 0;
}

/// Bits [at, at+width), width 1 … 64.
[[nodiscard]] inline std::uint64_t getBits(std::span<const std::uint32_t> words, int at, int width) {
  std::uint64_t value = 0;
  for (int done = 0; done < width;) {
    const int offset = (at + done) % 32;
    const int take = std::min(32 - offset, width - done);
    const std::uint64_t piece = words[static_cast<std::size_t>((at + done) / 32)] >> offset;
    value |= (piece & lowMask(take)) << done;
    done += take;
  }
  return value;
}

/// Overwrites bits [at, at+width), width 1 … 64, with the low bits of value; the others stay.
inline void putBits(std::span<std::uint32_t> words, int at, int width, std::uint64_t value) {
  for (int done = 0; done < width;) {
    const int offset = (at + done) % 32;
    const int take = std::min(32 - offset, width - done);
    const auto mask = static_cast<std::uint32_t>(lowMask(take)) << offset;
    std::uint32_t& word = words[static_cast<std::size_t>((at + done) / 32)];
    word = (word & ~mask) | (static_cast<std::uint32_t>(value >> done) << offset & mask);
    done += take;
  }
}

/// Adds the registers of one RTL scope to a probe list. The registers must outlive the list and not move.
class ProbeScope {
 public:
  ProbeScope(std::vector<Probe>& probes, std::string scope) : probes_(probes), scope_(std::move(scope)) {}

  /// The scope of an instance below this one.
  [[nodiscard]] ProbeScope below(const std::string& instance) const {
    return {probes_, scope_ + "." + instance};
  }

  void custom(std::string signal, int width, std::function<void(std::span<std::uint32_t>)> read) const {
    probes_.push_back({scope_, std::move(signal), width, std::move(read)});
  }

  /// A register that the model keeps in a word of its own (its unused bits 0).
  void word(const std::string& signal, int width, const std::uint32_t& value) const {
    custom(signal, width, [&value](std::span<std::uint32_t> out) { out[0] = value; });
    probes_.back().word = &value;
  }

  /// A number (two's complement if signed) in the low `width` bits.
  template <std::integral T>
  void number(const std::string& signal, int width, const T& value) const {
    custom(signal, width, [&value, width](std::span<std::uint32_t> out) {
      const std::uint64_t bits = static_cast<std::uint64_t>(value) & lowMask(width);
      out[0] = static_cast<std::uint32_t>(bits);
      if (width > 32) out[1] = static_cast<std::uint32_t>(bits >> 32);
    });
  }

  /// Bits already packed.
  void packed(const std::string& signal, int width, std::span<const std::uint32_t> words) const {
    custom(signal, width, [words](std::span<std::uint32_t> out) { std::ranges::copy(words, out.begin()); });
  }

  /// `count` fields of `field` bits, field 0 lowest; value(i) is called at each read.
  template <class F>
  void fields(const std::string& signal, int count, int field, F value) const {
    custom(signal, count * field, [=](std::span<std::uint32_t> out) {
      std::ranges::fill(out, 0U);
      for (int i = 0; i < count; ++i) putBits(out, i * field, field, static_cast<std::uint64_t>(value(i)));
    });
  }

 private:
  std::vector<Probe>& probes_;
  std::string scope_;
};

/// Two flags as a two-bit vector, element 0 lowest.
[[nodiscard]] constexpr auto flagPair(const std::array<bool, 2>& flags) {
  return [&flags](int i) { return flags[static_cast<std::size_t>(i)]; };
}

}  // namespace neuspin::golden

// Hexadecimal lines, fast: a large network has more than a gigabit of weights.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace neuspin::emit {

[[nodiscard]] constexpr int hexDigits(int bits) {
  return (bits + 3) / 4;
}

/// Writes hexDigits(bits) lower-case digits of a little-endian word vector, and a line feed, at `out`;
/// returns the end. Bits at and above `bits` must be 0.
char* writeHexLine(char* out, std::span<const std::uint64_t> words, int bits);

/// Transposes a 64 × 64 bit matrix: bit j of block[i] ↔ bit i of block[j].
void transpose64(std::span<std::uint64_t, 64> block);

}  // namespace neuspin::emit

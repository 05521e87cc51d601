#include "emit/hex.hpp"

#include <array>
#include <cstring>

namespace neuspin::emit {
namespace {

constexpr auto kPairs = [] {
  std::array<std::array<char, 2>, 256> pairs{};
  constexpr const char* kDigits = "0123456789abcdef";
  for (std::size_t i = 0; i < 256; ++i) pairs[i] = {kDigits[i >> 4], kDigits[i & 15]};
  return pairs;
}();

}  // namespace

char* writeHexLine(char* out, std::span<const std::uint64_t> words, int bits) {
  const int digits = hexDigits(bits);
  const auto byte = [words](int at) {
    return static_cast<std::size_t>((words[static_cast<std::size_t>(at) / 8] >> (at % 8 * 8)) & 255);
  };
  int at = digits / 2;
  if (digits % 2 != 0) *out++ = kPairs[byte(at)][1];
  while (at-- > 0) {
    std::memcpy(out, kPairs[byte(at)].data(), 2);
    out += 2;
  }
  *out++ = '\n';
  return out;
}

// Swaps ever smaller off-diagonal squares: 32 × 32, 16 × 16, … 1 × 1.
void transpose64(std::span<std::uint64_t, 64> block) {
  std::uint64_t mask = 0x00000000FFFFFFFFULL;
  for (std::size_t half = 32; half != 0; half >>= 1, mask ^= mask << half) {
    for (std::size_t i = 0; i < 64; i = ((i | half) + 1) & ~half) {
      const std::uint64_t swap = ((block[i] >> half) ^ block[i | half]) & mask;
      block[i | half] ^= swap;
      block[i] ^= swap << half;
    }
  }
}

}  // namespace neuspin::emit

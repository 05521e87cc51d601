// Element conversion: rows of trained weights to sign bits, parameter vectors to doubles.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace neuspin::spec {

/// Packs `count` elements that lie at `row` into `words` (bit i%64 of word i/64; unused bits 0); 1 = +1.
/// Returns the index of the first illegal element (I8: not +1 or −1; floating point: NaN or infinite), if
/// any.
using PackRow = std::optional<std::size_t> (*)(const unsigned char* row, std::size_t count,
                                               std::uint64_t* words);

/// The packer of a dtype, nullptr if weights cannot have it. Floats: sign(w), −0 and +0 count as +1.
[[nodiscard]] PackRow packerFor(std::string_view dtype);

/// Multi-level weights (int8, odd, |w| < 2^bits) as ±1 slices: bit s of (w + 2^bits − 1)/2 goes to
/// words[s·stride …]. Returns the index of the first illegal element, if any.
[[nodiscard]] std::optional<std::size_t> packLevels(const unsigned char* row, std::size_t count, int bits,
                                                    std::uint64_t* words, std::size_t stride);

/// Floating-point elements as doubles (exact); nullopt if parameters cannot have this dtype.
[[nodiscard]] std::optional<std::vector<double>> toDoubles(std::string_view dtype,
                                                           std::span<const unsigned char> bytes);

}  // namespace neuspin::spec

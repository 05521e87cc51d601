// NumPy files of unsigned bytes, or of integers: .npy, and .npz (a zip archive of .npy, stored or deflated;
// read by libzip). Format: numpy.lib.format, versions 1.0 to 3.0.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evaluate/byte_array.hpp"
#include "support/diagnostic.hpp"

namespace neuspin::evaluate {

[[nodiscard]] bool isNpy(std::string_view bytes);
[[nodiscard]] bool isZip(std::string_view bytes);

/// One whole .npy of dtype uint8 in C order with 1 … 4 dimensions, no more and no less. `file` and `part`
/// (e.g. "array x_test") place diagnostics. Adds an error and returns nullopt for anything else.
[[nodiscard]] std::optional<ByteArray> parseNpy(std::string_view bytes, const std::string& file,
                                                const std::string& part, Diagnostics& diags);

/// One array of an .npz: that called `array`; if `array` is empty, the only one there, or else the first of
/// `preferred` that is there. Adds an error and returns nullopt if there is none such or the archive is
/// damaged (its check sums are compared).
[[nodiscard]] std::optional<ByteArray> parseNpz(std::string_view bytes, const std::string& file,
                                                const std::string& array,
                                                const std::vector<std::string>& preferred,
                                                Diagnostics& diags);

/// Every array of an .npz, by name; dtypes |u1, |i1, <i2, <i4 and <i8 in C order. Members that are no .npy
/// are left out. Adds an error and returns nullopt for anything else, or if there are more than `most_bytes`
/// in all.
[[nodiscard]] std::optional<std::map<std::string, IntegerArray>> parseIntegerArrays(std::string_view bytes,
                                                                                    const std::string& file,
                                                                                    std::size_t most_bytes,
                                                                                    Diagnostics& diags);

}  // namespace neuspin::evaluate

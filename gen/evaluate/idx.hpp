// IDX files of unsigned bytes (the format of MNIST and Fashion-MNIST), plain or gzip-compressed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "evaluate/byte_array.hpp"
#include "support/diagnostic.hpp"

namespace neuspin::evaluate {

/// Adds an error and returns nullopt unless `bytes` is, after decompression if it starts as gzip does, one
/// whole IDX file of unsigned bytes with 1 … 4 dimensions, no more and no less. `file` is the name used in
/// diagnostics.
[[nodiscard]] std::optional<ByteArray> parseIdx(std::string_view bytes, const std::string& file,
                                                Diagnostics& diags);

}  // namespace neuspin::evaluate

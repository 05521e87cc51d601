// gzip-compressed files.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "support/diagnostic.hpp"

namespace neuspin {

/// Whether the bytes start as gzip does.
[[nodiscard]] bool isGzip(std::string_view bytes);

/// Decompresses all members of a gzip file. Adds an error and returns nullopt if it is damaged, incomplete,
/// followed by other bytes, or larger than `limit` bytes: a few KiB can claim to be terabytes. `file` is the
/// name used in diagnostics.
[[nodiscard]] std::optional<std::string> gunzip(std::string_view bytes, std::size_t limit,
                                                const std::string& file, Diagnostics& diags);

}  // namespace neuspin

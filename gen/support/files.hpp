// Files: outputs appear whole or not at all.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "support/diagnostic.hpp"

namespace neuspin {

/// Whole file as bytes; adds an error (missing, unreadable, a directory, larger than `limit` bytes) and
/// returns nullopt.
[[nodiscard]] std::optional<std::string> readFile(const std::string& path, Diagnostics& diags,
                                                  std::size_t limit = std::size_t{1} << 32);

/// Writes beside the target, then renames over it; through a link to where it leads. Devices and pipes are
/// written to. False and an error if that fails; nothing is left behind.
bool writeFileWhole(const std::string& path, std::string_view content, Diagnostics& diags);

/// Writes all files into a new folder beside `folder`, then swaps it in. An existing `folder` is replaced
/// only if it is empty or was written by neuspin (holds manifest.json with "generator": "neuspin"); otherwise
/// an error.
bool writeFolderWhole(const std::string& folder, const std::map<std::string, std::string>& files,
                      Diagnostics& diags);

/// Lower-case hex SHA-256 (OpenSSL).
[[nodiscard]] std::string sha256Hex(std::string_view bytes);

}  // namespace neuspin

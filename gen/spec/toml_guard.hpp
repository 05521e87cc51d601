// Illegal TOML that toml++ 3.3 (Debian 12) must never see: it reaches undefined behaviour there (both found
// by fuzzing).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "support/diagnostic.hpp"

namespace neuspin::spec {

struct TomlFault {
  Location where;
  std::string message, hint;
};

/// `text` is UTF-8. Finds the first of
/// - a character beyond ASCII outside comments and string values (toml++'s table of white space is
/// "unreachable" for
///   some), or a Unicode line separator in a comment, which would end it for toml++;
/// - a '[' at the start of a line that no table name follows (toml++ asserts, or assumes, that one does);
/// - any other '[' but that of an array of whole numbers on one line: our formats hold no others, and toml++
/// asserts on
///   some broken elements;
/// - a dotted key or header of very many parts, on which toml++ recurses until the stack is full.
[[nodiscard]] std::optional<TomlFault> findUnsafeToml(std::string_view text, const std::string& file);

}  // namespace neuspin::spec

// Words from an input, as messages show them.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace neuspin::spec {

/// The word in quotes, cut to a length that a message can hold.
[[nodiscard]] inline std::string quoteWord(std::string_view word) {
  constexpr std::size_t kShown = 60;
  if (word.size() <= kShown) return fmt::format("'{}'", word);
  std::size_t cut = kShown;
  while (cut > 0 && (static_cast<unsigned char>(word[cut]) & 0xC0U) == 0x80) --cut;  // not inside a character
  return fmt::format("'{}…' ({} bytes)", word.substr(0, cut), word.size());
}

}  // namespace neuspin::spec

// What every reader promises, whatever the bytes: checked after each fuzzed call.
#pragma once

#include <cstdlib>

#include "support/diagnostic.hpp"

namespace neuspin::fuzz {

/// A result exists exactly if no error was added; every error has a remedy; rendering copes with all of them.
inline void checkOutcome(bool has_result, const Diagnostics& diags) {
  if (has_result == diags.hasErrors()) std::abort();
  for (const Diagnostic& item : diags.all()) {
    if (item.severity == Severity::Error && item.hint.empty()) std::abort();
    if (item.name.empty() || item.message.empty()) std::abort();
  }
  const std::string text = diags.render();
  if (text.find('\0') != std::string::npos || text.find('\x1b') != std::string::npos) std::abort();
}

/// The same of one reader: read(diags) returns an optional.
template <typename Read>
void check(const Read& read) {
  Diagnostics diags;
  const auto result = read(diags);
  checkOutcome(result.has_value(), diags);
}

}  // namespace neuspin::fuzz

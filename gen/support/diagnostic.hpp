// Diagnostics as data: every finding has a stable name, a place, a message and a remedy. Readers and the
// planner collect all of them before giving up; the command line prints them with `render`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace neuspin {

enum class Severity { Note, Warning, Error };

/// A place in an input: a text file (line and column, both from 1; 0 = unknown) or a named part of a binary
/// file.
struct Location {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string part{};  ///< e.g. "tensor fc0.weight" or "header bytes 0..7"
};

/// A place in a file that has no lines.
[[nodiscard]] inline Location partOf(const std::string& file, std::string part) {
  return {.file = file, .part = std::move(part)};
}

struct Diagnostic {
  Severity severity = Severity::Error;
  std::string name;  ///< stable, kebab-case, e.g. "unknown-key"
  Location where;
  std::string message;  ///< what is wrong
  std::string hint;     ///< the remedy; never empty for an error
};

/// Collects findings. Not thread-safe.
class Diagnostics {
 public:
  void error(std::string name, Location where, std::string message, std::string hint);
  void warning(std::string name, Location where, std::string message, std::string hint = {});
  void note(std::string name, Location where, std::string message, std::string hint = {});

  [[nodiscard]] bool hasErrors() const { return errors_ != 0; }
  [[nodiscard]] std::size_t errorCount() const { return errors_; }
  [[nodiscard]] const std::vector<Diagnostic>& all() const { return items_; }

  /// `file:line:col: error: message [name]` then `  hint: …`, one block a finding, in order of discovery.
  [[nodiscard]] std::string render() const;

 private:
  std::vector<Diagnostic> items_;
  std::size_t errors_ = 0;
};

/// The candidate closest to `word` by edit distance, or empty if none is close (distance > 1/3 of the length,
/// at least 2).
[[nodiscard]] std::string closestMatch(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace neuspin

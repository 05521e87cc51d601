// Typed, checked access to a TOML file. Each getter adds a finding if the value is missing, of the wrong type
// or out of range and otherwise leaves the default alone, so that a reader goes on and reports everything it
// finds.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/diagnostic.hpp"

namespace neuspin::spec {

/// Bytes of a specification file.
inline constexpr std::size_t kLargestFile = std::size_t{1} << 20;

enum class Need { Optional, Required };

/// Parses text after checking that it is UTF-8 of at most kLargestFile bytes; adds the error and returns
/// nullopt otherwise.
[[nodiscard]] std::optional<toml::table> parseToml(std::string_view text, const std::string& file,
                                                   Diagnostics& diags);

/// [a-z][a-z0-9_]*, at most 64 characters.
[[nodiscard]] bool isIdentifier(std::string_view word);

/// One table of a file. `finish` reports the keys that nobody asked for.
class TableReader {
 public:
  /// `title` as it stands in the file, e.g. "[input]"; "" for the whole file.
  TableReader(const toml::table& table, std::string title, std::string file, Diagnostics& diags);

  /// True exactly if the key holds a legal value, which is then in `value`.
  bool integer(std::string_view key, std::int64_t low, std::int64_t high, int& value,
               Need need = Need::Optional);
  bool integer(std::string_view key, std::int64_t low, std::int64_t high, std::int64_t& value, Need need);
  /// A finite number (integers are numbers too) with low <= value <= high; `open`: low < value < high.
  bool number(std::string_view key, double low, double high, bool open, double& value,
              Need need = Need::Optional);
  bool boolean(std::string_view key, bool& value);
  bool text(std::string_view key, std::string& value, Need need = Need::Optional);
  bool identifier(std::string_view key, std::string& value, Need need = Need::Optional);
  /// One of a few words; `index` receives which.
  bool choice(std::string_view key, const std::vector<std::string>& words, std::size_t& index,
              Need need = Need::Optional);
  /// A table, or nullopt (with an error if it is required or something else stands there).
  std::optional<TableReader> table(std::string_view key, std::string title, Need need);

  /// The raw value; the key counts as known from here on.
  const toml::node* find(std::string_view key);
  /// Any other key is an error. `advice` overrides the hint for keys that people may expect to exist.
  void finish(const std::map<std::string, std::string>& advice = {});

  void error(std::string name, const toml::node* at, std::string message, std::string hint);
  void warning(std::string name, const toml::node* at, std::string message, std::string hint);
  [[nodiscard]] Location where(const toml::node* at = nullptr) const;  ///< of a value; nullptr: of the table

 private:
  const toml::node* require(std::string_view key, Need need, std::string_view example);
  void wrongType(std::string_view key, const toml::node& node, std::string_view wanted);
  [[nodiscard]] std::string inTable() const { return title_.empty() ? std::string() : " in " + title_; }

  const toml::table* table_;
  std::string title_, file_;
  Diagnostics* diags_;
  std::vector<std::string> known_;
};

}  // namespace neuspin::spec

#include "spec/toml_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "spec/quote.hpp"
#include "spec/toml_guard.hpp"
#include "support/utf8.hpp"

namespace neuspin::spec {
namespace {

Location placeOf(const toml::source_region& source, const std::string& file) {
  return {file, source.begin.line, source.begin.column, {}};
}

std::string typeName(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a floating-point number";
    case toml::node_type::boolean:
      return "a boolean";
    default:
      return "a date or time";
  }
}

/// Place of the first byte that is not UTF-8 (columns count characters), or nullopt if all is well.
std::optional<Location> firstBadByte(std::string_view text, const std::string& file) {
  Location where{file, 1, 1, {}};
  while (!text.empty()) {
    const std::size_t length = utf8Length(text);
    if (length == 0) return where;
    ++where.column;
    if (text[0] == '\n') {
      ++where.line;
      where.column = 1;
    }
    text.remove_prefix(length);
  }
  return std::nullopt;
}

}  // namespace

std::optional<toml::table> parseToml(std::string_view text, const std::string& file, Diagnostics& diags) {
  if (text.size() > kLargestFile) {
    diags.error("file-too-large", {file, 0, 0, {}},
                fmt::format("the file is larger than the limit of {} bytes", kLargestFile),
                "a specification is a short text; trained weights belong in a safetensors file");
    return std::nullopt;
  }
  if (const auto bad = firstBadByte(text, file)) {
    diags.error("not-utf8", *bad, "the text is not UTF-8", "save the file as UTF-8");
    return std::nullopt;
  }
  if (const auto fault = findUnsafeToml(text, file)) {
    diags.error("toml-syntax", fault->where, fault->message, fault->hint);
    return std::nullopt;
  }
  try {
    return toml::parse(text, std::string_view(file));
  } catch (const toml::parse_error& failure) {
    diags.error("toml-syntax", placeOf(failure.source(), file), std::string(failure.description()),
                "correct the TOML at this place (https://toml.io/en/v1.0.0)");
    return std::nullopt;
  }
}

bool isIdentifier(std::string_view word) {
  constexpr std::size_t kLongest = 64;
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto other = [&](char c) { return lower(c) || (c >= '0' && c <= '9') || c == '_'; };
  return !word.empty() && word.size() <= kLongest && lower(word[0]) && std::ranges::all_of(word, other);
}

TableReader::TableReader(const toml::table& table, std::string title, std::string file, Diagnostics& diags)
    : table_(&table), title_(std::move(title)), file_(std::move(file)), diags_(&diags) {}

Location TableReader::where(const toml::node* at) const {
  // The file as a whole has no place of its own.
  if (at == nullptr && title_.empty()) return {file_, 0, 0, {}};
  return placeOf((at != nullptr ? at : table_)->source(), file_);
}

void TableReader::error(std::string name, const toml::node* at, std::string message, std::string hint) {
  diags_->error(std::move(name), where(at), std::move(message), std::move(hint));
}

void TableReader::warning(std::string name, const toml::node* at, std::string message, std::string hint) {
  diags_->warning(std::move(name), where(at), std::move(message), std::move(hint));
}

const toml::node* TableReader::find(std::string_view key) {
  if (std::ranges::find(known_, key) == known_.end()) known_.emplace_back(key);
  return table_->get(key);
}

const toml::node* TableReader::require(std::string_view key, Need need, std::string_view example) {
  const toml::node* node = find(key);
  if (node == nullptr && need == Need::Required) {
    error("missing-key", nullptr, fmt::format("'{}' is missing{}", key, inTable()),
          fmt::format("add `{} = {}`", key, example));
  }
  return node;
}

void TableReader::wrongType(std::string_view key, const toml::node& node, std::string_view wanted) {
  error("wrong-type", &node, fmt::format("'{}' is {}, expected {}", key, typeName(node), wanted),
        fmt::format("write {}", wanted));
}

bool TableReader::integer(std::string_view key, std::int64_t low, std::int64_t high, std::int64_t& value,
                          Need need) {
  const toml::node* node = require(key, need, fmt::format("<an integer {} … {}>", low, high));
  if (node == nullptr) return false;
  const auto found = node->value_exact<std::int64_t>();
  if (!found) {
    wrongType(key, *node, "an integer");
    return false;
  }
  if (*found < low || *found > high) {
    error("out-of-range", node, fmt::format("'{}' is {}, legal is {} … {}", key, *found, low, high),
          fmt::format("choose a value from {} to {}", low, high));
    return false;
  }
  value = *found;
  return true;
}

bool TableReader::integer(std::string_view key, std::int64_t low, std::int64_t high, int& value, Need need) {
  std::int64_t wide = 0;
  if (!integer(key, low, high, wide, need)) return false;
  value = static_cast<int>(wide);
  return true;
}

bool TableReader::number(std::string_view key, double low, double high, bool open, double& value, Need need) {
  const std::string range =
      open ? fmt::format("{} < {} < {}", low, key, high) : fmt::format("{} <= {} <= {}", low, key, high);
  const toml::node* node = require(key, need, fmt::format("<a number, {}>", range));
  if (node == nullptr) return false;
  if (!node->is_number()) {
    wrongType(key, *node, "a number");
    return false;
  }
  const double found = *node->value<double>();
  // Written so that NaN is out of range.
  const bool legal = open ? found > low && found < high : found >= low && found <= high;
  if (!legal) {
    error("out-of-range", node, fmt::format("'{}' is {}, legal is {}", key, found, range),
          "choose a finite value in this range");
    return false;
  }
  value = found;
  return true;
}

bool TableReader::boolean(std::string_view key, bool& value) {
  const toml::node* node = find(key);
  if (node == nullptr) return false;
  const auto found = node->value_exact<bool>();
  if (found) {
    value = *found;
  } else {
    wrongType(key, *node, "true or false");
  }
  return found.has_value();
}

bool TableReader::text(std::string_view key, std::string& value, Need need) {
  const toml::node* node = require(key, need, "\"…\"");
  if (node == nullptr) return false;
  const auto found = node->value_exact<std::string_view>();
  if (!found) {
    wrongType(key, *node, "a string");
    return false;
  }
  if (found->empty() || found->find('\0') != std::string_view::npos) {
    error("bad-text", node, fmt::format("'{}' is empty or holds a NUL character", key), "write a plain text");
    return false;
  }
  value = *found;
  return true;
}

bool TableReader::identifier(std::string_view key, std::string& value, Need need) {
  std::string word;
  if (!text(key, word, need)) return false;
  if (!isIdentifier(word)) {
    error("bad-identifier", table_->get(key),
          fmt::format("'{}' is {}, which is no identifier", key, quoteWord(word)),
          "use a lower-case letter, then lower-case letters, digits and '_', at most 64 characters");
    return false;
  }
  value = word;
  return true;
}

bool TableReader::choice(std::string_view key, const std::vector<std::string>& words, std::size_t& index,
                         Need need) {
  std::string list;
  for (const std::string& word : words) list += fmt::format("{}\"{}\"", list.empty() ? "" : " or ", word);
  const toml::node* node = require(key, need, list);
  if (node == nullptr) return false;
  const auto found = node->value_exact<std::string_view>();
  if (!found) {
    wrongType(key, *node, list);
    return false;
  }
  const auto word = std::ranges::find(words, *found);
  if (word == words.end()) {
    const std::string close = closestMatch(*found, words);
    error("unknown-value", node, fmt::format("'{}' cannot be {}, legal is {}", key, quoteWord(*found), list),
          close.empty() ? "choose " + list : fmt::format("did you mean \"{}\"?", close));
    return false;
  }
  index = static_cast<std::size_t>(word - words.begin());
  return true;
}

std::optional<TableReader> TableReader::table(std::string_view key, std::string title, Need need) {
  const toml::node* node = find(key);
  if (node == nullptr) {
    if (need == Need::Required) {
      error("missing-table", nullptr, fmt::format("the table {} is missing", title),
            fmt::format("add {} (see gen/spec/README.md)", title));
    }
    return std::nullopt;
  }
  if (!node->is_table()) {
    wrongType(key, *node, "a table");
    return std::nullopt;
  }
  return TableReader(*node->as_table(), std::move(title), file_, *diags_);
}

void TableReader::finish(const std::map<std::string, std::string>& advice) {
  for (const auto& [key, node] : *table_) {
    if (std::ranges::find(known_, key.str()) != known_.end()) continue;
    std::string hint;
    if (const auto special = advice.find(std::string(key.str())); special != advice.end()) {
      hint = special->second;
    } else if (const std::string close = closestMatch(key.str(), known_); !close.empty()) {
      hint = fmt::format("did you mean '{}'?", close);
    } else {
      hint = fmt::format("remove it; known here: {}", fmt::join(known_, ", "));
    }
    const bool is_table = node.is_table() || node.is_array_of_tables();
    diags_->error(title_.empty() && is_table ? "unknown-table" : "unknown-key", placeOf(key.source(), file_),
                  fmt::format("unknown {} {}{}", title_.empty() && is_table ? "table" : "key",
                              quoteWord(key.str()), inTable()),
                  hint);
  }
}

}  // namespace neuspin::spec

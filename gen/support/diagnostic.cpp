#include "support/diagnostic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "support/utf8.hpp"

namespace neuspin {
namespace {

/// Text from an input may hold anything; what reaches the terminal is printable UTF-8 on one line.
void appendPrintable(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8Length(text);
    const auto lead = static_cast<unsigned char>(text[0]);
    const bool control = lead < 0x20 || lead == 0x7F ||
                         (length == 2 && lead == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0);
    if (length == 0 || control) {
      fmt::format_to(std::back_inserter(out), "\\x{:02X}", lead);
      text.remove_prefix(1);
      if (length == 2) {  // a C1 control: both bytes
        fmt::format_to(std::back_inserter(out), "\\x{:02X}", static_cast<unsigned char>(text[0]));
        text.remove_prefix(1);
      }
      continue;
    }
    out.append(text.substr(0, length));
    text.remove_prefix(length);
  }
}

const char* severityWord(Severity severity) {
  switch (severity) {
    case Severity::Note:
      return "note";
    case Severity::Warning:
      return "warning";
    case Severity::Error:
      return "error";
  }
  return "";
}

/// Edits (insert, delete, replace, swap of neighbours) that turn `a` into `b`.
std::size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

void Diagnostics::error(std::string name, Location where, std::string message, std::string hint) {
  items_.push_back({Severity::Error, std::move(name), std::move(where), std::move(message), std::move(hint)});
  ++errors_;
}

void Diagnostics::warning(std::string name, Location where, std::string message, std::string hint) {
  items_.push_back(
      {Severity::Warning, std::move(name), std::move(where), std::move(message), std::move(hint)});
}

void Diagnostics::note(std::string name, Location where, std::string message, std::string hint) {
  items_.push_back({Severity::Note, std::move(name), std::move(where), std::move(message), std::move(hint)});
}

std::string Diagnostics::render() const {
  std::string out;
  for (const Diagnostic& item : items_) {
    appendPrintable(out, item.where.file);
    if (item.where.line != 0)
      fmt::format_to(std::back_inserter(out), ":{}:{}", item.where.line, item.where.column);
    if (!item.where.file.empty()) out += ": ";
    if (!item.where.part.empty()) {
      appendPrintable(out, item.where.part);
      out += ": ";
    }
    out += severityWord(item.severity);
    out += ": ";
    appendPrintable(out, item.message);
    out += fmt::format(" [{}]\n", item.name);
    if (!item.hint.empty()) {
      out += "  hint: ";
      appendPrintable(out, item.hint);
      out += '\n';
    }
  }
  return out;
}

std::string closestMatch(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr std::size_t kLongestWord = 200;  // keeps a hostile key from costing quadratic time
  if (word.size() > kLongestWord) return {};
  const std::size_t allowed = std::max<std::size_t>(2, word.size() / 3);
  std::size_t best = allowed + 1;
  std::string match;
  for (const std::string& candidate : candidates) {
    const std::size_t longer = std::max(word.size(), candidate.size());
    if (longer - std::min(word.size(), candidate.size()) >= best) continue;
    const std::size_t distance = editDistance(word, candidate);
    if (distance < best && distance < longer) {  // sharing no letter is no match, however short the word
      best = distance;
      match = candidate;
    }
  }
  return match;
}

}  // namespace neuspin

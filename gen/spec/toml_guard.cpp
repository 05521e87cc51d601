#include "spec/toml_guard.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace neuspin::spec {
namespace {

using std::string_view;

bool isAscii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

bool isKeyCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/// Line and column (in characters) of a byte of the text.
Location placeAt(string_view text, std::size_t at, const std::string& file) {
  Location where{file, 1, 1, {}};
  for (const char c : text.substr(0, at)) {
    if (c == '\n') {
      ++where.line;
      where.column = 1;
    } else if (isAscii(c) || (static_cast<unsigned char>(c) & 0x40U) != 0) {  // not a continuation byte
      ++where.column;
    }
  }
  return where;
}

/// First byte after the string that begins at `at`. A string left open ends where toml++ reports it.
std::size_t skipString(string_view text, std::size_t at) {
  const char quote = text[at];
  const std::string triple(3, quote);
  const bool multi_line = text.substr(at, 3) == triple;
  for (std::size_t i = at + (multi_line ? 3 : 1); i < text.size(); ++i) {
    if (text[i] == '\\' && quote == '"') {
      ++i;
    } else if (multi_line && text.substr(i, 3) == triple) {
      i += 3;
      for (int extra = 0; extra < 2 && i < text.size() && text[i] == quote; ++extra) ++i;  // """a"""""
      return i;
    } else if (!multi_line && text[i] == quote) {
      return i + 1;
    } else if (!multi_line && text[i] == '\n') {
      return i;
    }
  }
  return text.size();
}

/// Is a value expected at `at`: "<key> = " before it, at the start of a line or in an inline table that is a
/// value? toml++ looks for the end of any other value with the same faulty table, past quotes.
bool isValueStart(string_view text, std::size_t at) {
  const auto isBlank = [](char c) { return c == ' ' || c == '\t'; };
  while (true) {
    string_view before = text.substr(0, at);
    const auto drop = [&](auto matches) {
      const std::size_t size = before.size();
      while (!before.empty() && matches(before.back())) before.remove_suffix(1);
      return before.size() != size;
    };
    drop(isBlank);
    if (!before.ends_with('=')) return false;
    before.remove_suffix(1);
    drop(isBlank);
    if (!drop(isKeyCharacter)) return false;
    drop(isBlank);
    if (before.empty() || before.ends_with('\n') || before.ends_with(',')) return true;
    if (!before.ends_with('{')) return false;
    at = before.size() - 1;
  }
}

/// First byte after an array of whole numbers on one line that begins at `at`: blanks, commas between the
/// numbers, no more than 18 digits and no leading zeros. 0 if there is none: others make toml++ assert when
/// they are broken.
std::size_t skipNumbers(string_view text, std::size_t at) {
  constexpr std::size_t kMostDigits = 18;
  const auto skip = [&](auto matches) {
    const std::size_t start = at;
    while (at < text.size() && matches(text[at])) ++at;
    return at - start;
  };
  const auto blanks = [&] { skip([](char c) { return c == ' ' || c == '\t'; }); };
  ++at;
  blanks();
  if (text.substr(at).starts_with(']')) return at + 1;
  while (true) {
    if (text.substr(at).starts_with('-')) ++at;
    const bool zero = text.substr(at).starts_with('0');
    const std::size_t digits = skip([](char c) { return c >= '0' && c <= '9'; });
    if (digits == 0 || digits > kMostDigits || (zero && digits > 1)) return 0;
    blanks();
    if (text.substr(at).starts_with(']')) return at + 1;
    if (!text.substr(at).starts_with(',')) return 0;
    ++at;
    blanks();
  }
}

bool isLineSeparator(string_view rest) {
  return rest.starts_with("\xC2\x85") || rest.starts_with("\xE2\x80\xA8") || rest.starts_with("\xE2\x80\xA9");
}

bool isNamelessHeader(string_view rest) {
  rest.remove_prefix(rest.starts_with("[[") ? 2 : 1);
  const std::size_t name = rest.find_first_not_of(" \t");
  if (name == string_view::npos) return false;  // toml++ reports the end of the text
  const char c = rest[name];
  return !isKeyCharacter(c) && c != '"' && c != '\'' && c != ']';  // "[]" is reported well
}

TomlFault beyondAscii(string_view text, std::size_t at, const std::string& file) {
  return {placeAt(text, at, file),
          "a character beyond ASCII that stands neither in a comment nor in a string value",
          "put the text into quotes, or remove the character"};
}

}  // namespace

std::optional<TomlFault> findUnsafeToml(string_view text, const std::string& file) {
  constexpr int kMostDots = 32;
  bool line_start = true;
  bool comment = false;
  int dots = 0;  // of the key or header here
  for (std::size_t i = text.starts_with("\xEF\xBB\xBF") ? 3 : 0; i < text.size();) {
    const char c = text[i];
    if (!isAscii(c) && (!comment || isLineSeparator(text.substr(i)))) {
      return beyondAscii(text, i, file);
    }
    if (c == '\n') comment = false;
    dots = c == '.' && !comment ? dots + 1 : c == '\n' || c == '=' || c == ',' || c == '{' ? 0 : dots;
    if (dots > kMostDots) {
      return TomlFault{placeAt(text, i, file), fmt::format("a key of more than {} dotted parts", kMostDots),
                       "our formats have at most three: shorten or remove it"};
    }
    if (!comment && c == '[') {
      const bool value = !line_start && isValueStart(text, i);
      if (const std::size_t end = value ? skipNumbers(text, i) : 0; end != 0) {
        i = end;
        line_start = false;
        continue;
      }
      if (value) {
        return TomlFault{placeAt(text, i, file), "an array may only hold whole numbers, on one line",
                         "write it as in shape = [3, 32, 32], or remove it"};
      }
      if (!line_start) {
        return TomlFault{placeAt(text, i, file),
                         "'[' in the middle of a line begins an array, and no value here is one",
                         "begin a table header on a line of its own, or remove the array"};
      }
      if (isNamelessHeader(text.substr(i))) {
        return TomlFault{placeAt(text, i, file), "no table name follows '['", "write [name] or [[name]]"};
      }
      if (text.substr(i).starts_with("[[")) ++i;
    }
    // toml++ may take any of \n \v \f \r as the end of a line.
    line_start = (c >= '\n' && c <= '\r') || (line_start && c <= ' ');
    if (c == '#') comment = true;
    if (comment || (c != '"' && c != '\'')) {
      ++i;
      continue;
    }
    const std::size_t end = skipString(text, i);
    const auto* const beyond = std::find_if_not(text.begin() + i, text.begin() + end, isAscii);
    if (beyond != text.begin() + end && !isValueStart(text, i)) {
      return beyondAscii(text, static_cast<std::size_t>(beyond - text.begin()), file);
    }
    i = end;
  }
  return std::nullopt;
}

}  // namespace neuspin::spec

// Liberty text → cells. The grammar is `name : value ;`, `name (args) ;` and `name (args) { … }`.
#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "liberty.hpp"

namespace neuspin::synth {
namespace {

struct SyntaxError {
  std::size_t at;
  std::string message;
};

enum class Kind { Word, Punctuation, End };
struct Token {
  Kind kind = Kind::End;
  std::string_view text;
  std::size_t begin = 0;
  [[nodiscard]] bool is(char c) const { return kind == Kind::Punctuation && text[0] == c; }
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Liberty library() {
    const Token head = next();
    if (head.kind != Kind::Word || head.text != "library")
      throw SyntaxError{head.begin, "expected `library (name) {`"};
    Liberty result;
    result.name = arguments();
    expect('{');
    body([](std::string_view, std::string_view) {},
         [&](std::string_view name, std::string args, std::size_t begin) {
           if (name != "cell") return skipBody();
           result.cells.push_back(cell(std::move(args)));
           result.cells.back().text = {begin, at_};
         });
    return result;
  }

 private:
  LibertyCell cell(std::string name) {
    LibertyCell result;
    result.name = std::move(name);
    body(
        [&](std::string_view key, std::string_view value) {
          if (key == "area") result.area = std::strtod(std::string(value).c_str(), nullptr);
          if (key == "dont_use") result.dont_use = value == "true";
        },
        [&](std::string_view key, std::string args, std::size_t begin) {
          if (key == "pin") {
            result.pins.push_back(pin(std::move(args), result));
            return;
          }
          if (key == "ff" || key == "ff_bank") result.flip_flop = true;
          if (key.starts_with("ff") || key.starts_with("latch") || key == "statetable")
            result.sequential = true;
          skipBody();
          if (key == "leakage_power") result.power.push_back({begin, at_});
        });
    return result;
  }

  LibertyPin pin(std::string name, LibertyCell& owner) {
    LibertyPin result;
    result.name = std::move(name);
    body(
        [&](std::string_view key, std::string_view value) {
          if (key == "direction") result.output = value == "output";
          if (key == "function") result.function = value;
        },
        [&](std::string_view key, const std::string&, std::size_t begin) {
          skipBody();
          if (key == "internal_power") owner.power.push_back({begin, at_});
        });
    return result;
  }

  /// Statements up to and with the closing brace. on_group must consume its body.
  template <class OnAttribute, class OnGroup>
  void body(OnAttribute on_attribute, OnGroup on_group) {
    for (Token token = next(); !token.is('}'); token = next()) {
      if (token.is(';')) continue;
      if (token.kind != Kind::Word) throw SyntaxError{token.begin, unexpected(token)};
      const Token after = peek();
      if (after.is(':')) {
        next();
        on_attribute(token.text, value());
      } else if (after.is('(')) {
        std::string args = arguments();
        if (!peek().is('{')) continue;
        next();
        on_group(token.text, std::move(args), token.begin);
      } else {
        throw SyntaxError{after.begin, unexpected(after)};
      }
    }
  }

  /// The body of a group already opened, without looking at it.
  void skipBody() {
    for (int depth = 1; depth > 0;) {
      const Token token = next();
      if (token.kind == Kind::End) throw SyntaxError{token.begin, unexpected(token)};
      depth += token.is('{') ? 1 : token.is('}') ? -1 : 0;
    }
  }

  /// One word, or an expression of which the first word is returned, up to `;` or the end of the line.
  std::string_view value() {
    const Token first = next();
    if (first.kind != Kind::Word) throw SyntaxError{first.begin, unexpected(first)};
    while (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != ';' && text_[at_] != '}') ++at_;
    return first.text;
  }

  /// `( a, b )` → the first argument.
  std::string arguments() {
    expect('(');
    std::string first;
    bool have = false;
    for (Token token = next(); !token.is(')'); token = next()) {
      if (token.kind == Kind::End) throw SyntaxError{token.begin, unexpected(token)};
      if (!have && token.kind == Kind::Word) first = token.text, have = true;
    }
    return first;
  }

  void expect(char c) {
    const Token token = next();
    if (!token.is(c)) throw SyntaxError{token.begin, std::string("expected `") + c + "`"};
  }

  static std::string unexpected(const Token& token) {
    if (token.kind == Kind::End) return "the file ends inside a group";
    return "unexpected `" + std::string(token.text.substr(0, 40)) + "`";
  }

  Token peek() {
    const std::size_t at = at_;
    const Token token = next();
    at_ = at;
    return token;
  }

  void skipBlank() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (std::isspace(static_cast<unsigned char>(c)) != 0 || c == '\\') {
        ++at_;
      } else if (text_.substr(at_).starts_with("/*")) {
        const auto close = text_.find("*/", at_ + 2);
        if (close == std::string_view::npos) throw SyntaxError{at_, "comment without end"};
        at_ = close + 2;
      } else if (text_.substr(at_).starts_with("//")) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else {
        return;
      }
    }
  }

  Token next() {
    skipBlank();
    if (at_ >= text_.size()) return {Kind::End, {}, text_.size()};
    const std::size_t begin = at_;
    const char c = text_[at_];
    if (c == '"') {
      const auto close = text_.find('"', begin + 1);
      if (close == std::string_view::npos) throw SyntaxError{begin, "string without end"};
      at_ = close + 1;
      return {Kind::Word, text_.substr(begin + 1, close - begin - 1), begin};
    }
    if (std::string_view("{}():;,").find(c) != std::string_view::npos) {
      ++at_;
      return {Kind::Punctuation, text_.substr(begin, 1), begin};
    }
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) == 0 &&
           std::string_view("{}():;,\"").find(text_[at_]) == std::string_view::npos) {
      ++at_;
    }
    return {Kind::Word, text_.substr(begin, at_ - begin), begin};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<Liberty> parseLiberty(std::string text, const std::string& file, Diagnostics& diags) {
  try {
    Liberty library = Parser(text).library();
    if (library.cells.empty()) {
      diags.error("liberty-no-cells", {file}, "the Liberty file has no cell",
                  "give the file of a standard-cell library");
      return std::nullopt;
    }
    library.text = std::move(text);
    return library;
  } catch (const SyntaxError& error) {
    Location where{file};
    const std::string_view before = std::string_view(text).substr(0, error.at);
    where.line = static_cast<std::uint32_t>(1 + std::ranges::count(before, '\n'));
    const auto newline = before.rfind('\n');
    where.column = static_cast<std::uint32_t>(before.size() - (newline == before.npos ? 0 : newline + 1) + 1);
    diags.error("liberty-syntax", where, "not a Liberty file: " + error.message,
                "give a Liberty file (.lib or .lib.gz) that is complete and not encrypted");
    return std::nullopt;
  }
}

}  // namespace neuspin::synth

#include "liberty.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>

#include "support/files.hpp"
#include "support/gzip.hpp"

namespace neuspin::synth {
namespace {

constexpr std::size_t kMaxText = std::size_t{1}
                                 << 29;  // unpacked; the largest libraries in use have about 100 MB

/// Recursive descent over truth tables. Precedence, strongest first: ! and ', ^, and (*, & or nothing), or (+
/// or |).
class FunctionParser {
 public:
  FunctionParser(std::string_view text, const std::vector<std::string>& inputs)
      : text_(text), inputs_(inputs) {
    mask_ = inputs.size() == 6 ? ~std::uint64_t{0} : (std::uint64_t{1} << (1U << inputs.size())) - 1;
  }

  std::optional<std::uint64_t> run() {
    const std::uint64_t table = any();
    skipBlank();
    if (failed_ || at_ != text_.size()) return std::nullopt;
    return table & mask_;
  }

 private:
  std::uint64_t any() {
    std::uint64_t table = all();
    while (accept('+') || accept('|')) table |= all();
    return table;
  }
  std::uint64_t all() {
    std::uint64_t table = parity();
    while (accept('*') || accept('&') || atFactor()) table &= parity();
    return table;
  }
  std::uint64_t parity() {
    std::uint64_t table = factor();
    while (accept('^')) table ^= factor();
    return table;
  }
  std::uint64_t factor() {
    if (accept('!')) return ~factor();
    std::uint64_t table = 0;
    if (accept('(')) {
      table = any();
      if (!accept(')')) failed_ = true;
    } else {
      table = operand();
    }
    while (accept('\'')) table = ~table;
    return table;
  }
  std::uint64_t operand() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && nameChar(text_[at_])) ++at_;
    const std::string_view name = text_.substr(begin, at_ - begin);
    if (name == "0") return 0;
    if (name == "1") return ~std::uint64_t{0};
    const auto found = std::ranges::find(inputs_, name);
    if (found == inputs_.end()) {
      failed_ = true;
      return 0;
    }
    const auto k = static_cast<std::size_t>(found - inputs_.begin());
    std::uint64_t table = 0;
    for (unsigned i = 0; i < 64; ++i) table |= std::uint64_t{(i >> k) & 1U} << i;
    return table;
  }

  static bool nameChar(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '[' || c == ']' || c == '.';
  }
  void skipBlank() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }
  bool accept(char c) {
    skipBlank();
    if (failed_ || at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool atFactor() {
    skipBlank();
    return !failed_ && at_ < text_.size() && (nameChar(text_[at_]) || text_[at_] == '(' || text_[at_] == '!');
  }

  std::string_view text_;
  const std::vector<std::string>& inputs_;
  std::uint64_t mask_ = 0;
  std::size_t at_ = 0;
  bool failed_ = false;
};

std::vector<std::string> inputsOf(const LibertyCell& cell) {
  std::vector<std::string> names;
  for (const auto& pin : cell.pins) {
    if (!pin.output) names.push_back(pin.name);
  }
  return names;
}

std::vector<const LibertyPin*> outputsOf(const LibertyCell& cell) {
  std::vector<const LibertyPin*> pins;
  for (const auto& pin : cell.pins) {
    if (pin.output) pins.push_back(&pin);
  }
  return pins;
}

/// The smallest usable cell with one output that has this truth table over `inputs` inputs.
const LibertyCell* smallest(const Liberty& library, std::size_t inputs, std::uint64_t table) {
  const LibertyCell* best = nullptr;
  for (const auto& cell : library.cells) {
    if (cell.dont_use || cell.sequential || cell.area <= 0 || (best != nullptr && best->area <= cell.area))
      continue;
    const auto names = inputsOf(cell);
    const auto outputs = outputsOf(cell);
    if (names.size() != inputs || outputs.size() != 1) continue;
    if (truthTable(outputs[0]->function, names) == table) best = &cell;
  }
  return best;
}

constexpr std::uint64_t kNot = 0x1, kNand2 = 0x7, kNor2 = 0x1;
constexpr std::uint64_t kParity3 = 0x96, kMajority3 = 0xE8, kMask3 = 0xFF;

}  // namespace

std::optional<Liberty> readLiberty(const std::string& path, Diagnostics& diags) {
  auto text = readFile(path, diags, kMaxText);
  if (!text) return std::nullopt;
  if (isGzip(*text)) text = gunzip(*text, kMaxText, path, diags);
  if (!text) return std::nullopt;
  return parseLiberty(std::move(*text), path, diags);
}

const LibertyCell* Liberty::find(std::string_view cell) const {
  const auto found = std::ranges::find(cells, cell, &LibertyCell::name);
  return found == cells.end() ? nullptr : &*found;
}

double Liberty::gateArea() const {
  const LibertyCell* cell = smallest(*this, 2, kNand2);
  return cell == nullptr ? 0 : cell->area;
}

void markDontUse(Liberty& library, std::string_view rules_json) {
  const auto descriptor = nlohmann::json::parse(rules_json);
  for (const auto& rule : descriptor.at("rules")) {
    if (fnmatch(rule.at("library").get<std::string>().c_str(), library.name.c_str(), 0) != 0) continue;
    for (const auto& entry : rule.at("cells")) {
      const auto pattern = entry.get<std::string>();
      for (auto& cell : library.cells) {
        if (fnmatch(pattern.c_str(), cell.name.c_str(), 0) == 0) cell.dont_use = true;
      }
    }
  }
}

bool checkUsable(const Liberty& library, const std::string& file, Diagnostics& diags) {
  std::string missing;
  const auto need = [&missing](bool there, const char* what) {
    if (!there) missing += (missing.empty() ? "" : ", ") + std::string(what);
  };
  need(smallest(library, 1, kNot) != nullptr, "an inverter");
  need(smallest(library, 2, kNand2) != nullptr || smallest(library, 2, kNor2) != nullptr,
       "a two-input NAND or NOR");
  need(std::ranges::any_of(library.cells, [](const auto& cell) { return cell.flip_flop && !cell.dont_use; }),
       "a flip-flop");
  if (missing.empty()) return true;
  diags.error("liberty-unusable", {file}, "library \"" + library.name + "\" lacks " + missing,
              "give the file of a standard-cell library, not of a macro, with area and function attributes");
  return false;
}

std::string usableText(const Liberty& library) {
  std::vector<TextRange> drop;
  for (const auto& cell : library.cells) {
    if (cell.dont_use) {
      drop.push_back(cell.text);
    } else {
      drop.insert(drop.end(), cell.power.begin(), cell.power.end());
    }
  }
  std::string text;
  std::size_t at = 0;
  for (const TextRange& range : drop) {
    text.append(library.text, at, range.begin - at);
    at = range.end;
  }
  return text.append(library.text, at);
}

std::optional<std::uint64_t> truthTable(std::string_view function, const std::vector<std::string>& inputs) {
  if (inputs.empty() || inputs.size() > 6) return std::nullopt;
  return FunctionParser(function, inputs).run();
}

std::optional<FullAdder> findFullAdder(const Liberty& library) {
  std::optional<FullAdder> best;
  for (const auto& cell : library.cells) {
    if (cell.dont_use || cell.sequential || (best && best->cell->area <= cell.area)) continue;
    const auto outputs = outputsOf(cell);
    FullAdder adder{&cell, inputsOf(cell), {}, {}, false, false};
    if (adder.inputs.size() != 3 || outputs.size() != 2) continue;
    for (const auto* pin : outputs) {
      const auto table = truthTable(pin->function, adder.inputs);
      if (!table) continue;
      const bool inverted = (*table & 1) != 0;  // both functions are 0 when all inputs are
      const std::uint64_t plain = inverted ? ~*table & kMask3 : *table;
      if (plain == kParity3) adder.sum = pin->name, adder.sum_inverted = inverted;
      if (plain == kMajority3) adder.carry = pin->name, adder.carry_inverted = inverted;
    }
    if (!adder.sum.empty() && !adder.carry.empty()) best = adder;
  }
  return best;
}

}  // namespace neuspin::synth

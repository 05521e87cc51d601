// Just enough of a Liberty file to choose cells: names, areas, logic functions, which cells hold state, which
// must not be used. Timing stays text: the tools that need it read the file themselves.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/diagnostic.hpp"

namespace neuspin::synth {

/// Bytes [begin, end) of a text.
struct TextRange {
  std::size_t begin = 0, end = 0;
};

struct LibertyPin {
  std::string name;
  bool output = false;
  std::string function;  ///< "" if there is none
};

struct LibertyCell {
  std::string name;
  double area = 0;  ///< in the library's area unit
  bool dont_use = false;
  bool sequential = false;  ///< has a flip-flop or latch group
  bool flip_flop = false;
  std::vector<LibertyPin> pins;
  TextRange text;                ///< the whole cell group
  std::vector<TextRange> power;  ///< power groups inside it, which synthesis does not read
};

struct Liberty {
  std::string name;
  std::vector<LibertyCell> cells;
  std::string text;

  [[nodiscard]] const LibertyCell* find(std::string_view cell) const;
  /// Area of the smallest usable two-input NAND (one gate equivalent); 0 if there is none.
  [[nodiscard]] double gateArea() const;
};

/// Reads FILE.lib or FILE.lib.gz. Errors: unreadable, not Liberty (with the line), no cells.
[[nodiscard]] std::optional<Liberty> readLiberty(const std::string& path, Diagnostics& diags);
[[nodiscard]] std::optional<Liberty> parseLiberty(std::string text, const std::string& file,
                                                  Diagnostics& diags);

/// Marks dont_use every cell that a rule of the descriptor text (JSON, synth/lib/dont_use.json) names for
/// this library.
void markDontUse(Liberty& library, std::string_view rules_json);

/// False and an error if synthesis cannot work with it: needs an inverter, a NAND or NOR, and a flip-flop.
bool checkUsable(const Liberty& library, const std::string& file, Diagnostics& diags);

/// The library's text without unusable cells and power groups: what Yosys, ABC and OpenSTA get.
[[nodiscard]] std::string usableText(const Liberty& library);

/// Truth table of a Liberty function: bit i is its value when input k has bit k of i. nullopt: not a function
/// of these (at most six) inputs.
[[nodiscard]] std::optional<std::uint64_t> truthTable(std::string_view function,
                                                      const std::vector<std::string>& inputs);

/// A cell that computes the sum and the carry of three bits, either of them possibly inverted.
struct FullAdder {
  const LibertyCell* cell = nullptr;
  std::vector<std::string> inputs;
  std::string sum, carry;
  bool sum_inverted = false, carry_inverted = false;
};
/// The smallest usable one, found by its functions, not by name.
[[nodiscard]] std::optional<FullAdder> findFullAdder(const Liberty& library);

}  // namespace neuspin::synth

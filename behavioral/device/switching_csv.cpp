#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "device/sot_table.hpp"

namespace neuspin::device {
namespace {

enum Column : std::size_t { kDevice, kDirection, kVolts, kPulse, kSwitched, kPulses, kKelvin, kColumns };
const std::vector<std::string> kNames = {"device", "direction", "V", "t_p", "P_sw", "n_reps", "T"};

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> splitLine(std::string_view line) {
  std::vector<std::string_view> cells;
  while (true) {
    const std::size_t comma = line.find(',');
    cells.push_back(trimmed(line.substr(0, comma)));
    if (comma == std::string_view::npos) return cells;
    line.remove_prefix(comma + 1);
  }
}

class Reader {
 public:
  Reader(const std::string& file, Diagnostics& diags) : file_(file), diags_(diags) {}

  bool header(std::string_view line) {
    const std::size_t before = diags_.errorCount();
    const auto cells = splitLine(line);
    for (std::size_t at = 0; at < cells.size(); ++at) {
      const auto name = std::ranges::find(kNames, cells[at]);
      if (name == kNames.end()) {
        const std::string close = closestMatch(cells[at], kNames);
        error("unknown-column", fmt::format("unknown column '{}'", cells[at]),
              close.empty() ? "remove it" : fmt::format("did you mean '{}'?", close));
        continue;
      }
      auto& place = places_[static_cast<std::size_t>(name - kNames.begin())];
      if (place)
        error("double-column", fmt::format("column '{}' stands twice", cells[at]), "remove one of them");
      place = at;
    }
    for (std::size_t c = 0; c < kKelvin; ++c) {
      if (!places_[c]) {
        error("missing-column", fmt::format("no column '{}'", kNames[c]),
              "the header must name device,direction,V,t_p,P_sw,n_reps");
      }
    }
    width_ = cells.size();
    return diags_.errorCount() == before;
  }

  void row(std::string_view line, std::vector<SwitchingRecord>& records) {
    const auto cells = splitLine(line);
    if (cells.size() != width_) {
      error("wrong-length", fmt::format("{} values under {} columns", cells.size(), width_),
            "write one value a column");
      return;
    }
    SwitchingRecord record;
    record.line = line_;
    record.device = cells[*places_[kDevice]];
    record.direction = cells[*places_[kDirection]];
    double pulses = 0;
    number(cells, kVolts, -100, 100, record.volts);
    number(cells, kPulse, 1e-3, 1e9, record.pulse_ns);
    number(cells, kSwitched, 0, 1, record.switched);
    number(cells, kPulses, 1, 1e12, pulses);
    if (places_[kKelvin]) number(cells, kKelvin, 1, 1000, record.kelvin);
    record.pulses = std::llround(pulses);
    records.push_back(std::move(record));
  }

  void nextLine() { ++line_; }
  void error(const char* name, std::string message, std::string hint) {
    diags_.error(name, {file_, line_, 1, {}}, std::move(message), std::move(hint));
  }

 private:
  void number(const std::vector<std::string_view>& cells, Column column, double low, double high,
              double& value) {
    const std::string_view cell = cells[*places_[column]];
    const auto [end, failure] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (failure != std::errc() || end != cell.data() + cell.size() || !(value >= low && value <= high)) {
      error("bad-number",
            fmt::format("{} is '{}', expected a number from {} to {}", kNames[column], cell, low, high),
            "correct this value");
    }
  }

  std::string file_;
  Diagnostics& diags_;
  std::array<std::optional<std::size_t>, kColumns> places_;
  std::size_t width_ = 0;
  std::uint32_t line_ = 1;
};

}  // namespace

std::optional<std::vector<SwitchingRecord>> readSwitchingCsv(std::string_view text, const std::string& file,
                                                             Diagnostics& diags) {
  const std::size_t before = diags.errorCount();
  Reader reader(file, diags);
  std::vector<SwitchingRecord> records;
  for (bool first = true; !text.empty(); reader.nextLine()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.starts_with('#')) continue;
    if (!first) {
      reader.row(line, records);
    } else if (!reader.header(line)) {
      return std::nullopt;
    }
    first = false;
  }
  if (records.empty() && diags.errorCount() == before) {
    reader.error("no-curve", "the file holds no rows", "write a header and at least one row");
  }
  if (diags.errorCount() != before) return std::nullopt;
  return records;
}

}  // namespace neuspin::device

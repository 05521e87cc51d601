#include "coverage.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace neuspin::tb {

namespace {

constexpr std::string_view kMagic = "# SystemC::Coverage-3";

template <typename T>
bool number(std::string_view text, T& value) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failed == std::errc() && end == text.data() + text.size();
}

/// `C '<key>' <count>`; a key is \1 name \2 value, over and over.
std::optional<std::pair<CoveragePoint, std::uint64_t>> parsePoint(std::string_view line) {
  const std::size_t end = line.rfind("' ");
  std::uint64_t count = 0;
  if (!line.starts_with("C '") || end == std::string_view::npos || end < 3 ||
      !number(line.substr(end + 2), count))
    return std::nullopt;
  CoveragePoint point;
  std::string_view key = line.substr(3, end - 3);
  while (!key.empty()) {
    if (key.front() != '\1') return std::nullopt;
    const std::size_t next = key.find('\1', 1);
    const std::string_view item = key.substr(1, next == std::string_view::npos ? next : next - 1);
    key.remove_prefix(next == std::string_view::npos ? key.size() : next);
    const std::size_t split = item.find('\2');
    if (split == std::string_view::npos) return std::nullopt;
    const std::string_view name = item.substr(0, split), value = item.substr(split + 1);
    if (name == "f") point.file = value;
    if (name == "o") point.kind = value;
    if (name == "l" && !number(value, point.line)) return std::nullopt;
    if (name == "n" && !number(value, point.column)) return std::nullopt;
  }
  if (point.file.empty() || point.kind.empty() || point.line < 1) return std::nullopt;
  return std::pair(point, count);
}

}  // namespace

bool addCoverage(std::string_view text, const std::string& file, CoverageCounts& counts, Diagnostics& diags) {
  CoverageCounts added;
  std::uint32_t number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    const bool first = number == 1;
    const auto point = first ? std::nullopt : parsePoint(line);
    if (first ? line != kMagic : !point.has_value()) {
      diags.error("bad-coverage", {file, number, 1, ""}, "not a line of Verilator's coverage points",
                  "give files that neuspin simulate --coverage wrote");
      return false;
    }
    if (point) added[point->first] += point->second;
  }
  if (number < 2) {
    diags.error("bad-coverage", {file, 0, 0, ""}, "holds no coverage points",
                "give files that neuspin simulate --coverage wrote");
    return false;
  }
  for (const auto& [point, count] : added) counts[point] += count;
  return true;
}

}  // namespace neuspin::tb

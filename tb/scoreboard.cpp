#include "scoreboard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <set>
#include <utility>

#include "golden/bits.hpp"

namespace neuspin::tb {
namespace {

std::string dotted(const std::string& scope, const std::string& signal) {
  return scope.empty() ? signal : scope + "." + signal;
}

std::string hex(const golden::Bits& bits) {
  std::string text;
  for (auto word = bits.rbegin(); word != bits.rend(); ++word) {
    text += word == bits.rbegin() ? fmt::format("{:x}", *word) : fmt::format("_{:08x}", *word);
  }
  return text;
}

}  // namespace

Scoreboard::Scoreboard(const Plan& plan, const Dut& dut, golden::Network& golden, LockstepResult& result,
                       int max_reports)
    : plan_(plan), golden_(golden), result_(result), max_reports_(max_reports) {
  std::set<std::pair<std::string, std::string>> unclaimed;
  for (auto& name : dut.list()) unclaimed.insert(std::move(name));
  const auto add = [&](const std::string& scope, const std::string& signal, int width,
                       const golden::Probe* probe, const NeuspinSignal& rtl) {
    Pair pair{.scope = scope,
              .signal = signal,
              .width = width,
              .probe = probe,
              .rtl = rtl.data,
              .bytes = 0,
              .expected = golden::Bits(static_cast<std::size_t>(golden::wordsFor(width))),
              .actual = {}};
    pair.actual = pair.expected;
    // Verilator stores up to 8, 16, 32, 64 bits in one integer of that size, more in 32-bit words.
    pair.bytes = std::min(static_cast<std::size_t>(rtl.bytes), 4 * pair.actual.size());
    if (pair.actual.size() == 1) {
      narrow_.push_back({probe, rtl.data, pair.bytes, pairs_.size()});
    } else {
      wide_.push_back(pairs_.size());
    }
    pairs_.push_back(std::move(pair));
  };
  for (const golden::Probe& probe : golden.probes()) {
    const auto signal = dut.find(probe.scope, probe.signal);
    unclaimed.erase({probe.scope, probe.signal});
    if (!signal) {
      result_.failures.push_back(
          fmt::format("the RTL has no architectural register {} (the golden model has)",
                      dotted(probe.scope, probe.signal)));
    } else if (signal->width != probe.width) {
      result_.failures.push_back(fmt::format("{} has {} bits in the RTL and {} in the golden model",
                                             dotted(probe.scope, probe.signal), signal->width, probe.width));
    } else {
      add(probe.scope, probe.signal, probe.width, &probe, *signal);
    }
  }
  for (const auto& [scope, name] : unclaimed) {
    if (const auto signal = dut.find(scope, name)) add(scope, name, signal->width, nullptr, *signal);
  }
  constexpr int kPorts = 5;
  result_.signals_compared = static_cast<std::int64_t>(pairs_.size()) + kPorts;
}

void Scoreboard::comparePorts(const golden::Outputs& expected, const NeuspinOutputs& actual) {
  const auto flag = [&](const char* name, bool golden, std::uint8_t rtl) {
    ++result_.comparisons;
    if (golden != (rtl != 0)) compare("", name, 1, {golden ? 1U : 0U}, {rtl});
  };
  flag("in_ready_o", expected.in_ready, actual.in_ready);
  flag("out_valid_o", expected.out_valid, actual.out_valid);
  flag("out_last_o", expected.out_last, actual.out_last);
  ++result_.comparisons;
  if (!std::ranges::equal(expected.out_data, actual.out_data)) {
    compare("", "out_data_o", 128, expected.out_data,
            {std::begin(actual.out_data), std::end(actual.out_data)});
  }
  ++result_.comparisons;
  if (expected.reg_rdata != actual.reg_rdata) {
    compare("", "reg_rdata_o", 32, {expected.reg_rdata}, {actual.reg_rdata});
  }
}

void Scoreboard::compareRegisters() {
  for (const NarrowPair& narrow : narrow_) {
    std::uint32_t expected = 0, actual = 0;
    if (narrow.probe != nullptr) narrow.probe->read({&expected, 1});
    std::memcpy(&actual, narrow.rtl, narrow.bytes);
    if (expected != actual) {
      const Pair& pair = pairs_[narrow.pair];
      compare(pair.scope, pair.signal, pair.width, {expected}, {actual});
    }
  }
  for (const std::size_t index : wide_) {
    Pair& pair = pairs_[index];
    if (pair.probe != nullptr) pair.probe->read(pair.expected);
    std::memcpy(pair.actual.data(), pair.rtl, pair.bytes);
    if (pair.expected != pair.actual) {
      compare(pair.scope, pair.signal, pair.width, pair.expected, pair.actual);
    }
  }
  result_.comparisons += static_cast<std::int64_t>(pairs_.size());
}

void Scoreboard::compare(const std::string& scope, const std::string& signal, int width,
                         const golden::Bits& expected, const golden::Bits& actual) {
  ++result_.mismatches;
  if (std::cmp_greater_equal(result_.reports.size(), max_reports_)) return;
  Mismatch report;
  report.scope = dotted(plan_.name + "_top", scope);
  if (scope.empty()) report.scope.pop_back();
  report.signal = signal;
  report.cycle = cycle_;
  const golden::Progress progress = golden_.progress();
  report.pass = progress.pass;
  report.image = progress.images_out;
  report.width = width;
  report.expected = expected;
  report.actual = actual;
  for (std::size_t word = 0; word < expected.size(); ++word) {
    const std::uint32_t difference = expected[word] ^ actual[word];
    if (difference == 0) continue;
    report.first_bit = static_cast<int>(32 * word) + std::countr_zero(difference);
    break;
  }
  report.note = describeBit(scope, signal, width, report.first_bit);
  result_.reports.push_back(std::move(report));
}

std::string Scoreboard::describeBit(const std::string& scope, const std::string& signal, int width,
                                    int bit) const {
  // Count vectors of the column blocks are plane-major.
  int layer = 0;
  if ((signal == "acc_q" || signal == "hold_q") && scope.find(".gen_block[") != std::string::npos &&
      std::sscanf(scope.c_str(), "u_layer%d.u_tile_", &layer) == 1) {
    const LayerPlan& plan = plan_.layers[static_cast<std::size_t>(layer)];
    const int columns = width / plan.acc_bits;
    return fmt::format("bit {} of column {} of this block", bit / columns, bit % columns);
  }
  return width > 1 ? fmt::format("bit {}", bit) : "";
}

std::string render(const Mismatch& mismatch) {
  std::string text = fmt::format("{}.{} ({} bit{}) at cycle {}, image {}, pass {}", mismatch.scope,
                                 mismatch.signal, mismatch.width, mismatch.width == 1 ? "" : "s",
                                 mismatch.cycle, mismatch.image, mismatch.pass);
  golden::Bits expected = mismatch.expected, actual = mismatch.actual;
  constexpr std::size_t kShownWords = 4;
  std::string window;
  if (expected.size() > kShownWords) {  // the words from the first difference on
    const std::size_t word =
        std::min(static_cast<std::size_t>(mismatch.first_bit) / 32, expected.size() - kShownWords);
    const auto cut = [&](golden::Bits& bits) {
      bits = golden::Bits(bits.begin() + static_cast<std::ptrdiff_t>(word),
                          bits.begin() + static_cast<std::ptrdiff_t>(word + kShownWords));
    };
    cut(expected);
    cut(actual);
    window = fmt::format(" (bits {} to {})", 32 * word, 32 * (word + kShownWords) - 1);
  }
  text += fmt::format("\n    expected {}{}\n    actual   {}{}", hex(expected), window, hex(actual), window);
  if (!mismatch.note.empty()) text += "\n    first difference: " + mismatch.note;
  return text;
}

}  // namespace neuspin::tb

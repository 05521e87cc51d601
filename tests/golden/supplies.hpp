// Supplies built by hand, and looks into their registers.
#pragma once

#include "device/draw.hpp"
#include "driver.hpp"
#include "golden/supply.hpp"

namespace neuspin::testing {

constexpr std::uint64_t kAlways = std::uint64_t{1} << 32, kHalf = std::uint64_t{1} << 31;

/// One drive bit: code 0 never switches, code 1 does in half the draws (see the table).
inline TargetSpec plainTarget() {
  TargetSpec target;
  target.drive_bits = 1;
  target.set_cycles = 2;
  target.read_cycles = 1;
  target.reset_cycles = 2;
  target.health_window_log2 = 0;
  target.calibration = Calibration::None;
  return target;
}

/// Cycles of plainTarget from reset until the units may draw: an idle one, and the RESET that comes first.
constexpr int kPrimeCycles = 3;

/// The cycles of a bank or supply up to there.
template <class Stochastic>
void prime(Stochastic& units) {
  for (int cycle = 0; cycle < kPrimeCycles; ++cycle) units.tick(false, {});
}

inline SupplyPlan maskPlan(int bits, int modules, int first_unit = 5) {
  SupplyPlan supply;
  supply.first_unit = first_unit;
  supply.bits = bits;
  supply.modules = modules;
  supply.rounds = (bits + modules - 1) / modules;
  supply.drive_code = 1;
  supply.table = {0, kHalf};
  return supply;
}

inline SupplyPlan arbiterPlan(int choices, int first_unit = 5) {
  SupplyPlan supply = maskPlan(idxBits(choices), idxBits(choices), first_unit);
  supply.choices = choices;
  return supply;
}

/// Outcome of draw `event` of a fair unit.
inline bool fairDraw(std::uint32_t seed, int unit, std::int64_t event) {
  return device::draw(seed, static_cast<std::uint32_t>(unit), static_cast<std::uint32_t>(event)) < kHalf;
}

/// The registers of one module under the scope "s".
template <class Module>
class Registers {
 public:
  explicit Registers(const Module& module) { module.addProbes(golden::ProbeScope(probes_, "s")); }
  /// Low word of the register, e.g. "u_bank.u_sequencer.state_q"; throws if there is none.
  [[nodiscard]] std::uint32_t operator()(const std::string& name) const {
    for (const golden::Probe& p : probes_) {
      if (p.scope + "." + p.signal != "s." + name) continue;
      golden::Bits out(static_cast<std::size_t>(golden::wordsFor(p.width)), 0xDEADBEEF);
      p.read(out);
      return out.front();
    }
    throw std::runtime_error("no register " + name);
  }
  [[nodiscard]] bool has(const std::string& name) const {
    return std::any_of(probes_.begin(), probes_.end(),
                       [&](const golden::Probe& p) { return p.scope + "." + p.signal == "s." + name; });
  }

 private:
  std::vector<golden::Probe> probes_;
};

}  // namespace neuspin::testing

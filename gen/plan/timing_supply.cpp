#include "plan/timing_supply.hpp"

#include <algorithm>

#include "device/unit_bits.hpp"

namespace neuspin::plan {

int drawCycles(const TargetSpec& target) {
  return 1 + target.set_cycles + target.read_cycles + target.reset_cycles;
}

int primeCycles(const TargetSpec& target) {
  return 1 + target.reset_cycles;
}

int roundCycles(const SupplyPlan& supply, const TargetSpec& target) {
  return (supply.whiten ? 2 : 1) * drawCycles(target);
}

ArbiterDraws::ArbiterDraws(const SupplyPlan& supply, const TargetSpec& target, std::uint32_t seed)
    : supply_(supply),
      seed_(seed),
      code_(static_cast<std::uint32_t>(supply.drive_code)),
      codes_(1 << target.drive_bits),
      may_reject_(supply.choices > 0 && supply.choices != 1 << supply.modules) {}

bool ArbiterDraws::bit(int module, std::uint32_t event) const {
  const auto device = static_cast<std::uint32_t>(supply_.first_unit + module);
  return device::UnitBits(seed_, device, supply_.threshold(module, static_cast<int>(code_), codes_),
                          supply_.reset_fail, supply_.read_error)
      .bit(event);
}

bool ArbiterDraws::accepted() {
  if (!may_reject_) return true;
  constexpr int kLastTry = 15;
  const std::uint32_t k = attempt_++;
  int drawn = 0;
  for (int m = 0; m < supply_.modules; ++m) {
    const bool one = supply_.whiten ? bit(m, 2 * k) != bit(m, 2 * k + 1) : bit(m, k);
    if (one) drawn |= 1 << m;
  }
  const bool accept = drawn < supply_.choices || tries_ == kLastTry;
  tries_ = accept ? 0 : tries_ + 1;
  return accept;
}

SupplyTiming::SupplyTiming(const SupplyPlan& supply, const TargetSpec& target, std::uint32_t seed)
    : sample_phase_(target.set_cycles + target.read_cycles),
      last_phase_(sample_phase_ + target.reset_cycles),
      halves_(supply.whiten ? 2 : 1),
      rounds_(supply.rounds),
      draws_(supply, target, seed) {
  for (int full = 0; full < held_;) full += draws_.accepted() ? 1 : 0;  // drawn while the design waited
}

void SupplyTiming::clock(bool pop) {
  bool complete = false;
  if (phase_ == sample_phase_ && ++half_ == halves_) {
    half_ = 0;
    if (draws_.accepted() && ++round_ == rounds_) {
      round_ = 0;
      complete = true;
    }
  }
  if (phase_ == 0) {
    if (held_ < 2 || half_ > 0) phase_ = 1;
  } else {
    phase_ = phase_ == last_phase_ ? 0 : phase_ + 1;
  }
  held_ += (complete ? 1 : 0) - (pop ? 1 : 0);
}

void SupplyTiming::snapshot(TimingState& state) const {
  state.insert(state.end(), {held_, phase_, half_, round_});
}

FanoutTiming::FanoutTiming(const Plan& plan, std::uint32_t seed)
    : supply_(*plan.shared, plan.target, seed),
      depth_(plan.shared_depth),
      counts_(static_cast<std::size_t>(plan.shared_consumers), plan.shared_depth),
      pops_(static_cast<std::size_t>(plan.shared_consumers)) {}

void FanoutTiming::clock() {
  const bool ready = std::ranges::all_of(counts_, [&](int count) { return count < depth_; });
  const bool push = ready && supply_.valid();
  for (std::size_t c = 0; c < counts_.size(); ++c) counts_[c] += (push ? 1 : 0) - pops_[c];
  std::ranges::fill(pops_, 0);
  supply_.clock(push);
}

void FanoutTiming::snapshot(TimingState& state) const {
  supply_.snapshot(state);
  state.insert(state.end(), counts_.begin(), counts_.end());
}

}  // namespace neuspin::plan

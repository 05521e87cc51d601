// Random choices in time: queues of cim_mask_supply and cim_arbiter_onehot, cim_mask_fanout. No data but an
// arbiter's draws, whose rejections take time.
#pragma once

#include <cstdint>
#include <vector>

#include "plan/plan.hpp"

namespace neuspin::plan {

/// A snapshot of registers: two equal ones continue alike.
using TimingState = std::vector<std::int64_t>;

/// Cycles of one SET → READ → RESET and the idle cycle before it.
[[nodiscard]] int drawCycles(const TargetSpec& target);
/// Cycles from reset until a bank can draw: an idle one and the RESET that comes first.
[[nodiscard]] int primeCycles(const TargetSpec& target);
/// Cycles of one bank round: a draw of every unit, two where they are whitened.
[[nodiscard]] int roundCycles(const SupplyPlan& supply, const TargetSpec& target);

/// The draws of an arbiter's units, attempt after attempt.
class ArbiterDraws {
 public:
  ArbiterDraws(const SupplyPlan& supply, const TargetSpec& target, std::uint32_t seed);
  /// The next attempt: is it accepted? Always true for masks.
  bool accepted();
  /// Whether attempts can be rejected at all.
  [[nodiscard]] bool mayReject() const { return may_reject_; }

 private:
  [[nodiscard]] bool bit(int module, std::uint32_t event) const;

  const SupplyPlan& supply_;
  std::uint32_t seed_, code_;
  int codes_;
  bool may_reject_;
  std::uint32_t attempt_ = 0;
  int tries_ = 0;
};

/// One supply: a choice in use, one ahead, one being drawn. Starts full.
class SupplyTiming {
 public:
  SupplyTiming(const SupplyPlan& supply, const TargetSpec& target, std::uint32_t seed);
  [[nodiscard]] bool valid() const { return held_ > 0; }
  /// One clock; `pop` takes the choice in use.
  void clock(bool pop);
  /// False where the future depends on draws, which no snapshot holds.
  [[nodiscard]] bool periodic() const { return !draws_.mayReject(); }
  void snapshot(TimingState& state) const;

 private:
  int sample_phase_, last_phase_, halves_, rounds_;
  ArbiterDraws draws_;
  int held_ = 2;
  int phase_ = 0;  ///< 0 idle, else cycle number within SET, READ, RESET
  int half_ = 0, round_ = 0;
};

/// The model's one unit and the ring its bits wait in for every consumer. Starts full.
class FanoutTiming {
 public:
  FanoutTiming(const Plan& plan, std::uint32_t seed);
  [[nodiscard]] bool valid(int consumer) const { return counts_[static_cast<std::size_t>(consumer)] > 0; }
  void pop(int consumer) { pops_[static_cast<std::size_t>(consumer)] = 1; }  ///< at the coming clock
  void clock();
  void snapshot(TimingState& state) const;

 private:
  SupplyTiming supply_;
  int depth_;
  std::vector<int> counts_, pops_;
};

}  // namespace neuspin::plan

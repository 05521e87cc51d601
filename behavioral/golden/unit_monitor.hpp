// cim_unit_monitor: repetition count and adaptive proportion (SP 800-90B §4.4), one unit after the other.
#pragma once

#include "golden/bits.hpp"

namespace neuspin::golden {

class UnitMonitor {
 public:
  UnitMonitor(const SupplyPlan& supply, int window_log2);
  void reset();

  /// The unit that is watched now.
  [[nodiscard]] int unit() const { return unit_; }
  /// Whether its sample `bit` raises its alarm.
  [[nodiscard]] bool alarm(bool bit) const;
  /// Clock edge with a sample of that unit (without one nothing changes).
  void tick(bool bit);
  void addProbes(const ProbeScope& scope) const;

 private:
  [[nodiscard]] int run(bool bit) const;
  [[nodiscard]] bool windowEnds() const { return count_ == (1 << window_log2_) - 1; }

  const SupplyPlan& supply_;
  int window_log2_;
  int unit_ = 0, count_ = 0, ones_ = 0, run_ = 0;
  bool last_ = false;
};

}  // namespace neuspin::golden

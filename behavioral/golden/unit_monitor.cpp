#include "golden/unit_monitor.hpp"

namespace neuspin::golden {

UnitMonitor::UnitMonitor(const SupplyPlan& supply, int window_log2)
    : supply_(supply), window_log2_(window_log2) {}

void UnitMonitor::reset() {
  unit_ = count_ = ones_ = run_ = 0;
  last_ = false;
}

int UnitMonitor::run(bool bit) const {
  return count_ == 0 || bit != last_ ? 1 : std::min(255, run_ + 1);
}

bool UnitMonitor::alarm(bool bit) const {
  const int ones = ones_ + (bit ? 1 : 0);
  return run(bit) >= supply_.run_cutoff ||
         (windowEnds() && (ones < supply_.ones_low || ones > supply_.ones_high));
}

void UnitMonitor::tick(bool bit) {
  run_ = run(bit);
  last_ = bit;
  if (windowEnds()) {
    count_ = ones_ = 0;
    unit_ = unit_ == supply_.modules - 1 ? 0 : unit_ + 1;
  } else {
    ++count_;
    ones_ += bit ? 1 : 0;
  }
}

void UnitMonitor::addProbes(const ProbeScope& scope) const {
  scope.number("unit_q", idxBits(supply_.modules), unit_);
  scope.number("count_q", window_log2_, count_);
  scope.number("ones_q", window_log2_ + 1, ones_);
  scope.number("run_q", 8, run_);
  scope.number("last_q", 1, last_);
}

}  // namespace neuspin::golden

#include "golden/unit_calibrator.hpp"

#include <cstdlib>

namespace neuspin::golden {

UnitCalibrator::UnitCalibrator(const SupplyPlan& supply, const TargetSpec& target)
    : units_(supply.modules),
      drive_bits_(target.drive_bits),
      window_log2_(target.calibration_window_log2),
      target_(supply.calibration_target),
      at_start_(target.calibration == Calibration::Startup) {
  reset();
}

void UnitCalibrator::reset() {
  active_ = at_start_;
  pending_ = seen_ = up_ = false;
  unit_ = draws_ = ones_ = best_code_ = best_residual_ = 0;
}

void UnitCalibrator::nextUnit() {
  pending_ = seen_ = false;
  draws_ = ones_ = 0;
  if (unit_ == units_ - 1) {
    unit_ = 0;
    active_ = false;
  } else {
    ++unit_;
  }
}

UnitCalibrator::Write UnitCalibrator::endWindow(int ones, int code) {
  const int residual = ones - target_;
  const bool better = !seen_ || std::abs(residual) < std::abs(best_residual_);
  const int best_code = better ? code : best_code_;
  const int best_residual = better ? residual : best_residual_;
  const bool up = residual < 0;
  const int limit = up ? (1 << drive_bits_) - 1 : 0;
  if (residual == 0 || code == limit || (seen_ && up != up_)) {
    pending_ = true;
    return {true, best_code, best_residual};
  }
  best_code_ = best_code;
  best_residual_ = best_residual;
  seen_ = true;
  up_ = up;
  return {true, up ? code + 1 : code - 1, residual};
}

UnitCalibrator::Write UnitCalibrator::tick(bool start, bool idle, bool sample, bool bit, bool trim,
                                           int drive) {
  if (!active_) {
    if (start) {
      active_ = true;
      pending_ = seen_ = false;
      unit_ = draws_ = ones_ = 0;
    }
    return {};
  }
  if (idle && (pending_ || !trim)) {
    nextUnit();
    return {};
  }
  if (pending_ || !sample) return {};
  const int ones = ones_ + (bit ? 1 : 0);
  const bool end = draws_ == (1 << window_log2_) - 1;
  draws_ = end ? 0 : draws_ + 1;
  ones_ = end ? 0 : ones;
  return end ? endWindow(ones, drive) : Write{};
}

void UnitCalibrator::addProbes(const ProbeScope& scope) const {
  scope.number("active_q", 1, active_);
  scope.number("pending_q", 1, pending_);
  scope.number("unit_q", idxBits(units_), unit_);
  scope.number("draws_q", window_log2_, draws_);
  scope.number("ones_q", window_log2_ + 1, ones_);
  scope.number("seen_q", 1, seen_);
  scope.number("up_q", 1, up_);
  scope.number("best_code_q", drive_bits_, best_code_);
  scope.number("best_residual_q", window_log2_ + 2, best_residual_);
}

}  // namespace neuspin::golden

// cim_unit_calibrator: the closed loop that steps every unit's drive code to the wanted number of switches a
// window, one unit after the other.
#pragma once

#include "golden/bits.hpp"

namespace neuspin::golden {

class UnitCalibrator {
 public:
  /// What is written into the records of unit unit() at this clock edge.
  struct Write {
    bool enable = false;
    int code = 0;      ///< drive code
    int residual = 0;  ///< switches − wanted
  };
  UnitCalibrator(const SupplyPlan& supply, const TargetSpec& target);
  void reset();

  [[nodiscard]] bool active() const { return active_; }
  /// The unit whose turn it is, of interest while active().
  [[nodiscard]] int unit() const { return unit_; }
  /// A draw of that unit is wanted. trim: that it can be trimmed.
  [[nodiscard]] bool want(bool trim) const { return active_ && !pending_ && trim; }
  /// Clock edge. sample: the unit's outcome `bit` was read in a round of the calibrator; drive: its present
  /// code.
  Write tick(bool start, bool idle, bool sample, bool bit, bool trim, int drive);
  void addProbes(const ProbeScope& scope) const;

 private:
  void nextUnit();
  Write endWindow(int ones, int code);

  int units_, drive_bits_, window_log2_, target_;
  bool at_start_;
  bool active_ = false, pending_ = false, seen_ = false, up_ = false;
  int unit_ = 0, draws_ = 0, ones_ = 0, best_code_ = 0, best_residual_ = 0;
};

}  // namespace neuspin::golden

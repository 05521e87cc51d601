// Switching probabilities of many slightly different STT junctions: the Fokker-Planck solution on a grid.
#pragma once

#include <memory>
#include <vector>

#include "device/fokker_planck.hpp"

namespace neuspin::device {

/// Box of (Δ, i, tau) that a table covers. low < high, all > 0.
struct SttRange {
  double delta_low = 40, delta_high = 80;
  double i_low = 0.5, i_high = 2;
  double tau_low = 5, tau_high = 20;
  auto operator<=>(const SttRange&) const = default;
};

/// P_sw interpolated (cubic, of the logit, in Δ, i and ln tau). Within 5e-4 of solveSwitching; outside the
/// box it solves anew, 1000 times slower. Costs about 1 ms a node of (Δ, i) to build.
class SttTable {
 public:
  explicit SttTable(const SttRange& range);
  [[nodiscard]] double probability(double delta, double i, double tau) const;
  [[nodiscard]] const SttRange& range() const { return range_; }
  [[nodiscard]] std::size_t curves() const { return delta_.size * i_.size; }

 private:
  struct Axis {
    double low = 0, step = 1;
    std::size_t size = 4;
    Axis(double from, double to, double spacing);
  };
  SttRange range_;
  Axis delta_, i_, log_tau_;
  std::vector<double> logits_;  // [delta][i][tau]
};

/// The table of this range, built at the first call and kept for the life of the process. Thread-safe.
[[nodiscard]] std::shared_ptr<const SttTable> cachedSttTable(const SttRange& range);

}  // namespace neuspin::device

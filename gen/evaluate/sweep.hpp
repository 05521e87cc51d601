// Robustness curves: figures of many chips against one imperfection, for several networks; and what one
// network gains over another on the same chips.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "evaluate/chips.hpp"

namespace neuspin::evaluate {

struct SweepPoint {
  double value = 0;               ///< on the axis
  std::vector<ChipResult> chips;  ///< at least one; the same seeds at every point and of every network
};

struct SweepCurve {
  std::string network;
  std::string method;  ///< in words
  int passes = 0;
  SeedResult ideal;  ///< ideal devices
  std::vector<SweepPoint> points;
};

/// All curves have the same axis, images, Monte Carlo seed and chips.
struct Sweep {
  std::string axis, label;  ///< name of the axis, and with its unit
  bool logarithmic = false;
  std::int64_t images = 0;
  std::vector<SweepCurve> curves;
};

/// One figure of figuresOf over the chips, [point]; throws std::out_of_range if there is none of this name.
[[nodiscard]] std::vector<Distribution> distributionsOf(const SweepCurve& curve, std::string_view figure);

/// Accuracy (softmax) of `network` minus that of `base`, chip by chip, 0 … 1.
struct Gap {
  std::string network, base;
  double ideal = 0;                      ///< of ideal devices
  std::vector<double> values;            ///< [point] on the axis
  std::vector<Distribution> over_chips;  ///< [point]
  std::vector<int> ahead;                ///< [point] chips on which `network` is better
  int chips = 0;
  std::size_t largest = 0;  ///< point with the largest mean
  /// At the largest gap at least 95 % of the chips gain more than ideal devices do (5 % quantile above
  /// `ideal` and 0).
  [[nodiscard]] bool seen() const;
};
/// The curves must have the same points and chips.
[[nodiscard]] Gap gapBetween(const SweepCurve& network, const SweepCurve& base);

[[nodiscard]] nlohmann::json toJson(const Sweep& sweep);
[[nodiscard]] nlohmann::json toJson(const Gap& gap);
[[nodiscard]] std::string toText(const Sweep& sweep);
/// The largest gap, where it is, its spread, and whether it is beyond what ideal devices show. `others`: gaps
/// of further networks over the same base, beside it at the same point.
[[nodiscard]] std::string toText(const Gap& gap, const Sweep& sweep, const std::vector<Gap>& others);

}  // namespace neuspin::evaluate

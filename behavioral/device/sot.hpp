// Switching of a SOT junction: measured table where there is one, else a logistic law at the operating point,
// scaled in pulse length. Nanosecond SOT reversal is incoherent; no closed form from macrospin constants
// holds.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "device/params.hpp"
#include "device/sot_table.hpp"
#include "device/variation.hpp"

namespace neuspin::device {

enum class Direction { PToAp, ApToP };

/// V50 at a pulse length: the larger of the short-pulse law Vc0_short(1 + t_q/t) (Garello 2014) and of the
/// thermal one Vc0_long(1 − ln(t/(τ0 ln 2))/Δ_eff); AP → P in the ratio of the two V50 of the set.
[[nodiscard]] double sotV50(const DeviceSet& set, double pulse_ns, Direction direction);

/// Threshold of a junction over the nominal one, Ms·tF·Hk (the scaling of Lee 2013).
[[nodiscard]] inline double sotThresholdRatio(const Shift& shift) {
  return shift.ms * shift.free_layer * shift.hk;
}

struct SotOptions {
  /// P = S(V)(1 − S_back(V)): the junction may switch back at high voltage (arXiv 2503.19840)
  bool switch_back = false;
};

/// Logistic P = 1/(1 + exp(−β(V − V50))), β = 4·slope/V50: the slope dP/dlnV at P = 1/2 does not depend on
/// the pulse length. With process variation V50 scales as Ms·tF·Hk (Lee 2013).
[[nodiscard]] double sotProbability(const DeviceSet& set, double volts, double pulse_ns, Direction direction,
                                    const Shift& shift = {}, SotOptions options = {});

/// Amperes by Lee 2013, (2e/ħ)(Ms·tF/θ_SH)(B_k/2 − B_x/√2) times the line's cross-section; for scaling laws
/// only: 5 to 13 times below what is measured. Nullopt if the set lacks a constant of it.
[[nodiscard]] std::optional<double> leeThreshold(const DeviceSet& set, double in_plane_tesla);

/// `switched` of `pulses` pulses at `volts`.
struct BinomialPoint {
  double volts = 0;
  std::int64_t pulses = 0;
  double switched = 0;
};

struct LogisticFit {
  double v50 = 0, beta = 0;              ///< V, 1/V
  double v50_error = 0, beta_error = 0;  ///< standard errors (Fisher information)
  double deviance = 0;                   ///< against the saturated model; about `freedom` if the law holds
  int freedom = 0;
  bool converged = false;  ///< false: the data do not determine both parameters
};
/// Binomial maximum likelihood by Newton's method with step halving.
[[nodiscard]] LogisticFit fitLogistic(std::span<const BinomialPoint> points);

}  // namespace neuspin::device

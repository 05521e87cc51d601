// Spin-torque switching of a perpendicular macrospin at finite temperature: the probability density of the
// angle, solved in one dimension. The reference model of every STT probability in this project.
#pragma once

#include <span>
#include <vector>

namespace neuspin::device {

struct SwitchingAccuracy {
  int cells = 600;     ///< of the angle, even, >= 16
  double step = 0.02;  ///< largest time step, relative to max(1, tau)
};
/// P within 3e-4 of convergence, in about 2 ms up to tau = 300.
inline constexpr SwitchingAccuracy kCurve{};
/// Error rates of 1e-7 within 0.5 %: there the time step limits, not the grid (4 % at the step of kCurve).
inline constexpr SwitchingAccuracy kTail{600, 0.004};

/// Outcome of one pulse; both probabilities keep their relative precision when small.
struct SwitchingPoint {
  double tau = 0;       ///< pulse length in units of tau_D
  double switched = 0;  ///< P_sw
  double stayed = 0;    ///< write error rate, 1 − P_sw
};

/// P_sw after pulses of the lengths `taus` (ascending, > 0) at overdrive `i` = I/Ic0 (any sign; > 0 drives
/// the switch) of a junction with thermal stability `delta` > 0, starting from thermal equilibrium in its
/// well. Solves
///   dp/dtau = d/dx[(1 − x²)((i − x)p + (1/2Δ) dp/dx)],  x = cos θ, P_sw = ∫_{−1}^{0} p dx
/// (Butler et al., IEEE Trans. Magn. 48, 2012, eq. 4 in reduced units) on cells uniform in θ with the
/// Scharfetter-Gummel flux and the L-stable SDIRK2.
[[nodiscard]] std::vector<SwitchingPoint> solveSwitching(double delta, double i, std::span<const double> taus,
                                                         SwitchingAccuracy accuracy = kCurve);

/// The overdrive at which half of the pulses of length `tau` switch; |P − 1/2| < 1e-6.
[[nodiscard]] double halfSwitchingDrive(double delta, double tau, SwitchingAccuracy accuracy = kCurve);

}  // namespace neuspin::device

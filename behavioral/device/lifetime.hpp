// Rare thermal reversals of a stored state: retention and read disturb.
#pragma once

namespace neuspin::device {

/// Reversals per tau_D of a macrospin under the overdrive i < 1 (Brown; Taniguchi and Imamura: the exponent
/// is 2): Γ = sqrt(Δ/π)(1 − i²)(1 − i)exp(−Δ(1 − i)²). Within 25 % of the Fokker-Planck solution for i <= 0.7
/// and pulses of at least 100 tau_D; not for shorter ones.
[[nodiscard]] double brownRate(double delta, double i);

/// Probability that a cell loses its state within `seconds`, averaged over cells whose barrier is normal with
/// the relative standard deviation `cv` (0: all alike) around `delta`.
[[nodiscard]] double retentionLoss(double delta, double cv, double seconds, double tau_d);

/// Probability that one read of `seconds` at i = I_read/Ic0 < 1 flips the cell.
[[nodiscard]] double readDisturb(double delta, double i, double seconds, double tau_d);

}  // namespace neuspin::device

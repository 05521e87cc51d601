// Can a column's code be told from its neighbours? Closed forms over device spread alone.
#pragma once

namespace neuspin::array {

/// Mean and standard deviation of a cell's conductance in both states, in any unit.
struct StateSpread {
  double p = 0, p_sigma = 0, ap = 0, ap_sigma = 0;
};

/// Probability that the sum of `rows` random cells (each P with probability 1/2) falls beyond an ideal
/// reference halfway between two codes: the code is off by at least one level.
[[nodiscard]] double codeMisread(const StateSpread& spread, int rows);

/// Standard deviation of the error of a ±1 dot product over sqrt(rows), for a relative spread `sigma` of
/// every junction: σ·sqrt((1 + TMR)² + 1)/TMR for two arrays driven by ±V; sqrt(2) times that for the
/// single-ended XNOR column, of which half the variance is an offset of the column that calibration removes.
[[nodiscard]] double spreadResidual(double sigma, double tmr, bool single_ended);

/// Probability that the sign of the dot product of `rows` random ±1 pairs is turned over by a normal error of
/// standard deviation residual·sqrt(rows): a sum over the lattice of possible products. Products of 0 have no
/// sign and are left out; a decision at 0 is a coin besides (1.2 % of all at 1024 rows).
[[nodiscard]] double signFlip(double residual, int rows);

}  // namespace neuspin::array

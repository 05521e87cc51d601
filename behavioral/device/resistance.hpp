// Conductance of a junction: state, bias, temperature, process variation, access transistor.
#pragma once

#include "device/params.hpp"
#include "device/variation.hpp"

namespace neuspin::device {

/// Where a cell is read.
struct ReadPoint {
  double volts = 0.1;
  double kelvin = 300;  ///< in [kColdest, kHottest]
};

/// The laws below for one parameter set and read point; constants are worked out once, so that a million
/// cells cost little.
class CellReader {
 public:
  /// The set must outlive the reader.
  CellReader(const DeviceSet& set, ReadPoint at);

  /// TMR(V, T) = TMR0(T)/(1 + (V/V_h)²), `volts` across the junction; TMR0(T) from Julliere's 2P²/(1 − P²)
  /// with P(T) = P0(1 − aT^1.5).
  [[nodiscard]] double tmr(double volts, const Shift& shift = {}) const;

  /// Siemens of the junction alone. P: RA over the area, linear in temperature, times Brinkman's 1 +
  /// (e·tox·V)²m/(4ħ²eφ) (symmetric barrier; without it if the set has no barrier); AP: that over 1 + TMR(V).
  [[nodiscard]] double junction(bool parallel, double volts, const Shift& shift = {}) const;

  /// Siemens of the junction in series with its access transistor, the read voltage across both; the
  /// junction's share is found self-consistently.
  [[nodiscard]] double cell(bool parallel, const Shift& shift = {}) const;

 private:
  const DeviceSet* set_;
  ReadPoint at_;
  double polarisation_squared_, brinkman_, r_p_;
};

/// The shift of a junction of which the share `area` is a metallic pinhole: RA = 1/(f/RA_bd + (1 − f)/RA0),
/// TMR = TMR0(RA − RA_bd)/(RA0 − RA_bd) (form of Wu 2019/2020, from the literature).
[[nodiscard]] Shift withPinhole(const DeviceSet& set, Shift shift, double area);

/// Ohm at an angle of the free layer, mz = cos θ (+1: parallel): R_P(1 + u + TMR0)/(1 + u + TMR0(1 + mz)/2),
/// u = (V/V_h)² (vgsot_python_model), at 300 K and without Brinkman's term.
[[nodiscard]] double angleResistance(const DeviceSet& set, double volts, double mz);

}  // namespace neuspin::device

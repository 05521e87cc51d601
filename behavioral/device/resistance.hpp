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

/// TMR(V, T) = TMR0(T)/(1 + (V/V_h)²); TMR0(T) from Julliere's 2P²/(1 − P²) with P(T) = P0(1 − aT^1.5).
[[nodiscard]] double tmrAt(const DeviceSet& set, ReadPoint at, const Shift& shift = {});

/// Siemens of the junction alone. P: RA over the area, linear in temperature, times Brinkman's 1 +
/// (e·tox·V)²m/(4ħ²eφ) (symmetric barrier; without it if the set has no barrier); AP: that over 1 + TMR(V).
[[nodiscard]] double junctionConductance(const DeviceSet& set, bool parallel, ReadPoint at,
                                         const Shift& shift = {});

/// Siemens of the junction in series with its access transistor, `at.volts` across both; the junction's share
/// of the voltage is found self-consistently.
[[nodiscard]] double cellConductance(const DeviceSet& set, bool parallel, ReadPoint at,
                                     const Shift& shift = {});

/// Ohm at an angle of the free layer, mz = cos θ (+1: parallel): R_P(1 + u + TMR0)/(1 + u + TMR0(1 + mz)/2),
/// u = (V/V_h)² (vgsot_python_model), at 300 K and without Brinkman's term.
[[nodiscard]] double angleResistance(const DeviceSet& set, double volts, double mz);

}  // namespace neuspin::device

#include "device/resistance.hpp"

#include <cmath>

#include "device/constants.hpp"
#include "device/stt.hpp"

namespace neuspin::device {
namespace {

double biasSquared(const DeviceSet& set, double volts) {
  const double u = volts / set.tmr_half.value;
  return u * u;
}

/// Brinkman's coefficient, 1/V².
double brinkman(const DeviceSet& set) {
  if (!set.phi.given || !set.tox.given) return 0;
  const double tox = set.tox.value * 1e-9;
  return kElementary * tox * tox * kElectronMass / (4 * kHbar * kHbar * set.phi.value);
}

}  // namespace

double tmrAt(const DeviceSet& set, ReadPoint at, const Shift& shift) {
  const double tmr0 = set.tmr.value * shift.tmr;
  const double ratio = polarisationRatio(set, at.kelvin);
  const double p_squared = tmr0 / (2 + tmr0) * ratio * ratio;
  return 2 * p_squared / (1 - p_squared) / (1 + biasSquared(set, at.volts));
}

double junctionConductance(const DeviceSet& set, bool parallel, ReadPoint at, const Shift& shift) {
  const double r_p = set.r_p.value * shift.ra / (shift.diameter * shift.diameter) *
                     (1 + set.r_p_per_k.value * (at.kelvin - kRoomTemperature));
  const double g_p = (1 + brinkman(set) * at.volts * at.volts) / r_p;
  return parallel ? g_p : g_p / (1 + tmrAt(set, at, shift));
}

double cellConductance(const DeviceSet& set, bool parallel, ReadPoint at, const Shift& shift) {
  // The junction's conductance moves by a few per cent with its share of the voltage: this contracts quickly.
  constexpr int kIterations = 6;
  const double access = set.access.value;
  double volts = at.volts, g = 0;
  for (int k = 0; k < kIterations; ++k) {
    g = junctionConductance(set, parallel, {volts, at.kelvin}, shift);
    volts = at.volts / (1 + access * g);
  }
  return g / (1 + access * g);
}

double angleResistance(const DeviceSet& set, double volts, double mz) {
  const double u = biasSquared(set, volts), tmr = set.tmr.value;
  return set.r_p.value * (1 + u + tmr) / (1 + u + tmr * (1 + mz) / 2);
}

}  // namespace neuspin::device

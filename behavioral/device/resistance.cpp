#include "device/resistance.hpp"

#include <algorithm>
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

CellReader::CellReader(const DeviceSet& set, ReadPoint at)
    : set_(&set),
      at_(at),
      polarisation_squared_(std::pow(polarisationRatio(set, at.kelvin), 2)),
      brinkman_(brinkman(set)),
      r_p_(set.r_p.value * (1 + set.r_p_per_k.value * (at.kelvin - kRoomTemperature))) {}

double CellReader::tmr(double volts, const Shift& shift) const {
  const double tmr0 = set_->tmr.value * shift.tmr;
  const double p_squared = tmr0 / (2 + tmr0) * polarisation_squared_;
  return 2 * p_squared / (1 - p_squared) / (1 + biasSquared(*set_, volts));
}

double CellReader::junction(bool parallel, double volts, const Shift& shift) const {
  const double r_p = r_p_ * shift.ra / (shift.diameter * shift.diameter);
  const double g_p = (1 + brinkman_ * volts * volts) / r_p;
  return parallel ? g_p : g_p / (1 + tmr(volts, shift));
}

double CellReader::cell(bool parallel, const Shift& shift) const {
  // The junction's conductance moves by a few per cent with its share of the voltage: this contracts quickly.
  constexpr int kIterations = 6;
  const double access = set_->access.value;
  double volts = at_.volts, g = 0;
  for (int k = 0; k < kIterations; ++k) {
    g = junction(parallel, volts, shift);
    volts = at_.volts / (1 + access * g);
  }
  return g / (1 + access * g);
}

Shift withPinhole(const DeviceSet& set, Shift shift, double area) {
  const double whole = set.ra.value * shift.ra, broken = set.ra_breakdown.value;
  const double ra = 1 / (area / broken + (1 - area) / whole);
  shift.ra *= ra / whole;
  shift.tmr *= std::max(0.0, (ra - broken) / (whole - broken));
  return shift;
}

double angleResistance(const DeviceSet& set, double volts, double mz) {
  const double u = biasSquared(set, volts), tmr = set.tmr.value;
  return set.r_p.value * (1 + u + tmr) / (1 + u + tmr * (1 + mz) / 2);
}

}  // namespace neuspin::device

#include "device/stt.hpp"

#include <cmath>

#include "device/constants.hpp"

namespace neuspin::device {
namespace {

constexpr double kNano = 1e-9;

double area(double diameter_nm) {
  const double d = diameter_nm * kNano;
  return kPi / 4 * d * d;
}

}  // namespace

double polarisationRatio(const DeviceSet& set, double kelvin) {
  const auto law = [&](double t) { return 1 - set.polarisation_t.value * std::pow(t, 1.5); };
  return law(kelvin) / law(kRoomTemperature);
}

SttJunction sttJunction(const DeviceSet& set, double kelvin, const Shift& shift) {
  const auto magnetisation = [&](double t) { return 1 - std::pow(t / set.curie.value, 1.5); };
  const double m = magnetisation(kelvin) / magnetisation(kRoomTemperature);
  const double ms0 = set.ms.value * shift.ms;
  const double demagnetisation = kMu0 * ms0 * ms0 / 2;
  const double at_room = ms0 * set.mu0hk.value * shift.hk / 2;  // K_eff, J/m³
  const double k_eff =
      (at_room + demagnetisation) * std::pow(m, set.anisotropy_exponent.value) - demagnetisation * m * m;
  const double volume =
      area(set.diameter.value * shift.diameter) * set.free_layer.value * shift.free_layer * kNano;
  const double polarisation = set.polarisation.value * polarisationRatio(set, kelvin);
  const double alpha = set.alpha.value;
  const double barrier = k_eff * volume;
  const auto critical = [&](double efficiency) {
    return 4 * kElementary * alpha * barrier / (kHbar * efficiency);
  };

  SttJunction junction;
  junction.delta = barrier / (kBoltzmann * kelvin);
  junction.ic0_p_ap = critical(polarisation / (1 + polarisation * polarisation));
  junction.ic0_ap_p = critical(polarisation / (1 - polarisation * polarisation));
  junction.tau_d = (1 + alpha * alpha) / (alpha * kGyromagnetic * 2 * k_eff / (ms0 * m));
  return junction;
}

double vcmaDelta(const DeviceSet& set, double volts, double kelvin) {
  if (!set.vcma.given || !set.tox.given) return 0;
  constexpr double kFemto = 1e-15;
  return -set.vcma.value * kFemto * volts * area(set.diameter.value) /
         (set.tox.value * kNano * kBoltzmann * kelvin);
}

}  // namespace neuspin::device

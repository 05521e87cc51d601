// An STT junction as the switching model needs it, at a temperature and with its process variation.
#pragma once

#include "device/params.hpp"
#include "device/variation.hpp"

namespace neuspin::device {

inline constexpr double kColdest = 233.15, kHottest = 398.15;  ///< K: −40 … 125 °C, the range of the models

struct SttJunction {
  double delta = 0;     ///< write barrier K_eff V / kT
  double ic0_p_ap = 0;  ///< A, critical current P → AP
  double ic0_ap_p = 0;  ///< A, AP → P
  double tau_d = 0;     ///< s, unit of the pulse length
};

/// Slonczewski's critical current, Ic0 = 4eα kTΔ/(ħη), η = P/(1 ± P²); tau_D = (1 + α²)/(αγB_k). With
/// temperature (kelvin in [kColdest, kHottest]): Ms(T) = Ms0(1 − (T/Tc)^1.5), interface anisotropy ∝
/// Ms^exponent, so that K_eff(T) = (K_eff + μ0Ms²/2)·m^exponent − (μ0Ms²/2)·m², m = Ms(T)/Ms(300 K); P(T) as
/// the barrier's. The set must have Kind::Stt's constants.
[[nodiscard]] SttJunction sttJunction(const DeviceSet& set, double kelvin = 300, const Shift& shift = {});

/// Spin polarisation at a temperature over that at 300 K.
[[nodiscard]] double polarisationRatio(const DeviceSet& set, double kelvin);

/// Change of the barrier by a voltage (VCMA): −ξVA/(tox kT); 0 if the set has no ξ.
[[nodiscard]] double vcmaDelta(const DeviceSet& set, double volts, double kelvin = 300);

}  // namespace neuspin::device

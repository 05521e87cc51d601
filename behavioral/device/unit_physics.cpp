#include "device/unit_physics.hpp"

#include <cmath>
#include <utility>

#include "device/constants.hpp"
#include "device/sot.hpp"
#include "device/stt.hpp"

namespace neuspin::device {
namespace {

/// Bisection on the drive: P rises with it.
template <typename F>
double driveFor(const F& probability, double wanted, double low, double high) {
  constexpr int kHalvings = 50;
  for (int k = 0; k < kHalvings; ++k) {
    const double middle = (low + high) / 2;
    (probability(middle) < wanted ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace

UnitPhysics::UnitPhysics(const DeviceSet& set, double probability, double kelvin,
                         std::shared_ptr<const SotTable> measured)
    : set_(set), kelvin_(kelvin), measured_(std::move(measured)) {
  const double pulse_ns = set.write_pulse.value;
  if (set.kind == Kind::Sot) {
    const double v50 = sotV50(set, pulse_ns, Direction::PToAp);
    if (measured_) {
      const auto curve = [&](double volts) {
        return measured_->probability(volts, pulse_ns, kRoomTemperature);
      };
      drive_ = driveFor(curve, probability, 0, 4 * v50);
      return;
    }
    drive_ = v50 * (1 + std::log(probability / (1 - probability)) / (4 * set.slope.value));
    return;
  }
  const SttJunction room = sttJunction(set), here = sttJunction(set, kelvin);
  const double tau = pulse_ns * 1e-9 / room.tau_d;
  const double i50 = halfSwitchingDrive(room.delta, tau);
  // The table covers the drive DAC and four standard deviations of a widely spread process, here and at 300
  // K.
  const double hot = here.ic0_p_ap / room.ic0_p_ap, scale = here.tau_d / room.tau_d;
  constexpr double kSpread = 0.3;
  SttRange range;
  range.delta_low = std::min(room.delta, here.delta) * (1 - kSpread);
  range.delta_high = std::max(room.delta, here.delta) * (1 + kSpread);
  range.i_low = i50 / std::max(1.0, hot) * (1 - set.drive_range.value) * (1 - kSpread);
  range.i_high = i50 / std::min(1.0, hot) * (1 + set.drive_range.value) * (1 + kSpread);
  range.tau_low = tau / std::max(1.0, scale) * 0.85;
  range.tau_high = tau / std::min(1.0, scale) * 1.15;
  table_ = cachedSttTable(range);
  const auto at_room = [&](double i) { return table_->probability(room.delta, i, tau); };
  drive_ = room.ic0_p_ap * driveFor(at_room, probability, range.i_low, range.i_high);
}

std::function<double(double)> UnitPhysics::of(const Shift& shift) const {
  const double pulse_ns = set_.write_pulse.value;
  if (set_.kind == Kind::Sot && measured_) {
    const double stretch = sotThresholdRatio(shift);
    return [this, stretch, pulse_ns](double drive) {
      return measured_->probability(drive_ * drive / stretch, pulse_ns, kelvin_);
    };
  }
  if (set_.kind == Kind::Sot) {
    return [this, shift, pulse_ns](double drive) {
      return sotProbability(set_, drive_ * drive, pulse_ns, Direction::PToAp, shift);
    };
  }
  const SttJunction junction = sttJunction(set_, kelvin_, shift);
  const double tau = pulse_ns * 1e-9 / junction.tau_d;
  return [this, junction, tau](double drive) {
    return table_->probability(junction.delta, drive_ * drive / junction.ic0_p_ap, tau);
  };
}

}  // namespace neuspin::device

#include "device/lifetime.hpp"

#include <algorithm>
#include <cmath>

#include "device/constants.hpp"

namespace neuspin::device {

double brownRate(double delta, double i) {
  return std::sqrt(delta / kPi) * (1 - i * i) * (1 - i) * std::exp(-delta * (1 - i) * (1 - i));
}

double retentionLoss(double delta, double cv, double seconds, double tau_d) {
  const auto loss = [&](double barrier) {
    return -std::expm1(-seconds / tau_d * brownRate(std::max(barrier, 0.0), 0));
  };
  if (cv <= 0) return loss(delta);
  // Simpson's rule over ±9 standard deviations: the loss is a smooth step of the barrier.
  constexpr int kIntervals = 4000;
  constexpr double kReach = 9, kStep = 2 * kReach / kIntervals;
  double sum = 0, norm = 0;
  for (int k = 0; k <= kIntervals; ++k) {
    const double z = -kReach + kStep * k;
    const double weight = (k == 0 || k == kIntervals ? 1 : k % 2 == 1 ? 4 : 2) * std::exp(-z * z / 2);
    sum += weight * loss(delta * (1 + cv * z));
    norm += weight;
  }
  return sum / norm;
}

double readDisturb(double delta, double i, double seconds, double tau_d) {
  return -std::expm1(-seconds / tau_d * brownRate(delta, i));
}

}  // namespace neuspin::device

#include "device/sot.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "device/constants.hpp"

namespace neuspin::device {
namespace {

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

/// n·p·ln(p/q) with 0 ln 0 = 0.
double relative(double observed, double expected) {
  return observed > 0 ? observed * std::log(observed / expected) : 0;
}

/// ln(1 + e^x) without overflow.
double softplus(double x) {
  return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
}

}  // namespace

double sotV50(const DeviceSet& set, double pulse_ns, Direction direction) {
  const double quick = set.vc0_short.value * (1 + set.quick_time.value / pulse_ns);
  const double thermal =
      set.vc0_long.value *
      (1 - std::log(pulse_ns / (set.attempt_time.value * std::numbers::ln2)) / set.delta_eff.value);
  const double v50 = std::max(quick, thermal);
  return direction == Direction::PToAp ? v50 : v50 * set.v50_back.value / set.v50.value;
}

double sotProbability(const DeviceSet& set, double volts, double pulse_ns, Direction direction,
                      const Shift& shift, SotOptions options) {
  const double v50 = sotV50(set, pulse_ns, direction) * sotThresholdRatio(shift);
  const double slope = direction == Direction::PToAp ? set.slope.value : set.slope_back.value;
  const double forward = sigmoid(4 * slope * (volts / v50 - 1));
  if (!options.switch_back) return forward;
  const double back =
      sigmoid(4 * set.switch_back_slope.value * (volts / (v50 * set.switch_back_ratio.value) - 1));
  return forward * (1 - back);
}

std::optional<double> leeThreshold(const DeviceSet& set, double in_plane_tesla) {
  for (const Constant* needed :
       {&set.ms, &set.free_layer, &set.mu0hk, &set.theta_sh, &set.line_width, &set.line_thickness}) {
    if (!needed->given) return std::nullopt;
  }
  const double moment = set.ms.value * set.free_layer.value * 1e-9;
  const double field = set.mu0hk.value / 2 - std::abs(in_plane_tesla) / std::numbers::sqrt2;
  const double density = 2 * kElementary / kHbar * moment / set.theta_sh.value * field;
  return density * set.line_width.value * set.line_thickness.value * 1e-18;
}

LogisticFit fitLogistic(std::span<const BinomialPoint> points) {
  constexpr int kIterations = 100;
  constexpr double kTolerance = 1e-12, kSteepest = 1e6;
  double pulses = 0, mean = 0, spread = 0;
  for (const auto& point : points) {
    pulses += static_cast<double>(point.pulses);
    mean += static_cast<double>(point.pulses) * point.volts;
  }
  mean /= pulses;
  for (const auto& point : points) spread = std::max(spread, std::abs(point.volts - mean));
  // Newton's method on P = sigmoid(a + b·u), u = (V − mean)/spread.
  const auto arg = [&](const BinomialPoint& point, double a, double b) {
    return a + b * (point.volts - mean) / spread;
  };
  const auto loss = [&](double a, double b) {
    double sum = 0;
    for (const auto& point : points) {
      const double x = arg(point, a, b);
      sum +=
          point.switched * softplus(-x) + (static_cast<double>(point.pulses) - point.switched) * softplus(x);
    }
    return sum;
  };
  LogisticFit fit;
  double a = 0, b = 1, haa = 0, hab = 0, hbb = 0;
  for (int k = 0; k < kIterations && !fit.converged; ++k) {
    double ga = 0, gb = 0;
    haa = hab = hbb = 0;
    for (const auto& point : points) {
      const double u = (point.volts - mean) / spread, n = static_cast<double>(point.pulses);
      const double p = sigmoid(a + b * u), miss = point.switched - n * p, weight = n * p * (1 - p);
      ga += miss;
      gb += miss * u;
      haa += weight;
      hab += weight * u;
      hbb += weight * u * u;
    }
    const double determinant = haa * hbb - hab * hab;
    if (!(determinant > 0)) return fit;
    double da = (hbb * ga - hab * gb) / determinant, db = (haa * gb - hab * ga) / determinant;
    const double now = loss(a, b);
    fit.converged = std::abs(da) + std::abs(db) < kTolerance * (1 + std::abs(a) + std::abs(b));
    while (!fit.converged && loss(a + da, b + db) > now && std::abs(da) + std::abs(db) > kTolerance) {
      da /= 2;
      db /= 2;
    }
    a += da;
    b += db;
    if (std::abs(b) > kSteepest) return fit;  // separable data: the slope runs away
  }
  const double determinant = haa * hbb - hab * hab;
  const double var_a = hbb / determinant, var_b = haa / determinant, cov = -hab / determinant;
  const double u50 = -a / b;
  fit.v50 = mean + spread * u50;
  fit.beta = b / spread;
  fit.beta_error = std::sqrt(var_b) / spread;
  fit.v50_error = spread / std::abs(b) * std::sqrt(var_a + 2 * u50 * cov + u50 * u50 * var_b);
  for (const auto& point : points) {
    const double n = static_cast<double>(point.pulses), p = sigmoid(arg(point, a, b));
    fit.deviance += 2 * (relative(point.switched, n * p) + relative(n - point.switched, n * (1 - p)));
  }
  fit.freedom = static_cast<int>(points.size()) - 2;
  return fit;
}

}  // namespace neuspin::device

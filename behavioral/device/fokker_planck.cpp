#include "device/fokker_planck.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "device/constants.hpp"

namespace neuspin::device {
namespace {

constexpr double kFirstStep = 1e-4, kGrowth = 1.05;

/// z/(e^z − 1), accurate for all z.
double bernoulli(double z) {
  if (std::abs(z) < 1e-5) return 1 - z / 2 + z * z / 12;
  return z / std::expm1(z);
}

/// The density on cells of x = cos θ, from θ = π (x = −1) to θ = 0, and the operator A of dp/dtau = A p.
class Density {
 public:
  Density(double delta, double i, int cells)
      : size_(static_cast<std::size_t>(cells)),
        width_(size_),
        lower_(size_),
        diagonal_(size_),
        upper_(size_),
        pivot_(size_),
        factor_(size_),
        p_(size_),
        stage_(size_),
        slope_(size_),
        slope2_(size_) {
    std::vector<double> edge(size_ + 1), centre(size_);
    for (std::size_t k = 0; k <= size_; ++k) edge[k] = -std::cos(kPi * static_cast<double>(k) / cells);
    for (std::size_t k = 0; k < size_; ++k) {
      centre[k] = -std::cos(kPi * (static_cast<double>(k) + 0.5) / cells);
      width_[k] = edge[k + 1] - edge[k];
    }
    for (std::size_t k = 0; k + 1 < size_; ++k) addEdge(delta, i, edge[k + 1], centre[k], centre[k + 1], k);
    double sum = 0;
    for (std::size_t k = size_ / 2; k < size_; ++k) {
      p_[k] = std::exp(delta * (centre[k] * centre[k] - 1));
      sum += p_[k] * width_[k];
    }
    for (double& p : p_) p /= sum;
  }

  /// One step of SDIRK2: two solves with the same matrix I − hγA.
  void step(double h) {
    constexpr double kGamma = 1 - std::numbers::sqrt2 / 2;
    factorise(h * kGamma);
    apply(p_, slope_);
    solve(slope_);
    for (std::size_t k = 0; k < size_; ++k) stage_[k] = p_[k] + h * (1 - kGamma) * slope_[k];
    apply(stage_, slope2_);
    solve(slope2_);
    for (std::size_t k = 0; k < size_; ++k) p_[k] += h * ((1 - kGamma) * slope_[k] + kGamma * slope2_[k]);
  }

  [[nodiscard]] double mass(bool switched) const {
    double sum = 0;
    for (std::size_t k = switched ? 0 : size_ / 2; k < (switched ? size_ / 2 : size_); ++k)
      sum += p_[k] * width_[k];
    return sum;
  }

 private:
  /// Flux through the edge between cells k and k+1: c (B(−z) p_{k+1} − B(z) p_k), z the step of E = −Δ(x² −
  /// 2ix).
  void addEdge(double delta, double i, double x, double left, double right, std::size_t k) {
    const double z = -delta * (right * right - left * left - 2 * i * (right - left));
    const double c = (1 - x * x) / (2 * delta) / (right - left);
    const double out = c * bernoulli(z), in = c * bernoulli(-z);
    diagonal_[k] -= out / width_[k];
    upper_[k] += in / width_[k];
    lower_[k + 1] += out / width_[k + 1];
    diagonal_[k + 1] -= in / width_[k + 1];
  }

  void apply(const std::vector<double>& p, std::vector<double>& out) const {
    out[0] = diagonal_[0] * p[0] + upper_[0] * p[1];
    for (std::size_t k = 1; k + 1 < size_; ++k) {
      out[k] = lower_[k] * p[k - 1] + diagonal_[k] * p[k] + upper_[k] * p[k + 1];
    }
    out[size_ - 1] = lower_[size_ - 1] * p[size_ - 2] + diagonal_[size_ - 1] * p[size_ - 1];
  }

  /// Thomas factorisation of I − aA; nothing to do if a is the one factorised before.
  void factorise(double a) {
    if (a == factorised_) return;
    factorised_ = a;
    pivot_[0] = 1 / (1 - a * diagonal_[0]);
    for (std::size_t k = 1; k < size_; ++k) {
      factor_[k] = -a * lower_[k] * pivot_[k - 1];
      pivot_[k] = 1 / (1 - a * diagonal_[k] + factor_[k] * a * upper_[k - 1]);
    }
  }

  void solve(std::vector<double>& x) const {
    for (std::size_t k = 1; k < size_; ++k) x[k] -= factor_[k] * x[k - 1];
    x[size_ - 1] *= pivot_[size_ - 1];
    for (std::size_t k = size_ - 1; k-- > 0;) x[k] = (x[k] + factorised_ * upper_[k] * x[k + 1]) * pivot_[k];
  }

  std::size_t size_;
  std::vector<double> width_, lower_, diagonal_, upper_, pivot_, factor_, p_, stage_, slope_, slope2_;
  double factorised_ = -1;
};

}  // namespace

std::vector<SwitchingPoint> solveSwitching(double delta, double i, std::span<const double> taus,
                                           SwitchingAccuracy accuracy) {
  Density density(delta, i, accuracy.cells);
  std::vector<SwitchingPoint> points;
  double tau = 0, step = kFirstStep;
  for (const double end : taus) {
    while (tau < end) {
      const double left = end - tau;
      // A step that would leave a sliver before the end is split in two halves instead.
      const double h = step >= left ? left : std::min(step, step * 2 > left ? left / 2 : step);
      density.step(h);
      tau = h == left ? end : tau + h;
      step = std::min(step * kGrowth, accuracy.step * std::max(1.0, tau));
    }
    points.push_back({end, density.mass(true), density.mass(false)});
  }
  return points;
}

double halfSwitchingDrive(double delta, double tau, SwitchingAccuracy accuracy) {
  const auto logit = [&](double i) {
    const auto point = solveSwitching(delta, i, {{tau}}, accuracy)[0];
    return std::log(point.switched / point.stayed);
  };
  // Bracket by doubling, then regula falsi (Illinois) on the logit, which is nearly straight in i.
  double low = 0.25, high = 1;
  double f_low = logit(low), f_high = logit(high);
  while (f_high < 0) {
    low = high;
    f_low = f_high;
    f_high = logit(high *= 2);
  }
  while (f_low > 0) f_low = logit(low /= 2);
  constexpr double kTolerance = 4e-6;  // of the logit at P = 1/2: four times that of P
  while (true) {
    const double i = (low * f_high - high * f_low) / (f_high - f_low);
    const double f = logit(i);
    if (std::abs(f) < kTolerance) return i;
    if (f > 0) {
      high = i;
      f_high = f;
      f_low /= 2;
    } else {
      low = i;
      f_low = f;
      f_high /= 2;
    }
  }
}

}  // namespace neuspin::device

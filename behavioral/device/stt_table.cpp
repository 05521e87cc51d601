#include "device/stt_table.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <mutex>

namespace neuspin::device {
namespace {

constexpr double kDeltaSpacing = 5, kDriveSpacing = 0.07, kLogTauSpacing = 0.2;
constexpr double kSmallest = 1e-300;

/// The four nodes around a position and the weights of the cubic through them.
struct Stencil {
  std::size_t first = 0;
  std::array<double, 4> weight{};
};

Stencil stencilAt(double position, std::size_t size) {
  Stencil s;
  s.first =
      static_cast<std::size_t>(std::clamp(std::floor(position) - 1, 0.0, static_cast<double>(size - 4)));
  const double t = position - static_cast<double>(s.first);
  s.weight = {-(t - 1) * (t - 2) * (t - 3) / 6, t * (t - 2) * (t - 3) / 2, -t * (t - 1) * (t - 3) / 2,
              t * (t - 1) * (t - 2) / 6};
  return s;
}

}  // namespace

SttTable::Axis::Axis(double from, double to, double spacing)
    : low(from),
      size(std::max<std::size_t>(4, 1 + static_cast<std::size_t>(std::ceil((to - from) / spacing)))) {
  step = (to - from) / static_cast<double>(size - 1);
}

SttTable::SttTable(const SttRange& range)
    : range_(range),
      delta_(range.delta_low, range.delta_high, kDeltaSpacing),
      i_(range.i_low, range.i_high, kDriveSpacing),
      log_tau_(std::log(range.tau_low), std::log(range.tau_high), kLogTauSpacing) {
  std::vector<double> taus;
  for (std::size_t k = 0; k < log_tau_.size; ++k) {
    taus.push_back(std::exp(log_tau_.low + log_tau_.step * static_cast<double>(k)));
  }
  for (std::size_t d = 0; d < delta_.size; ++d) {
    for (std::size_t k = 0; k < i_.size; ++k) {
      const auto curve = solveSwitching(delta_.low + delta_.step * static_cast<double>(d),
                                        i_.low + i_.step * static_cast<double>(k), taus);
      for (const auto& point : curve) {
        logits_.push_back(std::log(std::max(point.switched, kSmallest) / std::max(point.stayed, kSmallest)));
      }
    }
  }
}

double SttTable::probability(double delta, double i, double tau) const {
  const auto inside = [](double value, double low, double high) { return value >= low && value <= high; };
  if (!inside(delta, range_.delta_low, range_.delta_high) || !inside(i, range_.i_low, range_.i_high) ||
      !inside(tau, range_.tau_low, range_.tau_high)) {
    return solveSwitching(delta, i, {{tau}})[0].switched;
  }
  const Stencil d = stencilAt((delta - delta_.low) / delta_.step, delta_.size);
  const Stencil k = stencilAt((i - i_.low) / i_.step, i_.size);
  const Stencil t = stencilAt((std::log(tau) - log_tau_.low) / log_tau_.step, log_tau_.size);
  double logit = 0;
  for (std::size_t a = 0; a < 4; ++a) {
    for (std::size_t b = 0; b < 4; ++b) {
      const double* row = &logits_[((d.first + a) * i_.size + k.first + b) * log_tau_.size + t.first];
      const double along =
          t.weight[0] * row[0] + t.weight[1] * row[1] + t.weight[2] * row[2] + t.weight[3] * row[3];
      logit += d.weight[a] * k.weight[b] * along;
    }
  }
  return 1 / (1 + std::exp(-logit));
}

std::shared_ptr<const SttTable> cachedSttTable(const SttRange& range) {
  static std::mutex mutex;
  static std::map<SttRange, std::shared_ptr<const SttTable>> tables;
  const std::scoped_lock lock(mutex);
  auto& table = tables[range];
  if (!table) table = std::make_shared<const SttTable>(range);
  return table;
}

}  // namespace neuspin::device

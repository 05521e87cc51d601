#include "plan/supplies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "device/ideal_mtj.hpp"

namespace neuspin::plan {
namespace {

constexpr double kFair = 0.5;

/// Bits or choices of one scheme's supply, and their probability.
struct Demand {
  int bits = 1;
  int choices = 0;
  double probability = kFair;
  bool fair = false;  ///< whitening applies
};

Demand demandOf(const Scheme& scheme, const LayerPlan& layer) {
  struct Visitor {
    const LayerPlan& layer;
    Demand operator()(const Deterministic&) const { return {}; }
    Demand operator()(const SpinDrop& s) const {
      return {.bits = layer.maskBits(), .probability = s.probability};
    }
    Demand operator()(const SpatialDropout& s) const {
      return {.bits = layer.maskBits(), .probability = s.probability};
    }
    Demand operator()(const ScaleDropout& s) const { return {.probability = s.probability}; }
    Demand operator()(const AffineDropout& s) const { return {.bits = 2, .probability = s.probability}; }
    Demand operator()(const SubsetSamples& s) const { return {.choices = s.samples, .fair = true}; }
    Demand operator()(const SubsetNoise& s) const {
      return {.bits = layer.lanes * s.noise_bits, .fair = true};
    }
    Demand operator()(const SpinBayes& s) const { return {.choices = s.arrays, .fair = true}; }
  };
  return std::visit(Visitor{layer}, scheme);
}

SupplyPlan makeSupply(const Demand& demand, const TargetSpec& target, Plan& plan) {
  SupplyPlan supply;
  supply.index = plan.supplies++;
  supply.first_unit = plan.units;
  supply.choices = demand.choices;
  if (demand.choices > 0) {
    supply.bits = supply.modules = idxBits(demand.choices);
  } else {
    supply.bits = demand.bits;
    supply.modules = (demand.bits + target.share - 1) / target.share;
    supply.rounds = (demand.bits + supply.modules - 1) / supply.modules;
  }
  plan.units += supply.modules;
  supply.whiten = demand.fair && target.whiten;
  supply.probability = demand.probability;
  supply.drive_code = 1 << (target.drive_bits - 1);
  supply.table = device::idealSwitchTable(demand.probability, target.drive_bits);
  supply.calibration_target =
      static_cast<int>(std::lround(std::ldexp(demand.probability, target.calibration_window_log2)));
  if (target.health_window_log2 > 0) {
    const auto limits = monitorLimits(demand.probability, target.health_window_log2);
    supply.run_cutoff = limits.run_cutoff;
    supply.ones_low = limits.ones_low;
    supply.ones_high = limits.ones_high;
  }
  return supply;
}

}  // namespace

Choice choiceOf(const Scheme& scheme) {
  struct Visitor {
    Choice operator()(const Deterministic&) const { return Choice::None; }
    Choice operator()(const SpinDrop&) const { return Choice::Rows; }
    Choice operator()(const SpatialDropout&) const { return Choice::Rows; }
    Choice operator()(const ScaleDropout&) const { return Choice::Bank; }
    Choice operator()(const AffineDropout&) const { return Choice::Bank; }
    Choice operator()(const SubsetSamples&) const { return Choice::Bank; }
    Choice operator()(const SubsetNoise&) const { return Choice::Noise; }
    Choice operator()(const SpinBayes&) const { return Choice::Array; }
  };
  return std::visit(Visitor{}, scheme);
}

void planSupplies(Plan& plan, const NetworkSpec& network, Diagnostics& diags) {
  int first_shared = 0, last_shared = 0;
  for (auto& layer : plan.layers) {
    const Scheme& scheme = network.layers[static_cast<std::size_t>(layer.index)].scheme;
    layer.choice = choiceOf(scheme);
    if (layer.choice == Choice::None) continue;
    if (const auto* spatial = std::get_if<SpatialDropout>(&scheme)) {
      layer.mask_group = spatial->group * (layer.window ? layer.window->taps() : 1);  // a channel's K² inputs
    }
    const auto* spin = std::get_if<SpinDrop>(&scheme);
    layer.mask_windows = spin != nullptr && spin->every_window ? 1 : layer.windows;
    const auto* scale = std::get_if<ScaleDropout>(&scheme);
    if (scale == nullptr || !scale->shared) {
      layer.supply = makeSupply(demandOf(scheme, layer), plan.target, plan);
      continue;
    }
    if (!plan.shared) {
      plan.shared = makeSupply(demandOf(scheme, layer), plan.target, plan);
      first_shared = layer.index;
    }
    layer.shared_consumer = plan.shared_consumers++;
    last_shared = layer.index;
  }
  if (plan.shared) {
    // A consumer lags the first by the passes that the layers between them hold: up to four each (two banks
    // of rows, sums, lanes).
    plan.shared_depth =
        static_cast<int>(std::bit_ceil(static_cast<unsigned>(4 * (last_shared - first_shared) + 4)));
  }
  constexpr int kMostUnits = 65536;
  if (plan.units > kMostUnits) {
    diags.error("too-many-units", {plan.target.file, 0, 0, "[dropout] share"},
                fmt::format("the design has {} stochastic units, unit ids reach {}", plan.units, kMostUnits),
                fmt::format("let bits share units: [dropout] share = {} or more",
                            (plan.units + kMostUnits - 1) / kMostUnits * plan.target.share));
  }
}

MonitorLimits monitorLimits(double p, int window_log2) {
  constexpr int kFalseAlarmLog2 = 20;
  const int window = 1 << window_log2;
  MonitorLimits limits;
  const double entropy = std::abs(std::log2(std::max(p, 1 - p)));  // bits a draw in the likelier outcome
  limits.run_cutoff = static_cast<int>(std::min(255.0, 1 + std::ceil(kFalseAlarmLog2 / entropy)));
  // Binomial probabilities relative to the likeliest count: additions and products only, no underflow where
  // it matters.
  std::vector<double> mass(static_cast<std::size_t>(window) + 1);
  const int mode = std::min(window, static_cast<int>((window + 1) * p));
  const double odds = p / (1 - p);
  mass[static_cast<std::size_t>(mode)] = 1;
  for (int k = mode; k < window; ++k) {
    const auto at = static_cast<std::size_t>(k);
    mass[at + 1] = mass[at] * odds * (window - k) / (k + 1);
  }
  for (int k = mode; k > 0; --k) {
    const auto at = static_cast<std::size_t>(k);
    mass[at - 1] = mass[at] / odds * k / (window - k + 1);
  }
  double total = 0;
  for (const double value : mass) total += value;
  const double tail = std::ldexp(total, -kFalseAlarmLog2);
  double below = 0;  // of fewer than ones_low
  while (below + mass[static_cast<std::size_t>(limits.ones_low)] <= tail) {
    below += mass[static_cast<std::size_t>(limits.ones_low++)];
  }
  limits.ones_high = window;
  double above = 0;  // of more than ones_high
  while (above + mass[static_cast<std::size_t>(limits.ones_high)] <= tail) {
    above += mass[static_cast<std::size_t>(limits.ones_high--)];
  }
  return limits;
}

}  // namespace neuspin::plan

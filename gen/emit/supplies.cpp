#include "emit/supplies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "plan/timing_supply.hpp"

namespace neuspin::emit {

std::vector<SupplyUse> suppliesOf(const Plan& plan) {
  std::vector<SupplyUse> uses(static_cast<std::size_t>(plan.supplies));
  const auto place = [&uses](const SupplyPlan& supply, const LayerPlan* layer) {
    uses.at(static_cast<std::size_t>(supply.index)) = {&supply, layer};
  };
  for (const LayerPlan& layer : plan.layers) {
    if (layer.supply) place(*layer.supply, &layer);
  }
  if (plan.shared) place(*plan.shared, nullptr);
  return uses;
}

int sampleBits(const Plan& plan) {
  int bits = 1;
  for (const SupplyUse& use : suppliesOf(plan)) bits = std::max(bits, sampledBits(*use.supply));
  return bits;
}

bool startupShiftsTiming(const Plan& plan) {
  if (plan.target.calibration != Calibration::Startup) return false;
  return std::ranges::any_of(suppliesOf(plan), [](const SupplyUse& use) {
    return !std::has_single_bit(static_cast<unsigned>(std::max(1, use.supply->choices)));
  });
}

std::int64_t refillBound(const Plan& plan) {
  constexpr std::int64_t kMostTries = 16, kQueue = 2, kMargin = 8;
  std::int64_t longest = 0;
  for (const SupplyUse& use : suppliesOf(plan)) {
    const std::int64_t tries = use.supply->choices > 0 ? kMostTries : 1;
    const std::int64_t held = kQueue + (use.layer == nullptr ? plan.shared_depth : 0);
    longest =
        std::max(longest, held * tries * use.supply->rounds * plan::roundCycles(*use.supply, plan.target));
  }
  return longest + kMargin;
}

const char* methodName(const LayerPlan& layer) {
  switch (layer.choice) {
    case Choice::None:
      return "deterministic";
    case Choice::Rows:
      return layer.mask_group == 1 ? "spindrop" : "spatial_dropout";
    case Choice::Array:
      return "spinbayes";
    case Choice::Noise:
      return "subset";
    case Choice::Bank:
      break;
  }
  if (!layer.supply) return "scale_dropout";  // takes the bits of the model's unit
  if (layer.supply->choices > 0) return "subset";
  return layer.supply->bits == 2 ? "affine_dropout" : "scale_dropout";
}

const char* formName(PostForm form) {
  switch (form) {
    case PostForm::Threshold:
      return "threshold";
    case PostForm::Multiply:
      return "multiply";
    case PostForm::Noise:
      return "noise";
  }
  return "?";
}

std::string supplyInstance(const SupplyUse& use) {
  return use.layer == nullptr ? "u_shared_supply" : fmt::format("u_layer{}.u_supply", use.layer->index);
}

}  // namespace neuspin::emit

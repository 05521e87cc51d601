#include "golden/calibration.hpp"

#include <algorithm>
#include <cstdlib>

#include "device/unit_bits.hpp"
#include "plan/timing_supply.hpp"

namespace neuspin::golden {
namespace {

/// One unit through the loop: step the code by one towards the wanted number of switches until that turns
/// round, hits it, or the codes end; keep the best.
UnitState calibrated(const Plan& plan, const SupplyPlan& supply, int module, std::uint32_t seed) {
  const int codes = 1 << plan.target.drive_bits;
  const std::int64_t window = std::int64_t{1} << plan.target.calibration_window_log2;
  const auto device = static_cast<std::uint32_t>(supply.first_unit + module);
  UnitState unit = unitAtPowerUp(supply, module, seed);
  int best_code = 0;
  std::int64_t best = 0;
  bool seen = false, was_up = false;
  while (true) {
    const device::UnitBits bits(seed, device, supply.threshold(module, unit.drive_code, codes),
                                supply.reset_fail, supply.read_error, unit.first_draw, unit.held);
    std::int64_t ones = 0;
    for (std::int64_t i = 0; i < window; ++i) ones += bits.bit(unit.first_draw++) ? 1 : 0;
    unit.held = bits.leaves(unit.first_draw - 1);
    const std::int64_t residual = ones - supply.calibration_target;
    if (!seen || std::abs(residual) < std::abs(best)) {
      best = residual;
      best_code = unit.drive_code;
    }
    const bool up = residual < 0;
    if (residual == 0 || unit.drive_code == (up ? codes - 1 : 0) || (seen && up != was_up)) {
      unit.drive_code = best_code;
      return unit;
    }
    unit.drive_code += up ? 1 : -1;
    seen = true;
    was_up = up;
  }
}

template <class Visit>
void forEachSupply(const Plan& plan, Visit visit) {
  for (const LayerPlan& layer : plan.layers) {
    if (layer.supply) visit(*layer.supply);
  }
  if (plan.shared) visit(*plan.shared);
}

}  // namespace

UnitState unitAtPowerUp(const SupplyPlan& supply, int module, std::uint32_t seed) {
  const auto unit = static_cast<std::uint32_t>(supply.first_unit + module);
  return {.drive_code = supply.drive_code,
          .first_draw = 0,
          .held = device::heldAtStart(seed, unit, supply.reset_fail)};
}

std::vector<UnitState> unitsAtStart(const Plan& plan, std::uint32_t seed) {
  std::vector<UnitState> units(static_cast<std::size_t>(plan.units));
  const bool loop = plan.target.calibration == Calibration::Startup;
  forEachSupply(plan, [&](const SupplyPlan& supply) {
    for (int m = 0; m < supply.modules; ++m) {
      units[static_cast<std::size_t>(supply.first_unit + m)] =
          loop ? calibrated(plan, supply, m, seed) : unitAtPowerUp(supply, m, seed);
    }
  });
  return units;
}

std::int64_t startCyclesBound(const Plan& plan, std::uint32_t seed) {
  const TargetSpec& target = plan.target;
  const std::int64_t draw = plan::drawCycles(target);
  const std::vector<UnitState> units = unitsAtStart(plan, seed);
  constexpr std::int64_t kTurn = 4;  // from one unit to the next, at most
  std::int64_t longest = 0;
  forEachSupply(plan, [&](const SupplyPlan& supply) {
    std::int64_t cycles = kTurn + plan::primeCycles(target);
    for (int m = 0; m < supply.modules; ++m) {
      cycles += units[static_cast<std::size_t>(supply.first_unit + m)].first_draw * draw + kTurn;
    }
    longest = std::max(longest, cycles);
  });
  return longest;
}

}  // namespace neuspin::golden

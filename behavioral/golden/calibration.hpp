// What the start-up calibration leaves in the stochastic units, without clocks: for golden::Infer, where
// golden::Network would take millions of clocks to get there.
#pragma once

#include <cstdint>
#include <vector>

#include "golden/infer.hpp"
#include "plan/plan.hpp"

namespace neuspin::golden {

/// [unit], plan.units of them: drive codes and draws used up when the loop that starts after reset is done
/// (rtl/README.md, cim_unit_calibrator). Without such a loop: as after reset.
[[nodiscard]] std::vector<UnitState> unitsAtStart(const Plan& plan, std::uint32_t seed);

/// Clocks the loop takes from reset on, at most.
[[nodiscard]] std::int64_t startCyclesBound(const Plan& plan, std::uint32_t seed);

}  // namespace neuspin::golden

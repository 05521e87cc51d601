// Where the random choices of a design come from: the choice of each layer and the stochastic units behind
// it.
#pragma once

#include <cstdint>

#include "plan/plan.hpp"

namespace neuspin::plan {

/// What a scheme chooses each pass.
[[nodiscard]] Choice choiceOf(const Scheme& scheme);

/// Numbers supplies and units in layer order and fills them in `plan` (layers, shared, units, supplies): the
/// layers' shapes and post sides are planned already. Adds an error if there are more units than ids.
void planSupplies(Plan& plan, const NetworkSpec& network, Diagnostics& diags);

/// Limits of cim_unit_monitor for fair operation at probability p: SP 800-90B §4.4 with a false-alarm
/// probability of 2^−20. A run this long, or fewer ones than `low` or more than `high` in a window of
/// 2^window_log2 draws, is an alarm.
struct MonitorLimits {
  int run_cutoff = 255, ones_low = 0, ones_high = 0;
};
[[nodiscard]] MonitorLimits monitorLimits(double p, int window_log2);

}  // namespace neuspin::plan

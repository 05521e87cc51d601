// The supplies of random choices of a design, and what each is called.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plan/plan.hpp"

namespace neuspin::emit {

/// One supply and who it serves.
struct SupplyUse {
  const SupplyPlan* supply = nullptr;
  const LayerPlan* layer = nullptr;  ///< nullptr: the model's shared unit
};

/// [SupplyPlan::index], pointing into the plan.
[[nodiscard]] std::vector<SupplyUse> suppliesOf(const Plan& plan);

/// Width of a bank's sampled_o.
[[nodiscard]] inline int sampledBits(const SupplyPlan& supply) {
  return cntBits(supply.modules);
}
/// Parameter SampleBits of cim_regs: the widest sampled_o of the design, at least 1.
[[nodiscard]] int sampleBits(const Plan& plan);

/// Whether plannedCycles may be wrong after the start-up calibration: it has used up draws, so an arbiter's
/// rejections fall elsewhere.
[[nodiscard]] bool startupShiftsTiming(const Plan& plan);

/// Clocks in which every queue of choices fills, whatever arbiters reject.
[[nodiscard]] std::int64_t refillBound(const Plan& plan);

/// Method of a layer as the hardware shows it, in the words of network.toml. SpinDrop is spatial dropout with
/// groups of one input: the same hardware.
[[nodiscard]] const char* methodName(const LayerPlan& layer);

[[nodiscard]] const char* formName(PostForm form);

/// Instance path of a supply from the top module on, e.g. "u_layer0.u_supply".
[[nodiscard]] std::string supplyInstance(const SupplyUse& use);

}  // namespace neuspin::emit

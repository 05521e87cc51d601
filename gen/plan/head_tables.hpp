#pragma once

#include "plan/plan.hpp"

namespace neuspin::plan {

/// Constants and tables of the uncertainty head for logits of `logit_bits` signed bits, `logit_frac` of them
/// fraction.
[[nodiscard]] HeadPlan makeHead(const TargetSpec& target, int classes, int logit_bits, int logit_frac,
                                int max_passes);

}  // namespace neuspin::plan

// The post side of a layer: lanes, words and banks, the entries of the scale memory and their widths.
#pragma once

#include "plan/plan.hpp"

namespace neuspin::plan {

/// Fills the post side of `layer`, whose sums lie within ±max_sum. Adds errors where a width exceeds its
/// limit. Returns the fraction bits of what the lanes put out (logits, in the last layer).
int planPost(LayerPlan& layer, const NetworkSpec& network, const TargetSpec& target,
             const LayerWeights& weights, std::int64_t max_sum, Diagnostics& diags);

}  // namespace neuspin::plan

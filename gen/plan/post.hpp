// The post side of a layer: lanes, words and banks, the entries of the scale memory and their widths.
#pragma once

#include "plan/plan.hpp"

namespace neuspin::plan {

/// What the sums of a layer can be, those of the windows of an average added up. A signed input x is fed as a
/// code, so the arrays count z = S + zero_code·Σw; the entries take the difference back.
struct SumRange {
  std::int64_t largest = 0;          ///< |S|
  std::int64_t largest_counted = 0;  ///< |z|
  std::int64_t zero_code = 0;        ///< the code of 0, as often as there are windows
};

/// Fills the post side of `layer`. Adds errors where a width exceeds its limit or a signed input meets a
/// method that changes Σw or the rows that take part. Returns the fraction bits of what the lanes put out
/// (logits, in the last layer).
int planPost(LayerPlan& layer, const NetworkSpec& network, const TargetSpec& target,
             const LayerWeights& weights, const SumRange& sums, Diagnostics& diags);

}  // namespace neuspin::plan

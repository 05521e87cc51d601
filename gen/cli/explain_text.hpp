// One layer in words, for `neuspin explain`.
#pragma once

#include <string>

#include "plan/plan.hpp"

namespace neuspin::cli {

/// The scheme as the user wrote it, e.g. "spatial_dropout p = 0.15, group 4".
[[nodiscard]] std::string methodText(const Scheme& scheme);

/// Where the choice of a pass acts in the hardware, e.g. "196 groups of 4 word-line pairs".
[[nodiscard]] std::string actsOn(const LayerPlan& layer);

/// The units behind it, e.g. "1 arbiter of 8 (3 units)"; "" if the layer is deterministic.
[[nodiscard]] std::string unitsText(const LayerPlan& layer, const Plan& plan);

/// What became of scale, bias and normalisation, and in which widths.
[[nodiscard]] std::string foldedText(const LayerPlan& layer, const LayerSpec& spec, const HeadPlan& head);

}  // namespace neuspin::cli

// How much of a layer's work is done at once: rows a read and post lanes.
#pragma once

#include <cstdint>

#include "plan/plan.hpp"

namespace neuspin::plan {

/// How often a layer runs for an image.
struct Runs {
  std::int64_t arrays = 1, lanes = 1;
};

/// Rows of the largest part of an array that holds whole groups.
[[nodiscard]] int groupedRows(int array_rows, int group);

/// Group and lanes of `layer` (whose inputs, windows and planes are planned): by hand if the target names it, else the
/// smallest that reach the target's cycles_per_image, else those of all layers. The largest where nothing is enough:
/// the planner then says so.
[[nodiscard]] LayerFolding foldingOf(const LayerPlan& layer, const TargetSpec& target, const Runs& runs);

}  // namespace neuspin::plan

// How much of a layer's work is done at once: rows a read, arrays that are read together, and post lanes.
#pragma once

#include <cstdint>

#include "plan/plan.hpp"

namespace neuspin::plan {

/// How often a layer runs for an image.
struct Runs {
  std::int64_t arrays = 1, lanes = 1;
};

/// How the rows of a layer fall into arrays.
struct RowTiling {
  int taps = 1;    ///< kernel positions with arrays of their own (mapping 2)
  int rows = 0;    ///< of each of them
  int parts = 1;   ///< arrays these rows need
  int groups = 1;  ///< of rows in each array
};

/// As few arrays as the largest macro allows (in whole groups) but at least `tiles`, then equal shares. Every
/// array has rows: never more arrays than groups of rows.
[[nodiscard]] RowTiling rowTiling(const LayerPlan& layer, const TargetSpec& target, int group, int tiles);

/// Group, lanes and row tiles of `layer` (whose inputs, windows and planes are planned): by hand if the
/// target names it, else the smallest that reach the target's cycles_per_image (more arrays at a time only
/// where the largest group is not enough), else those of all layers. The largest where nothing is enough: the
/// planner then says so.
[[nodiscard]] LayerFolding foldingOf(const LayerPlan& layer, const TargetSpec& target, const Runs& runs);

}  // namespace neuspin::plan

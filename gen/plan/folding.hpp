// How much of a layer's work is done at once: rows a read, arrays that are read together, and post lanes.
#pragma once

#include <cstdint>
#include <functional>

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

/// What layers are folded for.
struct FoldingGoal {
  std::int64_t cycles = 0;  ///< an image; 0: group and lanes of the target
  /// Group and lanes that follow from the cycles are rounded up to powers of two: such groups divide the rows
  /// of the arrays, which may save row tiles.
  bool powers_of_two = false;
};

/// Group, lanes and row tiles of `layer` (whose inputs, windows and planes are planned): by hand if the
/// target names it, else the smallest that reach the cycles of `goal` (more arrays at a time only where the
/// largest group is not enough), else (0) those of all layers. The largest where nothing is enough: the
/// planner then says so.
[[nodiscard]] LayerFolding foldingOf(const LayerPlan& layer, const TargetSpec& target,
                                     const FoldingGoal& goal, const Runs& runs);

/// What a folding comes to: ideal cycles an image, modelled gate equivalents.
struct Folded {
  std::int64_t cycles = 0;
  double gates = 0;
};
/// Foldings of one network between the fastest and the smallest.
struct AreaSearch {
  /// Cycles an image to fold every layer for: the fewest whose area keeps within what is wanted, or those of
  /// the smallest area where none does.
  std::int64_t cycles = 0;
  bool found = false;
  double smallest = 0;  ///< gate equivalents of the smallest folding seen
};
/// `fold` plans the network with every layer folded for at most so many cycles an image. About forty foldings
/// are looked at, a quarter slower each, then those between the first that keeps within `gates` and the one
/// before.
[[nodiscard]] AreaSearch searchArea(const std::function<Folded(std::int64_t)>& fold, double gates);

}  // namespace neuspin::plan

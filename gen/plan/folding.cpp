#include "plan/folding.hpp"

#include <algorithm>

#include "plan/windows.hpp"

namespace neuspin::plan {
namespace {

constexpr int kMostGroup = 64;
constexpr int kMostLanes = 1024;

std::int64_t divideUp(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

/// Array steps of a window, as the planner tiles.
std::int64_t steps(const LayerPlan& layer, const TargetSpec& target, int group) {
  const int taps = layer.window && layer.window->tap_major ? layer.window->taps() : 1;
  const std::int64_t rows = layer.inputs / taps;
  const std::int64_t parts = divideUp(rows, groupedRows(target.array_rows, group));
  return divideUp(divideUp(rows, parts), group) * layer.elem_bits;
}

std::int64_t words(const LayerPlan& layer, int lanes) {
  return divideUp(layer.outputs, layer.window ? largestDivisor(layer.outputs, lanes) : lanes);
}

}  // namespace

int groupedRows(int array_rows, int group) {
  return array_rows / group * group;
}

LayerFolding foldingOf(const LayerPlan& layer, const TargetSpec& target, const Runs& runs) {
  LayerFolding folding{target.group, target.lanes};
  if (target.cycles_per_image > 0) {
    const int most_group = std::min(kMostGroup, target.array_rows);
    folding = {1, 1};
    while (folding.group < most_group &&
           steps(layer, target, folding.group) * layer.windows * runs.arrays > target.cycles_per_image) {
      ++folding.group;
    }
    const int most_lanes = std::min(kMostLanes, layer.outputs);
    while (folding.lanes < most_lanes &&
           words(layer, folding.lanes) * layer.windows * runs.lanes > target.cycles_per_image) {
      ++folding.lanes;
    }
  }
  if (const auto by_hand = target.layers.find(layer.name); by_hand != target.layers.end()) {
    if (by_hand->second.group > 0) folding.group = by_hand->second.group;
    if (by_hand->second.lanes > 0) folding.lanes = by_hand->second.lanes;
  }
  return folding;
}

}  // namespace neuspin::plan

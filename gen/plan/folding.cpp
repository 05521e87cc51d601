#include "plan/folding.hpp"

#include <algorithm>
#include <bit>

#include "plan/windows.hpp"

namespace neuspin::plan {
namespace {

constexpr int kMostGroup = 64;
constexpr int kMostLanes = 1024;

int divideUp(int a, int b) {
  return (a + b - 1) / b;
}

/// Array steps of a window.
std::int64_t steps(const LayerPlan& layer, const TargetSpec& target, const LayerFolding& folding) {
  return std::int64_t{rowTiling(layer, target, folding.group, folding.tiles).groups} * layer.elem_bits;
}

std::int64_t words(const LayerPlan& layer, int lanes) {
  return divideUp(layer.outputs, layer.window ? largestDivisor(layer.outputs, lanes) : lanes);
}

}  // namespace

RowTiling rowTiling(const LayerPlan& layer, const TargetSpec& target, int group, int tiles) {
  RowTiling tiling;
  if (layer.window && layer.window->tap_major) tiling.taps = layer.window->taps();
  tiling.rows = layer.inputs / tiling.taps;
  const int fewest = divideUp(tiling.rows, target.array_rows / group * group);
  tiling.groups = divideUp(divideUp(tiling.rows, std::max(fewest, tiles)), group);
  tiling.parts = divideUp(tiling.rows, tiling.groups * group);
  return tiling;
}

LayerFolding foldingOf(const LayerPlan& layer, const TargetSpec& target, const FoldingGoal& goal,
                       const Runs& runs) {
  LayerFolding folding{target.group, target.lanes, 1};
  if (goal.cycles > 0) {
    const int most_group = std::min(kMostGroup, target.array_rows);
    folding = {1, 1, 1};
    const auto too_slow = [&] {
      return steps(layer, target, folding) * layer.windows * runs.arrays > goal.cycles;
    };
    while (folding.group < most_group && too_slow()) ++folding.group;
    while (folding.tiles < divideUp(layer.inputs, folding.group) && too_slow()) ++folding.tiles;
    // The shares of more arrays may need fewer rows a read.
    while (folding.group > 1 && !too_slow()) --folding.group;
    if (too_slow()) folding.group = std::min(folding.group + 1, most_group);
    const int most_lanes = std::min(kMostLanes, layer.outputs);
    while (folding.lanes < most_lanes &&
           words(layer, folding.lanes) * layer.windows * runs.lanes > goal.cycles) {
      ++folding.lanes;
    }
    if (goal.powers_of_two) {
      const auto up = [](int n) { return static_cast<int>(std::bit_ceil(static_cast<unsigned>(n))); };
      const int least = folding.group;
      folding.group = std::min(up(folding.group), most_group);
      if (too_slow()) folding.group = least;  // fewer arrays held the rows, each with more reads
      folding.lanes = std::min(up(folding.lanes), most_lanes);
    }
  }
  if (const auto by_hand = target.layers.find(layer.name); by_hand != target.layers.end()) {
    if (by_hand->second.group > 0) folding.group = by_hand->second.group;
    if (by_hand->second.lanes > 0) folding.lanes = by_hand->second.lanes;
    if (by_hand->second.tiles > 0) folding.tiles = by_hand->second.tiles;
  }
  return folding;
}

AreaSearch searchArea(const std::function<Folded(std::int64_t)>& fold, double gates) {
  constexpr std::int64_t kAnyRate = std::int64_t{1} << 40;
  const std::int64_t fastest = fold(1).cycles, slowest = fold(kAnyRate).cycles;
  AreaSearch search;
  std::int64_t too_large = fastest - 1;  // cycles whose folding is too large, the slowest known
  for (std::int64_t cycles = fastest;; cycles = std::min(slowest, cycles + (cycles + 3) / 4)) {
    const double area = fold(cycles).gates;
    search.found = area <= gates;
    if (search.found || search.smallest == 0 || area < search.smallest) {
      search.smallest = area;
      search.cycles = cycles;
    }
    if (search.found || cycles >= slowest) break;
    too_large = cycles;
  }
  while (search.found && search.cycles - too_large > 1) {
    const std::int64_t middle = too_large + (search.cycles - too_large) / 2;
    (fold(middle).gates <= gates ? search.cycles : too_large) = middle;
  }
  return search;
}

}  // namespace neuspin::plan

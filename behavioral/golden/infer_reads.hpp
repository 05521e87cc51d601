// Sums of layers whose columns do not report every match: each group is read as the arrays read it. Slower
// than PackedLayer's kernels, and only used where they cannot serve.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "golden/read_noise.hpp"
#include "plan/plan.hpp"

namespace neuspin::golden {

class ReadSums {
 public:
  /// The plan must outlive this object.
  ReadSums(const LayerPlan& plan, const LayerWeights& weights);

  /// z [output] of one input vector on one array set. [array row of the layer]: element as fed, 0 …
  /// 2^elem_bits − 1; and whether the row takes part (0 or 1). `first`: the first of its reads, without
  /// the column.
  void sums(int array, std::span<const std::uint8_t> elements, std::span<const std::uint8_t> part,
            const ReadEvent& first, std::span<std::int32_t> sums) const;

 private:
  /// Currents of one array, [row][col in use], by the input bit, as its weights and flipped junctions make
  /// them.
  struct Tile {
    std::vector<std::int16_t> at_one, at_zero;
    std::vector<std::int32_t> offsets;  ///< [col in use]
  };
  [[nodiscard]] Tile makeTile(std::size_t number, const LayerWeights& weights) const;
  void readGroup(const TilePlan& place, const Tile& tile, int first_row, std::span<const std::int8_t> lines,
                 std::vector<std::int32_t>& currents) const;

  const LayerPlan& plan_;
  std::vector<Tile> tiles_;          ///< as plan_.tiles
  std::vector<std::uint32_t> step_;  ///< [plane][group] its place in the schedule
};

}  // namespace neuspin::golden

// One layer engine (module <net>_layer<i>): row buffer, tiles, control, sums and post lanes.
#pragma once

#include <optional>

#include "golden/control.hpp"
#include "golden/dropout.hpp"
#include "golden/post.hpp"
#include "golden/row_buffer.hpp"
#include "golden/tile.hpp"

namespace neuspin::golden {

class LayerEngine {
 public:
  /// Keeps a reference to `layer`; unused array cells are 0.
  LayerEngine(const LayerPlan& layer, const TargetSpec& target, const LayerWeights& weights,
              std::uint32_t seed);
  void reset();  ///< registers; arrays and memories keep their contents

  // Outputs, all from registers.
  [[nodiscard]] bool ready() const { return rows_.ready(); }
  [[nodiscard]] bool fillLast() const { return rows_.fillLast(); }
  [[nodiscard]] bool valid() const { return post_ctrl_.valid(); }
  [[nodiscard]] const Bits& data() const { return lanes_.data(); }
  [[nodiscard]] bool sampled() const {
    return mask_ && mask_->sampled();
  }  ///< a dropout bit was drawn this cycle

  /// Settles the engine for this cycle: the ready of the engine after it and the passes register.
  void eval(bool ready, int passes);
  /// Clock edge after eval(). `drives` holds the drive code of every dropout module, by unit.
  void tick(const Bits& data, bool valid, std::span<const std::uint32_t> drives,
            const Programming& programming);

  void addProbes(const ProbeScope& scope) const;

 private:
  struct Tile {
    Array array;
    ColumnCounters counters;
  };
  void loadWeights(const LayerWeights& weights);
  /// Word-line pairs of row tile r in the present step, into lines_[r]; returns the active rows of all tiles.
  int driveLines();
  void sumLanes();

  const LayerPlan& layer_;
  RowBuffer rows_;
  TileCtrl ctrl_;
  ActiveCounter active_;
  std::vector<Tile> tiles_;       ///< as layer_.tiles
  std::vector<WordLines> lines_;  ///< [row tile]
  PostCtrl post_ctrl_;
  ScaleMemory scale_mem_;
  LaneSum sum_;
  PostLanes lanes_;
  std::optional<DropoutModule> mask_;
  std::vector<std::uint32_t> matches_;  ///< scratch: ΣP of each lane
};

}  // namespace neuspin::golden

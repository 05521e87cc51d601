// One layer engine (module <net>_layer<i>): row buffer, windows of a convolution, tiles, control, sums, post
// lanes, cross-channel norm or pooling, and the supply of its random choices.
#pragma once

#include <optional>
#include <variant>

#include "golden/adc_array.hpp"
#include "golden/avg_pool.hpp"
#include "golden/control.hpp"
#include "golden/cross_norm.hpp"
#include "golden/events.hpp"
#include "golden/max_pool.hpp"
#include "golden/post.hpp"
#include "golden/row_buffer.hpp"
#include "golden/skip_buffer.hpp"
#include "golden/supply.hpp"
#include "golden/tile.hpp"
#include "golden/window_buffer.hpp"

namespace neuspin::golden {

/// What the fan-out of the model's shared unit offers a layer.
struct SharedBit {
  bool valid = false, bit = false;
};

/// A beat on offer.
struct Offered {
  const Bits& data;
  bool valid = false;
};

class LayerEngine {
 public:
  /// Keeps a reference to `layer`; unused array cells are 0.
  LayerEngine(const LayerPlan& layer, const TargetSpec& target, const LayerWeights& weights,
              std::uint32_t seed);
  void reset();  ///< registers; arrays and memories keep their contents

  // Outputs, all from registers.
  [[nodiscard]] bool ready() const { return rows_.ready(); }
  [[nodiscard]] bool fillLast() const { return rows_.fillLast(); }
  [[nodiscard]] bool valid() const {
    if (pool_) return pool_->valid();
    return norm_ ? norm_->valid() : beatValid();
  }
  [[nodiscard]] const Bits& data() const {
    if (pool_) return pool_->data();
    return norm_ ? norm_->data() : lanes_.data();
  }
  /// What the performance counters see of its array reads.
  [[nodiscard]] const ActiveCounter& active() const { return active_; }
  /// Whether the buffer of its skip connection, which it must have, takes a beat.
  [[nodiscard]] bool skipReady() const { return skip_rows_->ready(); }
  /// The units of its own supply, nullptr if it has none.
  [[nodiscard]] const Bank* bank() const;
  /// Register words that only an arbiter has (unit bus), 0 otherwise.
  [[nodiscard]] std::uint32_t readUsage(int id, int word) const {
    return arbiter_ ? arbiter_->readUsage(id, word) : 0;
  }

  /// Settles the engine for this cycle: the ready of the engine after it, the passes register, and the shared
  /// unit's bit where the layer takes it.
  void eval(bool ready, int passes, SharedBit shared);
  /// The random choice on offer is taken in this cycle; valid after eval().
  [[nodiscard]] bool takesChoice() const;
  /// Clock edge after eval(). `skip`: looked at by layers with a skip connection only.
  void tick(const Offered& in, const Offered& skip, const UnitBus& bus, const Programming& programming);

  [[nodiscard]] LayerEvents events() const;
  /// Appends how often each array with converters has been read since reset, all tiles alike.
  void putReads(std::vector<std::uint32_t>& reads) const;
  void addProbes(const ProbeScope& scope) const;

 private:
  /// Columns of one column tile, row tile and slice.
  struct Tile {
    std::vector<std::variant<Array, AdcArray>> arrays;
    ColumnCounters counters;
    int selected = 0;  ///< array whose sense bits or codes are counted; −1: none yet (sel_q = 0)
  };
  static std::variant<Array, AdcArray> makeArray(const LayerPlan& layer);
  static void accumulate(Tile& tile, const TileCtrl::Out& ctrl);
  void loadWeights(const LayerWeights& weights, std::uint32_t seed);
  [[nodiscard]] bool rowsValid() const { return window_ ? window_->rowsValid() : rows_.rowsValid(); }
  /// A beat of the lanes that goes on.
  [[nodiscard]] bool beatValid() const { return post_ctrl_.valid() && (!average_ || average_->emits()); }
  [[nodiscard]] bool choiceValid(SharedBit shared) const;
  [[nodiscard]] int choiceBank(SharedBit shared) const;
  /// Word-line pairs of all row tiles in the present step, into lines_; returns the active rows.
  int driveLines();
  void sumLanes();
  void tickTiles(const TileCtrl::Out& ctrl, const Programming& programming);

  const LayerPlan& layer_;
  RowBuffer rows_;
  std::optional<WindowBuffer> window_;
  TileCtrl ctrl_;
  ActiveCounter active_;
  std::vector<Tile> tiles_;       ///< [row tile][col tile][slice]
  std::vector<WordLines> lines_;  ///< [row tile]
  PostCtrl post_ctrl_;
  ScaleMemory scale_mem_;
  LaneSum sum_;
  PostLanes lanes_;
  std::optional<LaneNoise> noise_;
  std::optional<CrossNorm> norm_;
  std::optional<MaxPool> pool_;
  std::optional<AvgPool> average_;
  std::optional<RowBuffer> skip_rows_;
  std::optional<SkipBuffer> skip_;
  std::optional<MaskSupply> mask_;
  std::optional<Arbiter> arbiter_;
  bool ready_ = false;  ///< of the engine after this one, in this cycle
  LayerEvents events_;
  std::vector<std::uint32_t> matches_;  ///< scratch: ΣP of each lane
  std::vector<std::int64_t> totals_;    ///< scratch: what the lanes see of an average
};

}  // namespace neuspin::golden

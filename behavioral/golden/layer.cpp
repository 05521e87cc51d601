#include "golden/layer.hpp"

namespace neuspin::golden {

LayerEngine::LayerEngine(const LayerPlan& layer, const TargetSpec& target, const LayerWeights& weights,
                         std::uint32_t seed)
    : layer_(layer),
      rows_(layer.beats, layer.beatBits()),
      ctrl_(layer),
      active_(layer.row_tiles * layer.group, layer.active_bits),
      lines_(static_cast<std::size_t>(layer.row_tiles), WordLines(layer.group)),
      post_ctrl_(layer),
      scale_mem_(layer),
      sum_(layer),
      lanes_(layer),
      matches_(static_cast<std::size_t>(layer.lanes)) {
  tiles_.reserve(layer.tiles.size());
  for (const TilePlan& tile : layer.tiles) {
    tiles_.push_back({Array(layer.array_rows, layer.array_cols, layer.group),
                      ColumnCounters(tile.cols_used, layer.array_cols, layer.acc_bits)});
  }
  loadWeights(weights);
  if (layer.dropout) mask_.emplace(*layer.dropout, target, seed);
}

void LayerEngine::loadWeights(const LayerWeights& weights) {
  for (std::size_t t = 0; t < tiles_.size(); ++t) {
    const TilePlan& tile = layer_.tiles[t];
    for (int r = 0; r < tile.rows_used; ++r) {
      for (int c = 0; c < tile.cols_used; ++c) {
        tiles_[t].array.setWeight(r, c, weights.weight(tile.col_base + c, tile.row_base + r));
      }
    }
  }
}

void LayerEngine::reset() {
  rows_.reset();
  ctrl_.reset();
  active_.reset();
  for (Tile& tile : tiles_) tile.counters.reset();
  post_ctrl_.reset();
  sum_.reset();
  lanes_.reset();
  if (mask_) mask_->reset();
}

void LayerEngine::eval(bool ready, int passes) {
  const bool mask_valid = mask_ ? mask_->maskValid() : true;
  const int bank = mask_ && mask_->maskBit() ? 1 : 0;
  const PostCtrl::Out& post = post_ctrl_.eval(mask_valid, bank, passes, ready);
  ctrl_.eval(rows_.rowsValid(), post.hold_free, passes);
}

int LayerEngine::driveLines() {
  const Bits& rows = rows_.rows();
  int active = 0;
  for (int t = 0; t < layer_.row_tiles; ++t) {
    const TilePlan& tile = layer_.tile(t, 0);
    WordLines& lines = lines_[static_cast<std::size_t>(t)];
    lines.clear();
    const int start = ctrl_.out().group * layer_.group;
    const int count =
        std::min(layer_.group, tile.rows_used - start);  // rows past the last input take no part
    for (int r = 0; r < count; ++r) {
      const bool bit = getBit(rows, (tile.row_base + start + r) * layer_.elem_bits + ctrl_.out().plane);
      auto& line = bit ? lines.wl : lines.wlb;
      if (bit || layer_.bipolar) {
        line[static_cast<std::size_t>(r / 8)] |= static_cast<std::uint8_t>(1U << (r % 8));
      }
    }
    active += lines.active();
  }
  return active;
}

void LayerEngine::sumLanes() {
  std::ranges::fill(matches_, 0U);
  const int first = post_ctrl_.out().word * layer_.lanes;
  const int count = std::min(layer_.lanes, layer_.outputs - first);
  const auto tiles_a_row = static_cast<std::size_t>(layer_.col_tiles);
  for (int lane = 0; lane < count; ++lane) {
    const int column = first + lane;
    const int col_tile = column / layer_.array_cols;
    for (auto t = static_cast<std::size_t>(col_tile); t < tiles_.size();
         t += tiles_a_row) {  // down the row tiles
      matches_[static_cast<std::size_t>(lane)] +=
          tiles_[t].counters.held(column - col_tile * layer_.array_cols);
    }
  }
}

void LayerEngine::tick(const Bits& data, bool valid, std::span<const std::uint32_t> drives,
                       const Programming& programming) {
  const TileCtrl::Out& ctrl = ctrl_.out();
  const PostCtrl::Out& post = post_ctrl_.out();

  // From the end of the engine to its start: each part takes what the one before it holds until this edge.
  lanes_.tick(post.move, sum_.sums(), scale_mem_.rdata());
  scale_mem_.tick(post.fire, post.addr, programming);
  if (post.fire) sumLanes();
  sum_.tick(post.fire, matches_, active_.active());

  if (ctrl.acc_en) {
    for (Tile& tile : tiles_) tile.counters.accumulate(tile.array.sense(), ctrl.first, ctrl.shift, ctrl.load);
  }
  const int active_rows = ctrl.read ? driveLines() : 0;
  active_.tick(ctrl, active_rows);
  for (std::size_t t = 0; t < tiles_.size(); ++t) {
    const TilePlan& tile = layer_.tiles[t];
    if (ctrl.read) tiles_[t].array.read(ctrl.group, lines_[static_cast<std::size_t>(tile.row_tile)]);
    if (programming.we && programming.unit == tile.prog_unit) {
      const auto row_mask = static_cast<int>(lowMask(idxBits(layer_.array_rows)));
      tiles_[t].array.writeRow(programming.addr & row_mask, programming.data);
    }
  }
  if (mask_) mask_->tick(post.mask_ready, drives[static_cast<std::size_t>(layer_.dropout->unit)]);
  rows_.tick(data, valid, ctrl.rows_release);
  post_ctrl_.tick(ctrl.load);
  ctrl_.tick();
}

void LayerEngine::addProbes(const ProbeScope& scope) const {
  rows_.addProbes(scope.below("u_rows"));
  ctrl_.addProbes(scope.below("u_ctrl"));
  active_.addProbes(scope.below("u_active"));
  for (std::size_t t = 0; t < tiles_.size(); ++t) {
    const TilePlan& tile = layer_.tiles[t];
    tiles_[t].counters.addProbes(
        scope.below("u_tile_" + std::to_string(tile.row_tile) + "_" + std::to_string(tile.col_tile)));
  }
  post_ctrl_.addProbes(scope.below("u_post_ctrl"));
  sum_.addProbes(scope.below("u_sum"));
  lanes_.addProbes(scope.below("u_lanes"));
  if (mask_) mask_->addProbes(scope.below("u_mask"));
}

}  // namespace neuspin::golden

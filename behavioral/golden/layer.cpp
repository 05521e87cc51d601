#include "golden/layer.hpp"

#include <fmt/format.h>

namespace neuspin::golden {

LayerEngine::LayerEngine(const LayerPlan& layer, const TargetSpec& target, const LayerWeights& weights,
                         std::uint32_t seed)
    : layer_(layer),
      rows_(layer.beats, layer.beatBits(), layer.index == 0 && layer.window ? layer.window->in.pixels() : 1),
      ctrl_(layer),
      active_(layer.row_tiles * layer.group, layer.active_bits),
      lines_(static_cast<std::size_t>(layer.row_tiles), WordLines(layer.group)),
      post_ctrl_(layer),
      scale_mem_(layer),
      sum_(layer),
      lanes_(layer),
      matches_(static_cast<std::size_t>(layer.lanes)) {
  const auto arrays = static_cast<std::size_t>(layer.arrays);
  for (std::size_t t = 0; t < layer.tiles.size(); t += arrays) {
    tiles_.push_back({std::vector(arrays, makeArray(layer)),
                      ColumnCounters(layer.tiles[t].cols_used, layer.array_cols, layer.acc_bits)});
  }
  loadWeights(weights, seed);
  if (layer.window) window_.emplace(layer);
  if (layer.window && layer.window->takesMaximum()) pool_.emplace(layer);
  if (layer.window && layer.window->averages()) average_.emplace(layer);
  if (layer.choice == Choice::Noise) noise_.emplace(layer);
  if (layer.cross_norm) norm_.emplace(layer);
  if (layer.skip) {
    skip_rows_.emplace(layer.skip->beats, layer.skip->beat_bits);
    skip_.emplace(layer);
  }
  if (layer.supply && layer.supply->choices > 0) arbiter_.emplace(*layer.supply, target, seed);
  if (layer.supply && layer.supply->choices == 0) mask_.emplace(*layer.supply, target, seed);
  reset();
}

std::variant<Array, AdcArray> LayerEngine::makeArray(const LayerPlan& layer) {
  if (layer.adc_bits > 0) return AdcArray(layer.array_rows, layer.array_cols, layer.group, layer.adc_bits);
  return Array(layer.array_rows, layer.array_cols, layer.group);
}

void LayerEngine::loadWeights(const LayerWeights& weights, std::uint32_t seed) {
  const auto arrays = static_cast<std::size_t>(layer_.arrays);
  for (std::size_t t = 0; t < layer_.tiles.size(); ++t) {
    const TilePlan& tile = layer_.tiles[t];
    auto& array = tiles_[t / arrays].arrays[t % arrays];
    for (int r = 0; r < tile.rows_used; ++r) {
      const int input = layer_.inputOfRow(tile.row_base + r);
      for (int c = 0; c < tile.cols_used; ++c) {
        const bool bit = weights.weight(tile.col_base + c, input, tile.array, tile.slice);
        std::visit([&](auto& cells) { cells.setWeight(r, c, bit); }, array);
      }
    }
    if (auto* adc = std::get_if<AdcArray>(&array)) {
      if (!layer_.currents.empty()) adc->setCurrents(layer_.currents[t]);
      if (layer_.noise) adc->setNoise(*layer_.noise, seed, layer_.noiseColumn(t));
      if (!layer_.faults.empty()) adc->flip(layer_.faults[t]);
    } else if (!layer_.faults.empty()) {
      std::get<Array>(array).setFaults(layer_.faults[t]);
    }
  }
}

void LayerEngine::reset() {
  rows_.reset();
  if (window_) window_->reset();
  ctrl_.reset();
  active_.reset();
  for (Tile& tile : tiles_) {
    tile.counters.reset();
    for (auto& array : tile.arrays) {
      if (auto* adc = std::get_if<AdcArray>(&array)) adc->reset();
    }
    tile.selected = layer_.choice == Choice::Array ? -1 : 0;
  }
  post_ctrl_.reset();
  sum_.reset();
  lanes_.reset();
  if (noise_) noise_->reset();
  if (norm_) norm_->reset();
  if (pool_) pool_->reset();
  if (average_) average_->reset();
  if (skip_rows_) skip_rows_->reset();
  if (skip_) skip_->reset();
  if (mask_) mask_->reset();
  if (arbiter_) arbiter_->reset();
}

const Bank* LayerEngine::bank() const {
  if (mask_) return &mask_->bank();
  return arbiter_ ? &arbiter_->bank() : nullptr;
}

bool LayerEngine::choiceValid(SharedBit shared) const {
  if (mask_) return mask_->valid();
  return arbiter_ ? arbiter_->valid() : shared.valid;
}

int LayerEngine::choiceBank(SharedBit shared) const {
  if (mask_) return static_cast<int>(mask_->mask().front());
  return arbiter_ ? arbiter_->index() : shared.bit ? 1 : 0;
}

void LayerEngine::eval(bool ready, int passes, SharedBit shared) {
  ready_ = ready;
  const Choice choice = layer_.choice;
  const bool in_post = choice == Choice::Bank || choice == Choice::Noise;
  const bool in_tiles = choice == Choice::Rows || choice == Choice::Array;
  const bool valid = choiceValid(shared);
  const bool taken_on = pool_ ? pool_->ready(ready) : norm_ ? norm_->ready() : ready;
  const bool lanes_ready = taken_on || (average_ && !average_->emits());
  const bool start = (!in_post || valid) && (!skip_ || skip_->valid()) && (!average_ || average_->free());
  const PostCtrl::Out& post =
      post_ctrl_.eval(start, choice == Choice::Bank ? choiceBank(shared) : 0, passes, lanes_ready);
  ctrl_.eval(rowsValid(), !in_tiles || valid, post.hold_free, passes);
  if (window_) window_->eval(rows_.rowsValid(), passes);
  if (skip_) skip_->eval(skip_rows_->rowsValid(), post.fire, post.word, passes);
}

bool LayerEngine::takesChoice() const {
  switch (layer_.choice) {
    case Choice::None:
      return false;
    case Choice::Rows:
    case Choice::Array:
      return ctrl_.out().mask_ready;
    case Choice::Bank:
    case Choice::Noise:
      return post_ctrl_.out().mask_ready;
  }
  return false;
}

int LayerEngine::driveLines() {
  const Bits& rows = window_ ? window_->rows() : rows_.rows();
  const Bits* dropped = layer_.choice == Choice::Rows ? &mask_->mask() : nullptr;
  int active = 0;
  for (int t = 0; t < layer_.row_tiles; ++t) {
    const TilePlan& tile = layer_.tile(t, 0);
    WordLines& lines = lines_[static_cast<std::size_t>(t)];
    lines.clear();
    const int start = ctrl_.out().group * layer_.group;
    const int count =
        std::min(layer_.group, tile.rows_used - start);  // rows past the last input take no part
    for (int r = 0; r < count; ++r) {
      const int row = tile.row_base + start + r;
      const int input = layer_.inputOfRow(row);
      if (dropped != nullptr && getBit(*dropped, input / layer_.mask_group)) continue;
      if (window_ && getBit(window_->absent(), input % layer_.window->taps())) continue;
      const bool bit = getBit(rows, row * layer_.elem_bits + ctrl_.out().plane);
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
  for (int lane = 0; lane < count; ++lane) {
    const int column = first + lane;
    const int col_tile = column / layer_.array_cols;
    const int col = column - col_tile * layer_.array_cols;
    std::uint32_t& sum = matches_[static_cast<std::size_t>(lane)];
    for (int r = 0; r < layer_.row_tiles; ++r) {
      const auto at = static_cast<std::size_t>((r * layer_.col_tiles + col_tile) * layer_.slices);
      for (int s = 0; s < layer_.slices; ++s) {
        sum += tiles_[at + static_cast<std::size_t>(s)].counters.held(col) << s;
      }
    }
  }
}

/// Before the first read no array is selected, and nothing is counted.
void LayerEngine::accumulate(Tile& tile, const TileCtrl::Out& ctrl) {
  const auto* array = tile.selected < 0 ? nullptr : &tile.arrays[static_cast<std::size_t>(tile.selected)];
  if (const auto* adc = array == nullptr ? nullptr : std::get_if<AdcArray>(array)) {
    tile.counters.accumulateCodes(adc->codes(), ctrl.first, ctrl.shift, ctrl.load);
    return;
  }
  const auto sense = array == nullptr ? std::span<const std::uint8_t>() : std::get<Array>(*array).sense();
  tile.counters.accumulate(sense, ctrl.first, ctrl.shift, ctrl.load);
}

void LayerEngine::tickTiles(const TileCtrl::Out& ctrl, const Programming& programming) {
  const auto slices = static_cast<std::size_t>(layer_.slices);
  const auto tiles_a_row = static_cast<std::size_t>(layer_.col_tiles) * slices;
  const int read = layer_.choice == Choice::Array && ctrl.read ? arbiter_->index() : 0;
  for (std::size_t t = 0; t < tiles_.size(); ++t) {
    Tile& tile = tiles_[t];
    if (ctrl.acc_en) accumulate(tile, ctrl);
    if (ctrl.read) {
      std::visit([&](auto& array) { array.read(ctrl.group, lines_[t / tiles_a_row]); },
                 tile.arrays[static_cast<std::size_t>(read)]);
      tile.selected = read;
    }
  }
  if (!programming.we) return;
  const auto arrays = static_cast<std::size_t>(layer_.arrays);
  const int row = programming.addr & static_cast<int>(lowMask(idxBits(layer_.array_rows)));
  for (std::size_t t = 0; t < layer_.tiles.size(); ++t) {
    if (layer_.tiles[t].prog_unit == programming.unit) {
      std::visit([&](auto& array) { array.writeRow(row, programming.data); },
                 tiles_[t / arrays].arrays[t % arrays]);
    }
  }
}

void LayerEngine::tick(const Offered& in, const Offered& skip, const UnitBus& bus,
                       const Programming& programming) {
  const TileCtrl::Out& ctrl = ctrl_.out();
  const PostCtrl::Out& post = post_ctrl_.out();

  // From the end of the engine to its start: each part takes what the one before it holds until this edge.
  if (norm_) norm_->tick(lanes_.data(), beatValid(), ready_);
  if (pool_) pool_->tick(lanes_.data(), lanes_.negative(), post_ctrl_.valid(), ready_);
  static const std::vector<int> kNoNoise;
  const std::vector<std::int64_t>* sums = &sum_.sums();
  if (average_) {
    totals_ = average_->totals(*sums);
    sums = &totals_;
    average_->tick(post.fire, post.word, post.move, totals_);
  }
  lanes_.tick(post.move, *sums, scale_mem_.rdata(), noise_ ? noise_->eps() : kNoNoise,
              skip_ ? &skip_->bits() : nullptr);
  if (skip_) {
    skip_->tick(skip_rows_->rows());
    skip_rows_->tick(skip.data, skip.valid, skip_->pixelRelease());
  }
  scale_mem_.tick(post.fire, post.addr, programming);
  if (noise_) noise_->tick(post.fire, mask_->mask());
  if (post.fire) sumLanes();
  sum_.tick(post.fire, matches_, active_.active());

  const int active_rows = ctrl.read ? driveLines() : 0;
  events_.beats += in.valid && ready() ? 1 : 0;
  events_.reads += ctrl.read ? 1 : 0;
  events_.driven_rows += active_rows;
  events_.words += post.fire ? 1 : 0;
  active_.tick(ctrl, active_rows);
  tickTiles(ctrl, programming);
  if (mask_) mask_->tick(takesChoice(), bus);
  if (arbiter_) arbiter_->tick(takesChoice(), bus);
  if (window_) window_->tick(rows_.rows(), ctrl.rows_release);
  rows_.tick(in.data, in.valid, window_ ? window_->pixelRelease() : ctrl.rows_release);
  post_ctrl_.tick(ctrl.load);
  ctrl_.tick();
}

void LayerEngine::putReads(std::vector<std::uint32_t>& reads) const {
  for (const auto& array : tiles_.front().arrays) {
    const auto* adc = std::get_if<AdcArray>(&array);
    reads.push_back(adc == nullptr ? 0 : adc->reads());
  }
}

LayerEvents LayerEngine::events() const {
  LayerEvents events = events_;
  if (window_) {
    events.pixels_stored = window_->stores();
    events.pixels_read = window_->reads();
  }
  if (skip_) {
    events.skips_stored = skip_->stores();
    events.skips_read = skip_->reads();
  }
  return events;
}

void LayerEngine::addProbes(const ProbeScope& scope) const {
  rows_.addProbes(scope.below("u_rows"));
  if (window_) window_->addProbes(scope.below("u_window"));
  ctrl_.addProbes(scope.below("u_ctrl"));
  active_.addProbes(scope.below("u_active"));
  for (std::size_t t = 0; t < tiles_.size(); ++t) {
    const TilePlan& plan = layer_.tiles[t * static_cast<std::size_t>(layer_.arrays)];
    const ProbeScope instance =
        scope.below(layer_.choice == Choice::Array
                        ? fmt::format("u_tile_{}_{}_{}", plan.row_tile, plan.col_tile, plan.slice)
                        : fmt::format("u_tile_{}_{}", plan.row_tile, plan.col_tile));
    tiles_[t].counters.addProbes(instance);
    if (layer_.choice != Choice::Array) continue;
    const Tile& tile = tiles_[t];
    instance.fields("sel_q", layer_.arrays, 1, [&tile](int n) { return n == tile.selected; });
  }
  post_ctrl_.addProbes(scope.below("u_post_ctrl"));
  sum_.addProbes(scope.below("u_sum"));
  lanes_.addProbes(scope.below("u_lanes"));
  if (noise_) noise_->addProbes(scope.below("u_noise"));
  if (norm_) norm_->addProbes(scope.below("u_norm"));
  if (pool_) pool_->addProbes(scope.below("u_pool"));
  if (average_) average_->addProbes(scope.below("u_pool"));
  if (skip_rows_) skip_rows_->addProbes(scope.below("u_skip_rows"));
  if (skip_) skip_->addProbes(scope.below("u_skip"));
  if (mask_) mask_->addProbes(scope.below("u_supply"));
  if (arbiter_) arbiter_->addProbes(scope.below("u_supply"));
}

}  // namespace neuspin::golden

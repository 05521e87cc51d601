#include "plan/area.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace neuspin::plan {
namespace {

constexpr int kPassBits = 8;    // width of passes_i (rtl/README.md)
constexpr int kBlockCols = 64;  // columns of a cim_column_block

/// Full adders of cim_popcount: two halves, and a carry chain over the wider one's bits that takes a tap too.
int popcountAdders(int taps) {
  if (taps <= 1) return 0;
  const int left = taps / 2, right = taps - 1 - left;
  return popcountAdders(left) + popcountAdders(right) + cntBits(left);
}

class Amounts {
 public:
  void add(std::string_view module, std::array<double, kAreaTerms> amounts, double instances = 1) {
    auto& sum = sum_[module];
    for (std::size_t i = 0; i < kAreaTerms; ++i) sum[i] += instances * amounts[i];
  }
  [[nodiscard]] AreaAmounts take() { return std::move(sum_); }

 private:
  AreaAmounts sum_;
};

void addRowBuffer(Amounts& to, int words, int beat_bits, int vectors) {
  to.add("cim_row_buffer", {1, static_cast<double>(words) * beat_bits, static_cast<double>(words),
                            static_cast<double>(cntBits(vectors))});
}

void addWindow(Amounts& to, const LayerPlan& layer) {
  const WindowPlan& window = *layer.window;
  const int pixels = window.in.pixels();
  const int addresses = 5 * idxBits(window.depth) + 2 * (idxBits(pixels) + 1);
  const int counters = 2 * (cntBits(pixels + window.depth) + 1) + idxBits(window.out_height) +
                       idxBits(window.out_width) +
                       2 * (cntBits(std::max(window.in.height, window.in.width) + 2 * window.padding +
                                    window.stride + window.kernel) +
                            1);
  to.add("cim_window_buffer", {1, static_cast<double>(window.taps()) * window.in.channels * layer.elem_bits,
                               static_cast<double>(addresses + counters),
                               window.absent ? static_cast<double>(window.taps()) : 0.0});
}

void addControl(Amounts& to, const LayerPlan& layer) {
  const auto steps = static_cast<std::int64_t>(layer.schedule.size());
  // With one plane the schedule counts as its address does; with several it is a table.
  const double table = layer.elem_bits > 1 ? static_cast<double>(steps) : 0;
  const bool chosen_by_reads = layer.choice == Choice::Rows || layer.choice == Choice::Array;
  const double counters = (layer.replay == Replay::Input && !layer.window ? kPassBits : 0) +
                          (chosen_by_reads && layer.mask_windows > 1 ? idxBits(layer.mask_windows) : 0);
  to.add("cim_tile_ctrl", {1, static_cast<double>(idxBits(steps)), table, counters});
}

/// A cim_and_or: `bits` of several words, of which one is picked.
void addPick(Amounts& to, double bits, double instances = 1) {
  to.add("cim_and_or", {bits}, instances);
}

void addWordLines(Amounts& to, const LayerPlan& layer) {
  const double slots = static_cast<double>(layer.groups) * layer.group, tiles = layer.row_tiles;
  const double planes = layer.elem_bits > 1 ? static_cast<double>(layer.group) * layer.elem_bits : 0.0;
  to.add("cim_wl_drive", {static_cast<double>(layer.groups), static_cast<double>(layer.group), planes},
         tiles);
  addPick(to, slots * layer.elem_bits, tiles);
  if (layer.choice == Choice::Rows) addPick(to, slots, tiles);
  if (layer.window && layer.window->absent) addPick(to, slots, tiles);
}

void addColumns(Amounts& to, const LayerPlan& layer) {
  const bool converts = layer.adc_bits > 0, chosen = layer.choice == Choice::Array;
  const int sense_bits = converts ? layer.codeBits() : layer.group;
  for (int c = 0; c < layer.col_tiles; ++c) {
    const int columns = layer.tile(0, c).cols_used;
    const double tiles = static_cast<double>(layer.row_tiles) * layer.slices;
    if (chosen) {
      to.add("cim_select_tile", {1, static_cast<double>(layer.arrays)}, tiles);
      addPick(to, static_cast<double>(layer.arrays) * sense_bits * layer.array_cols, tiles);
    }
    to.add("cim_array_port", {1}, tiles * layer.arrays);  // cim_adc_port: the same logic
    const double adders = converts ? 0 : popcountAdders(layer.group);
    to.add("cim_column_block",
           {static_cast<double>((columns + kBlockCols - 1) / kBlockCols),
            static_cast<double>(columns) * layer.acc_bits, columns * adders,
            static_cast<double>(columns) * cntBits(layer.group)},
           tiles);
  }
  const int taps = layer.row_tiles * layer.group;
  to.add("cim_active_counter", {1, static_cast<double>(taps), static_cast<double>(popcountAdders(taps)),
                                static_cast<double>(layer.active_bits)});
}

void addSums(Amounts& to, const LayerPlan& layer) {
  const double counts = static_cast<double>(layer.row_tiles) * layer.slices;
  const double planes = counts * layer.acc_bits, lanes = layer.lanes, slots = lanes * layer.words;
  to.add("cim_lane_sum", {static_cast<double>(layer.words), planes * lanes, lanes * layer.sum_bits});
  addPick(to, slots, planes);
  const bool banks = layer.choice == Choice::Bank;
  const double counters = (layer.replay == Replay::Sums ? kPassBits : 0) +
                          (banks && layer.mask_windows > 1 ? idxBits(layer.mask_windows) : 0);
  to.add("cim_post_ctrl",
         {1, static_cast<double>(idxBits(layer.words)), counters,
          layer.banks > 1 ? static_cast<double>(idxBits(layer.banks) * idxBits(layer.words)) : 0.0});
  to.add("cim_scale_mem",
         {1, static_cast<double>(idxBits(static_cast<std::int64_t>(layer.banks) * layer.words))});
}

void addLanes(Amounts& to, const LayerPlan& layer) {
  const double lanes = layer.lanes, sum = layer.total_bits;
  const bool maximum = layer.window && layer.window->takesMaximum();
  to.add("cim_post_lanes", {1, static_cast<double>(layer.laneBeatBits()) + (maximum ? lanes : 0)});
  const double compared = std::max(layer.total_bits, layer.theta_bits);
  switch (layer.form) {
    case PostForm::Threshold:
      to.add("cim_lane_threshold",
             {compared, compared * idxBits(std::max(layer.total_bits, layer.theta_bits))}, lanes);
      break;
    case PostForm::Multiply:
      to.add("cim_lane_multiply",
             {1, sum * layer.scale_bits, sum + layer.scale_bits, static_cast<double>(layer.offset_bits)},
             lanes);
      break;
    case PostForm::Noise: {
      const double eps = cntBits(layer.noise_bits) + 1;
      const double factor = std::max<double>(layer.scale_bits, layer.sigma_bits + eps) + 1;
      to.add("cim_lane_noisy", {1, sum * factor, layer.sigma_bits * eps, static_cast<double>(layer.out_bits)},
             lanes);
      to.add("cim_lane_noise", {lanes, lanes * layer.noise_bits});
      break;
    }
  }
}

void addStages(Amounts& to, const LayerPlan& layer) {
  const double words = layer.words, lanes = layer.lanes;
  if (layer.window && layer.window->takesMaximum()) {
    const WindowPlan& window = *layer.window;
    to.add("cim_max_pool", {1, words * lanes, lanes,
                            static_cast<double>(idxBits(window.out_height) + idxBits(window.out_width) +
                                                2 * idxBits(window.pool) + 2 * idxBits(layer.words))});
    addPick(to, words * lanes);
  }
  if (layer.window && layer.window->averages()) {
    const double total = lanes * layer.total_bits;
    to.add("cim_avg_pool", {1, words * total, total, layer.poolWords() > 0 ? total : 0});
    addPick(to, words * total);
  }
  if (layer.cross_norm) {
    to.add("cim_cross_norm",
           {1, lanes * layer.out_bits, static_cast<double>(layer.out_bits + cntBits(layer.outputs)),
            lanes * layer.out_bits * cntBits(layer.outputs)});
  }
}

void addSkip(Amounts& to, const LayerPlan& layer) {
  const SkipPlan& skip = *layer.skip;
  addRowBuffer(to, skip.beats, skip.beat_bits, 1);
  to.add("cim_skip_buffer", {1, 2.0 * idxBits(skip.depth) + cntBits(skip.depth) + idxBits(skip.pixels),
                             static_cast<double>(layer.outputs), skip.replay ? 1.0 : 0.0});
  addPick(to, static_cast<double>(layer.words) * layer.lanes);
  to.add("cim_lane_skip", {static_cast<double>(layer.lanes) * layer.constantBits()});
}

void addSupply(Amounts& to, const SupplyPlan& supply, const TargetSpec& target) {
  const double units = supply.modules;
  if (supply.choices > 0) {
    to.add("cim_arbiter_onehot", {1, static_cast<double>(supply.choices)});
    addPick(to, 32.0 * supply.choices, 2);  // a counter to add to, a counter to read
  } else {
    to.add("cim_mask_supply", {1, static_cast<double>(supply.bits), static_cast<double>(supply.rounds)});
  }
  const double residual = target.calibration_window_log2 + 2;
  to.add("cim_stochastic_bank", {1, units, units * (target.drive_bits + residual)});
  to.add("cim_dropout_module", {1, static_cast<double>(target.drive_bits)}, units);
  to.add("cim_mtj_sequencer", {1});
  if (target.health_window_log2 > 0) {
    to.add("cim_unit_monitor", {1, units, static_cast<double>(target.health_window_log2)});
  }
  if (target.calibration != Calibration::None) {
    to.add("cim_unit_calibrator", {1, units, units * target.drive_bits, residual});
  }
}

void addHead(Amounts& to, const HeadPlan& head) {
  const double classes = head.classes, logit = head.logit_bits;
  const double exponential = 13 + logit;
  to.add("cim_head_collect", {1, classes * logit});
  to.add("cim_head_recip", {1});
  to.add("cim_head_exp", {1, classes * exponential, logit});
  addPick(to, classes * logit);
  const double held =
      20 + (head.moment2 ? 32 : 0) + (head.logits ? 32 : 0) + (head.votes ? 8 : 0) + 12 * head.smallest;
  to.add("cim_head_stats", {1, classes * held, classes * exponential, held});
  addPick(to, classes * (exponential + held));
  to.add("cim_head_insert", {static_cast<double>(head.smallest)});
  to.add("cim_head_result",
         {1, static_cast<double>(head.max_passes), head.moment2 ? 1.0 : 0.0, head.entropy ? 1.0 : 0.0});
}

}  // namespace

AreaAmounts engineAmounts(const Plan& plan, const LayerPlan& layer) {
  Amounts amounts;
  addRowBuffer(amounts, layer.beats, layer.beatBits(),
               layer.index == 0 && layer.window ? layer.window->in.pixels() : 1);
  if (layer.window) addWindow(amounts, layer);
  addControl(amounts, layer);
  addWordLines(amounts, layer);
  addColumns(amounts, layer);
  addSums(amounts, layer);
  addLanes(amounts, layer);
  addStages(amounts, layer);
  if (layer.skip) addSkip(amounts, layer);
  if (layer.supply) addSupply(amounts, *layer.supply, plan.target);
  return amounts.take();
}

AreaAmounts otherAmounts(const Plan& plan) {
  Amounts amounts;
  int row_bits = 1;
  for (const LayerPlan& layer : plan.layers) {
    row_bits = std::max(row_bits, cntBits(layer.row_tiles * layer.group));
    if (const auto takers = plan.skipsFrom(layer.index).size(); takers > 0)
      amounts.add("cim_stream_fork", {static_cast<double>(takers) + 1});
  }
  amounts.add("cim_regs", {1, static_cast<double>(std::max(1, plan.supplies)),
                           static_cast<double>(plan.layers.size()) * row_bits});
  if (plan.shared) {
    addSupply(amounts, *plan.shared, plan.target);
    amounts.add("cim_mask_fanout",
                {1, static_cast<double>(plan.shared_depth), static_cast<double>(plan.shared_consumers)});
  }
  addHead(amounts, plan.head);
  return amounts.take();
}

double gateEquivalents(const AreaAmounts& amounts) {
  double sum = 0;
  for (const AreaModule& module : areaTable()) {
    const auto found = amounts.find(module.module);
    if (found == amounts.end()) continue;
    sum = std::inner_product(module.gates.begin(), module.gates.end(), found->second.begin(), sum);
  }
  return sum;
}

double Area::total() const {
  return std::accumulate(engines.begin(), engines.end(), other);
}

Area modelledArea(const Plan& plan) {
  Area area;
  for (const LayerPlan& layer : plan.layers)
    area.engines.push_back(gateEquivalents(engineAmounts(plan, layer)));
  area.other = gateEquivalents(otherAmounts(plan));
  return area;
}

}  // namespace neuspin::plan

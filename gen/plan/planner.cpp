// makePlan: tiling, schedule, widths, folding, numbering. Limits are checked here, with the reason and the
// remedy.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "plan/area.hpp"
#include "plan/converter.hpp"
#include "plan/folding.hpp"
#include "plan/head_tables.hpp"
#include "plan/plan.hpp"
#include "plan/post.hpp"
#include "plan/supplies.hpp"
#include "plan/windows.hpp"

namespace neuspin {

int idxBits(std::int64_t n) {
  return std::max(1, static_cast<int>(std::bit_width(static_cast<std::uint64_t>(n - 1))));
}

int cntBits(std::int64_t n) {
  return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(n)));
}

namespace {

int divideUp(int a, int b) {
  return (a + b - 1) / b;
}

class Planner {
 public:
  /// `draft`: only what time and area follow from.
  Planner(const NetworkSpec& network, const TargetSpec& target, const Weights& weights, Diagnostics& diags,
          plan::FoldingGoal goal, bool draft = false)
      : network_(network), target_(target), weights_(weights), diags_(diags), goal_(goal), draft_(draft) {}

  std::optional<Plan> run() {
    const auto errors_before = diags_.errorCount();
    checkPasses();
    first_stochastic_ = -1;
    for (std::size_t i = 0; i < network_.layers.size() && first_stochastic_ < 0; ++i) {
      if (plan::choiceOf(network_.layers[i].scheme) != Choice::None) first_stochastic_ = static_cast<int>(i);
    }
    plan_.name = network_.name;
    if (!draft_) plan_.spec_sha256 = specSha256(network_, target_, weights_);
    plan_.seed = network_.seed;
    plan_.passes = first_stochastic_ < 0 ? 1 : network_.passes;
    plan_.target = target_;
    plan_.input = network_.input;
    if (first_stochastic_ < 0 && network_.passes > 1) {
      diags_.note(
          "deterministic-network", {network_.file, 0, 0, ""},
          fmt::format("no layer is stochastic: all {} passes would be equal, one is made", network_.passes));
    }
    for (std::size_t i = 0; i < network_.layers.size(); ++i) addLayer(static_cast<int>(i));
    plan::planSupplies(plan_, network_, diags_);
    planReplay();
    plan::planSkips(plan_, network_, diags_);
    plan::planDepths(plan_);
    const auto& last = plan_.layers.back();
    plan_.head = plan::makeHead(target_, last.outputs, last.out_bits, logit_frac_,
                                first_stochastic_ < 0 ? 1 : target_.max_passes);
    numberProgrammingUnits();
    checkFolding();
    if (diags_.errorCount() != errors_before) return std::nullopt;
    if (!draft_) plan::growSkips(plan_);
    return std::move(plan_);
  }

 private:
  void checkPasses() {
    if (network_.passes > target_.max_passes) {
      diags_.error("too-many-passes", {target_.file, 0, 0, "[uncertainty] max_passes"},
                   fmt::format("the network asks for {} passes, the target holds at most {}", network_.passes,
                               target_.max_passes),
                   fmt::format("set max_passes = {} or more (up to 255), or fewer passes", network_.passes));
    }
  }

  void addLayer(int index) {
    const auto& spec = network_.layers[static_cast<std::size_t>(index)];
    LayerPlan layer;
    layer.name = spec.name;
    layer.index = index;
    layer.last = spec.last;
    layer.inputs = spec.inputs;
    layer.outputs = spec.outputs;
    layer.arrays = weightArrays(spec.scheme);
    layer.slices = weightSlices(spec.scheme);
    if (spec.conv) {
      layer.window = plan::planWindow(spec, network_.input, index == 0, target_);
      layer.windows = layer.window->windows();
    }
    planInput(layer, spec);
    layer.per_pass = first_stochastic_ >= 0 && index > first_stochastic_;
    const LayerFolding folding = plan::foldingOf(layer, target_, goal_, runsOf(layer, spec));
    layer.group = folding.group;
    // The order in which noise bits are drawn is a matter of the lanes (behavioral/reference): folding leaves
    // it alone.
    layer.lanes = std::holds_alternative<SubsetNoise>(spec.scheme) ? target_.lanes : folding.lanes;
    planTiles(layer, folding.tiles);
    planConverters(layer);
    planSchedule(layer);
    planWidths(layer);
    const auto& weights = weights_.layers[static_cast<std::size_t>(index)];
    const int frac = plan::planPost(layer, network_, target_, weights, sums_, diags_);
    if (layer.last) logit_frac_ = frac;
    plan_.layers.push_back(std::move(layer));
  }

  // The first stochastic layer repeats for every pass what its choice touches: the array reads, or only the
  // post lanes.
  void planReplay() {
    if (first_stochastic_ < 0) return;
    auto& layer = plan_.layers[static_cast<std::size_t>(first_stochastic_)];
    layer.replay = replaysInput(layer.choice, layer.window.has_value()) ? Replay::Input : Replay::Sums;
  }

  /// Of the first stochastic layer. The sums of all windows of a map are held nowhere: a convolution replays
  /// its input.
  [[nodiscard]] bool replaysInput(Choice choice, bool convolution) const {
    return choice == Choice::Rows || choice == Choice::Array || convolution || !target_.prefix_cache;
  }

  [[nodiscard]] plan::Runs runsOf(const LayerPlan& layer, const LayerSpec& spec) const {
    const std::int64_t passes = plan_.passes;
    if (layer.per_pass) return {passes, passes};
    if (layer.index != first_stochastic_) return {1, 1};
    return {replaysInput(plan::choiceOf(spec.scheme), layer.window.has_value()) ? passes : 1, passes};
  }

  void checkFolding() {
    for (const auto& [name, folding] : target_.layers) {
      const auto layer = std::ranges::find(network_.layers, name, &LayerSpec::name);
      if (layer != network_.layers.end()) {
        if (folding.lanes > 0 && std::holds_alternative<SubsetNoise>(layer->scheme)) {
          diags_.error("lanes-of-noise", {target_.file, 0, 0, "[layer." + name + "] lanes"},
                       "a layer with noise on its scale has the lanes of [post]: they order its random bits",
                       "leave lanes out here");
        }
        continue;
      }
      diags_.error("unknown-layer", {target_.file, 0, 0, "[layer." + name + "]"},
                   fmt::format("the network has no layer '{}'", name),
                   "name a layer of the network, or leave it out");
    }
    const IdealCycles ideal = idealCycles(plan_);
    if (target_.cycles_per_image == 0 || ideal.per_image <= target_.cycles_per_image) return;
    diags_.warning("folding-not-reached", {target_.file, 0, 0, "[folding]"},
                   fmt::format("{} cycles an image are wanted, {} needs {}", target_.cycles_per_image,
                               ideal.bottleneck, ideal.per_image),
                   "larger arrays, a wider input beat or fewer passes, or accept the slower rate");
  }

  void planInput(LayerPlan& layer, const LayerSpec& spec) const {
    const int vector = layer.window ? spec.in.channels : layer.inputs;
    if (layer.index == 0) {
      layer.elem_bits = network_.input.bits;
      layer.bipolar = network_.input.encoding == InputEncoding::Bipolar;
      layer.beat_elems = layer.window ? plan::largestDivisor(vector, target_.input_beat)
                                      : std::min(target_.input_beat, vector);
    } else {
      layer.elem_bits = 1;
      layer.bipolar = true;
      layer.beat_elems = plan_.layers.back().lanes;
      if (!layer.window && spec.in.pixels() > 1) layer.row_inputs = plan::streamOrder(spec.in);
    }
    layer.beats = divideUp(vector, layer.beat_elems);
  }

  // As few arrays as the largest macro (or the folding) allows, then equal shares: shorter schedules and
  // smaller macros than filling the first arrays to the brim (784 rows on 256-row arrays: 4 × 200, 25 groups
  // of 8, instead of 3 × 256 + 16, 32 groups).
  void planTiles(LayerPlan& layer, int tiles) const {
    const auto [taps, rows, parts, groups] = plan::rowTiling(layer, target_, layer.group, tiles);
    layer.row_tiles = taps * parts;
    layer.groups = groups;
    layer.array_rows = layer.groups * layer.group;
    layer.col_tiles = divideUp(layer.outputs, target_.array_cols);
    layer.array_cols = divideUp(layer.outputs, layer.col_tiles);
    for (int r = 0; r < layer.row_tiles; ++r) {
      for (int c = 0; c < layer.col_tiles; ++c) {
        TilePlan tile;
        tile.row_tile = r;
        tile.col_tile = c;
        const int first = r % parts * layer.array_rows;
        tile.row_base = r / parts * rows + first;
        tile.rows_used = std::min(layer.array_rows, rows - first);
        tile.col_base = c * layer.array_cols;
        tile.cols_used = std::min(layer.array_cols, layer.outputs - tile.col_base);
        for (tile.slice = 0; tile.slice < layer.slices; ++tile.slice) {
          for (tile.array = 0; tile.array < layer.arrays; ++tile.array) layer.tiles.push_back(tile);
        }
      }
    }
  }

  /// Bits that no count of the group needs are left out. Fewer than needed cut the counts at both ends.
  void planConverters(LayerPlan& layer) const {
    if (target_.sensing == Sensing::Bit) return;
    const int needed = cntBits(layer.group);
    layer.adc_bits = target_.adc_bits == 0 ? needed : std::min(target_.adc_bits, needed);
    if (layer.countsExactly()) return;
    diags_.warning(
        "counts-cut", {target_.file, 0, 0, "[array] adc_bits"},
        fmt::format(
            "layer {}: {} bits do not tell the counts of {} rows apart; {:.2g} % of the reads of random "
            "bits are cut",
            layer.name, layer.adc_bits, layer.group, 100 * plan::cutCounts(layer.group, layer.adc_bits)),
        fmt::format("{} bits tell all of them apart, or a smaller group", needed));
  }

  static void planSchedule(LayerPlan& layer) {
    for (int plane = layer.elem_bits - 1; plane >= 0; --plane) {
      for (int group = 0; group < layer.groups; ++group) {
        const bool top = plane == layer.elem_bits - 1;
        layer.schedule.push_back({.group = group,
                                  .plane = plane,
                                  .first = top && group == 0,
                                  .shift = !top && group == 0,
                                  .last = plane == 0 && group == layer.groups - 1});
      }
    }
  }

  void planWidths(LayerPlan& layer) {
    const std::int64_t largest_input = (std::int64_t{1} << layer.elem_bits) - 1;
    const std::int64_t largest_weight = (std::int64_t{1} << layer.slices) - 1;
    const std::int64_t most_active = layer.inputs * largest_input;
    const std::int64_t windows = network_.layers[static_cast<std::size_t>(layer.index)].addedWindows();
    sums_.largest = sums_.largest_counted = windows * most_active * largest_weight;
    if (layer.index == 0 && network_.input.encoding == InputEncoding::Signed) {
      sums_.zero_code = windows << (layer.elem_bits - 1);
      sums_.largest = layer.inputs * sums_.zero_code * largest_weight;
    } else {
      sums_.zero_code = 0;
    }
    const std::int64_t rows = std::min(layer.array_rows, layer.inputs);
    // Never narrower than the count of one group, so that no popcount is cut.
    layer.acc_bits = std::max(cntBits(rows * largest_input), cntBits(layer.group));
    layer.active_bits = std::max(cntBits(most_active), cntBits(layer.row_tiles * layer.group));
    layer.sum_bits = cntBits(most_active * largest_weight) + 1;
    layer.total_bits = cntBits(sums_.largest_counted) + 1;
    constexpr int kMostSumBits = 24;
    if (layer.total_bits > kMostSumBits) {
      diags_.error("sum-too-wide", {network_.file, 0, 0, "layer " + layer.name},
                   fmt::format("sums need {} bits, at most {} are supported", layer.total_bits, kMostSumBits),
                   windows > 1 ? "a smaller pool, fewer inputs, fewer input bits or fewer weight bits"
                               : "fewer inputs, fewer input bits or fewer weight bits");
    }
  }

  void numberProgrammingUnits() {
    int unit = 0;
    for (auto& layer : plan_.layers) {
      for (auto& tile : layer.tiles) tile.prog_unit = unit++;
      layer.scale_prog_unit = unit++;
      plan_.prog_bits = std::max({plan_.prog_bits, layer.array_cols, layer.lanes * layer.entryBits()});
    }
    constexpr int kMostUnits = 65536;
    if (unit > kMostUnits) {
      diags_.error("too-many-macros", {target_.file, 0, 0, "[array]"},
                   fmt::format("{} arrays and memories, the programming bus addresses {}", unit, kMostUnits),
                   "larger arrays, or fewer stored weight samples");
    }
  }

  const NetworkSpec& network_;
  const TargetSpec& target_;
  const Weights& weights_;
  Diagnostics& diags_;
  plan::FoldingGoal goal_;
  bool draft_;
  Plan plan_;
  int first_stochastic_ = -1;
  int logit_frac_ = 0;
  plan::SumRange sums_;  ///< of the layer being planned
};

/// The rate goes first where both are wanted; by the model alone, nothing is synthesised here.
void sayAreaNotReached(const Plan& plan, const plan::AreaSearch& search, Diagnostics& diags) {
  const TargetSpec& target = plan.target;
  const plan::Area area = plan::modelledArea(plan);
  if (area.total() <= static_cast<double>(target.gate_equivalents)) return;
  const std::string has = fmt::format(
      "{} gate equivalents are wanted, the design takes about {:.0f}, {:.0f} of them outside the "
      "engines",
      target.gate_equivalents, area.total(), area.other);
  const Location where{target.file, 0, 0, "[folding] gate_equivalents"};
  if (search.found) {
    diags.warning("area-not-reached", where,
                  has + fmt::format(" at {} cycles an image", target.cycles_per_image),
                  fmt::format("accept {} cycles an image, which fit, or the area", search.cycles));
  } else {
    diags.warning(
        "area-not-reached", where,
        has + fmt::format("; the smallest folding takes about {:.0f}", search.smallest),
        "fewer parts of the head ([uncertainty]), units that share ([dropout] share), layers folded by "
        "hand less wide, or accept the area");
  }
}

}  // namespace

std::optional<Plan> makePlan(const NetworkSpec& network, const TargetSpec& target, const Weights& weights,
                             Diagnostics& diags) {
  if (target.gate_equivalents == 0)
    return Planner(network, target, weights, diags, {target.cycles_per_image}).run();
  // The smaller one of both kinds of folding; one that breaks a limit counts as too large.
  const auto smaller = [&](std::int64_t cycles) {
    std::pair<plan::FoldingGoal, plan::Folded> best{{cycles},
                                                    {cycles, std::numeric_limits<double>::infinity()}};
    for (const bool powers_of_two : {false, true}) {
      const plan::FoldingGoal goal{cycles, powers_of_two};
      Diagnostics unheard;
      const auto plan = Planner(network, target, weights, unheard, goal, true).run();
      if (!plan) continue;
      const plan::Folded folded{idealCycles(*plan).per_image, plan::modelledArea(*plan).total()};
      if (folded.gates < best.second.gates) best = {goal, folded};
    }
    return best;
  };
  const auto fold = [&](std::int64_t cycles) { return smaller(cycles).second; };
  const auto wanted = static_cast<double>(target.gate_equivalents);
  std::int64_t cycles = target.cycles_per_image;
  plan::AreaSearch search;
  if (cycles == 0) {
    search = plan::searchArea(fold, wanted);
    cycles = search.cycles;
  } else if (fold(cycles).gates > wanted) {
    search = plan::searchArea(fold, wanted);
  }
  auto plan = Planner(network, target, weights, diags, smaller(cycles).first).run();
  if (plan) sayAreaNotReached(*plan, search, diags);
  return plan;
}

}  // namespace neuspin

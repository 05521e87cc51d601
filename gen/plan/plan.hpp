// Every decision about the hardware, made once. RTL composition, memory images, golden model, timing and
// reports read this and nothing else. Register and port names: rtl/README.md.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "spec/spec.hpp"
#include "support/diagnostic.hpp"

namespace neuspin {

/// idx(n): bits to index n things (at least 1). cnt(n): bits to count to n.
[[nodiscard]] int idxBits(std::int64_t n);
[[nodiscard]] int cntBits(std::int64_t n);

/// One schedule ROM word: which group of which bit plane is read, and what the accumulators do with it.
struct Step {
  int group = 0;
  int plane = 0;
  bool first = false, shift = false, last = false;
  bool operator==(const Step&) const = default;
};

/// One array macro instance and what it stores.
struct TilePlan {
  int row_tile = 0, col_tile = 0, slice = 0, array = 0;
  int row_base = 0,
      rows_used = 0;  ///< array rows [row_base, row_base+rows_used) of the layer (LayerPlan::inputOfRow)
  int col_base = 0, cols_used = 0;  ///< outputs
  int prog_unit = 0;                ///< address on the programming bus
};

/// What is wrong with one junction of an array of a chip.
enum class JunctionFault : std::uint8_t {
  Flipped,  ///< holds the other state until its row is programmed again
  High,     ///< reads as parallel whatever it holds
  Low,      ///< reads as antiparallel whatever it holds
};

/// A cell has two junctions: one conducts where the input bit is 1 and holds the weight (1 = parallel), the
/// other, `zero`, conducts where the bit is 0 and holds its complement. Parallel reads as a match.
struct CellFault {
  int row = 0, col = 0;  ///< of the array
  bool zero = false;
  JunctionFault fault = JunctionFault::Flipped;
  bool operator==(const CellFault&) const = default;
};

/// Fraction bits of the currents below.
inline constexpr int kCurrentFraction = 13;

/// What the junctions of one array of a chip conduct, where columns sum currents (cim_array_adc): units of
/// 2^−13 of the nominal difference between both states, above the nominal antiparallel state. An ideal
/// junction has 2^13 and 0. Units of one match, in other words, above a reference that follows the driven
/// rows.
struct CellCurrents {
  struct Junction {
    std::int16_t parallel = 1 << kCurrentFraction, antiparallel = 0;
    bool operator==(const Junction&) const = default;
  };
  /// The junction that conducts at input bit 1 and is parallel where the weight is 1; and its complement.
  struct Cell {
    Junction one, zero;
    bool operator==(const Cell&) const = default;
  };
  std::vector<Cell> cells;            ///< [row][col] of the array
  std::vector<std::int32_t> offsets;  ///< [col], of the converter's input
  bool operator==(const CellCurrents&) const = default;
};

/// Noise of every read of an array whose columns sum currents.
struct ReadNoise {
  /// [driven rows][matches], group + 1 of each: standard deviation, plan::kNoiseUnit of a match, below 2^21
  std::vector<std::uint32_t> sigma;
  std::uint32_t first_column = 0;  ///< number on the chip of the first column of the layer's first array
  bool operator==(const ReadNoise&) const = default;
};

/// A scale-memory entry of one column in one bank. Threshold form: {invert, theta}; multiply form: {scale,
/// offset}; noise form: {scale (μ), sigma, offset}; and skip, where the layer has a skip connection.
struct PostEntry {
  bool invert = false;
  std::int64_t theta = 0;
  std::int64_t scale = 0;
  std::int64_t sigma = 0;
  std::int64_t offset = 0;
  /// what theta or offset grows by where the skip bit is 1 (they are stored for the bit 0)
  std::int64_t skip = 0;
  bool operator==(const PostEntry&) const = default;
};

enum class Replay {
  None,   ///< one window per vector that arrives
  Input,  ///< the row buffer is held for T windows (arrays are read again every pass)
  Sums,   ///< the sums are held for T passes of the post lanes (prefix cache)
};

/// What the random choice of a pass does in a layer: the port its supply is connected to.
enum class Choice {
  /// a bit an input (or group of inputs): word-line pairs of dropped rows stay low (cim_wl_drive)
  None,
  Rows,
  Array,  ///< one-hot: which array set is read (cim_select_tile)
  Bank,   ///< which bank of the scale memory is used (cim_post_ctrl)
  Noise,  ///< lanes·noise_bits fair bits a word (cim_lane_noise)
};

/// One supply of random choices: a bank of stochastic units and the queue before its consumer
/// (cim_mask_supply, or cim_arbiter_onehot where `choices` > 0). Unit m of the bank is device first_unit + m.
struct SupplyPlan {
  int index = 0;                    ///< among the supplies of the design
  int first_unit = 0, modules = 1;  ///< devices; modules = ⌈bits/share⌉, or ⌈log2 choices⌉
  int bits = 1;                     ///< of a mask (cim_mask_supply)
  int rounds = 1;                   ///< ⌈bits/modules⌉; round r draws mask bits [r·modules, …)
  int choices = 0;                  ///< N of an arbiter, 0 for masks
  bool whiten = false;
  double probability = 0.5;          ///< wanted P(1) of a unit
  int drive_code = 0;                ///< reset value of every unit's drive register
  std::vector<std::uint64_t> table;  ///< [table_units][2^drive_bits]: round(p·2^32), 33 bits
  int table_units = 1;               ///< 1 = all units alike, else modules
  /// Of every unit: chance that a RESET pulse leaves a 1, and that a read shows the other value; as in the
  /// table.
  std::uint64_t reset_fail = 0, read_error = 0;
  int calibration_target = 0;                         ///< switches wanted in a calibration window
  int run_cutoff = 255, ones_low = 0, ones_high = 0;  ///< limits of cim_unit_monitor
  [[nodiscard]] std::uint64_t threshold(int module, int code, int codes) const {
    return table[static_cast<std::size_t>((table_units == 1 ? 0 : module) * codes + code)];
  }
};

/// How a convolution's windows are formed (cim_window_buffer) and pooled (cim_max_pool, cim_avg_pool).
struct WindowPlan {
  Shape in = {};  ///< the map that streams in, pixel by pixel
  int kernel = 1, stride = 1, padding = 0;
  bool absent = false;         ///< positions outside the map take no part; else they hold −1 (or bits 0)
  std::int64_t pad_value = 0;  ///< element bits of a position outside the map
  int out_height = 0, out_width = 0;  ///< windows; none that no pooling window takes
  bool tap_major = false;             ///< rows ordered (ky, kx, c): mapping 2; else (c, ky, kx): mapping 1
  int min_depth = 1;                  ///< pixels of the smallest buffer that does not deadlock
  int depth = 1;                      ///< pixels of the buffer
  int pool = 1;                       ///< 1 = none
  Pooling pooling = Pooling::Max;
  [[nodiscard]] bool takesMaximum() const { return pool > 1 && pooling == Pooling::Max; }
  [[nodiscard]] bool averages() const { return pool > 1 && pooling == Pooling::Average; }
  [[nodiscard]] int taps() const { return kernel * kernel; }
  [[nodiscard]] int windows() const { return out_height * out_width; }
};

/// The output bits of an earlier layer on their way to this one's post lanes (cim_stream_fork behind that
/// layer, a cim_row_buffer and cim_skip_buffer before the lanes).
struct SkipPlan {
  int source = 0;                ///< the earlier layer
  int beat_bits = 0, beats = 0;  ///< its output stream: lanes, beats a pixel
  int pixels = 1;                ///< of the map
  bool replay = false;           ///< the map arrives once an image and serves every pass
  int min_depth = 1;             ///< pixels of the smallest buffer that does not deadlock
  int depth = 1;                 ///< pixels of the buffer
};

struct LayerPlan {
  std::string name;
  int index = 0;
  bool last = false;
  int inputs = 0, outputs = 0;       ///< of one window (fan-in), output columns
  std::optional<WindowPlan> window;  ///< convolutions
  int windows = 1;                   ///< a pass
  int mask_windows = 1;              ///< windows a choice is held for: all of a pass, or 1
  /// Linear layers behind feature maps: elements arrive pixel by pixel (y, x, c); logical input of array row
  /// r. Empty: row r is input r (or as `window` says).
  std::vector<int> row_inputs;
  // input side
  int elem_bits = 1;    ///< bit planes
  bool bipolar = true;  ///< 0/1 mean −1/+1 (else unsigned planes)
  int beat_elems = 0;   ///< elements a beat; beat width = beat_elems*elem_bits
  int beats = 0;        ///< beats a vector = ⌈inputs/beat_elems⌉; of a convolution: beats a pixel
  // arrays
  int group = 0, groups = 0;           ///< rows sensed at once; groups a window and plane
  int array_rows = 0, array_cols = 0;  ///< macro size (trimmed to the need)
  int row_tiles = 0, col_tiles = 0;
  int arrays = 1, slices = 1;   ///< array sets of which one is read a pass; bit slices of a weight
  std::vector<TilePlan> tiles;  ///< [row tile][col tile][slice][array]
  /// [tile], each sorted by row and column, at most one a junction; empty: ideal arrays, emitted without
  /// fault images.
  std::vector<std::vector<CellFault>> faults;
  /// Bits of a column's converter; 0: bit sensing. With converters the faults above are Flipped only.
  int adc_bits = 0;
  std::vector<CellCurrents> currents;  ///< [tile], only with converters; empty: ideal
  std::optional<ReadNoise> noise;      ///< only with converters; none: reads repeat
  std::vector<Step> schedule;
  int acc_bits = 0, active_bits = 0, sum_bits = 0;
  int total_bits = 0;  ///< of what the lanes see: a sum, or those of the windows of an average added up
  // post side
  PostForm form = PostForm::Threshold;
  int lanes = 0, words = 0, banks = 1;
  int theta_bits = 1, scale_bits = 1, sigma_bits = 1, offset_bits = 1, out_bits = 1;
  std::vector<std::vector<PostEntry>> entries;  ///< [bank][output]
  std::optional<SkipPlan> skip;
  /// of PostEntry::skip, modulo the width of theta or offset; 0 without a skip connection
  int skip_bits = 0;
  int scale_prog_unit = 0;
  Replay replay = Replay::None;
  bool cross_norm = false;  ///< the lanes put out u, and cim_cross_norm compares it with its mean
  Choice choice = Choice::None;
  std::optional<SupplyPlan>
      supply;                ///< its own; nullopt if choice is None or the model's shared unit is used
  int shared_consumer = -1;  ///< ≥ 0: takes the shared unit's bits as this consumer
  int mask_group = 1;        ///< Rows: inputs a mask bit stands for
  int noise_bits = 0;        ///< Noise: bits of an ε
  bool per_pass = false;     ///< runs once a pass (else once an image)

  [[nodiscard]] bool rowsInLogicalOrder() const {
    return row_inputs.empty() && !(window && window->tap_major);
  }
  /// Logical input of array row `row` (0 … inputs − 1): weights, masks and the reference count inputs
  /// logically.
  [[nodiscard]] int inputOfRow(int row) const {
    if (!row_inputs.empty()) return row_inputs[static_cast<std::size_t>(row)];
    if (window && window->tap_major)
      return row % window->in.channels * window->taps() + row / window->in.channels;
    return row;
  }
  [[nodiscard]] int codeBits() const { return adc_bits > 0 ? cntBits(group) : 0; }  ///< of a column's code
  /// Whether what a column reports is the number of matches, apart from flipped junctions.
  [[nodiscard]] bool countsExactly() const {
    return adc_bits == 0 || (currents.empty() && !noise && (1 << adc_bits) > group);
  }
  /// Number on the chip of the first column of the array of tiles[tile].
  [[nodiscard]] std::uint32_t noiseColumn(std::size_t tile) const {
    return noise->first_column + static_cast<std::uint32_t>(tile) * static_cast<std::uint32_t>(array_cols);
  }
  /// Whether the arrays are read anew for every pass (else once an image).
  [[nodiscard]] bool readsEveryPass() const { return per_pass || replay == Replay::Input; }
  [[nodiscard]] int beatsPerImage() const { return window ? beats * window->in.pixels() : beats; }
  [[nodiscard]] int beatBits() const { return beat_elems * elem_bits; }
  [[nodiscard]] int entryBits() const { return laneEntryBits() + skip_bits; }
  /// What the lanes see of an entry: all but `skip`.
  [[nodiscard]] int laneEntryBits() const {
    switch (form) {
      case PostForm::Threshold:
        return 1 + theta_bits;
      case PostForm::Multiply:
        return scale_bits + offset_bits;
      case PostForm::Noise:
        return scale_bits + sigma_bits + offset_bits;
    }
    return 0;
  }
  /// Bits of the constant in an entry, theta or offset.
  [[nodiscard]] int constantBits() const { return form == PostForm::Threshold ? theta_bits : offset_bits; }
  /// Output maps of an image that the layer puts out: one, or one a pass.
  [[nodiscard]] bool putsOutEveryPass() const { return per_pass || replay != Replay::None; }
  [[nodiscard]] bool lanesPutOutSums() const { return last || cross_norm; }  ///< y, not its sign
  [[nodiscard]] int laneBeatBits() const { return lanesPutOutSums() ? lanes * out_bits : lanes; }
  /// Words and their width of the memory of a layer that pools: a row of maxima, or of totals if there is
  /// more than one.
  [[nodiscard]] int poolWords() const {
    const int pools = window && window->pool > 1 ? window->out_width / window->pool : 0;
    return window && window->averages() && pools == 1 ? 0 : pools * words;
  }
  [[nodiscard]] int poolWordBits() const { return window && window->averages() ? lanes * total_bits : lanes; }
  [[nodiscard]] int outBeatBits() const { return last ? lanes * out_bits : lanes; }
  [[nodiscard]] bool stochastic() const { return choice != Choice::None; }
  [[nodiscard]] int maskBits() const {
    return choice == Choice::Rows ? (inputs + mask_group - 1) / mask_group : 0;
  }
  [[nodiscard]] int scheduleWordBits() const { return 3 + idxBits(elem_bits) + idxBits(groups); }
  [[nodiscard]] const TilePlan& tile(int r, int c, int slice = 0, int array = 0) const {
    return tiles[static_cast<std::size_t>(((r * col_tiles + c) * slices + slice) * arrays + array)];
  }
};

/// Uncertainty head: constants and tables of cim_head_* (rtl/README.md).
struct HeadPlan {
  int classes = 0, logit_bits = 0;
  int logit_frac = 0;        ///< real logit = integer · 2^−logit_frac
  std::int64_t exp_mul = 0;  ///< t = (d·exp_mul) >> exp_shift, t in 1/256 octaves
  int exp_shift = 0;
  int max_passes = 0, smallest = 0;
  bool moment2 = true, entropy = true, votes = true, logits = true;
  int ood_threshold = 0;  ///< Q12
  int ood_k = 1;
  std::vector<std::uint32_t> exp_table, recip_table, plogp_table, inv_t_table;
};

struct Plan {
  std::string name;  ///< network name; module prefix
  std::string spec_sha256;
  int passes = 1;    ///< effective T (1 if nothing is stochastic)
  std::string chip;  ///< which chip of which device set, for people; "" = ideal devices
  std::uint32_t seed = 1;
  std::vector<LayerPlan> layers;
  HeadPlan head;
  int prog_bits = 0;                           ///< widest word on the programming bus
  int units = 0;                               ///< stochastic units of the design
  int supplies = 0;                            ///< their banks
  std::optional<SupplyPlan> shared;            ///< SpinScaleDrop's one unit for the whole model
  int shared_consumers = 0, shared_depth = 0;  ///< cim_mask_fanout
  TargetSpec target;
  InputSpec input;

  /// Layers that take the outputs of layer `source` as their skip connection.
  [[nodiscard]] std::vector<int> skipsFrom(int source) const {
    std::vector<int> takers;
    for (const LayerPlan& layer : layers) {
      if (layer.skip && layer.skip->source == source) takers.push_back(layer.index);
    }
    return takers;
  }
  /// Whether some arrays read differently from read to read: then no two passes are alike.
  [[nodiscard]] bool noisyReads() const {
    return std::ranges::any_of(layers, [](const LayerPlan& layer) { return layer.noise.has_value(); });
  }
};

/// Adds errors and returns nullopt if the network does not fit the target or a width limit.
[[nodiscard]] std::optional<Plan> makePlan(const NetworkSpec& network, const TargetSpec& target,
                                           const Weights& weights, Diagnostics& diags);

/// Clock cycles, from the cycle of the first accepted input beat to that of the last accepted output beat,
/// both counted, for `images` images offered back to back without stalls, first beat at least prefetchCycles
/// after reset. Exact: the RTL must take precisely this many. `seed` matters where an arbiter may reject
/// draws.
[[nodiscard]] std::int64_t plannedCycles(const Plan& plan, std::int64_t images, std::uint32_t seed);

/// Cycles after reset until every queue of random choices is full (without a start-up calibration) and every
/// window buffer waits for a pixel.
[[nodiscard]] std::int64_t prefetchCycles(const Plan& plan, std::uint32_t seed);

/// Cycles after an image's last output beat until nothing moves any more, at most: engines may still be at
/// windows that the layer behind them does not use. 0 without convolutions.
[[nodiscard]] std::int64_t settleCycles(const Plan& plan);

/// A stage of the pipeline and how long an image keeps it busy when it never waits.
struct StageCycles {
  int layer = -1;     ///< −1: before or behind the layers
  std::string stage;  ///< e.g. "layer fc1 arrays"
  std::int64_t per_image = 0;
};
/// In the order of the data.
[[nodiscard]] std::vector<StageCycles> stageCycles(const Plan& plan);

/// The slowest stage's cycles an image (input, arrays, post lanes, head): no schedule can beat it.
struct IdealCycles {
  std::int64_t per_image = 0;
  std::string bottleneck;  ///< e.g. "layer fc1 arrays"
};
[[nodiscard]] IdealCycles idealCycles(const Plan& plan);

}  // namespace neuspin

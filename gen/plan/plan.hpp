// Every decision about the hardware, made once. RTL composition, memory images, golden model, timing and
// reports read this and nothing else. Register and port names: rtl/README.md.
#pragma once

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
  int row_tile = 0, col_tile = 0;
  int row_base = 0, rows_used = 0;  ///< inputs [row_base, row_base+rows_used)
  int col_base = 0, cols_used = 0;  ///< outputs
  int prog_unit = 0;                ///< address on the programming bus
};

/// A scale-memory entry of one column in one bank. threshold form: {invert, theta}; multiply form: {scale, offset}.
struct PostEntry {
  bool invert = false;
  std::int64_t theta = 0;
  std::int64_t scale = 0;
  std::int64_t offset = 0;
  bool operator==(const PostEntry&) const = default;
};

enum class Replay {
  None,   ///< one window per vector that arrives
  Input,  ///< the row buffer is held for T windows (arrays are read again every pass)
  Sums,   ///< the sums are held for T passes of the post lanes (prefix cache)
};

/// The stochastic unit of a SpinScaleDrop layer.
struct DropoutUnit {
  int unit = 0;                        ///< UnitId: which device draws (rtl/README.md, cim_mtj_bit)
  double probability = 0;              ///< wanted P(drop)
  int drive_code = 0;                  ///< reset value of the drive register
  std::vector<std::uint64_t> table;    ///< per drive code: round(p·2^32), 33 bits
};

struct LayerPlan {
  std::string name;
  int index = 0;
  bool last = false;
  int inputs = 0, outputs = 0;
  // input side
  int elem_bits = 1;    ///< bit planes
  bool bipolar = true;  ///< 0/1 mean −1/+1 (else unsigned planes)
  int beat_elems = 0;   ///< elements a beat; beat width = beat_elems*elem_bits
  int beats = 0;        ///< beats a vector = ⌈inputs/beat_elems⌉
  // arrays
  int group = 0, groups = 0;          ///< rows sensed at once; groups a window and plane
  int array_rows = 0, array_cols = 0; ///< macro size (trimmed to the need)
  int row_tiles = 0, col_tiles = 0;
  std::vector<TilePlan> tiles;        ///< row-major: tile (r,c) at r*col_tiles + c
  std::vector<Step> schedule;
  int acc_bits = 0, active_bits = 0, sum_bits = 0;
  // post side
  PostForm form = PostForm::Threshold;
  int lanes = 0, words = 0, banks = 1;
  int theta_bits = 1, scale_bits = 1, offset_bits = 1, out_bits = 1;
  std::vector<std::vector<PostEntry>> entries;  ///< [bank][output]
  int scale_prog_unit = 0;
  Replay replay = Replay::None;
  std::optional<DropoutUnit> dropout;
  bool per_pass = false;  ///< runs once a pass (else once an image)

  [[nodiscard]] int beatBits() const { return beat_elems * elem_bits; }
  [[nodiscard]] int entryBits() const { return form == PostForm::Multiply ? scale_bits + offset_bits : 1 + theta_bits; }
  [[nodiscard]] int outBeatBits() const { return last ? lanes * out_bits : lanes; }
  [[nodiscard]] int scheduleWordBits() const { return 3 + idxBits(elem_bits) + idxBits(groups); }
  [[nodiscard]] const TilePlan& tile(int r, int c) const { return tiles[static_cast<std::size_t>(r * col_tiles + c)]; }
};

/// Uncertainty head: constants and tables of cim_head_* (rtl/README.md).
struct HeadPlan {
  int classes = 0, logit_bits = 0;
  int logit_frac = 0;          ///< real logit = integer · 2^−logit_frac
  std::int64_t exp_mul = 0;    ///< t = (d·exp_mul) >> exp_shift, t in 1/256 octaves
  int exp_shift = 0;
  int max_passes = 0, smallest = 0;
  bool moment2 = true, entropy = true, votes = true, logits = true;
  int ood_threshold = 0;  ///< Q12
  int ood_k = 1;
  std::vector<std::uint32_t> exp_table, recip_table, plogp_table, inv_t_table;
};

struct Plan {
  std::string name;         ///< network name; module prefix
  std::string spec_sha256;
  int passes = 1;           ///< effective T (1 if nothing is stochastic)
  std::uint32_t seed = 1;
  std::vector<LayerPlan> layers;
  HeadPlan head;
  int prog_bits = 0;        ///< widest word on the programming bus
  int units = 1;            ///< dropout modules, at least 1 (cim_regs)
  TargetSpec target;
  InputSpec input;
};

/// Adds errors and returns nullopt if the network does not fit the target or a width limit.
[[nodiscard]] std::optional<Plan> makePlan(const NetworkSpec& network, const TargetSpec& target, const Weights& weights,
                                           Diagnostics& diags);

/// Clock cycles, from the cycle of the first accepted input beat to that of the last accepted output beat, both
/// counted, for `images` images offered back to back without stalls, first beat at least two dropout sampling times
/// (prefetchCycles) after reset. Exact: the RTL must take precisely this many.
[[nodiscard]] std::int64_t plannedCycles(const Plan& plan, std::int64_t images);

/// Cycles after reset until every dropout module holds two bits.
[[nodiscard]] std::int64_t prefetchCycles(const TargetSpec& target);

/// The slowest stage's cycles an image (input, arrays, post lanes, head): no schedule can beat it.
struct IdealCycles {
  std::int64_t per_image = 0;
  std::string bottleneck;  ///< e.g. "layer fc1 arrays"
};
[[nodiscard]] IdealCycles idealCycles(const Plan& plan);

}  // namespace neuspin

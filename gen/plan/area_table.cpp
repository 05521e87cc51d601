// Written by synth/bench/area_fit.py; do not edit.
// clang-format off
#include "plan/area.hpp"

namespace neuspin::plan {
namespace {

constexpr std::string_view kFitted = "fitted: Yosys 0.23, library generic, synth/bench/area_fit.py";

constexpr std::array kTable = {
    AreaModule{"cim_row_buffer", {"instance", "bit of a bank", "beat", "bit of the vector counter"}, {30.921, 20.391, 4.362, 16.345}, kFitted},  // 6 points, worst 1 %
    AreaModule{"cim_window_buffer", {"instance", "window bit", "counter and address bit", "flagged tap"}, {0.000, 21.458, 16.359, 21.105}, kFitted},  // 6 points, worst 3 %
    AreaModule{"cim_tile_ctrl", {"instance", "step counter bit", "step of several planes", "bit of other counters"}, {30.067, 12.329, 0.682, 13.607}, kFitted},  // 7 points, worst 12 %
    AreaModule{"cim_wl_drive", {"group", "row of a group", "bit of a group's planes"}, {1.960, 2.735, 1.679}, kFitted},  // 14 points, worst 16 %
    AreaModule{"cim_select_tile", {"instance", "array"}, {0.000, 10.330}, kFitted},  // 3 points, worst 0 %
    AreaModule{"cim_and_or", {"bit selected from"}, {1.130}, kFitted},  // 7 points, worst 8 %
    AreaModule{"cim_array_port", {"instance"}, {10.319}, kFitted},  // 2 points, worst 3 %
    AreaModule{"cim_column_block", {"instance", "accumulator bit", "adder of a popcount", "count bit"}, {17.213, 24.023, 5.202, 1.824}, kFitted},  // 7 points, worst 1 %
    AreaModule{"cim_active_counter", {"instance", "word line", "adder of the popcount", "bit of the sum"}, {24.713, 7.256, 0.339, 26.108}, kFitted},  // 5 points, worst 1 %
    AreaModule{"cim_lane_sum", {"word", "bit added", "bit of a sum"}, {2.345, 7.823, 8.342}, kFitted},  // 11 points, worst 5 %
    AreaModule{"cim_post_ctrl", {"instance", "word counter bit", "bit of other counters", "address product"}, {55.932, 10.094, 14.217, 0.634}, kFitted},  // 6 points, worst 16 %
    AreaModule{"cim_scale_mem", {"instance", "address bit"}, {19.680, 2.330}, kFitted},  // 2 points, worst 0 %
    AreaModule{"cim_post_lanes", {"instance", "output bit"}, {0.000, 9.000}, kFitted},  // 3 points, worst 0 %
    AreaModule{"cim_lane_threshold", {"bit compared", "bit and stage of the carries"}, {0.000, 1.192}, kFitted},  // 6 points, worst 14 %
    AreaModule{"cim_lane_multiply", {"instance", "bit product", "bit of the factors", "offset bit"}, {0.000, 9.990, 0.000, 3.342}, kFitted},  // 5 points, worst 7 %
    AreaModule{"cim_lane_noisy", {"instance", "bit product", "bit product of sigma", "output bit"}, {0.000, 11.472, 7.222, 0.000}, kFitted},  // 3 points, worst 6 %
    AreaModule{"cim_lane_noise", {"lane", "noise bit"}, {11.102, 6.851}, kFitted},  // 3 points, worst 3 %
    AreaModule{"cim_max_pool", {"instance", "bit of a pixel", "lane", "counter bit"}, {0.000, 7.314, 40.132, 25.339}, kFitted},  // 4 points, worst 3 %
    AreaModule{"cim_avg_pool", {"instance", "bit of a pixel's totals", "bit of the lanes' totals", "of those from memory"}, {80.289, 8.759, 12.237, 0.000}, kFitted},  // 3 points, worst 0 %
    AreaModule{"cim_cross_norm", {"instance", "bit of the lanes", "bit of a sum", "bit product"}, {437.567, 36.332, 0.000, 0.000}, kFitted},  // 4 points, worst 20 %
    AreaModule{"cim_skip_buffer", {"instance", "counter and address bit", "bit of a pixel", "replay"}, {216.607, 0.000, 1.896, 410.631}, kFitted},  // 3 points, worst 0 %
    AreaModule{"cim_lane_skip", {"bit moved"}, {7.525}, kFitted},  // 2 points, worst 4 %
    AreaModule{"cim_stream_fork", {"consumer"}, {1.383}, kFitted},  // 2 points, worst 4 %
    AreaModule{"cim_mask_supply", {"instance", "mask bit", "round"}, {30.136, 19.569, 2.015}, kFitted},  // 4 points, worst 2 %
    AreaModule{"cim_arbiter_onehot", {"instance", "choice"}, {310.067, 291.066}, kFitted},  // 3 points, worst 1 %
    AreaModule{"cim_stochastic_bank", {"instance", "unit", "register bit of the units"}, {48.932, 0.000, 0.711}, kFitted},  // 4 points, worst 31 %
    AreaModule{"cim_dropout_module", {"instance", "drive bit"}, {111.670, 11.330}, kFitted},  // 3 points, worst 0 %
    AreaModule{"cim_mtj_sequencer", {"instance"}, {120.165}, kFitted},  // 2 points, worst 0 %
    AreaModule{"cim_unit_monitor", {"instance", "unit", "window bit"}, {0.000, 7.289, 35.983}, kFitted},  // 3 points, worst 7 %
    AreaModule{"cim_unit_calibrator", {"instance", "unit", "drive bit of the units", "residual bit"}, {473.884, 2.472, 2.840, 11.546}, kFitted},  // 4 points, worst 0 %
    AreaModule{"cim_mask_fanout", {"instance", "ring bit", "consumer"}, {0.000, 33.948, 43.989}, kFitted},  // 3 points, worst 20 %
    AreaModule{"cim_regs", {"instance", "supply", "bit of the layers' reads"}, {3569.777, 173.660, 0.000}, kFitted},  // 3 points, worst 0 %
    AreaModule{"cim_head_collect", {"instance", "bit of the logits"}, {363.928, 22.228}, kFitted},  // 3 points, worst 2 %
    AreaModule{"cim_head_exp", {"instance", "bit of the exponentials", "logit bit"}, {925.404, 21.506, 128.667}, kFitted},  // 3 points, worst 0 %
    AreaModule{"cim_head_recip", {"instance"}, {655.910}, kFitted},  // 1 points, worst 0 %
    AreaModule{"cim_head_stats", {"instance", "bit of the statistics", "bit of the exponentials", "bit of a class's statistics"}, {2689.596, 8.820, 1.483, 34.499}, kFitted},  // 4 points, worst 0 %
    AreaModule{"cim_head_insert", {"slot"}, {80.167}, kFitted},  // 3 points, worst 8 %
    AreaModule{"cim_head_result", {"instance", "pass of the 1/T table", "variance", "entropy"}, {4396.395, 62.515, 0.000, 5739.611}, kFitted},  // 3 points, worst 0 %
};

}  // namespace

std::span<const AreaModule> areaTable() {
  return kTable;
}

}  // namespace neuspin::plan

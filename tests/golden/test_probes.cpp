// The list of compared registers: complete, well-formed, and saying what the model holds.
#include <boost/test/unit_test.hpp>
#include <set>

#include "configs.hpp"

using namespace neuspin;
using namespace neuspin::testing;

namespace {

Design makeTiled(double probability, bool bare) {
  TargetSpec target;
  target.array_rows = 16;
  target.array_cols = 70;
  target.lanes = 6;
  if (bare) {
    target.smallest = 0;
    target.moment2 = target.votes = target.logits = false;
  }
  return makeDesign(makeNetwork({40, 130, 4}, probability, 3), target, 2);
}

int widthOf(const golden::Network& network, const std::string& scope, const std::string& signal) {
  for (const golden::Probe& p : network.probes()) {
    if (p.scope == scope && p.signal == signal) return p.width;
  }
  return -1;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(probes)

BOOST_AUTO_TEST_CASE(names_are_unique_and_reads_stay_in_width) {
  const Design design = makeTiled(0.3, false);
  golden::Network network(design.plan, design.weights, 4);
  run(network, design.plan, randomImages(design.plan, 3, 1), {0.2, 0.2, 1});
  std::set<std::string> names;
  for (const golden::Probe& p : network.probes()) {
    BOOST_TEST_CONTEXT(p.scope << "." << p.signal) {
      BOOST_TEST(names.insert(p.scope + "." + p.signal).second);
      BOOST_REQUIRE(p.width > 0);
      const auto words = static_cast<std::size_t>(golden::wordsFor(p.width));
      golden::Bits once(words + 1, 0), again(words + 1, ~0U);
      p.read(std::span(once).first(words));
      p.read(std::span(again).first(words));
      BOOST_TEST(once[words] == 0U);
      BOOST_TEST(again[words] == ~0U);
      again[words] = 0;
      BOOST_TEST(once == again, boost::test_tools::per_element());  // every bit is written
      if (p.width % 32 != 0) BOOST_TEST((once[words - 1] >> (p.width % 32)) == 0U);
    }
  }
}

BOOST_AUTO_TEST_CASE(widths_follow_the_contract) {
  const Design design = makeTiled(0.3, false);
  const LayerPlan& layer = design.plan.layers[0];
  const golden::Network network(design.plan, design.weights, 4);
  BOOST_REQUIRE(layer.row_tiles == 3);
  BOOST_REQUIRE(layer.array_cols == 65);
  BOOST_TEST(widthOf(network, "u_layer0.u_tile_2_1.u_columns.gen_block[0].u_block", "acc_q") ==
             64 * layer.acc_bits);
  BOOST_TEST(widthOf(network, "u_layer0.u_tile_2_1.u_columns.gen_block[1].u_block", "hold_q") ==
             layer.acc_bits);
  BOOST_TEST(widthOf(network, "u_layer0.u_tile_3_0.u_columns.gen_block[0].u_block", "acc_q") == -1);
  BOOST_TEST(widthOf(network, "u_layer0.u_rows", "bank1_q") == layer.beats * layer.beatBits());
  BOOST_TEST(widthOf(network, "u_layer0.u_active", "cnt_q") == cntBits(layer.row_tiles * layer.group));
  BOOST_TEST(widthOf(network, "u_layer0.u_sum", "sum_q") == layer.lanes * layer.sum_bits);
  BOOST_TEST(widthOf(network, "u_layer0.u_lanes", "data_q") == layer.lanes);
  BOOST_TEST(widthOf(network, "u_layer1.u_lanes", "data_q") == design.plan.layers[1].out_bits);
  BOOST_TEST(widthOf(network, "u_layer0.u_ctrl", "replay_q") == 8);
  BOOST_TEST(widthOf(network, "u_layer1.u_post_ctrl", "pass_q") == 8);
  const std::string bank = "u_layer1.u_supply.u_bank";
  BOOST_TEST(widthOf(network, bank, "cal_round_q") == 1);
  BOOST_TEST(widthOf(network, bank + ".gen_unit[0].u_unit.u_mtj", "event_q") == 32);
  BOOST_TEST(widthOf(network, bank + ".gen_unit[0].u_unit", "residual_q") == 10);
  BOOST_TEST(widthOf(network, bank + ".gen_calibrator.u_calibrator", "best_residual_q") == 10);
  BOOST_TEST(widthOf(network, bank + ".gen_monitor.u_monitor", "ones_q") == 11);
  BOOST_TEST(widthOf(network, "u_head.u_exp", "ebank0_q") == 4 * (design.plan.head.logit_bits + 13));
  BOOST_TEST(widthOf(network, "u_head.u_exp", "sum1_q") == 15);
  BOOST_TEST(widthOf(network, "u_head.u_stats", "small_q") == 4 * 2 * 12);
  BOOST_TEST(widthOf(network, "u_head.u_stats", "rec_small_q") == 24);
  BOOST_TEST(widthOf(network, "u_head.u_result", "data_q") == 128);
  BOOST_TEST(widthOf(network, "u_regs", "unit_q") == 24);
}

BOOST_AUTO_TEST_CASE(registers_of_parts_left_out_are_not_listed) {
  const Design design = makeTiled(0, true);
  const golden::Network network(design.plan, design.weights, 4);
  for (const char* signal : {"sum_p2_q", "sum_l_q", "sum_max_q", "votes_q", "small_q"}) {
    BOOST_TEST(widthOf(network, "u_head.u_stats", signal) == -1);
  }
  BOOST_TEST(widthOf(network, "u_head.u_stats", "sum_p_q") == 4 * 20);
  BOOST_TEST(widthOf(network, "u_head.u_stats", "rec_small_q") == 12);
  for (const golden::Probe& p : network.probes()) {
    BOOST_TEST(p.scope.find("u_supply") == std::string::npos);
    BOOST_TEST(p.scope.find("u_shared") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(after_reset_only_the_settings_are_set) {
  const Design design = makeTiled(0.3, false);
  golden::Network network(design.plan, design.weights, 4);
  run(network, design.plan, randomImages(design.plan, 2, 1));
  writeRegister(network, 6, 0x123456);
  network.reset();  // of macros, junctions keep their states
  const std::set<std::string> settings{"passes_q", "ood_threshold_q", "ood_k_q", "drive_q"};
  for (const golden::Probe& p : network.probes()) {
    if (p.signal == "state_q" && p.scope.ends_with("u_mtj")) continue;
    golden::Bits value(static_cast<std::size_t>(golden::wordsFor(p.width)));
    p.read(value);
    const bool zero = std::all_of(value.begin(), value.end(), [](std::uint32_t word) { return word == 0; });
    BOOST_TEST_CONTEXT(p.scope << "." << p.signal) {
      BOOST_TEST(zero != settings.contains(p.signal));
    }
  }
}

BOOST_AUTO_TEST_CASE(registers_of_every_scheme) {
  TargetSpec target = makeTarget(16, 10, 8, 4, 8, PostForm::Threshold, true);
  target.share = 3;
  target.calibration_window_log2 = 9;
  target.health_window_log2 = 0;
  const Design design =
      makeDesign(makeMixed({20, 18, 16, 14, 12, 11, 5},
                           {ScaleDropout{0.3, true}, SpatialDropout{0.4, 2, false}, SpinBayes{3, 2},
                            AffineDropout{0.4}, SubsetNoise{3}, ScaleDropout{0.3, true}},
                           4),
                 target, 9);
  golden::Network network(design.plan, design.weights, 4);
  const auto& layers = design.plan.layers;
  const auto width = [&](const std::string& scope, const std::string& signal) {
    return widthOf(network, scope, signal);
  };
  // The model's one unit: its queue and its fan-out at the top.
  BOOST_TEST(width("u_layer0.u_supply", "cur_q") == -1);
  BOOST_TEST(width("u_shared_supply", "cur_q") == 1);
  BOOST_TEST(width("u_shared_supply.u_bank.gen_unit[0].u_unit.u_mtj", "set_q") == 1);
  BOOST_TEST(width("u_shared_fanout", "ring_q") == design.plan.shared_depth);
  BOOST_TEST(width("u_shared_fanout", "wr_q") == idxBits(design.plan.shared_depth));
  BOOST_TEST(width("u_shared_fanout", "rd_q") == 2 * idxBits(design.plan.shared_depth));
  BOOST_TEST(width("u_shared_fanout", "count_q") == 2 * cntBits(design.plan.shared_depth));
  // 9 bits on 3 units.
  BOOST_TEST(width("u_layer1.u_supply", "nxt_q") == 9);
  BOOST_TEST(width("u_layer1.u_supply", "round_q") == 2);
  BOOST_TEST(width("u_layer1.u_supply.u_bank.gen_unit[2].u_unit", "white_q") == 1);
  BOOST_TEST(width("u_layer1.u_supply.u_bank.gen_unit[3].u_unit", "white_q") == -1);
  BOOST_TEST(width("u_layer1.u_supply.u_bank.u_sequencer", "state_q") == 2);
  BOOST_TEST(width("u_layer1.u_supply.u_bank.u_sequencer", "cnt_q") == 8);
  BOOST_TEST(width("u_layer1.u_supply.u_bank.gen_monitor.u_monitor", "run_q") == -1);
  BOOST_TEST(width("u_layer1.u_supply.u_bank.gen_calibrator.u_calibrator", "unit_q") == 2);
  BOOST_TEST(width("u_layer1.u_supply.u_bank.gen_calibrator.u_calibrator", "ones_q") == 10);
  BOOST_TEST(width("u_layer1.u_tile_1_0.u_columns.gen_block[0].u_block", "acc_q") > 0);
  BOOST_TEST(width("u_layer1.u_tile_1_0_0.u_columns.gen_block[0].u_block", "acc_q") == -1);
  // Three arrays of weights of two bits.
  BOOST_TEST(width("u_layer2.u_tile_0_1_1", "sel_q") == 3);
  BOOST_TEST(width("u_layer2.u_tile_0_1_1.u_columns.gen_block[0].u_block", "hold_q") ==
             layers[2].acc_bits * layers[2].tile(0, 1, 1).cols_used);
  BOOST_TEST(width("u_layer2.u_tile_0_1_2", "sel_q") == -1);
  BOOST_TEST(width("u_layer2.u_tile_0_1.u_columns.gen_block[0].u_block", "hold_q") == -1);
  BOOST_TEST(width("u_layer2.u_supply", "cur_q") == 2);
  BOOST_TEST(width("u_layer2.u_supply", "try_q") == 4);
  BOOST_TEST(width("u_layer2.u_supply", "usage_q") == 3 * 32);
  BOOST_TEST(width("u_layer2.u_supply", "round_q") == -1);
  // Cross-channel norm.
  BOOST_TEST(width("u_layer3.u_lanes", "data_q") == 4 * layers[3].out_bits);
  BOOST_TEST(width("u_layer3.u_norm", "data_q") == 4);
  BOOST_TEST(width("u_layer3.u_norm", "sum1_q") == layers[3].out_bits + 4);
  BOOST_TEST(width("u_layer3.u_norm", "r1_sum_q") == layers[3].out_bits + 4);
  BOOST_TEST(width("u_layer3.u_norm", "widx_q") == 2);
  BOOST_TEST(width("u_layer3.u_supply", "cur_q") == 2);
  BOOST_TEST(width("u_layer2.u_norm", "data_q") == -1);
  // Noise of 3 bits: −3 … 3.
  BOOST_TEST(width("u_layer4.u_noise", "eps_q") == 4 * 3);
  BOOST_TEST(width("u_layer4.u_supply", "cur_q") == 12);
  BOOST_TEST(width("u_layer3.u_noise", "eps_q") == -1);

  // The array selected is one-hot, and none is before the first read.
  BOOST_TEST(probe(network, "u_layer2.u_tile_0_1_1", "sel_q")[0] == 0U);
  run(network, design.plan, randomImages(design.plan, 2, 1));
  const std::uint32_t selected = probe(network, "u_layer2.u_tile_0_1_1", "sel_q")[0];
  const OracleOptions options = resetOptions(design.plan, 4);
  BOOST_TEST(selected == 1U << OracleChoices(*layers[2].supply, target, options).number(7));

  for (const golden::Probe& p : network.probes()) {  // a word is the value that read() gives
    if (p.word == nullptr) continue;
    golden::Bits value(1, ~0U);
    p.read(value);
    BOOST_TEST((p.width <= 32 && *p.word == value[0]));
  }
}

BOOST_AUTO_TEST_CASE(held_counts_are_the_matches_of_each_array) {
  const Design design = makeTiled(0, false);
  const LayerPlan& layer = design.plan.layers[0];
  const auto images = randomImages(design.plan, 1, 6);
  golden::Network network(design.plan, design.weights, 1);
  run(network, design.plan, images);
  for (const TilePlan& tile : layer.tiles) {
    for (int c = 0; c < tile.cols_used; ++c) {
      const int block = c / 64;
      const int columns = std::min(64, tile.cols_used - 64 * block);
      const auto value =
          probe(network,
                "u_layer0.u_tile_" + std::to_string(tile.row_tile) + "_" + std::to_string(tile.col_tile) +
                    ".u_columns.gen_block[" + std::to_string(block) + "].u_block",
                "hold_q");
      BOOST_REQUIRE(!value.empty());
      std::int64_t held = 0;
      for (int k = 0; k < layer.acc_bits; ++k) {
        held |= std::int64_t{golden::getBit(value, k * columns + c % 64)} << k;
      }
      std::int64_t matches = 0;  // unsigned planes: a 1 bit matches a +1 cell, with the plane's weight
      for (int r = 0; r < tile.rows_used; ++r) {
        const int i = tile.row_base + r;
        if (design.weights.layers[0].weight(tile.col_base + c, i))
          matches += images[0][static_cast<std::size_t>(i)];
      }
      BOOST_TEST(held == matches);
    }
  }
}

BOOST_AUTO_TEST_CASE(progress_names_the_pass) {
  const Design design = makeTiled(0.3, false);
  golden::Network network(design.plan, design.weights, 1);
  std::set<int> passes;
  golden::Inputs inputs;
  inputs.in_valid = inputs.out_ready = true;
  for (int i = 0; i < 600; ++i) {
    network.eval(inputs);
    network.tick();
    passes.insert(network.progress().pass);
  }
  BOOST_TEST((passes == std::set<int>{0, 1, 2}));
  BOOST_TEST(network.progress().cycle == 600);
  BOOST_TEST(network.progress().images_out > 0);
}

BOOST_AUTO_TEST_SUITE_END()

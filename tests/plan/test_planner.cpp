#include <boost/test/unit_test.hpp>
#include <set>

#include "net.hpp"

using namespace neuspin;
using namespace neuspin::testing;

BOOST_AUTO_TEST_SUITE(planner)

BOOST_AUTO_TEST_CASE(index_and_count_widths) {
  BOOST_TEST(idxBits(1) == 1);
  BOOST_TEST(idxBits(2) == 1);
  BOOST_TEST(idxBits(3) == 2);
  BOOST_TEST(idxBits(256) == 8);
  BOOST_TEST(idxBits(257) == 9);
  BOOST_TEST(cntBits(1) == 1);
  BOOST_TEST(cntBits(7) == 3);
  BOOST_TEST(cntBits(8) == 4);
}

BOOST_AUTO_TEST_CASE(tiles_cover_every_weight_once_in_equal_shares) {
  for (const int inputs : {1, 7, 64, 65, 200, 784}) {
    for (const int outputs : {2, 9, 128, 129}) {
      for (const int rows : {8, 24, 256}) {
        TargetSpec target;
        target.array_rows = rows;
        target.array_cols = 40;
        const auto plan = planOf(makeNetwork({inputs, outputs}, 0, 1), target);
        const auto& layer = plan.layers[0];
        BOOST_TEST(layer.array_rows <= rows);
        BOOST_TEST(layer.array_rows % layer.group == 0);
        BOOST_TEST(layer.array_cols <= target.array_cols);
        std::int64_t weights = 0;
        std::set<std::pair<int, int>> origins;
        for (const auto& tile : layer.tiles) {
          BOOST_TEST(tile.rows_used >= 1);
          BOOST_TEST(tile.cols_used >= 1);
          weights += static_cast<std::int64_t>(tile.rows_used) * tile.cols_used;
          origins.insert({tile.row_base, tile.col_base});
        }
        BOOST_TEST(weights == static_cast<std::int64_t>(inputs) * outputs);
        BOOST_TEST(origins.size() == layer.tiles.size());
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(schedule_visits_each_group_of_each_plane_from_the_top) {
  const auto plan = planOf(makeNetwork({20, 3}, 0, 1), TargetSpec{});
  const auto& steps = plan.layers[0].schedule;
  BOOST_REQUIRE_EQUAL(steps.size(), 12u);  // 4 planes x 3 groups of 8
  BOOST_TEST((steps[0] == Step{0, 3, true, false, false}));
  BOOST_TEST((steps[3] == Step{0, 2, false, true, false}));
  BOOST_TEST((steps[11] == Step{2, 0, false, false, true}));
}

BOOST_AUTO_TEST_CASE(replay_follows_the_first_stochastic_layer) {
  auto network = makeNetwork({20, 9, 8, 3}, 0.2, 5);
  network.layers[0].scheme = Deterministic{};
  const auto plan = planOf(network, TargetSpec{});
  BOOST_TEST((plan.layers[0].replay == Replay::None && !plan.layers[0].per_pass && !plan.layers[0].supply));
  BOOST_TEST((plan.layers[1].replay == Replay::Sums && !plan.layers[1].per_pass));
  BOOST_TEST((plan.layers[2].replay == Replay::None && plan.layers[2].per_pass));
  BOOST_TEST(plan.layers[1].supply->first_unit == 0);
  BOOST_TEST(plan.layers[2].supply->first_unit == 1);
  BOOST_TEST(plan.units == 2);
  TargetSpec target;
  target.prefix_cache = false;
  BOOST_TEST((planOf(network, target).layers[1].replay == Replay::Input));
}

BOOST_AUTO_TEST_CASE(deterministic_network_makes_one_pass) {
  Diagnostics diags;
  const auto network = makeNetwork({20, 9, 3}, 0, 11);
  const auto plan = makePlan(network, TargetSpec{}, makeWeights(network, 1), diags);
  BOOST_REQUIRE(plan);
  BOOST_TEST(plan->passes == 1);
  BOOST_TEST(plan->head.max_passes == 1);
  BOOST_TEST(!diags.hasErrors());
  BOOST_TEST(diags.all().size() == 1u);
}

BOOST_AUTO_TEST_CASE(converters_tell_apart_what_a_group_can_count) {
  TargetSpec target;
  target.layers["fc1"] = {16, 0};
  const auto network = makeNetwork({20, 9, 3}, 0.2, 5);
  BOOST_TEST(planOf(network, target).layers[0].adc_bits == 0);
  target.sensing = Sensing::Adc;
  const auto full = planOf(network, target);
  BOOST_TEST(full.layers[0].adc_bits == 4);  // 0 … 8
  BOOST_TEST(full.layers[1].adc_bits == 5);  // 0 … 16
  target.adc_bits = 4;
  Diagnostics diags;
  const auto plan = makePlan(network, target, makeWeights(network, 1), diags);
  BOOST_REQUIRE(plan);
  BOOST_TEST(plan->layers[0].countsExactly());
  BOOST_TEST(plan->layers[1].adc_bits == 4);
  BOOST_TEST(!plan->layers[1].countsExactly());
  BOOST_TEST(plan->layers[1].codeBits() == 5);
  BOOST_REQUIRE(diags.all().size() == 1U);
  BOOST_TEST(
      diags.render().find("layer fc1: 4 bits do not tell the counts of 16 rows apart") != std::string::npos,
      diags.render());
}

BOOST_AUTO_TEST_CASE(the_middle_drive_code_gives_the_wanted_probability) {
  const auto plan = planOf(makeNetwork({20, 9, 3}, 0.2, 5), TargetSpec{});
  const auto& unit = *plan.layers[0].supply;
  BOOST_TEST(unit.table.size() == 16u);
  BOOST_TEST(unit.table[static_cast<std::size_t>(unit.drive_code)] == 858993459u);  // round(0.2·2^32)
  for (std::size_t i = 1; i < unit.table.size(); ++i) BOOST_TEST(unit.table[i] > unit.table[i - 1]);
}

BOOST_AUTO_TEST_CASE(the_first_choice_decides_what_is_replayed) {
  for (const Scheme& scheme : allSchemes()) {
    const auto network = makeNetwork({20, 9, 8, 3}, {Deterministic{}, scheme, SpinDrop{0.2}}, 5);
    const auto plan = planOf(network, TargetSpec{});
    const auto& layer = plan.layers[1];
    const Replay expected = layer.choice == Choice::None                                    ? Replay::None
                            : layer.choice == Choice::Rows || layer.choice == Choice::Array ? Replay::Input
                                                                                            : Replay::Sums;
    BOOST_TEST((layer.replay == expected));
    BOOST_TEST(plan.layers[2].per_pass == layer.stochastic());
    BOOST_TEST((plan.layers[2].replay == (layer.stochastic() ? Replay::None : Replay::Input)));
    BOOST_TEST(plan.passes == 5);
  }
}

BOOST_AUTO_TEST_CASE(slices_and_arrays) {
  TargetSpec target;
  target.array_rows = 16;
  target.array_cols = 5;
  auto network = makeNetwork({20, 9, 3}, {SpinBayes{3, 2}, SpinBayes{2, 4}}, 5);
  const auto plan = planOf(network, target);
  const auto& layer = plan.layers[0];
  BOOST_TEST(layer.arrays == 3);
  BOOST_TEST(layer.slices == 2);
  BOOST_TEST(layer.row_tiles == 2);
  BOOST_TEST(layer.col_tiles == 2);
  BOOST_TEST(layer.tiles.size() == 2u * 2 * 2 * 3);
  int unit = 0;  // [row][col][slice][array], then the scale memory
  for (int r = 0; r < 2; ++r) {
    for (int c = 0; c < 2; ++c) {
      for (int s = 0; s < 2; ++s) {
        for (int n = 0; n < 3; ++n) {
          const auto& tile = layer.tile(r, c, s, n);
          BOOST_TEST((tile.row_tile == r && tile.col_tile == c && tile.slice == s && tile.array == n));
          BOOST_TEST(tile.prog_unit == unit++);
          BOOST_TEST(tile.row_base == r * layer.array_rows);
          BOOST_TEST(tile.col_base == c * layer.array_cols);
        }
      }
    }
  }
  BOOST_TEST(layer.scale_prog_unit == unit);
  BOOST_TEST(plan.layers[1].tiles.front().prog_unit == unit + 1);
  // |S| <= 20·3: 60 needs 6 bits and a sign. Active rows and counts of one slice do not grow with the weight.
  BOOST_TEST(layer.sum_bits == 7);
  BOOST_TEST(layer.active_bits == 5);        // 20 inputs
  BOOST_TEST(layer.acc_bits == 5);           // 16 rows
  BOOST_TEST(plan.layers[1].sum_bits == 9);  // 9·15 = 135
  network.input.encoding = InputEncoding::Unsigned;
  network.input.bits = 4;
  const auto wide = planOf(network, target);
  BOOST_TEST(wide.layers[0].sum_bits == 11);  // 20·15·3 = 900
}

BOOST_AUTO_TEST_CASE(programming_words_hold_every_entry) {
  for (const Scheme& scheme : allSchemes()) {
    const auto plan = planOf(makeNetwork({20, 9, 3}, {scheme, scheme}, 5), TargetSpec{});
    for (const auto& layer : plan.layers) {
      BOOST_TEST(plan.prog_bits >= layer.lanes * layer.entryBits());
      BOOST_TEST(plan.prog_bits >= layer.array_cols);
      BOOST_TEST(layer.words * layer.lanes >= layer.outputs);
      for (const auto& bank : layer.entries)
        BOOST_TEST(bank.size() == static_cast<std::size_t>(layer.outputs));
    }
  }
}

BOOST_AUTO_TEST_CASE(sums_of_slices_have_a_limit) {
  Diagnostics diags;
  auto network = makeNetwork({65536, 4, 3}, std::vector<Scheme>{SpinBayes{2, 4}}, 5);
  network.input.encoding = InputEncoding::Unsigned;
  network.input.bits = 8;
  BOOST_TEST(!makePlan(network, TargetSpec{}, makeWeights(network, 1), diags));
  BOOST_TEST(diags.render().find("sums need 29 bits, at most 24") != std::string::npos, diags.render());
}

BOOST_AUTO_TEST_CASE(limits_are_errors_with_remedies) {
  Diagnostics diags;
  const auto network = makeNetwork({20, 9, 3}, 0.2, 50);
  BOOST_TEST(!makePlan(network, TargetSpec{}, makeWeights(network, 1), diags));
  BOOST_REQUIRE_EQUAL(diags.errorCount(), 1u);
  BOOST_TEST(diags.all()[0].name == "too-many-passes");
  BOOST_TEST(!diags.all()[0].hint.empty());
}

BOOST_AUTO_TEST_SUITE_END()

// Modules of the layer engine one by one against the contract page.
#include <boost/test/unit_test.hpp>

#include "driver.hpp"
#include "golden/control.hpp"
#include "golden/cross_norm.hpp"
#include "golden/post.hpp"
#include "golden/row_buffer.hpp"
#include "golden/tile.hpp"

using namespace neuspin;
using namespace neuspin::testing;
using namespace neuspin::golden;

BOOST_AUTO_TEST_SUITE(modules)

BOOST_AUTO_TEST_CASE(bit_fields_cross_words) {
  Bits words(3);
  putBits(words, 20, 50, 0x2'1234'5678'9ABCULL);
  BOOST_TEST(getBits(words, 20, 50) == 0x2'1234'5678'9ABCULL);
  BOOST_TEST(getBits(words, 0, 20) == 0U);
  BOOST_TEST(getBits(words, 70, 26) == 0U);
  putBits(words, 24, 4, 0);  // overwrites, and only there
  BOOST_TEST(getBits(words, 20, 50) == 0x2'1234'5678'9A0CULL);
  BOOST_TEST(signExtend(0b1000, 4) == -8);
  BOOST_TEST(signExtend(0b0111, 4) == 7);
  BOOST_TEST(signExtend(~std::uint64_t{0}, 64) == -1);
}

BOOST_AUTO_TEST_CASE(row_buffer_holds_two_vectors) {
  RowBuffer buffer(3, 5);
  const auto beat = [](std::uint32_t value) { return Bits{value}; };
  for (std::uint32_t i = 0; i < 6; ++i) {
    BOOST_TEST(buffer.ready());
    BOOST_TEST(buffer.fillLast() == (i % 3 == 2));
    BOOST_TEST(buffer.rowsValid() == (i >= 3));
    buffer.tick(beat(i + 1), true, false);
  }
  BOOST_TEST(!buffer.ready());
  buffer.tick(beat(31), true, false);  // refused
  BOOST_TEST(getBits(buffer.rows(), 0, 15) == (1U | 2U << 5 | 3U << 10));
  buffer.tick(beat(31), true, true);  // still full in the cycle of the release
  BOOST_TEST(buffer.ready());
  BOOST_TEST(getBits(buffer.rows(), 0, 15) == (4U | 5U << 5 | 6U << 10));
  buffer.tick(beat(9), true, true);  // fill one bank while the other is released
  BOOST_TEST(!buffer.rowsValid());
  BOOST_TEST(!buffer.fillLast());
  buffer.reset();
  BOOST_TEST(getBits(buffer.rows(), 0, 15) == 0U);
}

BOOST_AUTO_TEST_CASE(array_and_columns_count_matches) {
  constexpr int kRows = 40, kCols = 70, kUsed = 67, kGroup = 20, kAccBits = 9;
  std::mt19937 rng(3);
  Array array(kRows, kCols, kGroup);
  ColumnCounters counters(kUsed, kCols, kAccBits);
  std::vector<std::vector<bool>> w(kRows, std::vector<bool>(kCols));
  for (int r = 0; r < kRows; ++r) {
    Bits row(static_cast<std::size_t>(wordsFor(kCols)));
    for (int c = 0; c < kCols; ++c) {
      w[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)] = (rng() & 1) != 0;
      putBits(row, c, 1, w[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)]);
    }
    array.writeRow(r, row);
  }
  array.writeRow(kRows, Bits(static_cast<std::size_t>(wordsFor(kCols)), ~0U));  // no such row

  std::vector<unsigned> acc(kUsed), hold(kUsed);
  for (int step = 0; step < 60; ++step) {
    const int group = static_cast<int>(rng() % 2);
    const bool first = rng() % 8 == 0, shift = rng() % 8 == 0, load = rng() % 3 == 0;
    WordLines lines(kGroup);
    std::vector<int> drive(kGroup);  // +1, −1, 0
    int taking_part = 0;
    for (int r = 0; r < kGroup; ++r) {
      drive[static_cast<std::size_t>(r)] = static_cast<int>(rng() % 3) - 1;
      auto& bytes = drive[static_cast<std::size_t>(r)] > 0 ? lines.wl : lines.wlb;
      if (drive[static_cast<std::size_t>(r)] == 0) continue;
      bytes[static_cast<std::size_t>(r / 8)] |= static_cast<std::uint8_t>(1U << (r % 8));
      ++taking_part;
    }
    BOOST_TEST(lines.active() == taking_part);
    array.read(group, lines);
    counters.accumulate(array.sense(), first, shift, load);
    for (std::size_t c = 0; c < kUsed; ++c) {
      unsigned matches = 0;
      for (int r = 0; r < kGroup; ++r) {
        const bool bit = w[static_cast<std::size_t>(group * kGroup + r)][c];
        const int d = drive[static_cast<std::size_t>(r)];
        if (d != 0 && bit == (d > 0)) ++matches;
      }
      acc[c] = ((first ? 0 : shift ? 2 * acc[c] : acc[c]) + matches) % (1U << kAccBits);
      if (load) hold[c] = acc[c];
      BOOST_TEST(counters.held(static_cast<int>(c)) == hold[c]);
    }
  }

  // The compared form: bit planes of 64 columns, then of the remaining 3.
  std::vector<Probe> probes;
  counters.addProbes(ProbeScope(probes, "t"));
  BOOST_REQUIRE(probes.size() == 4);
  const int base[] = {0, 0, 64, 64};
  const int columns[] = {64, 64, 3, 3};
  for (std::size_t i = 0; i < 4; ++i) {
    BOOST_TEST(probes[i].scope ==
               (i < 2 ? "t.u_columns.gen_block[0].u_block" : "t.u_columns.gen_block[1].u_block"));
    BOOST_TEST(probes[i].signal == (i % 2 == 0 ? "acc_q" : "hold_q"));
    BOOST_TEST(probes[i].width == kAccBits * columns[i]);
    Bits value(static_cast<std::size_t>(wordsFor(probes[i].width)), ~0U);
    probes[i].read(value);
    for (int c = 0; c < columns[i]; ++c) {
      unsigned count = 0;
      for (int k = 0; k < kAccBits; ++k) count |= unsigned{getBit(value, k * columns[i] + c)} << k;
      BOOST_TEST(count == (i % 2 == 0 ? acc : hold)[static_cast<std::size_t>(base[i] + c)]);
    }
  }
}

BOOST_AUTO_TEST_CASE(tile_control_stalls_only_before_a_load) {
  LayerPlan layer;
  layer.schedule = {{.group = 0, .plane = 0, .first = true}, {.group = 1, .plane = 0, .last = true}};
  TileCtrl ctrl(layer);
  const auto step = [&](bool rows_valid, bool hold_free) {
    const TileCtrl::Out out = ctrl.eval(rows_valid, true, hold_free, 1);
    ctrl.tick();
    return out;
  };
  BOOST_TEST(!step(false, true).read);
  TileCtrl::Out out = step(true, false);  // a busy hold register does not matter yet
  BOOST_TEST((out.read && !out.acc_en && out.group == 0));
  out = step(true, false);
  BOOST_TEST((out.read && out.acc_en && out.first && !out.load && out.group == 1 && out.rows_release));
  for (int i = 0; i < 3; ++i) {
    out = step(true, false);
    BOOST_TEST((!out.read && !out.acc_en && !out.load && !out.rows_release));
  }
  out = step(true, true);
  BOOST_TEST((out.read && out.acc_en && !out.first && out.load && out.group == 0));
}

BOOST_AUTO_TEST_CASE(input_replay_releases_the_rows_in_the_last_pass) {
  LayerPlan layer;
  layer.replay = Replay::Input;
  layer.schedule = {{.first = true, .last = true}};
  TileCtrl ctrl(layer);
  for (int window = 0; window < 6; ++window) {
    BOOST_TEST(ctrl.eval(true, true, true, 3).rows_release == (window % 3 == 2));
    ctrl.tick();
  }
}

BOOST_AUTO_TEST_CASE(post_control_keeps_the_sums_for_every_pass) {
  LayerPlan layer;
  layer.replay = Replay::Sums;
  layer.words = 2;
  layer.banks = 2;
  PostCtrl ctrl(layer);
  BOOST_TEST(ctrl.eval(true, 0, 3, true).hold_free);
  ctrl.tick(true);
  for (int word = 0; word < 6; ++word) {
    const int bank = word / 2 % 2;
    const PostCtrl::Out out = ctrl.eval(true, bank, 3, true);
    BOOST_TEST((out.fire && out.word == word % 2 && out.addr == 2 * bank + word % 2));
    BOOST_TEST(out.mask_ready == (word % 2 == 1));
    BOOST_TEST(out.hold_free == (word == 5));
    BOOST_TEST(out.move == (word >= 1));
    BOOST_TEST(ctrl.valid() == (word >= 2));
    ctrl.tick(false);
  }
  BOOST_TEST(!ctrl.eval(true, 0, 3, true).fire);
}

BOOST_AUTO_TEST_CASE(post_control_waits_for_mask_and_ready) {
  LayerPlan layer;
  layer.words = 4;
  PostCtrl ctrl(layer);
  ctrl.eval(true, 0, 1, false);
  ctrl.tick(true);
  BOOST_TEST(!ctrl.eval(false, 0, 1, false).fire);  // no mask
  for (int i = 0; i < 2; ++i) {                     // two stages fill without a taker
    BOOST_TEST(ctrl.eval(true, 0, 1, false).fire);
    ctrl.tick(false);
  }
  BOOST_TEST(ctrl.valid());
  BOOST_TEST(!ctrl.eval(true, 0, 1, false).fire);
  BOOST_TEST(!ctrl.out().move);
  BOOST_TEST(ctrl.eval(true, 0, 1, true).fire);
  BOOST_TEST(ctrl.out().move);
}

BOOST_AUTO_TEST_CASE(tile_control_takes_a_mask_with_the_last_read) {
  LayerPlan layer;
  layer.schedule = {{.group = 0, .first = true}, {.group = 1}, {.group = 2, .last = true}};
  TileCtrl ctrl(layer);
  for (int step = 0; step < 9; ++step) {
    for (int i = 0; i < 2; ++i) {  // without a mask nothing is read, but what was read is counted
      const TileCtrl::Out out = ctrl.eval(true, false, true, 1);
      BOOST_TEST((!out.read && !out.mask_ready && !out.rows_release));
      BOOST_TEST(out.acc_en == (i == 0 && step > 0));
      ctrl.tick();
    }
    const TileCtrl::Out out = ctrl.eval(true, true, true, 1);
    BOOST_TEST((out.read && out.group == step % 3 && !out.acc_en));
    BOOST_TEST(out.mask_ready == (step % 3 == 2));
    ctrl.tick();
  }
}

BOOST_AUTO_TEST_CASE(every_window_of_a_replayed_input_takes_a_mask) {
  LayerPlan layer;
  layer.replay = Replay::Input;
  layer.schedule = {{.first = true, .last = true}};
  TileCtrl ctrl(layer);
  for (int window = 0; window < 6; ++window) {
    const TileCtrl::Out& out = ctrl.eval(true, true, true, 3);
    BOOST_TEST((out.mask_ready && out.rows_release == (window % 3 == 2)));
    ctrl.tick();
  }
}

BOOST_AUTO_TEST_CASE(noise_is_taken_for_every_word) {
  LayerPlan layer;
  layer.words = 3;
  layer.choice = Choice::Noise;
  PostCtrl ctrl(layer);
  ctrl.eval(true, 0, 1, true);
  ctrl.tick(true);
  for (int word = 0; word < 3; ++word) {
    BOOST_TEST((!ctrl.eval(false, 0, 1, true).fire && !ctrl.out().mask_ready));
    ctrl.tick(false);
    BOOST_TEST((ctrl.eval(true, 0, 1, true).fire && ctrl.out().mask_ready && ctrl.out().addr == word));
    ctrl.tick(false);
  }
}

BOOST_AUTO_TEST_CASE(sums_of_weights_with_several_slices) {
  LayerPlan layer;
  layer.lanes = 2;
  layer.sum_bits = 10;
  for (const int slices : {1, 2, 4}) {
    layer.slices = slices;
    LaneSum sum(layer);
    const std::vector<std::uint32_t> matches{0, 37};
    sum.tick(false, matches, 9);
    BOOST_TEST((sum.sums() == std::vector<std::int64_t>{0, 0}));
    sum.tick(true, matches, 9);
    const std::int64_t most = 9 * ((1 << slices) - 1);
    BOOST_TEST((sum.sums() == std::vector<std::int64_t>{-most, 74 - most}));
  }
}

BOOST_AUTO_TEST_CASE(noise_counts_ones_minus_zeros) {
  LayerPlan layer;
  layer.lanes = 3;
  layer.noise_bits = 13;
  LaneNoise noise(layer);
  const Bits bits{0b1'0000'0000'0000'1111'1111'1111'1U, 0b0110101U};  // 13 ones, 1 and then 4 of them
  noise.tick(false, bits);
  BOOST_TEST((noise.eps() == std::vector<int>{0, 0, 0}));
  noise.tick(true, bits);
  BOOST_TEST((noise.eps() == std::vector<int>{13, -11, -5}));
  std::vector<Probe> probes;
  noise.addProbes(ProbeScope(probes, "n"));
  BOOST_REQUIRE((probes.size() == 1 && probes[0].signal == "eps_q" && probes[0].width == 3 * 5));
  Bits value(1);
  probes[0].read(value);
  BOOST_TEST(value[0] == (13U | (32U - 11) << 5 | (32U - 5) << 10));
}

BOOST_AUTO_TEST_CASE(noise_form_of_the_lanes) {
  LayerPlan layer;
  layer.lanes = 2;
  layer.form = PostForm::Noise;
  layer.out_bits = 12;
  const std::vector<std::int64_t> z{10, -10};
  const PostEntry entry{.scale = 7, .sigma = -2, .offset = 29};
  for (const int eps : {-3, 5}) {  // 7 + 6 = 13, 7 − 10 = −3
    for (const bool last : {false, true}) {
      layer.last = last;
      PostLanes lanes(layer);
      lanes.tick(false, z, {entry, entry}, {eps, eps}, nullptr);
      BOOST_TEST(lanes.data()[0] == 0U);
      lanes.tick(true, z, {entry, entry}, {eps, eps}, nullptr);
      const std::int64_t first = eps == -3 ? 159 : -1, second = eps == -3 ? -101 : 59;
      if (last) {
        BOOST_TEST(signExtend(getBits(lanes.data(), 0, 12), 12) == first);
        BOOST_TEST(signExtend(getBits(lanes.data(), 12, 12), 12) == second);
      } else {
        BOOST_TEST(lanes.data()[0] == (eps == -3 ? 0b01U : 0b10U));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(cross_norm_compares_with_the_mean) {
  LayerPlan layer;
  layer.lanes = 4;
  layer.outputs = 10;
  layer.words = 3;
  layer.out_bits = 9;
  for (const double eager : {1.0, 0.5, 0.15}) {
    CrossNorm norm(layer);
    std::mt19937 rng(5);
    std::bernoulli_distribution offer(eager == 0.5 ? 0.9 : eager), take(eager == 0.15 ? 0.9 : eager);
    std::vector<std::int64_t> u;  // the vector being sent
    std::vector<bool> expected, got;
    bool was_full = false;
    std::uint32_t held = 0;
    bool holds = false;
    Bits word(2);
    const auto draw = [&] {
      std::vector<std::int64_t> of_word(4);
      for (std::int64_t& value : of_word) value = static_cast<std::int64_t>(rng() % 512) - 256;
      // Now and then all equal: u == mean is +1.
      if (u.size() / 4 == 0 ? rng() % 3 == 0 : u[0] == u[1] && u[1] == u[2])
        of_word.assign(4, u.empty() ? -7 : u[0]);
      for (std::size_t l = 0; l < 4; ++l) {
        putBits(word, static_cast<int>(9 * l), 9, static_cast<std::uint64_t>(of_word[l]));
        u.push_back(of_word[l]);
      }
    };
    draw();
    while (got.size() < 400) {
      const bool valid = offer(rng), ready = take(rng);
      was_full = was_full || !norm.ready();
      if (holds) BOOST_TEST((norm.valid() && norm.data()[0] == held));
      holds = norm.valid() && !ready;
      held = norm.data()[0];
      if (norm.valid() && ready) {
        const std::size_t lanes = got.size() % 10 == 8 ? 2 : 4;
        for (std::size_t l = 0; l < lanes; ++l) got.push_back(getBit(norm.data(), static_cast<int>(l)));
      }
      const bool accepted = valid && norm.ready();
      norm.tick(word, valid, ready);
      if (!accepted) continue;
      if (u.size() == 12) {  // what stands in the two lanes past the last output must not count
        std::int64_t sum = 0;
        for (std::size_t o = 0; o < 10; ++o) sum += u[o];
        for (std::size_t o = 0; o < 10; ++o) expected.push_back(10 * u[o] >= sum);
        u.clear();
      }
      draw();
    }
    expected.resize(got.size());
    BOOST_TEST(got == expected, boost::test_tools::per_element());
    if (eager == 0.5) BOOST_TEST(was_full);
  }
}

BOOST_AUTO_TEST_CASE(cross_norm_timing) {
  // A vector of 2 words accepted in cycles 0, 1 is full in 2: read in 2, 3, compared in 3, 4, out in 4, 5; a
  // word a cycle from then on, since one memory is read while the other fills.
  LayerPlan layer;
  layer.lanes = 1;
  layer.outputs = layer.words = 2;
  layer.out_bits = 4;
  CrossNorm norm(layer);
  std::vector<Probe> probes;
  norm.addProbes(ProbeScope(probes, "n"));
  const std::vector<std::uint32_t> u{3, 0xE, 5, 5, 0xF, 2};  // 3 −2, 5 5, −1 2
  const std::vector<std::uint32_t> bits{1, 0, 1, 1, 0, 1};
  for (int cycle = 0; cycle < 10; ++cycle) {
    BOOST_TEST(norm.ready());
    BOOST_TEST(norm.valid() == (cycle >= 4));
    if (cycle >= 4) BOOST_TEST(norm.data()[0] == bits[static_cast<std::size_t>(cycle - 4)]);
    for (const Probe& p : probes) {
      if (p.signal != "sum0_q" && p.signal != "r1_sum_q") continue;
      BOOST_TEST(p.width == 6);
      Bits value(1);
      p.read(value);
      const bool sum = p.signal == "sum0_q";
      if (cycle == 2) BOOST_TEST(value[0] == (sum ? 1U : 0U));
      if (cycle == 3) BOOST_TEST(value[0] == 1U);
      if (cycle == 5) BOOST_TEST(value[0] == (sum ? 63U : 10U));
    }
    norm.tick({u[static_cast<std::size_t>(std::min(cycle, 5))]}, cycle < 6, true);
  }
}

BOOST_AUTO_TEST_SUITE_END()

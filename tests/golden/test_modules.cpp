// Modules of the layer engine one by one against the contract page.
#include <boost/test/unit_test.hpp>

#include "driver.hpp"
#include "golden/control.hpp"
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
    BOOST_TEST(probes[i].scope == (i < 2 ? "t.gen_block[0].u_block" : "t.gen_block[1].u_block"));
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

BOOST_AUTO_TEST_SUITE_END()

// What the lock-step testbench drives.
#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <set>

#include "configurations.hpp"
#include "golden/bits.hpp"
#include "stimulus.hpp"

namespace neuspin::testing {
namespace {

Plan smallPlan(PostForm form = PostForm::Threshold) {
  TargetSpec target = tilingTarget(Tiling::Ragged);
  target.form = form;
  return planOf(makeNetwork({23, 17, 11, 3}, 0.3, 3, InputEncoding::Unsigned, 3), target);
}

double holdShare(tb::StallLevel level, int clocks) {
  tb::StallPattern pattern(level, 5);
  int held = 0;
  for (int i = 0; i < clocks; ++i) held += pattern.next() ? 1 : 0;
  return static_cast<double>(held) / clocks;
}

BOOST_AUTO_TEST_SUITE(stimulus)

BOOST_AUTO_TEST_CASE(stall_levels_hold_as_often_as_they_say) {
  BOOST_TEST(holdShare(tb::StallLevel::None, 1000) == 0.0);
  BOOST_TEST(std::abs(holdShare(tb::StallLevel::Light, 200'000) - 0.2) < 0.05);
  BOOST_TEST(std::abs(holdShare(tb::StallLevel::Heavy, 2'000'000) - 0.5) < 0.1);
}

BOOST_AUTO_TEST_CASE(heavy_stalls_have_bursts_of_every_kind) {
  tb::StallPattern pattern(tb::StallLevel::Heavy, 1);
  std::set<int> bursts;
  int length = 0;
  for (int i = 0; i < 500'000; ++i) {
    if (pattern.next()) {
      ++length;
    } else if (length > 0) {
      bursts.insert(length);
      length = 0;
    }
  }
  for (int expected = 1; expected <= 32; ++expected) BOOST_TEST(bursts.count(expected) == 1U);
  BOOST_TEST(*bursts.rbegin() > 500);
}

BOOST_AUTO_TEST_CASE(level_names_round_trip) {
  for (const auto level : {tb::StallLevel::None, tb::StallLevel::Light, tb::StallLevel::Heavy}) {
    BOOST_TEST((tb::parseStallLevel(tb::stallLevelName(level)) == level));
  }
  BOOST_TEST(!tb::parseStallLevel("some").has_value());
}

BOOST_AUTO_TEST_CASE(equal_seeds_give_equal_stimulus) {
  tb::Random a(9), b(9), c(10);
  BOOST_TEST(a.next() == b.next());
  BOOST_TEST(a.next() != c.next());
  for (int i = 0; i < 1000; ++i) BOOST_TEST(a.below(7) < 7U);
}

// 23 features of 3 bits, 7 a beat: 4 beats, the last with 2 elements.
BOOST_AUTO_TEST_CASE(beats_hold_the_elements_lowest_first) {
  const Plan plan = smallPlan();
  std::vector<std::uint8_t> pixels(46);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i * 5);
  const tb::BeatSource source(plan, pixels);
  BOOST_REQUIRE(source.beatsPerImage() == 4);
  for (const int image : {0, 1, 2}) {  // image 2 is image 0 again
    for (int beat = 0; beat < 4; ++beat) {
      const golden::Bits bits = source.beat(image, beat);
      BOOST_REQUIRE(bits.size() == 1U);
      for (int e = 0; e < 7; ++e) {
        const int feature = beat * 7 + e;
        const std::uint32_t expected =
            feature < 23 ? pixels[static_cast<std::size_t>(image % 2 * 23 + feature)] >> 5U : 0U;
        BOOST_TEST((bits[0] >> (3 * e) & 7U) == expected);
      }
      BOOST_TEST(bits[0] >> 21U == 0U);
    }
  }
}

// Traffic during a run may read anything and write nothing that changes results.
BOOST_AUTO_TEST_CASE(register_traffic_is_harmless) {
  const Plan plan = smallPlan();
  tb::RegisterTraffic traffic(plan, 3);
  std::set<int> read;
  bool cleared = false;
  for (int i = 0; i < 100'000; ++i) {
    golden::Inputs inputs;
    traffic.drive(inputs);
    if (!inputs.reg_we) {
      read.insert(inputs.reg_addr);
      continue;
    }
    cleared |= inputs.reg_addr == 5;
    BOOST_TEST((inputs.reg_addr < 2 || inputs.reg_addr > 4));
    if (inputs.reg_addr >= 64) {
      const int unit = inputs.reg_addr - 64;
      BOOST_REQUIRE(unit < plan.units);
      BOOST_TEST(inputs.reg_wdata ==
                 static_cast<std::uint32_t>(plan.layers[static_cast<std::size_t>(unit)].dropout->drive_code));
    }
  }
  BOOST_TEST(read.size() == 256U);
  BOOST_TEST(cleared);
}

BOOST_AUTO_TEST_CASE(sweeps_reach_every_register_and_stay_in_range) {
  for (const PostForm form : {PostForm::Threshold, PostForm::Multiply}) {
    const Plan plan = smallPlan(form);
    tb::Random random(1);
    std::set<int> written;
    const auto writes = tb::registerSweep(plan, 2, random);
    for (const auto& write : writes) written.insert(write.address);
    for (const int address : {2, 3, 4, 5, 64, 65, 66}) BOOST_TEST(written.count(address) == 1U);
    BOOST_TEST(writes.back().address == 2);
    BOOST_TEST(writes.back().value == 2U);

    std::set<int> units;
    for (const auto& write : tb::programSweep(plan, 500, random)) {
      units.insert(write.unit);
      BOOST_TEST(write.data.size() == static_cast<std::size_t>(golden::wordsFor(plan.prog_bits)));
      for (const LayerPlan& layer : plan.layers) {
        if (write.unit == layer.scale_prog_unit) BOOST_TEST(write.address < layer.banks * layer.words);
        for (const TilePlan& tile : layer.tiles) {
          if (write.unit == tile.prog_unit) BOOST_TEST(write.address < layer.array_rows);
        }
      }
    }
    std::size_t expected = plan.layers.size();
    for (const LayerPlan& layer : plan.layers) expected += layer.tiles.size();
    BOOST_TEST(units.size() == expected);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace neuspin::testing

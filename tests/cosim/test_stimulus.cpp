// What the lock-step testbench drives.
#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <set>
#include <stdexcept>
#include <utility>

#include "../emit/draw.hpp"
#include "configurations.hpp"
#include "golden/bits.hpp"
#include "methods.hpp"
#include "stimulus.hpp"

namespace neuspin::testing {
namespace {

Plan planOf(const Configuration& configuration) {
  Diagnostics diags;
  auto plan =
      makePlan(configuration.network, configuration.target, drawWeights(configuration.network, 1), diags);
  if (!plan) throw std::runtime_error(diags.render());
  return *plan;
}

Plan smallPlan(PostForm form = PostForm::Threshold) {
  TargetSpec target = tilingTarget(Tiling::Ragged);
  target.form = form;
  return planOf({"small", makeNetwork({23, 17, 11, 3}, 0.3, 3, InputEncoding::Unsigned, 3), target});
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
  std::vector<int> codes(static_cast<std::size_t>(plan.units), plan.layers[0].supply->drive_code);
  codes[1] = 5;  // as after a calibration
  traffic.setCodes(codes);
  std::set<int> read;
  std::set<std::pair<int, int>> selected, written;  // unit, word
  bool cleared = false;
  std::pair<int, int> at{0, 0};
  for (int i = 0; i < 200'000; ++i) {
    golden::Inputs inputs;
    traffic.drive(inputs);
    if (!inputs.reg_we) {
      read.insert(inputs.reg_addr);
      continue;
    }
    cleared |= inputs.reg_addr == 5;
    BOOST_TEST((inputs.reg_addr < 2 || inputs.reg_addr > 4));
    BOOST_TEST(inputs.reg_addr != tb::kCalibrate);
    if (inputs.reg_addr == 6) {
      at = {inputs.reg_wdata & 0xFFFF, inputs.reg_wdata >> 16 & 0xFF};
      selected.insert(at);
    }
    if (inputs.reg_addr != 7) continue;
    written.insert(at);
    if (at.second == 0 && at.first < plan.units) {
      BOOST_TEST((inputs.reg_wdata & 7U) ==
                 static_cast<std::uint32_t>(codes[static_cast<std::size_t>(at.first)]));
    }
  }
  BOOST_TEST(read.size() == 256U);
  BOOST_TEST(cleared);
  for (int unit = 0; unit <= plan.units; ++unit) {
    for (const int word : {0, 1, 2, 16, 20}) BOOST_TEST(selected.contains({unit, word}));
    for (const int word : {0, 2}) BOOST_TEST(written.contains({unit, word}));
  }
}

// A drive code written by somebody else is what the unit holds from then on.
BOOST_AUTO_TEST_CASE(register_traffic_observes_writes) {
  const Plan plan = smallPlan();
  tb::RegisterTraffic traffic(plan, 4);
  traffic.observe(6, 1);
  traffic.observe(7, 0xFFFFFFFA);  // code 2 of 3 bits
  traffic.observe(6, 1 | 1U << 16);
  traffic.observe(7, 7);  // a residual: read only
  std::uint32_t selected = 1 | 1U << 16;
  int seen = 0;
  for (int i = 0; i < 200'000; ++i) {
    golden::Inputs inputs;
    traffic.drive(inputs);
    if (inputs.reg_we && inputs.reg_addr == 6) selected = inputs.reg_wdata & 0xFFFFFF;
    if (!inputs.reg_we || inputs.reg_addr != 7 || selected != 1) continue;
    ++seen;
    BOOST_TEST((inputs.reg_wdata & 7U) == 2U);
  }
  BOOST_TEST(seen > 10);
}

BOOST_AUTO_TEST_CASE(unit_sweep_reads_what_it_writes) {
  const auto configurations = methodConfigurations();
  const auto selectors = std::ranges::find(configurations, "subset_whole_threshold_1", &Configuration::name);
  BOOST_REQUIRE(selectors != configurations.end());
  const Plan plan = planOf(*selectors);  // selectors of 5
  tb::Random random(2);
  const auto accesses = tb::unitSweep(plan, random);
  std::uint32_t selected = 0;
  std::set<std::uint32_t> read, written;
  for (const auto& access : accesses) {
    BOOST_TEST((access.address == 6 || access.address == 7));
    if (access.address == 6) {
      BOOST_TEST(access.write);
      selected = access.value;
    } else {
      (access.write ? written : read).insert(selected);
    }
  }
  for (const LayerPlan& layer : plan.layers) {
    const auto first = static_cast<std::uint32_t>(layer.supply->first_unit);
    const std::uint32_t last = first + static_cast<std::uint32_t>(layer.supply->modules) - 1;
    for (const std::uint32_t unit : {first, last}) {
      BOOST_TEST(written.contains(unit));
      for (const std::uint32_t word : {0U, 1U, 2U}) BOOST_TEST(read.contains(unit | word << 16));
    }
    for (std::uint32_t n = 0; n <= 5; ++n) BOOST_TEST(read.contains(first | (16 + n) << 16));
  }
  BOOST_TEST(written.contains(static_cast<std::uint32_t>(plan.units)));
}

BOOST_AUTO_TEST_CASE(sweeps_reach_every_register_and_stay_in_range) {
  for (const PostForm form : {PostForm::Threshold, PostForm::Multiply}) {
    const Plan plan = smallPlan(form);
    tb::Random random(1);
    std::set<int> written;
    const auto writes = tb::registerSweep(plan, 2, random);
    for (const auto& write : writes) {
      if (write.write) written.insert(write.address);
    }
    BOOST_TEST(!written.contains(tb::kCalibrate));
    for (const int address : {2, 3, 4, 5, 6, 7}) BOOST_TEST(written.count(address) == 1U);
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

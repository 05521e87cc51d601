// Random choices in time: small cases worked out by hand from rtl/README.md, and laws of larger ones.
//
// The base case of test_timing.cpp: 8 bipolar features in one beat, 1 step, 2 classes: read in cycle 2, post
// lanes fire in 4 and 5, the last output beat leaves in 18, that is 16 cycles after the read and 13 after the
// second word. A unit at the default timing (SET 2, READ 1, RESET 2) that becomes idle in cycle c starts its
// next draw in c and holds the result from cycle c + 4 on; it is idle again in c + 6.
#include <boost/test/unit_test.hpp>

#include "device/draw.hpp"
#include "net.hpp"
#include "plan/timing.hpp"

using namespace neuspin;
using namespace neuspin::testing;

namespace {

TargetSpec oneBeat() {
  TargetSpec target;
  target.input_beat = 8;
  return target;
}

std::int64_t oneImage(const Scheme& scheme, int passes, const TargetSpec& target, std::uint32_t seed = 1) {
  return plannedCycles(planOf(makeNetwork({8, 2}, std::vector{scheme}, passes), target), 1, seed);
}

/// Number of the attempt (from 0) at which accepted number `wanted` (from 0) is drawn.
int attemptOf(int wanted, int choices, int modules, bool whiten, std::uint32_t seed) {
  const auto fair = [&](int m, int k) {
    return device::draw(seed, static_cast<std::uint32_t>(m), static_cast<std::uint32_t>(k)) < 1U << 31;
  };
  int accepted = -1, attempt = -1, rejections = 0;
  while (accepted < wanted) {
    ++attempt;
    int number = 0;
    for (int m = 0; m < modules; ++m) {
      const bool bit = whiten ? fair(m, 2 * attempt) ^ fair(m, 2 * attempt + 1) : fair(m, attempt);
      number += bit ? 1 << m : 0;
    }
    if (number < choices || rejections == 15) {
      ++accepted;
      rejections = 0;
    } else {
      ++rejections;
    }
  }
  return attempt;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(timing_choices)

BOOST_AUTO_TEST_CASE(row_masks_by_hand) {
  // Two masks are at hand: the windows of passes 1 and 2 are read in cycles 2 and 3. The units start in 3.
  TargetSpec target = oneBeat();
  BOOST_TEST(oneImage(SpinDrop{0.2}, 1, target) == 18);
  // One draw a mask: held from 7 on, read in 7, and so on: 16 cycles later the image is done.
  BOOST_TEST(oneImage(SpinDrop{0.2}, 3, target) == 7 + 16);
  // The next draw starts in 9 and is held from 13 on.
  BOOST_TEST(oneImage(SpinDrop{0.2}, 4, target) == 13 + 16);
  // Eight bits from one unit: rounds end in 6, 12, …, 48; read in 49.
  target.share = 8;
  BOOST_TEST(oneImage(SpinDrop{0.2}, 3, target) == 49 + 16);
  // From three units: rounds of 3, 3 and 2 bits.
  target.share = 3;
  BOOST_TEST(oneImage(SpinDrop{0.2}, 3, target) == 19 + 16);
  // Groups of four inputs: two bits, one unit.
  target.share = 2;
  BOOST_TEST(oneImage(SpatialDropout{0.2, 4}, 3, target) == 13 + 16);
}

BOOST_AUTO_TEST_CASE(banks_by_hand) {
  // Passes fire in 4 5, 6 7; their choices go in 5 and 7. The unit starts in 6 and holds the third from 10
  // on: 10 11.
  BOOST_TEST(oneImage(ScaleDropout{0.2}, 3, oneBeat()) == 11 + 13);
  BOOST_TEST(oneImage(AffineDropout{0.2}, 3, oneBeat()) == 11 + 13);
  TargetSpec target = oneBeat();
  target.share = 2;  // both bits from one unit
  BOOST_TEST(oneImage(AffineDropout{0.2}, 3, target) == 17 + 13);
  target.prefix_cache = false;  // the arrays are read again, in time
  BOOST_TEST(oneImage(ScaleDropout{0.2}, 3, target) == 11 + 13);
}

BOOST_AUTO_TEST_CASE(noise_by_hand) {
  // A choice a word: 4 and 5 take those at hand; the units start in 5 (9) and in 11 (15).
  TargetSpec target = oneBeat();
  BOOST_TEST(oneImage(SubsetNoise{4}, 1, target) == 18);
  BOOST_TEST(oneImage(SubsetNoise{4}, 2, target) == 15 + 13);
  // Two draws a bit: held from 15 and 27 on.
  target.whiten = true;
  BOOST_TEST(oneImage(SubsetNoise{4}, 2, target) == 27 + 13);
  // Two rounds of two whitened bits.
  target.share = 2;
  BOOST_TEST(oneImage(SubsetNoise{4}, 2, target) == 51 + 13);
}

BOOST_AUTO_TEST_CASE(arbiters_take_their_own_draws) {
  int rejected = 0;
  for (const bool whiten : {false, true}) {
    TargetSpec target = oneBeat();
    target.whiten = whiten;
    const int attempt_cycles = whiten ? 12 : 6;
    for (std::uint32_t seed = 0; seed < 40; ++seed) {
      // The third choice: its attempts begin in cycle 6 (banks) or 3 (arrays).
      const int attempts = attemptOf(2, 5, 3, whiten, seed) - attemptOf(1, 5, 3, whiten, seed);
      rejected += attempts - 1;
      BOOST_TEST(oneImage(SubsetSamples{5}, 3, target, seed) == 6 + attempts * attempt_cycles - 2 + 1 + 13);
      BOOST_TEST(oneImage(SpinBayes{5, 1}, 3, target, seed) == 3 + attempts * attempt_cycles - 2 + 16);
    }
  }
  BOOST_TEST(rejected > 10);
}

BOOST_AUTO_TEST_CASE(powers_of_two_reject_nothing) {
  for (std::uint32_t seed = 0; seed < 10; ++seed) {
    BOOST_TEST(oneImage(SubsetSamples{4}, 3, oneBeat(), seed) == 11 + 13);
    BOOST_TEST(oneImage(SpinBayes{8, 2}, 3, oneBeat(), seed) == 7 + 16);
  }
}

BOOST_AUTO_TEST_CASE(the_cross_norm_adds_a_vector_and_two_cycles) {
  TargetSpec target = oneBeat();
  target.lanes = 2;
  const auto hidden = [&](const Scheme& scheme) {
    return plannedCycles(planOf(makeNetwork({8, 6, 2}, std::vector{scheme}, 1), target), 1, 1);
  };
  BOOST_TEST(hidden(AffineDropout{0.2}) == hidden(ScaleDropout{0.2}) + 3 + 2);  // 3 words
}

BOOST_AUTO_TEST_CASE(the_shared_unit_serves_every_layer) {
  // SET is so long that the unit sets the pace once the ring's stock is used up: a pass costs one draw, not
  // one a layer.
  TargetSpec target;
  target.set_cycles = 200;
  const auto plan =
      planOf(makeNetwork({20, 9, 8, 3}, {ScaleDropout{0.2, true}, ScaleDropout{0.2, true}}, 4), target);
  BOOST_TEST(plan.shared_depth == 8);
  const auto cycles = [&](std::int64_t images) { return plannedCycles(plan, images, 1); };
  BOOST_TEST(cycles(2) < 2 * 204);  // 8 passes come from the ring
  BOOST_TEST(cycles(21) - cycles(20) == 4 * 204);
  BOOST_TEST(cycles(1000) - cycles(20) == 980 * 4 * 204);
  // Choices that are drawn in time cost nothing.
  const auto fast =
      planOf(makeNetwork({20, 90, 80, 3}, {ScaleDropout{0.2, true}, ScaleDropout{0.2, true}}, 4), {});
  const auto own = planOf(makeNetwork({20, 90, 80, 3}, {ScaleDropout{0.2}, ScaleDropout{0.2}}, 4), {});
  BOOST_TEST(plannedCycles(fast, 30, 1) == plannedCycles(own, 30, 1));
}

BOOST_AUTO_TEST_CASE(skipping_equals_every_clock) {
  std::mt19937 rng(5);
  const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(rng); };
  for (int n = 0; n < 60; ++n) {
    std::vector<int> sizes = {pick(3, 40)};
    std::vector<Scheme> schemes;
    const int layers = pick(1, 4);
    for (int l = 0; l < layers; ++l) {
      sizes.push_back(l + 1 == layers ? pick(2, 6) : pick(7, 40));
      schemes.push_back(sizes[static_cast<std::size_t>(l)] < 7
                            ? Scheme{AffineDropout{0.3}}
                            : allSchemes()[static_cast<std::size_t>(pick(0, 11))]);
    }
    TargetSpec target;
    target.array_rows = 16;
    target.lanes = pick(1, 9);
    target.group = pick(1, 2) * 4;
    target.input_beat = pick(1, 8);
    target.share = pick(1, 5);
    target.whiten = pick(0, 1) == 1;
    target.set_cycles = pick(1, 20);
    target.prefix_cache = pick(0, 1) == 1;
    const auto plan = planOf(makeNetwork(sizes, schemes, pick(1, 5)), target);
    const std::vector<bool> none(static_cast<std::size_t>(plan.supplies));
    const int images = pick(30, 150);
    BOOST_TEST(plan::plannedCyclesWithout(plan, images, 3, none, false) ==
               plan::plannedCyclesWithout(plan, images, 3, none, true));
  }
}

BOOST_AUTO_TEST_CASE(skipping_waits_until_the_ring_is_used_up) {
  // A draw takes 34 cycles, a pass 32: the unit's phase repeats every 17 passes, each time with one bit less
  // in stock.
  TargetSpec target;
  target.input_beat = 16;
  target.set_cycles = 30;
  target.lanes = 1;
  const auto plan =
      planOf(makeNetwork({16, 32, 32, 2}, {ScaleDropout{0.2, true}, ScaleDropout{0.2, true}}, 1), target);
  BOOST_TEST(idealCycles(plan).per_image == 32);
  for (const int images : {100, 300, 600}) {
    BOOST_TEST(plan::plannedCyclesWithout(plan, images, 1, {false}, false) ==
               plan::plannedCyclesWithout(plan, images, 1, {false}, true));
  }
  BOOST_TEST(plannedCycles(plan, 600, 1) - plannedCycles(plan, 599, 1) == 34);
  BOOST_TEST(plannedCycles(plan, 60, 1) - plannedCycles(plan, 59, 1) == 32);
}

BOOST_AUTO_TEST_CASE(prefetch) {
  const auto of = [](const Scheme& scheme, const TargetSpec& target, std::uint32_t seed = 1) {
    return prefetchCycles(planOf(makeNetwork({8, 2}, std::vector{scheme}, 3), target), seed);
  };
  TargetSpec target;
  BOOST_TEST(of(Deterministic{}, target) == 0);
  constexpr int kPrime = 1 + 2;  // the units' first RESET
  BOOST_TEST(of(SpinDrop{0.2}, target) == kPrime + 2 * 6);
  BOOST_TEST(of(SubsetNoise{4}, target) == kPrime + 2 * 6);
  target.whiten = true;
  BOOST_TEST(of(SubsetNoise{4}, target) == kPrime + 2 * 12);
  target.share = 3;
  BOOST_TEST(of(SpinDrop{0.2}, target) == kPrime + 2 * 3 * 6);
  BOOST_TEST(of(SubsetNoise{4}, target) == kPrime + 2 * 2 * 12);
  for (std::uint32_t seed = 0; seed < 10; ++seed) {
    BOOST_TEST(of(SpinBayes{5, 1}, target, seed) == kPrime + (attemptOf(1, 5, 3, true, seed) + 1) * 12);
  }
  BOOST_TEST(of(ScaleDropout{0.2, true}, target) ==
             kPrime + (4 + 2) * 6);  // a ring of 4 and the queue before it
}

BOOST_AUTO_TEST_CASE(sampling_is_hidden_or_its_cost_is_stated) {
  // 256 inputs: 32 steps of 8 rows a pass. 64 bits in one round are drawn in 6 cycles, one after the other in
  // 1536.
  const auto choicesOf = [](const Scheme& scheme, const TargetSpec& target) {
    const auto plan = planOf(makeNetwork({256, 32, 2}, std::vector{scheme}, 11), target);
    return std::pair{plan::choiceCycles(plan, 1), idealCycles(plan).per_image};
  };
  TargetSpec target;
  target.input_beat = 16;
  auto [choices, ideal] = choicesOf(SpinDrop{0.15}, target);
  BOOST_REQUIRE_EQUAL(choices.size(), 1u);
  BOOST_TEST(ideal == 11 * 32);
  BOOST_TEST(choices[0].layer == 0);
  BOOST_TEST(choices[0].per_pass == 1);
  BOOST_TEST(choices[0].cycles == 6.0);
  BOOST_TEST(choices[0].available == 32.0);
  BOOST_TEST(choices[0].hidden());
  target.share = 256;
  std::tie(choices, ideal) = choicesOf(SpinDrop{0.15}, target);
  BOOST_TEST(choices[0].cycles == 256 * 6.0);
  BOOST_TEST(choices[0].available == 32.0);
  BOOST_TEST(!choices[0].hidden());
  BOOST_TEST(choices[0].slow_down == 256 * 6.0 / 32);  // the units set the pace
  target.share = 1;
  target.lanes = 8;
  std::tie(choices, ideal) = choicesOf(SubsetNoise{4}, target);  // 4 words a pass
  BOOST_TEST(choices[0].per_pass == 4);
  BOOST_TEST(choices[0].available == static_cast<double>(ideal) / 11 / 4);
  std::tie(choices, ideal) = choicesOf(SpinBayes{5, 1}, target);
  BOOST_TEST(choices[0].cycles == 6 * 8 / 5.0, boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_SUITE_END()

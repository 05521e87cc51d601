// The head's integer functions: exact corner cases, and closeness to the real functions they stand for.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <random>

#include "driver.hpp"

using namespace neuspin;
using namespace neuspin::testing;
using namespace neuspin::golden;

namespace {

HeadPlan makeHeadPlan(int classes, int smallest = 2) {
  TargetSpec target;
  target.smallest = smallest;
  target.max_passes = 20;
  HeadPlan head = makeDesign(makeNetwork({8, classes}, 0.5, 3), target, 1).plan.head;
  head.logit_bits = 16;
  head.logit_frac = 8;  // logits in 1/256
  head.exp_shift = head.logit_frac + 7;
  return head;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(head_math)

BOOST_AUTO_TEST_CASE(numerators_follow_the_exponential) {
  const HeadPlan head = makeHeadPlan(4);
  BOOST_TEST(expNumerator(head, 0) == 4096U);
  std::uint32_t before = 4096;
  for (int d = 0; d < 4000; ++d) {
    const std::uint32_t e = expNumerator(head, d);
    BOOST_TEST(e <= before);
    BOOST_TEST(std::abs(static_cast<double>(e) - 4096 * std::exp(-d / 256.0)) < 12.0);
    before = e;
  }
}

BOOST_AUTO_TEST_CASE(numerators_vanish_after_twelve_octaves) {
  const HeadPlan head = makeHeadPlan(4);
  BOOST_TEST(expValue(head, 12 * 256) == 1U);
  BOOST_TEST(expValue(head, 13 * 256 - 1) == head.exp_table[255] >> 12);
  BOOST_TEST(expValue(head, 13 * 256) == 0U);
  BOOST_TEST(expArgument(head, std::int64_t{1} << 24) == 65535U);  // saturates instead of wrapping
  BOOST_TEST(expNumerator(head, std::int64_t{1} << 24) == 0U);
}

BOOST_AUTO_TEST_CASE(reciprocal_indexes_by_the_bits_below_the_leading_one) {
  const HeadPlan head = makeHeadPlan(4);
  BOOST_TEST(reciprocal(head, 4096).n == 12);
  BOOST_TEST(reciprocal(head, 4096).r == head.recip_table[0]);
  BOOST_TEST(reciprocal(head, 8191).n == 12);
  BOOST_TEST(reciprocal(head, 8191).r == head.recip_table[255]);
  BOOST_TEST(reciprocal(head, 8192).n == 13);
  BOOST_TEST(reciprocal(head, 8192 + 32).r == head.recip_table[1]);
}

BOOST_AUTO_TEST_CASE(probabilities_are_close_and_never_exceed_one) {
  const HeadPlan head = makeHeadPlan(4);
  BOOST_TEST(probability(head, 4096, 4096) == std::min(4095U, head.recip_table[0]));
  std::mt19937 rng(1);
  for (int trial = 0; trial < 5000; ++trial) {
    const auto e = static_cast<std::uint32_t>(rng() % 4097);
    const auto sum = static_cast<std::uint32_t>(4096 + rng() % (9 * 4096));
    const std::uint32_t p = probability(head, e, sum);
    BOOST_TEST(p <= kProbabilityMax);
    BOOST_TEST(std::abs(p / 4096.0 - std::min(1.0, e / static_cast<double>(sum))) < 0.003);
  }
}

BOOST_AUTO_TEST_CASE(small_samples_stay_sorted_and_start_at_the_top) {
  const HeadPlan head = makeHeadPlan(2, 3);
  ClassStatistics s;
  s.small = {7, 7, 7};  // leftovers of the image before
  s.sum_p = 99;
  s.votes = 3;
  s = accumulate(head, s, true, 500, -4, true);
  BOOST_TEST(s.small[0] == 500);
  BOOST_TEST(s.small[1] == 4095);
  BOOST_TEST(s.small[2] == 4095);
  BOOST_TEST(s.sum_p == 500U);
  BOOST_TEST(s.votes == 1U);
  for (const std::uint32_t p : {600U, 400U, 400U, 4095U, 700U}) s = accumulate(head, s, false, p, 10, false);
  BOOST_TEST(s.small[0] == 400);
  BOOST_TEST(s.small[1] == 400);
  BOOST_TEST(s.small[2] == 500);
  BOOST_TEST(s.small[3] == 0);  // not kept
  BOOST_TEST(s.sum_p == 500U + 600 + 400 + 400 + 4095 + 700);
  BOOST_TEST(s.sum_l == 46);
  BOOST_TEST(s.votes == 1U);
  BOOST_TEST(kthSmallest(head, s, 0) == 400U);  // k below 1 counts as 1
  BOOST_TEST(kthSmallest(head, s, 3) == 500U);
  BOOST_TEST(kthSmallest(head, s, 15) == 500U);  // and above the number kept as that
  BOOST_TEST(kthSmallest(makeHeadPlan(2, 0), s, 1) == 0U);
}

BOOST_AUTO_TEST_CASE(parts_left_out_stay_zero) {
  HeadPlan head = makeHeadPlan(2, 0);
  head.moment2 = head.entropy = head.votes = head.logits = false;
  const ClassStatistics s = accumulate(head, {}, true, 1000, 25, true);
  BOOST_TEST((s == ClassStatistics{.sum_p = 1000}));
  BOOST_TEST(variance(head, 10, 5000) == 0U);
  BOOST_TEST(entropyTerm(head, 1000) == 0U);
  BOOST_TEST(!oodFlag(head, 0, 4095));
}

BOOST_AUTO_TEST_CASE(variance_does_not_go_below_zero) {
  const HeadPlan head = makeHeadPlan(2);
  BOOST_TEST(variance(head, 100, 10001) == 1U);
  BOOST_TEST(variance(head, 100, 10000) == 0U);
  BOOST_TEST(variance(head, 100, 9999) == 0U);  // rounding of 1/T can leave E[p²] below E[p]²
}

BOOST_AUTO_TEST_CASE(means_saturate) {
  const HeadPlan head = makeHeadPlan(2);
  for (int passes = 1; passes <= head.max_passes; ++passes) {
    const auto count = static_cast<std::uint32_t>(passes);
    BOOST_TEST(meanProbability(head, count * 4095, passes) <= kProbabilityMax);
    BOOST_TEST(std::abs(static_cast<int>(meanProbability(head, count * 3000, passes)) - 3000) <= 1);
    BOOST_TEST(meanSquare(head, count * 4095 * 4095, passes) < 1U << 24);
  }
}

BOOST_AUTO_TEST_CASE(ties_go_to_the_lowest_class) {
  const HeadPlan head = makeHeadPlan(4);
  Summary s{.entropy = 9, .best = 4000, .best_class = 3, .kth_max = 4000};  // of the image before
  s = addClass(head, s, 0, 700, 10);
  BOOST_TEST(s.best_class == 0U);
  BOOST_TEST(s.kth_max == 10U);
  BOOST_TEST(s.entropy == entropyTerm(head, 700));
  s = addClass(head, s, 1, 900, 30);
  s = addClass(head, s, 2, 900, 20);
  BOOST_TEST(s.best_class == 1U);
  BOOST_TEST(s.best == 900U);
  BOOST_TEST(s.kth_max == 30U);
}

BOOST_AUTO_TEST_CASE(all_means_zero_still_names_class_zero) {
  const HeadPlan head = makeHeadPlan(2);
  Summary s{.best = 4095, .best_class = 1};
  s = addClass(head, s, 0, 0, 0);
  s = addClass(head, s, 1, 0, 0);
  BOOST_TEST(s.best_class == 0U);
  BOOST_TEST(s.best == 0U);
}

BOOST_AUTO_TEST_CASE(statistics_of_one_image) {
  const HeadPlan head = makeHeadPlan(3);
  Statistics statistics(head);
  const std::vector<std::int32_t> first{100, 100, -900}, second{-50, 200, -900};
  for (int repeat = 0; repeat < 2; ++repeat) {  // clear() forgets the image before
    statistics.clear();
    statistics.addPass(first);
    statistics.addPass(second);
    const ImageResult r = statistics.finish(2, 4095, 1);
    BOOST_TEST(r.votes == (std::vector<std::uint16_t>{1, 1, 0}),
               boost::test_tools::per_element());  // the tie is class 0's
    BOOST_TEST(r.sum_logit == (std::vector<std::int32_t>{50, 300, -1800}), boost::test_tools::per_element());
    BOOST_TEST(r.sum_max_logit == 300);
    BOOST_TEST(r.argmax == 1);
    BOOST_TEST(r.best_p == r.mean_p[1]);
    BOOST_TEST(r.kth_max == r.kth_p[1]);
    BOOST_TEST(r.ood);
    BOOST_TEST(!statistics.finish(2, r.kth_max, 1).ood);  // the flag means strictly below
    BOOST_TEST(statistics.finish(2, r.kth_max + 1, 1).ood);
  }
}

BOOST_AUTO_TEST_CASE(flat_and_certain_predictions) {
  const HeadPlan head = makeHeadPlan(4);
  Statistics statistics(head);
  statistics.addPass(std::vector<std::int32_t>(4, 17));
  const ImageResult flat = statistics.finish(1, 0, 1);
  for (const std::uint16_t p : flat.mean_p) BOOST_TEST(std::abs(p - 1024) <= 4);
  BOOST_TEST(std::abs(flat.entropy / 4096.0 - std::log(4.0)) < 0.01);
  statistics.clear();
  statistics.addPass(std::vector<std::int32_t>{-30000, 30000, -30000, -30000});
  const ImageResult certain = statistics.finish(1, 0, 1);
  BOOST_TEST(certain.best_p >= 4085);
  BOOST_TEST(certain.entropy < 40);
  BOOST_TEST(certain.mean_p[0] == 0);
}

BOOST_AUTO_TEST_CASE(beats_have_the_documented_fields) {
  const Beat beat = packClassBeat(
      {.cls = 0x1234, .mean = 0xABC, .var = 0xFEDCBA, .kth = 0x789, .votes = 0x5A, .sum_l = -2});
  BOOST_TEST(getBits(beat, 0, 16) == 0xABCU);
  BOOST_TEST(getBits(beat, 16, 24) == 0xFEDCBAU);
  BOOST_TEST(getBits(beat, 40, 16) == 0x789U);
  BOOST_TEST(getBits(beat, 56, 8) == 0x5AU);
  BOOST_TEST(getBits(beat, 64, 32) == 0xFFFFFFFEU);
  BOOST_TEST(getBits(beat, 96, 16) == 0x1234U);
  BOOST_TEST(getBits(beat, 112, 16) == 0U);
  const Beat last =
      packSummaryBeat({.entropy = 0x1111, .best = 0x222, .best_class = 0x33, .kth_max = 0x444}, -7, true);
  BOOST_TEST(getBits(last, 0, 16) == 0x33U);
  BOOST_TEST(getBits(last, 16, 16) == 0x222U);
  BOOST_TEST(getBits(last, 32, 16) == 0x1111U);
  BOOST_TEST(getBits(last, 48, 16) == 0x444U);
  BOOST_TEST(getBits(last, 64, 32) == 0xFFFFFFF9U);
  BOOST_TEST(getBits(last, 96, 32) == 0x80010000U);
}

BOOST_AUTO_TEST_CASE(beats_round_trip_and_malformed_streams_are_refused) {
  const HeadPlan head = makeHeadPlan(3);
  Statistics statistics(head);
  statistics.addPass(std::vector<std::int32_t>{5, -600, 300});
  const ImageResult result = statistics.finish(1, 4095, 1);
  std::vector<Beat> beats = packBeats(result);
  BOOST_REQUIRE(beats.size() == 4);
  BOOST_TEST((unpackBeats(beats) == result));
  BOOST_TEST(!unpackBeats({}));
  BOOST_TEST(!unpackBeats(std::span(beats).first(3)));  // no summary
  BOOST_TEST(!unpackBeats(std::span(beats).last(3)));   // class 0 is missing
  std::swap(beats[0], beats[1]);
  BOOST_TEST(!unpackBeats(beats));
}

BOOST_AUTO_TEST_SUITE_END()

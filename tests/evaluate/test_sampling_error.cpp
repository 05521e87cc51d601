// Intervals and paired tests.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <random>

#include "evaluate/sampling_error.hpp"

using namespace neuspin::evaluate;
namespace tt = boost::test_tools;

namespace {

std::vector<ImageLoss> randomLosses(std::size_t images, double shift, std::mt19937& rng) {
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;
  std::vector<ImageLoss> losses;
  for (std::size_t i = 0; i < images; ++i) {
    const double confidence = 0.5 + 0.5 * uniform(rng);
    losses.push_back({.nll = 1 + shift + normal(rng),
                      .brier = uniform(rng),
                      .confidence = confidence,
                      .right = uniform(rng) < confidence});
  }
  return losses;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sampling_error)

BOOST_AUTO_TEST_CASE(wilson_by_hand) {
  // Newcombe (Statistics in Medicine 17, 1998), table I: 81 of 263 and 15 of 148; and the ends.
  BOOST_TEST(std::abs(wilson(81, 263).low - 0.2553) < 5e-5);
  BOOST_TEST(std::abs(wilson(81, 263).high - 0.3662) < 5e-5);
  BOOST_TEST(std::abs(wilson(15, 148).low - 0.0624) < 5e-5);
  BOOST_TEST(std::abs(wilson(15, 148).high - 0.1605) < 5e-5);
  BOOST_TEST(wilson(0, 20).low == 0.0);
  BOOST_TEST(wilson(20, 20).high == 1.0);
  BOOST_TEST(wilson(0, 0).high == 1.0);
}

BOOST_AUTO_TEST_CASE(spread_of_runs) {
  const Spread three = spread(std::vector<double>{1, 2, 6});
  BOOST_TEST(three.mean == 3.0, tt::tolerance(1e-12));
  BOOST_TEST(three.deviation == std::sqrt(7.0), tt::tolerance(1e-12));
  BOOST_TEST(spread(std::vector<double>{4}).deviation == 0.0);
}

BOOST_AUTO_TEST_CASE(bootstrap_is_the_normal_interval_of_a_mean) {
  std::mt19937 rng(9);
  const auto losses = randomLosses(400, 0, rng);
  double mean = 0, squares = 0;
  for (const auto& loss : losses) mean += loss.nll / 400;
  for (const auto& loss : losses) squares += (loss.nll - mean) * (loss.nll - mean);
  const double half = 1.96 * std::sqrt(squares / 399 / 400);
  const auto intervals = bootstrap(losses);
  BOOST_TEST(std::abs(intervals.nll.low - (mean - half)) < 0.15 * half);
  BOOST_TEST(std::abs(intervals.nll.high - (mean + half)) < 0.15 * half);
  BOOST_TEST(intervals.brier.low < intervals.brier.high);
  BOOST_TEST(intervals.ece.low < intervals.ece.high);
}

BOOST_AUTO_TEST_CASE(bootstrap_covers_the_truth) {
  std::mt19937 rng(10);
  int covered = 0;
  constexpr int kTrials = 200;
  for (int trial = 0; trial < kTrials; ++trial) {
    const auto interval = bootstrap(randomLosses(100, 0, rng), {.resamples = 400}).nll;
    covered += interval.low <= 1 && 1 <= interval.high;
  }
  BOOST_TEST(covered >= 176);  // 189 expected of 200, standard deviation 3.3
  BOOST_TEST(covered < 200);
}

BOOST_AUTO_TEST_CASE(threads_do_not_matter) {
  std::mt19937 rng(11);
  const auto losses = randomLosses(50, 0, rng);
  std::int64_t last = 0;
  const auto one = bootstrap(
      losses, {.resamples = 100, .threads = 1, .progress = [&](std::int64_t done) { last = done; }});
  const auto many = bootstrap(losses, {.resamples = 100, .threads = 3});
  BOOST_TEST(one.nll.low == many.nll.low);
  BOOST_TEST(one.ece.high == many.ece.high);
  BOOST_TEST(last == 100);
}

BOOST_AUTO_TEST_CASE(pairs_see_a_difference_that_intervals_of_each_do_not) {
  std::mt19937 rng(12);
  auto a = randomLosses(300, 0, rng);
  auto b = a;
  std::normal_distribution<double> small(0.02, 0.05);
  for (auto& loss : b) loss.nll += small(rng);
  const auto paired = pairedBootstrap(b, a);
  BOOST_TEST(paired.nll.low > 0.0);
  BOOST_TEST(paired.nll.high < 0.03);
  BOOST_TEST(paired.brier.low == 0.0);
  BOOST_TEST(paired.brier.high == 0.0);
  BOOST_TEST(bootstrap(a).nll.high > bootstrap(b).nll.low);
}

BOOST_AUTO_TEST_CASE(mcnemar_by_hand) {
  BOOST_TEST(mcnemar(0, 0) == 1.0);
  BOOST_TEST(mcnemar(5, 5) == 1.0);
  BOOST_TEST(mcnemar(0, 5) == 2.0 / 32, tt::tolerance(1e-9));
  BOOST_TEST(mcnemar(1, 7) == 2 * (1 + 8) / 256.0, tt::tolerance(1e-9));
  BOOST_TEST(mcnemar(7, 1) == mcnemar(1, 7));
  BOOST_TEST(mcnemar(400, 600) < 1e-9);
}

BOOST_AUTO_TEST_CASE(no_images) {
  BOOST_TEST(bootstrap({}).nll.high == 0.0);
  BOOST_TEST(pairedBootstrap({}, {}).ece.low == 0.0);
}

BOOST_AUTO_TEST_SUITE_END()

// Detectors against definitions written out over all pairs and all thresholds.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <random>
#include <set>

#include "evaluate/ranking.hpp"

using namespace neuspin::evaluate;
namespace tt = boost::test_tools;

namespace {

using Values = std::vector<double>;

double pairwise(const Values& positive, const Values& negative) {
  double sum = 0;
  for (const double p : positive) {
    for (const double n : negative) sum += p > n ? 1 : p == n ? 0.5 : 0;
  }
  return sum / (static_cast<double>(positive.size()) * static_cast<double>(negative.size()));
}

double fractionAtLeast(const Values& values, double threshold) {
  double count = 0;
  for (const double value : values) count += value >= threshold ? 1 : 0;
  return count / static_cast<double>(values.size());
}

/// Σ (R_k − R_{k−1})·P_k, thresholds downwards.
double precisionByThresholds(const Values& positive, const Values& negative) {
  std::set<double, std::greater<>> thresholds(positive.begin(), positive.end());
  thresholds.insert(negative.begin(), negative.end());
  double area = 0, recall = 0;
  for (const double threshold : thresholds) {
    const double hits = fractionAtLeast(positive, threshold) * static_cast<double>(positive.size());
    const double others = fractionAtLeast(negative, threshold) * static_cast<double>(negative.size());
    const double next = hits / static_cast<double>(positive.size());
    area += (next - recall) * hits / (hits + others);
    recall = next;
  }
  return area;
}

/// The false positives of the largest threshold that 95 % of positives reach.
double fprByThresholds(const Values& positive, const Values& negative) {
  const std::set<double, std::greater<>> thresholds(positive.begin(), positive.end());
  for (const double threshold : thresholds) {
    if (fractionAtLeast(positive, threshold) >= 0.95 - 1e-12) return fractionAtLeast(negative, threshold);
  }
  return 1;
}

/// n scores of few or many levels.
Values randomScores(std::size_t n, double shift, bool tied, std::mt19937& rng) {
  std::normal_distribution<double> normal(shift, 1);
  Values values;
  for (std::size_t i = 0; i < n; ++i) values.push_back(tied ? std::round(2 * normal(rng)) : normal(rng));
  return values;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ranking)

BOOST_AUTO_TEST_CASE(agrees_with_definitions) {
  std::mt19937 rng(4);
  for (int trial = 0; trial < 200; ++trial) {
    const bool tied = trial % 2 == 0;
    const auto positive = randomScores(1 + rng() % 60, 0.7, tied, rng);
    const auto negative = randomScores(1 + rng() % 60, 0, tied, rng);
    BOOST_TEST(auroc(positive, negative).value == pairwise(positive, negative), tt::tolerance(1e-12));
    BOOST_TEST(averagePrecision(positive, negative) == precisionByThresholds(positive, negative),
               tt::tolerance(1e-12));
    BOOST_TEST(falsePositivesAt95(positive, negative) == fprByThresholds(positive, negative),
               tt::tolerance(1e-12));
  }
}

BOOST_AUTO_TEST_CASE(constant_score_says_nothing) {
  const Values ones(40, 1.0), more(60, 1.0);
  BOOST_TEST(auroc(ones, more).value == 0.5);
  BOOST_TEST(averagePrecision(ones, more) == 0.4, tt::tolerance(1e-12));  // the prevalence
  BOOST_TEST(falsePositivesAt95(ones, more) == 1.0);
  const Detector detector = judgeDetector(more, ones);
  BOOST_TEST(detector.auroc.value == 0.5);
  BOOST_TEST(detector.detected == 0.0);
  BOOST_TEST(detector.false_alarms == 0.0);
}

// Few levels at 10,000 images: an order made up among equals would be far off (devices.md §4.2).
BOOST_AUTO_TEST_CASE(few_levels) {
  std::mt19937 rng(5);
  for (const int levels : {3, 5, 9}) {
    Values positive, negative;
    for (int i = 0; i < 10000; ++i) {
      positive.push_back(static_cast<double>(rng() % static_cast<unsigned>(levels)));
      negative.push_back(static_cast<double>(rng() % static_cast<unsigned>(levels)));
    }
    const Auroc result = auroc(positive, negative);
    BOOST_TEST(std::abs(result.value - 0.5) < 4 * result.standard_error);
    BOOST_TEST(result.standard_error < 0.005);
    BOOST_TEST(auroc(negative, positive).value == 1 - result.value, tt::tolerance(1e-12));
  }
}

BOOST_AUTO_TEST_CASE(perfect_and_inverse) {
  const Values low = {1, 2, 3}, high = {4, 5};
  BOOST_TEST(auroc(high, low).value == 1.0);
  BOOST_TEST(auroc(low, high).value == 0.0);
  BOOST_TEST(averagePrecision(high, low) == 1.0);
  BOOST_TEST(falsePositivesAt95(high, low) == 0.0);
  BOOST_TEST(falsePositivesAt95(low, high) == 1.0);
}

BOOST_AUTO_TEST_CASE(precision_by_hand) {
  // Thresholds 3: 1 of 1; 2: 1 of 2 (a negative); 1: 2 of 4.
  BOOST_TEST(averagePrecision(Values{3, 1}, Values{2, 1}) == 0.5 * 1 + 0.5 * 2 / 4, tt::tolerance(1e-12));
}

// DeLong's error is the scatter seen over repetitions, and close to Hanley and McNeil's (Radiology 143,
// 1982).
BOOST_AUTO_TEST_CASE(standard_error_is_the_scatter) {
  std::mt19937 rng(6);
  constexpr int kTrials = 400;
  constexpr double kPositives = 150, kNegatives = 300;
  double sum = 0, squares = 0, claimed = 0;
  int covered = 0;
  const double truth = 0.5 * std::erfc(-1.0 / 2);  // Φ(1/√2) for means one deviation apart
  for (int trial = 0; trial < kTrials; ++trial) {
    const auto result = auroc(randomScores(150, 1, false, rng), randomScores(300, 0, false, rng));
    sum += result.value;
    squares += result.value * result.value;
    claimed += result.standard_error / kTrials;
    covered += result.interval_95.low <= truth && truth <= result.interval_95.high;
  }
  const double scatter = std::sqrt(squares / kTrials - sum / kTrials * (sum / kTrials));
  BOOST_TEST(claimed == scatter, tt::tolerance(0.12));
  const double q1 = truth / (2 - truth), q2 = 2 * truth * truth / (1 + truth);
  const double hanley = std::sqrt((truth * (1 - truth) + (kPositives - 1) * (q1 - truth * truth) +
                                   (kNegatives - 1) * (q2 - truth * truth)) /
                                  (kPositives * kNegatives));
  BOOST_TEST(claimed == hanley, tt::tolerance(0.12));
  BOOST_TEST(covered >= 366);  // 380 expected, standard deviation 4.4
  BOOST_TEST(covered < 400);
}

BOOST_AUTO_TEST_CASE(threshold_leaves_five_percent) {
  Values values;
  for (int i = 1; i <= 100; ++i) values.push_back(i);
  BOOST_TEST(thresholdAt95(values) == 95.0);
  BOOST_TEST(fractionAbove(values, 95) == 0.05);
  BOOST_TEST(thresholdAt95(Values{7}) == 7.0);
}

BOOST_AUTO_TEST_CASE(threshold_is_fixed_on_one_half_of_the_test_images) {
  // Even-numbered images score 0 … 99, odd-numbered 10 more: the alarms are counted on the latter.
  Values in;
  for (int i = 0; i < 100; ++i) in.insert(in.end(), {static_cast<double>(i), static_cast<double>(i + 10)});
  const Detector detector = judgeDetector(in, Values{90, 95, 200, 300});
  BOOST_TEST(detector.threshold == 94.0);
  BOOST_TEST(detector.false_alarms == 0.15);
  BOOST_TEST(detector.detected == 0.75);
}

BOOST_AUTO_TEST_CASE(the_two_fpr95_differ) {
  Values in, out;
  for (int i = 0; i < 100; ++i) {
    in.push_back(i);
    out.push_back(i < 10 ? 0 : 50 + i);  // a tenth of OOD look certain
  }
  const Detector detector = judgeDetector(in, out);
  BOOST_TEST(detector.fpr95 == 1.0);                                     // 95 % of OOD are only reached at 0
  BOOST_TEST(detector.fpr95_in_positive == 0.45, tt::tolerance(1e-12));  // OOD up to 94: 10 + 35 of 100
}

BOOST_AUTO_TEST_CASE(nothing_to_rank) {
  const Values some = {1, 2};
  for (const auto& result : {auroc({}, some), auroc(some, {})}) {
    BOOST_TEST(result.value == 0.5);
    BOOST_TEST(result.interval_95.low == 0.0);
    BOOST_TEST(result.interval_95.high == 1.0);
  }
  BOOST_TEST(averagePrecision({}, some) == 0.0);
  BOOST_TEST(averagePrecision(some, {}) == 1.0);
  BOOST_TEST(falsePositivesAt95({}, some) == 1.0);
  BOOST_TEST(fractionAbove({}, 0) == 0.0);
}

BOOST_AUTO_TEST_SUITE_END()

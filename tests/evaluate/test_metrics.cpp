#include <boost/test/unit_test.hpp>
#include <cmath>
#include <random>

#include "evaluate/metrics.hpp"

using namespace neuspin::evaluate;
namespace tt = boost::test_tools;

BOOST_AUTO_TEST_SUITE(metrics)

BOOST_AUTO_TEST_CASE(by_hand) {
  const Predictions predictions{.classes = 3,
                                .probabilities = {0.7, 0.2, 0.1,    // label 0: right
                                                  0.4, 0.4, 0.2,    // label 1: wrong, ties go to class 0
                                                  0.0, 0.25, 0.75,  // label 0: wrong, p = 0
                                                  0.1, 0.1, 0.8}};  // label 2: right
  const std::vector<std::uint8_t> labels = {0, 1, 0, 2};
  const Metrics metrics = computeMetrics(predictions, labels, 0.001);
  BOOST_TEST(metrics.accuracy == 0.5);
  BOOST_TEST(metrics.nll == -(std::log(0.7) + std::log(0.4) + std::log(0.001) + std::log(0.8)) / 4,
             tt::tolerance(1e-12));
  const double brier = 0.09 + 0.04 + 0.01 + 0.16 + 0.36 + 0.04 + 1 + 0.0625 + 0.5625 + 0.01 + 0.01 + 0.04;
  BOOST_TEST(metrics.brier == brier / 4, tt::tolerance(1e-12));
  // Bins of width 1/15: 0.7 → 10, 0.4 → 6, 0.75 → 11, 0.8 → 12 (15·0.8 = 12): one image each.
  BOOST_TEST(metrics.ece == (0.3 + 0.4 + 0.75 + 0.2) / 4, tt::tolerance(1e-12));
  const auto term = [](double p) { return -p * std::log(p); };
  const double entropy = term(0.7) + term(0.2) + term(0.1) + 2 * term(0.4) + term(0.2) + term(0.25) +
                         term(0.75) + 2 * term(0.1) + term(0.8);
  BOOST_TEST(metrics.predictive_entropy == entropy / 4, tt::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(certain_and_right_is_perfect) {
  const Predictions predictions{.classes = 2, .probabilities = {1, 0, 0, 1, 1, 0}};
  const Metrics metrics = computeMetrics(predictions, std::vector<std::uint8_t>{0, 1, 0}, 1e-12);
  BOOST_TEST(metrics.accuracy == 1);
  BOOST_TEST(metrics.nll == 0);
  BOOST_TEST(metrics.brier == 0);
  BOOST_TEST(metrics.ece == 0);
  BOOST_TEST(metrics.ece_null_mean == 0);
  BOOST_TEST(metrics.predictive_entropy == 0);
}

BOOST_AUTO_TEST_CASE(certain_and_wrong_is_the_worst) {
  const Predictions predictions{.classes = 2, .probabilities = {1, 0, 1, 0}};
  const Metrics metrics = computeMetrics(predictions, std::vector<std::uint8_t>{1, 1}, std::ldexp(1.0, -13));
  BOOST_TEST(metrics.accuracy == 0);
  BOOST_TEST(metrics.nll == 13 * std::log(2.0), tt::tolerance(1e-12));
  BOOST_TEST(metrics.brier == 2);
  BOOST_TEST(metrics.ece == 1);
}

BOOST_AUTO_TEST_CASE(constant_score) {
  // One bin: ECE is |accuracy − confidence|. 3 of 4 right at confidence 0.6.
  const std::vector<double> confidence(4, 0.6);
  const std::vector<std::uint8_t> right = {1, 0, 1, 1};
  BOOST_TEST(calibrationError(confidence, right) == 0.15, tt::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(errors_of_opposite_sign_cancel_only_within_a_bin) {
  const std::vector<std::uint8_t> right = {1, 0};
  BOOST_TEST(calibrationError(std::vector<double>{0.5, 0.5}, right) == 0.0);
  BOOST_TEST(calibrationError(std::vector<double>{0.5, 0.6}, right) == 0.55, tt::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(bin_edges) {
  // 2/15 belongs to bin 2 together with 0.19 (lower edges are inside), so the errors cancel partly.
  const std::vector<std::uint8_t> right = {1, 0};
  const double edge = 2.0 / 15;
  BOOST_TEST(calibrationError(std::vector<double>{edge, 0.19}, right) == std::abs(1 - edge - 0.19) / 2,
             tt::tolerance(1e-9));
  // 1.0 belongs to the last bin.
  BOOST_TEST(calibrationError(std::vector<double>{1.0, 0.95}, right) == std::abs(1 - 1.95) / 2,
             tt::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(equal_mass_bins) {
  // 30 images, two a bin: each bin holds one right and one wrong of confidence around i/30.
  std::vector<double> confidence;
  std::vector<std::uint8_t> right;
  double expected = 0;
  for (int i = 0; i < 30; ++i) {
    confidence.push_back((i + 1) / 31.0);
    right.push_back(i % 2 == 0);
    if (i % 2 == 1)
      expected += std::abs(1 - confidence[static_cast<std::size_t>(i - 1)] - confidence.back()) / 30;
  }
  BOOST_TEST(equalMassCalibrationError(confidence, right) == expected, tt::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(equal_mass_bins_do_not_depend_on_the_order_of_equals) {
  std::mt19937 rng(3);
  std::vector<double> confidence;
  std::vector<std::uint8_t> right;
  for (int i = 0; i < 100; ++i) {
    confidence.push_back(0.5 + static_cast<double>(rng() % 4) / 10);
    right.push_back(rng() % 3 != 0);
  }
  const double error = equalMassCalibrationError(confidence, right);
  for (std::size_t i = 99; i > 0; --i) {
    const std::size_t j = rng() % (i + 1);
    std::swap(confidence[i], confidence[j]);
    std::swap(right[i], right[j]);
  }
  BOOST_TEST(equalMassCalibrationError(confidence, right) == error, tt::tolerance(1e-12));
  BOOST_TEST(equalMassCalibrationError({}, {}) == 0.0);
}

BOOST_AUTO_TEST_CASE(class_wise_error_sees_what_the_confidence_hides) {
  // The confidence, 0.8, is right in 4 of 5; but the runner-up is never class 1.
  Predictions predictions{.classes = 3, .probabilities = {}};
  std::vector<std::uint8_t> labels;
  for (int i = 0; i < 5; ++i) {
    predictions.probabilities.insert(predictions.probabilities.end(), {0.8, 0.2, 0.0});
    labels.push_back(i == 0 ? 2 : 0);
  }
  const Metrics metrics = computeMetrics(predictions, labels, 1e-12);
  BOOST_TEST(std::abs(metrics.ece) < 1e-12);
  BOOST_TEST(metrics.ece_class_wise == 0.4 / 3, tt::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(reliability_rows) {
  const auto rows = reliability(std::vector<double>{0.5, 0.52, 1.0}, std::vector<std::uint8_t>{1, 0, 1});
  BOOST_REQUIRE_EQUAL(rows.size(), 15U);
  BOOST_TEST(rows[7].images == 2);
  BOOST_TEST(rows[7].accuracy == 0.5);
  BOOST_TEST(rows[7].confidence == 0.51, tt::tolerance(1e-12));
  BOOST_TEST(rows[14].images == 1);
  BOOST_TEST(rows[0].images == 0);
}

BOOST_AUTO_TEST_CASE(interval_holds_the_accuracy) {
  const Predictions predictions{.classes = 2, .probabilities = {1, 0, 1, 0, 1, 0, 1, 0}};
  const Metrics metrics = computeMetrics(predictions, std::vector<std::uint8_t>{0, 0, 0, 1}, 1e-12);
  BOOST_TEST(metrics.accuracy == 0.75);
  BOOST_TEST(metrics.accuracy_95.low < 0.75);
  BOOST_TEST(metrics.accuracy_95.high > 0.75);
}

BOOST_AUTO_TEST_CASE(no_images) {
  const Metrics metrics = computeMetrics({.classes = 10, .probabilities = {}}, {}, 1e-12);
  BOOST_TEST(metrics.accuracy == 0);
  BOOST_TEST(metrics.ece_null_95 == 0);
}

// A calibrated model's ECE lies inside its own null band about 19 times in 20, and a shifted one's outside.
BOOST_AUTO_TEST_CASE(null_band) {
  std::mt19937 rng(42);
  std::uniform_real_distribution<double> uniform;
  constexpr int kTrials = 200;
  constexpr int kImages = 500;
  int inside = 0;
  int shifted_outside = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> confidence;
    std::vector<std::uint8_t> right, overconfident;
    for (int i = 0; i < kImages; ++i) {
      confidence.push_back(0.5 + 0.5 * uniform(rng));
      const double u = uniform(rng);
      right.push_back(u < confidence.back());
      overconfident.push_back(u < confidence.back() - 0.15);
    }
    const auto null = nullCalibration(confidence, 100);
    BOOST_REQUIRE_LE(null.mean, null.percentile_95);
    inside += calibrationError(confidence, right) <= null.percentile_95;
    shifted_outside += calibrationError(confidence, overconfident) > null.percentile_95;
  }
  BOOST_TEST(inside >= 178);  // 190 expected, standard deviation 3.1 (and a little more from the 100 draws)
  BOOST_TEST(inside < 200);
  BOOST_TEST(shifted_outside >= 195);
}

BOOST_AUTO_TEST_CASE(null_is_deterministic) {
  const std::vector<double> confidence = {0.3, 0.6, 0.9, 0.7};
  const auto a = nullCalibration(confidence, 50);
  const auto b = nullCalibration(confidence, 50);
  BOOST_TEST(a.mean == b.mean);
  BOOST_TEST(a.percentile_95 == b.percentile_95);
  BOOST_TEST(a.mean > 0);
}

BOOST_AUTO_TEST_SUITE_END()

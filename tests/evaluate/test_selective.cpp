// Risk over coverage: ties, the best order, coverages.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <numeric>
#include <random>

#include "evaluate/selective.hpp"

using namespace neuspin::evaluate;
namespace tt = boost::test_tools;
using Bytes = std::vector<std::uint8_t>;

BOOST_AUTO_TEST_SUITE(selective)

BOOST_AUTO_TEST_CASE(by_hand) {
  const std::vector<double> uncertainty = {0.4, 0.1, 0.2, 0.3};
  const auto risk = riskCoverage(uncertainty, Bytes{1, 1, 0, 1});  // in order: right, wrong, right, right
  const std::vector<double> expected = {0, 0.5, 1.0 / 3, 0.25};
  BOOST_TEST(risk == expected, tt::per_element());
  const auto result = judgeSelective(uncertainty, Bytes{1, 1, 0, 1});
  BOOST_TEST(result.aurc == (0.5 + 1.0 / 3 + 0.25) / 4, tt::tolerance(1e-12));
  BOOST_TEST(result.e_aurc == (0.5 + 1.0 / 3 + 0.25) / 4 - 0.25 / 4, tt::tolerance(1e-12));
  BOOST_TEST(result.augrc == (0.25 + 0.25 + 0.25) / 4, tt::tolerance(1e-12));
  BOOST_TEST(result.coverage_at_risk_5 == 0.25);
}

BOOST_AUTO_TEST_CASE(perfect_ranking_is_the_oracle) {
  std::mt19937 rng(7);
  for (int trial = 0; trial < 50; ++trial) {
    std::vector<double> uncertainty;
    Bytes right;
    for (int i = 0; i < 200; ++i) {
      right.push_back(rng() % 5 != 0);
      uncertainty.push_back((right.back() != 0 ? 0 : 1) + static_cast<double>(rng() % 1000) / 1001);
    }
    const auto result = judgeSelective(uncertainty, right);
    BOOST_TEST(result.e_aurc == 0.0);
    BOOST_TEST(result.aurc > 0.0);
    for (double& value : uncertainty) value = -value;
    BOOST_TEST(judgeSelective(uncertainty, right).e_aurc > 0.3);
  }
}

BOOST_AUTO_TEST_CASE(ties_are_the_mean_over_all_their_orders) {
  std::mt19937 rng(8);
  const std::vector<double> uncertainty = {0, 0, 0, 1, 1, 1, 1, 2};
  const Bytes right = {1, 0, 1, 0, 0, 1, 1, 1};
  const auto risk = riskCoverage(uncertainty, right);
  std::vector<double> mean(8, 0.0);
  constexpr int kTrials = 20000;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> broken = uncertainty;
    for (double& value : broken) value += static_cast<double>(rng()) / 8589934592.0;  // below 1/2
    const auto one = riskCoverage(broken, right);
    for (std::size_t k = 0; k < 8; ++k) mean[k] += one[k] / kTrials;
  }
  for (std::size_t k = 0; k < 8; ++k) BOOST_TEST(std::abs(risk[k] - mean[k]) < 0.015);
}

BOOST_AUTO_TEST_CASE(constant_score_has_the_overall_risk_everywhere) {
  const auto result = judgeSelective(std::vector<double>(100, 0.5), [] {
    Bytes right(100, 1);
    std::fill(right.begin(), right.begin() + 4, std::uint8_t{0});
    return right;
  }());
  BOOST_TEST(result.aurc == 0.04, tt::tolerance(1e-12));
  BOOST_TEST(result.accuracy_at_80 == 0.96, tt::tolerance(1e-12));
  BOOST_TEST(result.coverage_at_risk_5 == 1.0);
  BOOST_TEST(result.coverage_at_risk_1 == 0.0);
}

BOOST_AUTO_TEST_CASE(accuracy_of_the_most_confident) {
  std::vector<double> uncertainty(100);
  std::iota(uncertainty.begin(), uncertainty.end(), 0.0);
  Bytes right(100, 1);
  std::fill(right.begin() + 85, right.end(), std::uint8_t{0});  // the last 15 are wrong
  const auto result = judgeSelective(uncertainty, right);
  BOOST_TEST(result.accuracy_at_80 == 1.0);
  BOOST_TEST(result.accuracy_at_90 == 1 - 5.0 / 90, tt::tolerance(1e-12));
  BOOST_TEST(result.accuracy_at_95 == 1 - 10.0 / 95, tt::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(no_images) {
  BOOST_TEST(riskCoverage({}, {}).empty());
  BOOST_TEST(judgeSelective({}, {}).aurc == 0.0);
}

BOOST_AUTO_TEST_SUITE_END()

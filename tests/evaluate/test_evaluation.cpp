// The whole evaluation on random networks: that figures belong to the results, and that the comparison
// counts.
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "evaluate/evaluation.hpp"
#include "random_network.hpp"

using namespace neuspin;

namespace {

struct Case {
  test::RandomNetwork net;
  evaluate::Dataset set;
};

Case makeCase() {
  constexpr int kImages = 70;
  Case result{.net = test::makeRandom({.widths = {50, 30, 10}, .stochastic = {true, true}}, 21), .set = {}};
  result.set.features = 50;
  result.set.pixels = test::randomPixels(50, kImages, 8);
  for (int i = 0; i < kImages; ++i) result.set.labels.push_back(static_cast<std::uint8_t>(i % 10));
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(evaluation)

BOOST_AUTO_TEST_CASE(figures_belong_to_the_results) {
  const Case c = makeCase();
  const auto golden = evaluate::evaluateGolden(c.net.plan, c.net.weights, c.set, {.seed = 3});
  BOOST_TEST(golden.passes == 5);
  BOOST_REQUIRE_EQUAL(golden.results.size(), 70U);
  int right = 0;
  double nll = 0;
  for (std::size_t i = 0; i < 70; ++i) {
    right += golden.results[i].argmax == c.set.labels[i];
    const double p = golden.results[i].mean_p[c.set.labels[i]] / 4096.0;
    nll -= std::log(p == 0 ? 1 / 8192.0 : p) / 70;
  }
  BOOST_TEST(golden.metrics.accuracy == right / 70.0, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(golden.metrics.nll == nll, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(comparison_finds_nothing_in_a_sound_plan) {
  const Case c = makeCase();
  const evaluate::Settings settings{.seed = 3, .threads = 2};
  const auto golden = evaluate::evaluateGolden(c.net.plan, c.net.weights, c.set, settings);
  const auto comparison =
      evaluate::compareWithReference(c.net.network, c.net.plan, c.net.weights, c.set, 65, settings, golden);
  BOOST_TEST(comparison.images == 65);
  BOOST_TEST(comparison.comparisons == 65 * (1 + 5 * 10 + 2 * 10));
  BOOST_TEST(comparison.mismatches == 0);
  BOOST_TEST(comparison.first_mismatch.empty());
  // 12-bit probabilities of quantised logits stay near the float ones.
  const auto same_images =
      evaluate::compareWithReference(c.net.network, c.net.plan, c.net.weights, c.set, 70, settings, golden);
  BOOST_TEST(std::abs(same_images.float_metrics.brier - golden.metrics.brier) < 0.02);
}

BOOST_AUTO_TEST_CASE(comparison_names_the_first_difference) {
  Case c = makeCase();
  c.net.plan.layers.back().entries[0][4].offset += 1;
  const auto golden = evaluate::evaluateGolden(c.net.plan, c.net.weights, c.set, {.seed = 3});
  const auto comparison = evaluate::compareWithReference(c.net.network, c.net.plan, c.net.weights, c.set, 70,
                                                         {.seed = 3}, golden);
  BOOST_TEST(comparison.mismatches > 70);
  BOOST_TEST(comparison.first_mismatch.find("image 0, ") == 0U);
  BOOST_TEST(comparison.first_mismatch.find("class 4") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

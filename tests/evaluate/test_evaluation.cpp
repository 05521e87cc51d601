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

BOOST_AUTO_TEST_CASE(classes_that_differ_are_counted) {
  // An untrained network decides by little, so that roundings of 4-bit slopes turn some of the classes over.
  Case c = makeCase();
  c.net = test::makeRandom({.widths = {50, 30, 10}, .stochastic = {true, true}, .logit_scale_bits = 4}, 21);
  const evaluate::Settings settings{.seed = 3, .threads = 2};
  const auto golden = evaluate::evaluateGolden(c.net.plan, c.net.weights, c.set, settings);
  const auto count = [&](const evaluate::Evaluation& of, std::int64_t images) {
    return evaluate::compareWithReference(c.net.network, c.net.plan, c.net.weights, c.set, images, settings,
                                          of);
  };
  // By hand: the float logits of every pass, averaged after a softmax, against both means of the integers.
  std::int64_t chip = 0, softmax = 0;
  const reference::ReferenceNetwork reference(c.net.network, c.net.weights, c.net.hardware());
  reference.run(c.set.pixels, {.seed = 3}, [&](std::int64_t index, const reference::Result& expected) {
    std::vector<double> mean(10, 0.0);
    for (const auto& logits : expected.logits) {
      double sum = 0;
      for (const double logit : logits) sum += std::exp(logit);
      for (std::size_t k = 0; k < 10; ++k) mean[k] += std::exp(logits[k]) / sum;
    }
    const auto largest = [](const auto& values) {
      std::size_t at = 0;
      for (std::size_t k = 1; k < 10; ++k) at = values[k] > values[at] ? k : at;
      return at;
    };
    const auto image = static_cast<std::size_t>(index);
    chip += largest(golden.results[image].mean_p) != largest(mean);
    softmax += largest(golden.softmax.image(image)) != largest(mean);
  });
  BOOST_TEST(chip > 0);
  BOOST_TEST(softmax > 0);
  const auto all = count(golden, 70);
  BOOST_TEST(all.mismatches == 0);
  BOOST_TEST(all.chip_disagrees == chip);
  BOOST_TEST(all.softmax_disagrees == softmax);
  BOOST_TEST(all.share(all.chip_disagrees) == static_cast<double>(chip) / 70);
  // Only the images compared count.
  auto wrong = golden;
  for (auto& result : wrong.results) result.argmax = static_cast<std::uint16_t>((result.argmax + 1) % 10);
  BOOST_TEST(count(wrong, 5).chip_disagrees >= 5 - chip);
  BOOST_TEST(count(wrong, 5).chip_disagrees <= 5);
  BOOST_TEST(evaluate::Comparison{}.share(0) == 0.0);
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

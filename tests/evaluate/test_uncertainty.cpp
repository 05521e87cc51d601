// Entropies, mutual information and exact weights (devices.md §4.1, §5.10).
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <random>

#include "device/draw.hpp"
#include "evaluate/uncertainty.hpp"

using namespace neuspin::evaluate;
namespace tt = boost::test_tools;

namespace {

double term(double p) {
  return -p * std::log(p);
}

/// Probabilities [pass][class] around class 0, random.
std::vector<double> randomPasses(std::size_t passes, std::size_t classes, std::mt19937& rng) {
  std::normal_distribution<double> normal;
  std::vector<double> p;
  for (std::size_t t = 0; t < passes; ++t) {
    double sum = 0;
    for (std::size_t c = 0; c < classes; ++c) {
      p.push_back(std::exp(2 * normal(rng)));
      sum += p.back();
    }
    for (std::size_t c = 0; c < classes; ++c) p[t * classes + c] /= sum;
  }
  return p;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(uncertainty)

BOOST_AUTO_TEST_CASE(by_hand) {
  const std::vector<double> p = {0.8, 0.2, 0.4, 0.6};
  std::vector<double> mean(2);
  const Uncertainty u = assess(p, {}, mean);
  BOOST_TEST(mean[0] == 0.6, tt::tolerance(1e-12));
  BOOST_TEST(mean[1] == 0.4, tt::tolerance(1e-12));
  const double entropy = term(0.6) + term(0.4);
  const double aleatoric = (term(0.8) + term(0.2) + term(0.4) + term(0.6)) / 2;
  BOOST_TEST(u.entropy == entropy, tt::tolerance(1e-12));
  BOOST_TEST(u.aleatoric == aleatoric, tt::tolerance(1e-12));
  BOOST_TEST(u.mutual_information == entropy - aleatoric, tt::tolerance(1e-12));
  // Unbiased variances 0.08 each: (1/2T) Σ var/mean = (0.08/0.6 + 0.08/0.4)/4.
  BOOST_TEST(u.corrected_information - u.mutual_information == (0.08 / 0.6 + 0.08 / 0.4) / 4,
             tt::tolerance(1e-12));
  BOOST_TEST(u.variance == 0.08, tt::tolerance(1e-12));
  BOOST_TEST(u.variation_ratio == 0.5, tt::tolerance(1e-12));
  BOOST_TEST(u.max_probability == 0.6, tt::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(weights_count_as_repetitions_do) {
  const std::vector<double> distinct = {0.8, 0.2, 0.4, 0.6};
  const std::vector<double> repeated = {0.8, 0.2, 0.8, 0.2, 0.8, 0.2, 0.4, 0.6};
  std::vector<double> mean_a(2), mean_b(2);
  const Uncertainty a = assess(distinct, std::vector{0.75, 0.25}, mean_a);
  const Uncertainty b = assess(repeated, {}, mean_b);
  BOOST_TEST(mean_a == mean_b, tt::per_element());
  BOOST_TEST(a.entropy == b.entropy, tt::tolerance(1e-12));
  BOOST_TEST(a.mutual_information == b.mutual_information, tt::tolerance(1e-12));
  BOOST_TEST(a.variance == b.variance, tt::tolerance(1e-12));
  BOOST_TEST(a.variation_ratio == 0.25, tt::tolerance(1e-12));
  BOOST_TEST(a.corrected_information == a.mutual_information);  // exact weights need no correction
  BOOST_TEST(b.corrected_information > b.mutual_information);
}

BOOST_AUTO_TEST_CASE(one_pass_and_passes_that_agree_have_no_information) {
  std::mt19937 rng(1);
  for (int trial = 0; trial < 200; ++trial) {
    const auto pass = randomPasses(1, 10, rng);
    std::vector<double> eleven;
    for (int t = 0; t < 11; ++t) eleven.insert(eleven.end(), pass.begin(), pass.end());
    std::vector<double> mean(10);
    BOOST_TEST(assess(pass, {}, mean).mutual_information == 0.0);
    BOOST_TEST(assess(pass, {}, mean).corrected_information == 0.0);
    BOOST_TEST(assess(eleven, {}, mean).mutual_information == 0.0);  // exactly: rounding must not rank images
  }
}

BOOST_AUTO_TEST_CASE(information_is_within_its_bounds) {
  std::mt19937 rng(2);
  for (int trial = 0; trial < 500; ++trial) {
    std::vector<double> mean(5);
    const Uncertainty u = assess(randomPasses(1 + rng() % 20, 5, rng), {}, mean);
    BOOST_TEST(u.mutual_information >= 0.0);
    BOOST_TEST(u.entropy <= std::log(5.0) + 1e-12);
    BOOST_TEST(u.aleatoric <= u.entropy + 1e-12);
    BOOST_TEST(u.variation_ratio <= 0.8 + 1e-12);
  }
}

BOOST_AUTO_TEST_CASE(certain_passes_give_zero_not_nan) {
  std::vector<double> mean(2);
  const Uncertainty u = assess(std::vector<double>{1, 0, 0, 1}, {}, mean);
  BOOST_TEST(u.aleatoric == 0.0);
  BOOST_TEST(u.mutual_information == std::log(2.0), tt::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(softmax_of_integers) {
  std::vector<double> p(3);
  softmax(std::vector<std::int32_t>{512, 256, 0}, 1.0 / 256, p);
  const double sum = 1 + std::exp(-1) + std::exp(-2);
  BOOST_TEST(p[0] == 1 / sum, tt::tolerance(1e-12));
  BOOST_TEST(p[2] == std::exp(-2) / sum, tt::tolerance(1e-12));
  softmax(std::vector<std::int32_t>{2147483647, -2147483647 - 1, 0}, 1, p);  // differences exceed 32 bits
  BOOST_TEST(p[0] == 1.0);
  BOOST_TEST(p[1] == 0.0);
}

BOOST_AUTO_TEST_CASE(mean_of_the_largest_logits) {
  std::vector<double> mean(2);
  const std::vector<std::int32_t> logits = {100, -50, -200, 300};
  BOOST_TEST(assessLogits(logits, 0.5, {}, mean).max_logit == 100.0, tt::tolerance(1e-12));
  BOOST_TEST(assessLogits(logits, 0.5, std::vector{0.9, 0.1}, mean).max_logit == 60.0, tt::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(average_is_field_by_field) {
  const std::vector<Uncertainty> images = {{.entropy = 1, .aleatoric = 0.5, .max_logit = 3},
                                           {.entropy = 2, .max_logit = -1}};
  const Uncertainty mean = average(images);
  BOOST_TEST(mean.entropy == 1.5);
  BOOST_TEST(mean.aleatoric == 0.25);
  BOOST_TEST(mean.max_logit == 1.0);
}

// devices.md §5.10: 2^L masks enumerated with their probabilities = Monte Carlo with 100,000 passes, within
// four standard errors, for every class; and the correction brings the information of few passes close to the
// exact one.
BOOST_AUTO_TEST_CASE(enumeration_is_what_monte_carlo_tends_to) {
  constexpr std::size_t kMasks = 8, kClasses = 10, kPasses = 100000;
  const std::vector<double> drop = {0.2, 0.35, 0.5};
  std::vector<double> weights(kMasks, 1.0);
  for (std::size_t m = 0; m < kMasks; ++m) {
    for (std::size_t l = 0; l < drop.size(); ++l) weights[m] *= (m >> l & 1) != 0 ? drop[l] : 1 - drop[l];
  }
  std::mt19937 rng(3);
  const auto masks = randomPasses(kMasks, kClasses, rng);
  std::vector<double> exact(kClasses);
  const Uncertainty truth = assess(masks, weights, exact);

  const auto drawPasses = [&](std::size_t passes, std::uint32_t seed) {
    std::vector<double> p;
    for (std::uint32_t t = 0; t < passes; ++t) {
      std::size_t mask = 0;
      for (std::uint32_t l = 0; l < drop.size(); ++l)
        mask |= static_cast<std::size_t>(neuspin::device::draw(seed, l, t) < drop[l] * 4294967296.0) << l;
      p.insert(p.end(), masks.begin() + static_cast<std::ptrdiff_t>(mask * kClasses),
               masks.begin() + static_cast<std::ptrdiff_t>((mask + 1) * kClasses));
    }
    return p;
  };
  std::vector<double> mean(kClasses);
  const Uncertainty many = assess(drawPasses(kPasses, 1), {}, mean);
  for (std::size_t c = 0; c < kClasses; ++c) {
    double variance = 0;
    for (std::size_t m = 0; m < kMasks; ++m)
      variance += weights[m] * std::pow(masks[m * kClasses + c] - exact[c], 2);
    BOOST_TEST(std::abs(mean[c] - exact[c]) < 4 * std::sqrt(variance / kPasses));
  }
  BOOST_TEST(many.mutual_information == truth.mutual_information, tt::tolerance(0.01));

  double raw = 0, corrected = 0;
  constexpr int kTrials = 2000;
  for (std::uint32_t trial = 0; trial < kTrials; ++trial) {
    const Uncertainty ten = assess(drawPasses(10, 1000 + trial), {}, mean);
    raw += ten.mutual_information / kTrials;
    corrected += ten.corrected_information / kTrials;
  }
  BOOST_TEST(raw < 0.95 * truth.mutual_information);
  BOOST_TEST(std::abs(corrected - truth.mutual_information) < 0.4 * (truth.mutual_information - raw));
}

BOOST_AUTO_TEST_SUITE_END()

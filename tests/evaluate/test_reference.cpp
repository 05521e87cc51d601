// ReferenceNetwork against numbers worked out by hand: it is what everything else is judged by.
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "device/draw.hpp"
#include "reference/reference_network.hpp"
#include "tiny.hpp"

using namespace neuspin;

using test::makeTiny;
using test::runOne;
using test::Tiny;

BOOST_AUTO_TEST_SUITE(reference_network)

BOOST_AUTO_TEST_CASE(forward_by_hand) {
  Tiny tiny = makeTiny();
  auto& hidden = tiny.weights.layers[0];
  auto& last = tiny.weights.layers[1];
  // Pixels 255, 32, 16 at 4 bits: x = 15, 2, 1; S = 15+2−1 = 16 and −15+2+1 = −12.
  // Unit 0: 2·(0.5·16 − 1 − 9)/2 + 2 = 0 → +1 (zero counts as +1). Unit 1: −1·(−12 + 0 − 0)/1 = 12 → +1.
  hidden.gamma = {2, -1};
  hidden.scale = {0.5, 1};
  hidden.bias = {-1, 0};
  hidden.mean = {9, 0};
  hidden.var = {4, 1};
  hidden.beta = {2, 0};
  // Both hidden units +1: S = 2 and 0; logits 0.5·2 + 0.25 = 1.25 and 0.75.
  last.gamma = {0.5, -1};
  last.beta = {0.25, 0.75};
  const auto result = runOne(tiny, {255, 32, 16});
  BOOST_REQUIRE_EQUAL(result.logits.size(), 1U);
  BOOST_TEST(result.logits[0][0] == 1.25);
  BOOST_TEST(result.logits[0][1] == 0.75);
  BOOST_TEST(result.mean_probability[0] == 1 / (1 + std::exp(-0.5)), boost::test_tools::tolerance(1e-12));
  // Largest slope 1, room 127: f = 6. Integers: 32·2 + 16 = 80, −64·0 + 48 = 48.
  BOOST_TEST(reference::ReferenceNetwork(tiny.network, tiny.weights).logitFraction() == 6);
  BOOST_TEST(result.integer_logits[0][0] == 80);
  BOOST_TEST(result.integer_logits[0][1] == 48);
  BOOST_TEST(result.integer_votes[0] == 1);
}

BOOST_AUTO_TEST_CASE(bipolar_input) {
  Tiny tiny = makeTiny();
  tiny.network.input = {
      .features = 3, .encoding = InputEncoding::Bipolar, .bits = 1, .threshold = 100, .shape = {3, 1, 1}};
  tiny.weights.layers[0].mean = {3, 2.5};  // S must reach 3 and 2.5
  // x = +, +, −: S = 3 → +1; −1 → −1. Last layer: + + → 0, + − → 2.
  const auto result = runOne(tiny, {100, 255, 99});
  BOOST_TEST(result.logits[0][0] == 0.0);
  BOOST_TEST(result.logits[0][1] == 2.0);
}

BOOST_AUTO_TEST_CASE(fraction_bits_stay_in_range) {
  Tiny tiny = makeTiny();
  auto& last = tiny.weights.layers[1];
  const auto fraction = [&] {
    return reference::ReferenceNetwork(tiny.network, tiny.weights).logitFraction();
  };
  last.gamma = {127, 0};  // 127·2^0 fills the word exactly
  BOOST_TEST(fraction() == 0);
  last.gamma = {127.001, 0};
  BOOST_TEST(fraction() == 0);
  last.gamma = {0, -31.75};  // 127/31.75 = 4 exactly
  BOOST_TEST(fraction() == 2);
  last.gamma = {0, 0};
  BOOST_TEST(fraction() == 24);
  last.gamma = {1e-30, 0};
  BOOST_TEST(fraction() == 24);
  // The dropped bank (scale 1) counts only where it exists.
  last.gamma = {1, 1};
  last.scale = {0.125, 0.125};
  BOOST_TEST(fraction() == 9);
  tiny.network.layers[1].scheme = ScaleDropout{0.5};
  BOOST_TEST(fraction() == 6);
}

BOOST_AUTO_TEST_CASE(votes_of_equal_logits_go_to_the_lowest_class) {
  Tiny tiny = makeTiny();
  tiny.weights.layers[1].gamma = {0, 0};
  const auto result = runOne(tiny, {1, 2, 3});
  BOOST_TEST(result.integer_votes[0] == 1);
  BOOST_TEST(result.integer_votes[1] == 0);
  BOOST_TEST(result.mean_probability[1] == 0.5);
}

BOOST_AUTO_TEST_CASE(dropout_follows_the_documented_draws) {
  Tiny tiny = makeTiny();
  // Only the last layer's scale shows: logit 0 is 4·S when kept, S when dropped; S = 2 for this image.
  tiny.network.layers[1].scheme = ScaleDropout{0.25};
  tiny.network.passes = 400;
  tiny.weights.layers[1].scale = {4, 4};
  const reference::Options options{.seed = 9, .first_image = 3};
  const auto result = runOne(tiny, {255, 255, 255}, options);
  BOOST_REQUIRE_EQUAL(result.logits.size(), 400U);
  int drops = 0;
  for (std::uint32_t t = 0; t < 400; ++t) {
    const bool dropped =
        device::draw(9, 0, 3 * 400 + t) < 0x40000000U;  // the first stochastic layer is unit 0
    drops += dropped;
    BOOST_REQUIRE_EQUAL(result.logits[t][0], dropped ? 2.0 : 8.0);
  }
  BOOST_TEST(drops > 60);  // 100 expected, 8.7 standard deviation
  BOOST_TEST(drops < 140);
}

BOOST_AUTO_TEST_CASE(units_are_numbered_over_stochastic_layers_only) {
  Tiny tiny = makeTiny();
  tiny.network.passes = 64;
  // Hidden unit 0: kept 1·S − 2 (S = 15: +1), dropped … scale 0 → kept −2 → −1; dropped 15 − 2 → +1.
  tiny.network.layers[0].scheme = ScaleDropout{0.5};
  tiny.network.layers[1].scheme = ScaleDropout{0.5};
  tiny.weights.layers[0].scale = {0, 0};
  tiny.weights.layers[0].mean = {2, 2};
  tiny.weights.layers[1].scale = {3, 3};
  const auto result = runOne(tiny, {255, 255, 255}, {.seed = 4});
  for (std::uint32_t t = 0; t < 64; ++t) {
    const double sign = device::draw(4, 0, t) < 0x80000000U ? 1 : -1;
    const double scale = device::draw(4, 1, t) < 0x80000000U ? 1 : 3;
    BOOST_REQUIRE_EQUAL(result.logits[t][0], sign * scale * 2);
  }
}

BOOST_AUTO_TEST_SUITE_END()

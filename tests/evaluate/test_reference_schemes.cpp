// The schemes of ReferenceNetwork against numbers worked out by hand.
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "device/draw.hpp"
#include "reference/reference_network.hpp"
#include "tiny.hpp"

using namespace neuspin;
using reference::ReferenceNetwork;
using test::kImage;
using test::makeOneLayer;
using test::makeTiny;
using test::runOne;
using test::Tiny;

namespace {

constexpr std::uint32_t kSeed = 5;
constexpr std::uint64_t kHalf = 0x80000000U;
constexpr int kPasses = 64;

bool drawn(std::uint32_t device, std::uint32_t k) {
  return device::draw(kSeed, device, k) < kHalf;
}

reference::Result runPasses(Tiny& tiny) {
  tiny.network.passes = kPasses;
  return runOne(tiny, kImage, {.seed = kSeed});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(reference_schemes)

BOOST_AUTO_TEST_CASE(spindrop_leaves_inputs_out) {
  for (const bool rescale : {false, true}) {
    Tiny tiny = makeOneLayer(SpinDrop{.probability = 0.5, .rescale = rescale});
    const auto result = runPasses(tiny);
    for (std::uint32_t t = 0; t < kPasses; ++t) {
      const double x[] = {drawn(0, t) ? 0.0 : 15, drawn(1, t) ? 0.0 : 2, drawn(2, t) ? 0.0 : 1};
      const double worth = rescale ? 2 : 1;  // 1/(1 − p)
      BOOST_REQUIRE_EQUAL(result.logits[t][0], worth * (x[0] + x[1] - x[2]));
      BOOST_REQUIRE_EQUAL(result.logits[t][1], worth * (x[1] + x[2] - x[0]));
      // Slope 1 or 2 with 7 bits: f = 6 or 5.
      BOOST_REQUIRE_EQUAL(result.integer_logits[t][0], 64 * (x[0] + x[1] - x[2]));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_dropped_hidden_activation_is_neither_plus_nor_minus) {
  Tiny tiny = makeTiny();  // activations +1 and −1 for this image
  tiny.network.layers[1].scheme = SpatialDropout{.probability = 0.5, .group = 1};
  const auto result = runPasses(tiny);
  for (std::uint32_t t = 0; t < kPasses; ++t) {
    const double h[] = {drawn(0, t) ? 0.0 : 1, drawn(1, t) ? 0.0 : -1};
    BOOST_REQUIRE_EQUAL(result.logits[t][0], h[0] + h[1]);
    BOOST_REQUIRE_EQUAL(result.logits[t][1], h[0] - h[1]);
  }
}

BOOST_AUTO_TEST_CASE(stored_samples_replace_the_scale) {
  Tiny tiny = makeOneLayer(SubsetSamples{.samples = 4});
  tiny.weights.layers[0].scale = {1, 2, 3, 4, -0.5, 0, 0.25, 8};  // [sample][output]
  tiny.weights.layers[0].beta = {1, -1};
  // Largest slope 8: F(8, 8) = floor(log2(127/8)) = 3.
  BOOST_TEST(ReferenceNetwork(tiny.network, tiny.weights).logitFraction() == 3);
  const auto result = runPasses(tiny);
  for (std::uint32_t t = 0; t < kPasses; ++t) {
    const std::size_t sample = drawn(0, t) + 2 * drawn(1, t);
    const double a[] = {tiny.weights.layers[0].scale[2 * sample],
                        tiny.weights.layers[0].scale[2 * sample + 1]};
    BOOST_REQUIRE_EQUAL(result.logits[t][0], a[0] * 16 + 1);
    BOOST_REQUIRE_EQUAL(result.logits[t][1], a[1] * -12 - 1);
    BOOST_REQUIRE_EQUAL(result.integer_logits[t][0], 8 * (a[0] * 16 + 1));
  }
}

BOOST_AUTO_TEST_CASE(spinbayes_reads_one_set_of_arrays) {
  Tiny tiny = makeOneLayer(SpinBayes{.arrays = 2, .bits = 2});
  // [array][slice][output]. Array 0: low bits + + −, − + +; high bits + − −, + + +: weights 3 −1 −3 and 1
  // 3 3. Array 1: all low +, all high −: −1 everywhere.
  tiny.weights.layers[0] = test::plainWeights({0b011, 0b110, 0b001, 0b111, 0b111, 0b111, 0, 0}, 2, 2, 2);
  const auto result = runPasses(tiny);
  for (std::uint32_t t = 0; t < kPasses; ++t) {
    const bool second = drawn(0, t);
    BOOST_REQUIRE_EQUAL(result.logits[t][0], second ? -18 : 3 * 15 - 2 - 3);
    BOOST_REQUIRE_EQUAL(result.logits[t][1], second ? -18 : 15 + 3 * 2 + 3 * 1);
  }
}

BOOST_AUTO_TEST_CASE(noise_on_the_last_layer) {
  Tiny tiny = makeOneLayer(SubsetNoise{.noise_bits = 4});
  tiny.weights.layers[0].scale = {1, 0.5};
  tiny.weights.layers[0].scale_sigma = {0.5, 1};
  tiny.weights.layers[0].beta = {0, 0.25};
  // Largest |μ| + 4·|σ|/2: 2 and 2.5; f = floor(log2(127/2.5)) = 5.
  BOOST_TEST(ReferenceNetwork(tiny.network, tiny.weights).logitFraction() == 5);
  const auto result = runPasses(tiny);
  for (std::uint32_t t = 0; t < kPasses; ++t) {
    int e[2] = {0, 0};  // the last layer's noise is drawn an output at a time, by the same 4 devices
    for (std::uint32_t j = 0; j < 4; ++j) {
      for (std::uint32_t o = 0; o < 2; ++o) e[o] += drawn(j, 2 * t + o) ? 1 : -1;
    }
    BOOST_REQUIRE_EQUAL(result.logits[t][0], (1 + 0.25 * e[0]) * 16);
    BOOST_REQUIRE_EQUAL(result.logits[t][1], (0.5 + 0.5 * e[1]) * -12 + 0.25);
    BOOST_REQUIRE_EQUAL(result.integer_logits[t][0], (32 + 8 * e[0]) * 16);
    BOOST_REQUIRE_EQUAL(result.integer_logits[t][1], (16 + 16 * e[1]) * -12 + 8);
  }
}

BOOST_AUTO_TEST_CASE(noise_on_a_hidden_layer) {
  Tiny tiny = makeTiny();
  tiny.network.layers[0].scheme = SubsetNoise{.noise_bits = 4};
  tiny.network.scale_bits = 8;
  auto& hidden = tiny.weights.layers[0];
  hidden.scale = {0.5, 1};
  hidden.scale_sigma = {1, 0.25};
  hidden.gamma = {-2, 0};
  hidden.beta = {1, -1};
  hidden.bias = {3, 0};
  hidden.var = {4, 4};
  // Unit 0: y = −2·((0.5 + e/2)·16 + 3)/2 + 1 = −10 − 8e. In integers f = floor(log2(127/2.5)) = 5 and d =
  // −1: (−16 − 16e)·16 − 64. Both: +1 iff e is −2 or −4. Unit 1 (gamma 0) is the sign of beta: −1.
  const auto result = runPasses(tiny);
  int plus = 0;
  for (std::uint32_t t = 0; t < kPasses; ++t) {
    int e = 0;
    for (std::uint32_t j = 0; j < 4; ++j)
      e += drawn(j, t) ? 1 : -1;  // 2 lanes, 8 devices; output 0 has the first 4
    const double h = e <= -2 ? 1 : -1;
    plus += e <= -2;
    BOOST_REQUIRE_EQUAL(result.logits[t][1], h + 1);
    BOOST_REQUIRE_EQUAL(result.integer_logits[t][1], 64 * (h + 1));
  }
  BOOST_TEST(plus > 5);
  BOOST_TEST(plus < kPasses - 5);
}

BOOST_AUTO_TEST_CASE(noise_of_a_hidden_layer_is_rounded_in_integers_only) {
  Tiny tiny = makeTiny();
  tiny.network.layers[0].scheme = SubsetNoise{.noise_bits = 1};
  tiny.weights.layers[0].scale = {1, 1};
  tiny.weights.layers[0].scale_sigma = {0, 0};
  // f = 6. Unit 0: 16 − 16.001 < 0, but O = round(−16.001·64) = −1024 and 64·16 − 1024 = 0: +1. Unit 1: −1 in
  // both.
  tiny.weights.layers[0].mean = {16.001, 0};
  const auto result = runPasses(tiny);
  BOOST_TEST(result.logits[0][0] == -2);
  BOOST_TEST(result.integer_logits[0][0] == 0);
}

BOOST_AUTO_TEST_CASE(affine_dropout_compares_with_the_mean_over_the_outputs) {
  Tiny tiny = makeTiny();
  tiny.network.layers[0].scheme = AffineDropout{0.5};
  auto& hidden = tiny.weights.layers[0];
  hidden.scale = {1, 0.5};
  hidden.bias = {1, 0};
  hidden.gamma = {-1, 1};
  hidden.beta = {30, 0};
  hidden.mean.clear();  // does not have any
  hidden.var.clear();
  // a·S + bias = 17 and −6. u with γ, β: 13, −6 → + −; γ alone: −17, −6 → − +; without γ: 47 or 17, −6 → + −.
  const auto result = runPasses(tiny);
  int turned = 0;
  for (std::uint32_t t = 0; t < kPasses; ++t) {
    const bool turn = !drawn(0, t) && drawn(1, t);
    turned += turn;
    BOOST_REQUIRE_EQUAL(result.logits[t][1], turn ? -2 : 2);
    BOOST_REQUIRE_EQUAL(result.integer_logits[t][1], turn ? -128 : 128);
  }
  BOOST_TEST(turned > 3);
}

BOOST_AUTO_TEST_CASE(affine_dropout_on_the_last_layer) {
  Tiny tiny = makeOneLayer(AffineDropout{0.5});
  auto& last = tiny.weights.layers[0];
  last.scale = {1, 0.5};
  last.bias = {1, 0};
  last.gamma = {-0.5, 0.25};
  last.beta = {30, 0};
  // Slopes −0.5 and 0.125, without γ 1 and 0.5: f = floor(log2(127/1)) = 6.
  BOOST_TEST(ReferenceNetwork(tiny.network, tiny.weights).logitFraction() == 6);
  const auto result = runPasses(tiny);
  for (std::uint32_t t = 0; t < kPasses; ++t) {
    const double gamma = drawn(0, t) ? 1 : -0.5;
    const double beta = drawn(1, t) ? 0 : 30;
    BOOST_REQUIRE_EQUAL(result.logits[t][0], gamma * 17 + beta);
    BOOST_REQUIRE_EQUAL(result.integer_logits[t][0], 64 * (gamma * 17 + beta));
  }
}

BOOST_AUTO_TEST_CASE(networks_part_where_affine_dropout_is_rounded) {
  Tiny tiny = makeTiny();
  tiny.network.layers[0].scheme = AffineDropout{0.5};
  tiny.weights.layers[0].weight_bits = {0b011, 0b011};  // equal sums
  tiny.weights.layers[0].bias = {0.001, 0};             // less than the 2^−6 that integers tell apart
  const auto result = runPasses(tiny);
  for (std::uint32_t t = 0; t < kPasses; ++t) {
    BOOST_REQUIRE_EQUAL(result.logits[t][0], 0);  // + −
    BOOST_REQUIRE_EQUAL(result.logits[t][1], 2);
    BOOST_REQUIRE_EQUAL(result.integer_logits[t][0], 2 * 64);  // + +: both are the mean
    BOOST_REQUIRE_EQUAL(result.integer_logits[t][1], 0);
  }
}

// Inverted normalisation applies γ and β before the statistics. Over the images of one channel, (u − mean
// u)/std u is sign(γ)·(z − mean z)/std z whatever γ's size and β are: dropping them would change nothing.
// Over the channels of one image they do not cancel (methods.md §4.4).
BOOST_AUTO_TEST_CASE(per_channel_statistics_would_cancel_the_affine) {
  constexpr int kImages = 40;
  constexpr int kChannels = 2;
  Tiny tiny = makeTiny();
  tiny.network.layers[0].scheme = AffineDropout{0.5};
  auto& hidden = tiny.weights.layers[0];
  hidden.gamma = {2.5, 0.5};
  hidden.beta = {6, -3};
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < kImages * 3; ++i)
    pixels.push_back(static_cast<std::uint8_t>(device::draw(1, 0, static_cast<std::uint32_t>(i)) >> 24));
  double z[kImages][kChannels];
  for (int n = 0; n < kImages; ++n) {
    const double x[] = {double(pixels[static_cast<std::size_t>(3 * n)] >> 4),
                        double(pixels[static_cast<std::size_t>(3 * n + 1)] >> 4),
                        double(pixels[static_cast<std::size_t>(3 * n + 2)] >> 4)};
    z[n][0] = x[0] + x[1] - x[2];
    z[n][1] = x[1] + x[2] - x[0];
  }
  int across_differ = 0;
  for (const bool gamma_dropped : {false, true}) {
    for (const bool beta_dropped : {false, true}) {
      double u[kImages][kChannels];
      double sum_u[kChannels] = {};  // exact, so that no mean is rounded
      double sum_z[kChannels] = {};
      for (int n = 0; n < kImages; ++n) {
        for (std::size_t o = 0; o < kChannels; ++o) {
          u[n][o] = (gamma_dropped ? 1 : hidden.gamma[o]) * z[n][o] + (beta_dropped ? 0 : hidden.beta[o]);
          sum_u[o] += u[n][o];
          sum_z[o] += z[n][o];
        }
      }
      for (int n = 0; n < kImages; ++n) {
        for (std::size_t o = 0; o < kChannels; ++o)  // per channel: the masks leave no trace
          BOOST_REQUIRE_EQUAL(kImages * u[n][o] >= sum_u[o], kImages * z[n][o] >= sum_z[o]);
        across_differ += (u[n][0] >= u[n][1]) != (z[n][0] >= z[n][1]);
      }
    }
  }
  BOOST_TEST(across_differ > 10);

  // And the network does as the second way says: its passes of one image differ.
  tiny.network.passes = kPasses;
  int images_with_different_passes = 0;
  ReferenceNetwork(tiny.network, tiny.weights)
      .run(pixels, {.seed = kSeed}, [&](std::int64_t n, const reference::Result& result) {
        bool differ = false;
        for (std::uint32_t t = 0; t < kPasses; ++t) {
          const auto e = static_cast<std::uint32_t>(n) * kPasses + t;
          const double u0 = (drawn(0, e) ? 1 : 2.5) * z[n][0] + (drawn(1, e) ? 0 : 6);
          const double u1 = (drawn(0, e) ? 1 : 0.5) * z[n][1] + (drawn(1, e) ? 0 : -3);
          BOOST_REQUIRE_EQUAL(result.logits[t][1],
                              (2 * u0 >= u0 + u1 ? 1 : -1) - (2 * u1 >= u0 + u1 ? 1 : -1));
          differ = differ || result.logits[t] != result.logits[0];
        }
        images_with_different_passes += differ;
      });
  BOOST_TEST(images_with_different_passes > 3);
}

BOOST_AUTO_TEST_SUITE_END()

// golden::Infer on convolutions: against ReferenceNetwork, and against itself under other settings.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "golden/infer.hpp"
#include "judge.hpp"
#include "random_convolution.hpp"

using namespace neuspin;
using test::ConvolutionChoice;
using test::countMismatches;
using test::randomConvolution;
using test::randomPixels;
using test::runAll;

namespace {

const std::vector<Scheme> kConvSchemes = {
    Deterministic{},
    SpinDrop{0.2},
    SpinDrop{.probability = 0.2, .rescale = true, .every_window = true},
    SpatialDropout{0.4, 1},
    SpatialDropout{.probability = 0.3, .group = 3, .rescale = true},
    ScaleDropout{0.35},
    ScaleDropout{0.35, true},
    SubsetSamples{5},
    SpinBayes{3, 1},
    SpinBayes{4, 3},
    AffineDropout{0.3},
    SubsetNoise{5},
};

struct Front {
  InputEncoding encoding;
  int bits;
};
const std::vector<Front> kFronts = {{InputEncoding::Bipolar, 1},
                                    {InputEncoding::Unsigned, 4},
                                    {InputEncoding::Unsigned, 8},
                                    {InputEncoding::Signed, 8},
                                    {InputEncoding::Signed, 3}};

}  // namespace

BOOST_AUTO_TEST_SUITE(infer_convolutions)

BOOST_AUTO_TEST_CASE(every_scheme_equals_the_reference) {
  std::uint32_t seed = 1;
  for (const Scheme& scheme : kConvSchemes) {
    for (const Front& front : kFronts) {
      for (const PostForm form : {PostForm::Threshold, PostForm::Multiply}) {
        ++seed;
        BOOST_TEST_CONTEXT("scheme " << scheme.index() << ", bits " << front.bits << ", seed " << seed) {
          const auto net = randomConvolution({.encoding = front.encoding,
                                              .bits = front.bits,
                                              .conv_scheme = scheme,
                                              .linear_scheme = scheme.index() == 1 ? SpinDrop{0.2} : scheme,
                                              .mapping = 1 + static_cast<int>(seed % 2),
                                              .form = form,
                                              .share = seed % 3 == 0 ? 3 : 1},
                                             seed);
          BOOST_TEST(countMismatches(net, randomPixels(net.network.input.features, 9, seed), seed) == 0);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(many_random_networks_equal_the_reference) {
  for (std::uint32_t seed = 1000; seed < 1200; ++seed) {
    std::mt19937 rng(seed);
    const Front& front = kFronts[rng() % kFronts.size()];
    BOOST_TEST_CONTEXT("seed " << seed) {
      const auto net = randomConvolution(
          {.encoding = front.encoding,
           .bits = front.bits,
           .conv_scheme = kConvSchemes[rng() % kConvSchemes.size()],
           .linear_scheme = std::vector<Scheme>{Deterministic{}, SpinDrop{0.2}, AffineDropout{0.3},
                                                SubsetNoise{5}, SpatialDropout{0.3, 4}}[rng() % 5],
           .mapping = 1 + static_cast<int>(rng() % 2)},
          seed);
      BOOST_TEST(countMismatches(net, randomPixels(net.network.input.features, 9, seed), seed) == 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(mappings_agree_on_the_same_masks) {
  // Every logit of every pass, whatever is chosen at random; all but the rows' order is the same.
  int differing_masks = 0;
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    const Scheme scheme =
        seed % 3 == 0 ? kConvSchemes[seed / 3 % kConvSchemes.size()] : SpatialDropout{0.4, 1};
    const Front& front = kFronts[seed % kFronts.size()];
    const auto netOf = [&](int mapping) {
      return randomConvolution({.encoding = front.encoding,
                                .bits = front.bits,
                                .conv_scheme = scheme,
                                .linear_scheme = SpatialDropout{0.3, 4},
                                .mapping = mapping},
                               seed);
    };
    const auto one = netOf(1), two = netOf(2);
    const golden::Infer unrolled(one.plan, one.weights), by_taps(two.plan, two.weights);
    const auto pixels = randomPixels(one.network.input.features, 12, seed);
    BOOST_TEST_CONTEXT("scheme " << scheme.index() << ", seed " << seed) {
      const auto results = runAll(unrolled, pixels, {.seed = seed, .passes = 7});
      BOOST_TEST((results == runAll(by_taps, pixels, {.seed = seed, .passes = 7})));
      differing_masks += results != runAll(by_taps, pixels, {.seed = seed + 1, .passes = 7});
      const auto image = std::span(pixels).first(static_cast<std::size_t>(one.network.input.features));
      BOOST_TEST((unrolled.logits(image, {.seed = seed}) == by_taps.logits(image, {.seed = seed})));
    }
  }
  BOOST_TEST(differing_masks > 50);  // so that equal results mean something
}

BOOST_AUTO_TEST_CASE(averages_are_drawn) {
  // What the tests above run holds both kinds of pools, and classifiers that are averaged over their map.
  int averages = 0, maxima = 0, classifiers = 0;
  for (std::uint32_t seed = 1; seed <= 100; ++seed) {
    for (const LayerSpec& layer : randomConvolution({}, seed).network.layers) {
      averages += layer.addedWindows() > 1 ? 1 : 0;
      maxima += layer.pool > 1 && layer.pooling == Pooling::Max ? 1 : 0;
      classifiers += layer.last && layer.conv ? 1 : 0;
    }
  }
  BOOST_TEST(averages > 20);
  BOOST_TEST(maxima > 20);
  BOOST_TEST(classifiers > 10);
}

BOOST_AUTO_TEST_CASE(comparison_sees_a_changed_plan) {
  auto net = randomConvolution({.conv_scheme = SpatialDropout{0.3, 1}}, 4);
  const auto pixels = randomPixels(net.network.input.features, 20, 4);
  BOOST_REQUIRE_EQUAL(countMismatches(net, pixels, 4), 0);
  for (auto& entry : net.plan.layers[0].entries[0]) entry.invert = !entry.invert;
  BOOST_TEST(countMismatches(net, pixels, 4) > 0);
}

BOOST_AUTO_TEST_CASE(results_do_not_depend_on_how_they_are_computed) {
  std::uint32_t seed = 50;
  for (const Scheme& scheme : kConvSchemes) {
    for (const Front& front : kFronts) {
      ++seed;
      const auto net = randomConvolution({.encoding = front.encoding,
                                          .bits = front.bits,
                                          .conv_scheme = scheme,
                                          .linear_scheme = SpinDrop{0.3}},
                                         seed);
      const auto pixels = randomPixels(net.network.input.features, 19, seed);
      const golden::Infer fastest(net.plan, net.weights);
      const auto expected = runAll(fastest, pixels, {.seed = 5});
      BOOST_TEST_CONTEXT("scheme " << scheme.index() << ", seed " << seed) {
        BOOST_TEST((runAll(fastest, pixels, {.seed = 5, .threads = 2}) == expected));
        BOOST_TEST((runAll(fastest, pixels, {.seed = 5, .reuse_passes = false}) == expected));
        for (const auto& name : golden::Infer::instructionSets()) {
          BOOST_TEST((runAll(golden::Infer(net.plan, net.weights, name), pixels, {.seed = 5}) == expected),
                     name);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(thresholds_out_of_reach) {
  // 36 windows of 64 inputs that match every weight: the largest sum, 64, just reaches or just misses a
  // threshold.
  test::RandomNetwork net;
  NetworkSpec& network = net.network;
  network.name = "reach";
  network.input = {.features = 64 * 36,
                   .encoding = InputEncoding::Bipolar,
                   .bits = 1,
                   .threshold = 100,
                   .shape = {64, 6, 6}};
  LayerSpec conv;
  conv.name = "c";
  conv.conv = ConvSpec{.kernel = 1};
  conv.in = conv.out = {64, 6, 6};
  conv.inputs = conv.outputs = 64;
  LayerSpec last;
  last.name = "l";
  last.in = conv.out;
  last.inputs = 64 * 36;
  last.outputs = 3;
  last.last = true;
  network.layers = {conv, last};
  std::mt19937 rng(1);
  for (const LayerSpec& layer : network.layers) net.weights.layers.push_back(test::randomWeights(layer, rng));
  LayerWeights& weights = net.weights.layers[0];
  std::ranges::fill(weights.weight_bits, ~std::uint64_t{0});
  for (std::size_t o = 0; o < 64; ++o) {
    weights.scale[o] = weights.gamma[o] = 1;
    weights.bias[o] = weights.beta[o] = 0;
    weights.mean[o] = o % 2 == 0 ? 64 : 65;
  }
  Diagnostics diags;
  auto plan = makePlan(network, net.target, net.weights, diags);
  BOOST_REQUIRE(plan);
  net.plan = std::move(*plan);
  BOOST_TEST(countMismatches(net, std::vector<std::uint8_t>(64 * 36, 255), 1) == 0);
}

BOOST_AUTO_TEST_CASE(both_mappings_compute_the_same) {
  for (std::uint32_t seed = 80; seed < 90; ++seed) {
    const ConvolutionChoice choice = {.conv_scheme = SpatialDropout{0.3, 1}, .linear_scheme = SpinDrop{0.2}};
    ConvolutionChoice other = choice;
    other.mapping = 2;
    const auto one = randomConvolution(choice, seed);
    const auto two = randomConvolution(other, seed);
    const auto pixels = randomPixels(one.network.input.features, 10, seed);
    BOOST_TEST((runAll(golden::Infer(one.plan, one.weights), pixels, {.seed = 3}) ==
                runAll(golden::Infer(two.plan, two.weights), pixels, {.seed = 3})));
  }
}

BOOST_AUTO_TEST_CASE(configurations_of_convolutions) {
  // One bit for each of the input's channels at most: few enough to enumerate; their mean is that of many
  // passes.
  const auto net =
      randomConvolution({.conv_scheme = ScaleDropout{0.4}, .linear_scheme = Deterministic{}}, 21);
  const golden::Infer infer(net.plan, net.weights);
  int convolutions = 0;
  for (const auto& layer : net.network.layers) convolutions += layer.conv ? 1 : 0;
  BOOST_TEST(infer.configurations() == 1 << convolutions);
  double sum = 0;
  for (const double weight : infer.configurationWeights()) sum += weight;
  BOOST_TEST(sum == 1.0, boost::test_tools::tolerance(1e-12));
  // Every pass is one of the configurations.
  const auto image = randomPixels(net.network.input.features, 1, 3);
  std::vector<std::vector<std::int32_t>> all;
  infer.enumerate(image, 1, [&](std::int64_t, std::span<const std::int32_t> logits) {
    const auto classes = static_cast<std::size_t>(net.plan.head.classes);
    for (std::size_t c = 0; c < logits.size() / classes; ++c) {
      const auto one = logits.subspan(c * classes, classes);
      all.emplace_back(one.begin(), one.end());
    }
  });
  for (const auto& pass : infer.logits(image, {.seed = 9, .passes = 12}))
    BOOST_TEST((std::ranges::find(all, pass) != all.end()));
  // A mask for every window is not one choice a pass.
  const auto resampled = randomConvolution(
      {.conv_scheme = SpinDrop{.probability = 0.2, .every_window = true}, .linear_scheme = Deterministic{}},
      21);
  BOOST_TEST(golden::Infer(resampled.plan, resampled.weights).configurations() == 0);
}

BOOST_AUTO_TEST_CASE(signed_pixels) {
  for (int bits = 2; bits <= 8; ++bits) {
    InputSpec input;
    input.encoding = InputEncoding::Signed;
    input.bits = bits;
    for (int pixel = 0; pixel < 256; ++pixel) {
      const double unit = std::ldexp(1.0, bits - 1);
      const double x = std::min(std::max(std::round((2.0 * pixel / 255 - 1) * unit), -unit), unit - 1);
      BOOST_REQUIRE_EQUAL(golden::encodePixel(input, static_cast<std::uint8_t>(pixel)),
                          static_cast<int>(x + unit));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

// golden::Infer of every scheme: against ReferenceNetwork, and against itself under other settings.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <set>
#include <stdexcept>

#include "golden/infer.hpp"
#include "judge.hpp"

using namespace neuspin;
using test::countMismatches;
using test::Layout;
using test::makeRandom;
using test::runAll;

namespace {

const std::vector<Scheme> kSchemes = {
    SpinDrop{0.3},          SpinDrop{.probability = 0.2, .rescale = true},
    SpatialDropout{0.4, 3}, SpatialDropout{.probability = 0.4, .group = 17, .rescale = true},
    ScaleDropout{0.35},     ScaleDropout{0.35, true},
    AffineDropout{0.3},     SubsetSamples{5},
    SubsetSamples{8},       SubsetNoise{1},
    SubsetNoise{7},         SpinBayes{2, 1},
    SpinBayes{3, 2},        SpinBayes{5, 3},
    SpinBayes{8, 4},
};

/// Exact enumeration: mean probability of every class and the standard deviation of a pass.
struct Predictive {
  std::vector<double> mean, deviation;
};

std::vector<double> softmax(std::span<const std::int32_t> logits, int fraction) {
  std::vector<double> p;
  double sum = 0;
  const double largest = *std::ranges::max_element(logits);
  for (const std::int32_t logit : logits) {
    p.push_back(std::exp(std::ldexp(logit - largest, -fraction)));
    sum += p.back();
  }
  for (double& value : p) value /= sum;
  return p;
}

Predictive predictive(const golden::Infer& infer, const Plan& plan, const std::vector<std::uint8_t>& image,
                      std::span<const golden::UnitState> units) {
  const auto classes = static_cast<std::size_t>(plan.head.classes);
  const auto weights = infer.configurationWeights(units);
  Predictive result{.mean = std::vector<double>(classes), .deviation = {}};
  std::vector<double> square(classes);
  infer.enumerate(image, 1, [&](std::int64_t, std::span<const std::int32_t> logits) {
    for (std::size_t c = 0; c < weights.size(); ++c) {
      const auto p = softmax(logits.subspan(c * classes, classes), plan.head.logit_frac);
      for (std::size_t k = 0; k < classes; ++k) {
        result.mean[k] += weights[c] * p[k];
        square[k] += weights[c] * p[k] * p[k];
      }
    }
  });
  for (std::size_t k = 0; k < classes; ++k)
    result.deviation.push_back(std::sqrt(std::max(0.0, square[k] - result.mean[k] * result.mean[k])));
  return result;
}

/// Distance of a Monte Carlo mean over 10^5 passes from the enumerated one, in its standard errors; worst of
/// the classes.
double worstDistance(const test::RandomNetwork& net, const std::vector<std::uint8_t>& image,
                     const std::vector<golden::UnitState>& units) {
  const golden::Infer infer(net.plan, net.weights);
  const Predictive exact = predictive(infer, net.plan, image, units);
  constexpr int kImages = 1000;
  constexpr int kPasses = 100;
  std::vector<std::uint8_t> copies;
  for (int i = 0; i < kImages; ++i) copies.insert(copies.end(), image.begin(), image.end());
  std::vector<double> mean(exact.mean.size());
  const auto add = [&](std::int64_t, int, std::span<const std::int32_t> logits) {
    const auto p = softmax(logits, net.plan.head.logit_frac);
    for (std::size_t k = 0; k < p.size(); ++k) mean[k] += p[k] / (kImages * kPasses);
  };
  infer.run(copies, {.seed = 77, .passes = kPasses, .units = units, .on_pass = add},
            [](std::int64_t, const golden::ImageResult&) {});
  double worst = 0;
  for (std::size_t k = 0; k < mean.size(); ++k) {
    const double error = exact.deviation[k] / std::sqrt(kImages * kPasses);
    worst = std::max(worst, std::abs(mean[k] - exact.mean[k]) / std::max(error, 1e-12));
  }
  return worst;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(infer_schemes)

BOOST_AUTO_TEST_CASE(every_scheme_equals_the_reference) {
  struct Front {
    InputEncoding encoding;
    int bits;
  };
  std::uint32_t seed = 100;
  for (const Scheme& scheme : kSchemes) {
    for (const Front& front : {Front{InputEncoding::Unsigned, 4}, Front{InputEncoding::Bipolar, 1}}) {
      for (const PostForm form : {PostForm::Threshold, PostForm::Multiply}) {
        ++seed;
        BOOST_TEST_CONTEXT("scheme " << scheme.index() << ", seed " << seed) {
          const auto net = makeRandom({.widths = {70, 45, 66, 7},
                                       .encoding = front.encoding,
                                       .bits = front.bits,
                                       .form = form,
                                       .schemes = {scheme, scheme, scheme}},
                                      seed);
          BOOST_TEST(countMismatches(net, test::randomPixels(70, 21, seed), seed) == 0);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(mixed_schemes_equal_the_reference) {
  std::mt19937 rng(5);
  const auto any = [&](int low, int high) {
    return low + static_cast<int>(rng() % static_cast<unsigned>(high - low + 1));
  };
  for (std::uint32_t round = 0; round < 150; ++round) {
    Layout shape;
    shape.widths = {any(5, 140)};
    const int layers = any(1, 4);
    for (int l = 0; l < layers; ++l) {
      shape.widths.push_back(l + 1 == layers ? any(2, 12) : any(3, 140));
      const bool plain = rng() % 5 == 0;
      shape.schemes.push_back(plain ? Scheme{Deterministic{}} : kSchemes[rng() % kSchemes.size()]);
    }
    shape.encoding = rng() % 2 == 0 ? InputEncoding::Unsigned : InputEncoding::Bipolar;
    shape.bits = shape.encoding == InputEncoding::Bipolar ? 1 : any(1, 8);
    shape.form = rng() % 2 == 0 ? PostForm::Threshold : PostForm::Multiply;
    shape.passes = any(1, 12);
    shape.logit_scale_bits = 6;  // logits of 4-bit weights on 8-bit inputs must fit 24 bits
    shape.share = std::vector{1, 3, 7, 1000}[rng() % 4];
    shape.whiten = rng() % 2 == 0;
    shape.lanes = std::vector{1, 5, 16, 64}[rng() % 4];
    BOOST_TEST_CONTEXT("round " << round) {
      const auto net = makeRandom(shape, 1000 + round);
      BOOST_TEST(countMismatches(net, test::randomPixels(shape.widths.front(), 13, round), round) == 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(results_do_not_depend_on_how_they_are_computed) {
  const auto net = makeRandom({.widths = {100, 70, 50, 40, 40, 50, 10},
                               .passes = 9,
                               .schemes = {SpinDrop{0.2}, SpatialDropout{0.3, 20}, SubsetNoise{3},
                                           SpinBayes{3, 2}, AffineDropout{0.3}, SubsetSamples{6}},
                               .share = 4},
                              3);
  const auto pixels = test::randomPixels(100, 43, 3);
  const golden::Infer fastest(net.plan, net.weights);
  const auto expected = runAll(fastest, pixels, {.seed = 5});
  BOOST_REQUIRE_EQUAL(expected.size(), 43U);
  BOOST_TEST((runAll(fastest, pixels, {.seed = 5, .threads = 3}) == expected));
  BOOST_TEST((runAll(fastest, pixels, {.seed = 5, .reuse_passes = false}) == expected));
  for (const auto& name : golden::Infer::instructionSets()) {
    BOOST_TEST_CONTEXT(name)
    BOOST_TEST((runAll(golden::Infer(net.plan, net.weights, name), pixels, {.seed = 5}) == expected));
  }
  BOOST_TEST((runAll(fastest, pixels, {.seed = 6}) != expected));
  const auto tail =
      runAll(fastest, {pixels.begin() + 30 * 100, pixels.end()}, {.seed = 5, .first_image = 30});
  for (std::int64_t i = 30; i < 43; ++i) BOOST_TEST((tail.at(i - 30) == expected.at(i)));
}

BOOST_AUTO_TEST_CASE(every_scheme_does_something) {
  for (const Scheme& scheme : kSchemes) {
    BOOST_TEST_CONTEXT("scheme " << scheme.index()) {
      const auto net =
          makeRandom({.widths = {40, 60, 5}, .passes = 20, .schemes = {scheme, Deterministic{}}}, 8);
      const golden::Infer infer(net.plan, net.weights);
      std::set<std::vector<std::int32_t>> different;
      for (int i = 0; i < 5; ++i) {
        const auto image = test::randomPixels(40, 1, static_cast<std::uint32_t>(i));
        for (const auto& logits : infer.logits(image, {.seed = 1})) different.insert(logits);
      }
      BOOST_TEST(different.size() > 5U);  // more than one a image
    }
  }
}

BOOST_AUTO_TEST_CASE(units_that_have_drawn_before) {
  // A unit that has drawn what n images take stands where image n begins.
  constexpr int kPasses = 5;
  constexpr std::uint32_t kImages = 17;
  const auto net = makeRandom({.widths = {60, 40, 30, 5},
                               .passes = kPasses,
                               .schemes = {SpinDrop{0.3}, AffineDropout{0.3}, SubsetNoise{3}},
                               .share = 8},
                              11);
  const auto pixels = test::randomPixels(60, 20, 11);
  const golden::Infer infer(net.plan, net.weights);
  std::vector<golden::UnitState> units(static_cast<std::size_t>(net.plan.units));
  for (const LayerPlan& layer : net.plan.layers) {
    const SupplyPlan& supply = *layer.supply;
    const int masks = layer.choice == Choice::Noise ? layer.words : 1;
    for (int m = 0; m < supply.modules; ++m)
      units[static_cast<std::size_t>(supply.first_unit + m)] = {
          .drive_code = supply.drive_code,
          .first_draw = kImages * kPasses * static_cast<std::uint32_t>(supply.rounds * masks)};
  }
  const auto expected = runAll(infer, pixels, {.seed = 2, .first_image = kImages});
  BOOST_TEST((runAll(infer, pixels, {.seed = 2, .units = units}) == expected));
  ++units.back().first_draw;
  BOOST_TEST((runAll(infer, pixels, {.seed = 2, .units = units}) != expected));
}

BOOST_AUTO_TEST_CASE(units_that_were_calibrated) {
  // Other drive codes are what a plan with other reset values has.
  auto net = makeRandom({.widths = {60, 40, 30, 20, 5},
                         .schemes = {SpinDrop{0.3}, SpinBayes{3, 2}, ScaleDropout{0.4}, SubsetNoise{3}},
                         .whiten = true},
                        12);
  const auto pixels = test::randomPixels(60, 20, 12);
  std::vector<golden::UnitState> units(static_cast<std::size_t>(net.plan.units));
  for (const LayerPlan& layer : net.plan.layers) {
    for (int m = 0; m < layer.supply->modules; ++m)
      units[static_cast<std::size_t>(layer.supply->first_unit + m)].drive_code = 3 + layer.index;
  }
  const golden::Infer infer(net.plan, net.weights);
  const auto calibrated = runAll(infer, pixels, {.seed = 2, .units = units});
  BOOST_TEST((runAll(infer, pixels, {.seed = 2}) != calibrated));
  for (LayerPlan& layer : net.plan.layers) layer.supply->drive_code = 3 + layer.index;
  BOOST_TEST((runAll(golden::Infer(net.plan, net.weights), pixels, {.seed = 2}) == calibrated));
}

BOOST_AUTO_TEST_CASE(passes_are_configurations) {
  const auto net = makeRandom(
      {.widths = {50, 30, 20, 20, 6},
       .passes = 30,
       .schemes = {AffineDropout{0.3}, SpinBayes{3, 1}, SpatialDropout{0.3, 10}, SubsetSamples{5}}},
      4);
  const golden::Infer infer(net.plan, net.weights);
  BOOST_REQUIRE_EQUAL(infer.configurations(), 4 * 3 * 4 * 5);
  const auto pixels = test::randomPixels(50, 3, 9);
  const auto passes = runAll(infer, pixels, {.seed = 1});
  int images = 0;
  infer.enumerate(pixels, 2, [&](std::int64_t image, std::span<const std::int32_t> logits) {
    std::set<std::vector<std::int32_t>> all;
    for (std::size_t c = 0; c < 240; ++c) all.insert({logits.begin() + 6 * c, logits.begin() + 6 * c + 6});
    const auto one = std::span(pixels).subspan(static_cast<std::size_t>(image) * 50, 50);
    for (const auto& pass : infer.logits(one, {.seed = 1, .first_image = image}))
      BOOST_TEST(all.contains(pass));
    BOOST_TEST(all.size() > 20U);
    ++images;
  });
  BOOST_TEST(images == 3);
}

BOOST_AUTO_TEST_CASE(enumeration_is_what_many_passes_approach) {
  auto net = makeRandom({.widths = {40, 24, 20, 18, 16, 4},
                         .schemes = {ScaleDropout{0.3, true}, AffineDropout{0.2}, SpinBayes{3, 2},
                                     SubsetSamples{5}, ScaleDropout{0.3, true}},
                         .whiten = true},
                        6);
  net.plan.head.max_passes = 100;
  net.plan.head.inv_t_table.resize(101);  // the hardware's results are not looked at
  const golden::Infer infer(net.plan, net.weights);
  BOOST_TEST(infer.configurations() == 2 * 4 * 3 * 5);
  std::vector<golden::UnitState> skewed(static_cast<std::size_t>(net.plan.units));
  for (std::size_t u = 0; u < skewed.size(); ++u) skewed[u].drive_code = static_cast<int>(4 + u % 9);
  for (std::uint32_t image = 0; image < 3; ++image) {
    const auto pixels = test::randomPixels(40, 1, image);
    BOOST_TEST(worstDistance(net, pixels, {}) < 4.0);
    BOOST_TEST(worstDistance(net, pixels, skewed) < 4.0);
  }
  // The test can tell: with the weights of other drive codes the distance is larger.
  const auto pixels = test::randomPixels(40, 1, 0);
  const auto even = predictive(infer, net.plan, pixels, {});
  const auto other = predictive(infer, net.plan, pixels, skewed);
  double distance = 0;
  for (std::size_t k = 0; k < even.mean.size(); ++k)
    distance =
        std::max(distance, std::abs(even.mean[k] - other.mean[k]) / even.deviation[k] * std::sqrt(1e5));
  BOOST_TEST(distance > 10.0);
}

BOOST_AUTO_TEST_CASE(networks_that_cannot_be_enumerated) {
  const auto plain = makeRandom({.widths = {40, 24, 4}, .schemes = {Deterministic{}, Deterministic{}}}, 6);
  const golden::Infer one(plain.plan, plain.weights);
  BOOST_TEST(one.configurations() == 1);
  BOOST_TEST((one.configurationWeights() == std::vector<double>{1.0}));
  const auto pixels = test::randomPixels(40, 1, 1);
  one.enumerate(pixels, 1, [&](std::int64_t, std::span<const std::int32_t> logits) {
    const auto expected = one.logits(pixels, {})[0];
    BOOST_TEST((std::vector(logits.begin(), logits.end()) == expected));
  });
  const auto rows = makeRandom({.widths = {40, 24, 4}, .schemes = {SpinDrop{0.1}, Deterministic{}}}, 6);
  const golden::Infer many(rows.plan, rows.weights);
  BOOST_TEST(many.configurations() == 0);
  BOOST_CHECK_THROW(many.enumerate(pixels, 1, [](std::int64_t, std::span<const std::int32_t>) {}),
                    std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()

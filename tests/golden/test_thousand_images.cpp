// The same integers from all three models on 1,000 images a method: ReferenceNetwork (no plan), Infer (no
// clocks) and the clocked Network. The RTL is compared with the last in every clock (tests/cosim).
#include <fmt/format.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <iostream>

#include "check.hpp"
#include "reference/reference_network.hpp"

using namespace neuspin;
using namespace neuspin::testing;

namespace {

constexpr int kImages = 1000, kPasses = 11;

std::vector<Config> configs() {
  const std::vector<std::pair<std::string, Scheme>> methods = {
      {"deterministic", Deterministic{}},           {"spindrop", SpinDrop{0.2, true}},
      {"spatial", SpatialDropout{0.25, 4, false}},  {"scale", ScaleDropout{0.3, false}},
      {"scale, one unit", ScaleDropout{0.3, true}}, {"affine", AffineDropout{0.2}},
      {"subset, samples", SubsetSamples{5}},        {"subset, noise", SubsetNoise{4}},
      {"spinbayes, 1 bit", SpinBayes{8, 1}},        {"spinbayes, 3 bits", SpinBayes{3, 3}}};
  std::vector<Config> all;
  for (const auto& [name, scheme] : methods) {
    const bool even = all.size() % 2 == 0;
    TargetSpec target = even ? makeTarget(32, 16, 16, 16, 16, PostForm::Threshold, true)
                             : makeTarget(9, 7, 9, 12, 16, PostForm::Multiply, true);
    target.share = even ? 1 : 7;
    target.whiten = !even;
    target.set_cycles = target.reset_cycles = 1;
    all.push_back(
        {name,
         makeMixed({20, 12, 10, 5}, std::vector<Scheme>(3, scheme), kPasses, InputEncoding::Unsigned, 2),
         target});
  }
  return all;
}

/// Integers of one image.
struct Integers {
  std::vector<std::vector<std::int32_t>> logits;  ///< [pass][class]
  golden::ImageResult result;
};

void judge(const Config& config) {
  constexpr std::uint32_t kSeed = 21;
  const Design design = makeDesign(config.network, config.target, 31);
  const auto images = randomImages(design.plan, kImages, 13);
  std::vector<std::uint8_t> pixels;
  for (const Image& image : images) {
    for (const std::uint8_t element : image)
      pixels.push_back(static_cast<std::uint8_t>(element << (8 - design.plan.input.bits)));
  }

  std::vector<Integers> infer(kImages);
  golden::Infer(design.plan, design.weights)
      .run(pixels,
           {.seed = kSeed,
            .on_pass =
                [&](std::int64_t n, int, std::span<const std::int32_t> logits) {
                  infer[static_cast<std::size_t>(n)].logits.emplace_back(logits.begin(), logits.end());
                }},
           [&](std::int64_t n, const golden::ImageResult& result) {
             infer[static_cast<std::size_t>(n)].result = result;
           });

  std::int64_t compared = 0, different = 0, images_seen = 0;
  const auto compare = [&](std::int64_t expected, std::int64_t actual) {
    ++compared;
    different += expected != actual ? 1 : 0;
  };
  const reference::ReferenceNetwork reference(
      design.network, design.weights,
      {.share = design.target.share, .whiten = design.target.whiten, .lanes = design.target.lanes});
  reference.run(pixels, {.seed = kSeed}, [&](std::int64_t n, const reference::Result& expected) {
    const Integers& actual = infer[static_cast<std::size_t>(n)];
    ++images_seen;
    BOOST_REQUIRE_EQUAL(actual.logits.size(), expected.integer_logits.size());
    for (std::size_t t = 0; t < actual.logits.size(); ++t) {
      for (std::size_t c = 0; c < actual.logits[t].size(); ++c)
        compare(expected.integer_logits[t][c], actual.logits[t][c]);
    }
    for (std::size_t c = 0; c < actual.result.votes.size(); ++c) {
      compare(expected.integer_votes[c], actual.result.votes[c]);
      compare(expected.integer_sum_logits[c], actual.result.sum_logit[c]);
    }
  });
  BOOST_TEST(images_seen == kImages);
  BOOST_TEST(different == 0);

  golden::Network network(design.plan, design.weights, kSeed);
  const auto clocked = run(network, design.plan, images).images;
  BOOST_REQUIRE(clocked.size() == infer.size());
  std::int64_t unlike = 0;
  for (std::size_t n = 0; n < clocked.size(); ++n) unlike += clocked[n] == infer[n].result ? 0 : 1;
  BOOST_TEST(unlike == 0);
  std::cout << fmt::format(
      "{:<20} {} images x {} passes: {} integers of Infer and reference, {} differ; {} results of the "
      "clocked "
      "network, {} differ\n",
      config.name, kImages, infer.front().logits.size(), compared, different, clocked.size(), unlike);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(thousand_images)

BOOST_DATA_TEST_CASE(reference_infer_and_clocked_network_agree, configs(), config) {
  judge(config);
}

BOOST_AUTO_TEST_SUITE_END()

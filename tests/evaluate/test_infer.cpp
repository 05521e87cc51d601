// golden::Infer against ReferenceNetwork (which shares no arithmetic with it) and against itself under other
// settings.
#include <boost/test/unit_test.hpp>
#include <map>
#include <mutex>
#include <stdexcept>

#include "golden/infer.hpp"
#include "golden/infer_kernel.hpp"
#include "golden/infer_layer.hpp"
#include "random_network.hpp"
#include "reference/reference_network.hpp"

using namespace neuspin;
using test::makeRandom;
using test::Shape;

namespace {

using Results = std::map<std::int64_t, golden::ImageResult>;

Results runAll(const golden::Infer& infer, const std::vector<std::uint8_t>& pixels,
               const golden::InferOptions& options) {
  Results results;
  std::mutex mutex;
  infer.run(pixels, options, [&](std::int64_t image, const golden::ImageResult& result) {
    const std::lock_guard lock(mutex);
    BOOST_REQUIRE(results.emplace(image, result).second);  // each image once
  });
  return results;
}

/// Differing logits between Infer and the reference over all passes of all images; votes and sums are checked
/// on the way.
int countMismatches(const test::RandomNetwork& net, const std::vector<std::uint8_t>& pixels,
                    std::uint32_t seed) {
  const golden::Infer infer(net.plan, net.weights);
  const reference::ReferenceNetwork reference(net.network, net.weights);
  constexpr std::int64_t kFirst = 1000;  // a stream position other than the start
  const auto features = static_cast<std::size_t>(net.network.input.features);
  const auto results = runAll(infer, pixels, {.seed = seed, .first_image = kFirst});
  int mismatches = 0;
  std::size_t images = 0;
  reference.run(pixels, {.seed = seed, .first_image = kFirst},
                [&](std::int64_t image, const reference::Result& expected) {
                  ++images;
                  const auto logits = infer.logits(
                      std::span(pixels).subspan(static_cast<std::size_t>(image) * features, features),
                      {.seed = seed, .first_image = kFirst + image});
                  BOOST_REQUIRE_EQUAL(logits.size(), expected.integer_logits.size());
                  for (std::size_t t = 0; t < logits.size(); ++t) {
                    for (std::size_t c = 0; c < logits[t].size(); ++c)
                      mismatches += logits[t][c] != expected.integer_logits[t][c];
                  }
                  const auto& result = results.at(image);
                  for (std::size_t c = 0; c < result.votes.size(); ++c) {
                    mismatches += result.votes[c] != expected.integer_votes[c];
                    mismatches += result.sum_logit[c] != expected.integer_sum_logits[c];
                  }
                });
  BOOST_TEST(images == results.size());
  return mismatches;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(infer)

BOOST_AUTO_TEST_CASE(equals_reference_exactly) {
  const std::vector<Shape> shapes = {
      {.widths = {20, 7, 3}, .stochastic = {true, true}},
      {.widths = {64, 64, 10}, .stochastic = {true, false}},
      {.widths = {65, 129, 63, 11}, .stochastic = {false, true, true}},
      {.widths = {130, 40, 40, 40, 2}, .stochastic = {false, false, true, false}},
      {.widths = {49, 33, 5}, .stochastic = {false, true}},
      {.widths = {33, 9}, .stochastic = {true}},
      {.widths = {70, 24, 6}, .stochastic = {false, false}},
  };
  struct Front {
    InputEncoding encoding;
    int bits;
  };
  const std::vector<Front> fronts = {{InputEncoding::Unsigned, 1},
                                     {InputEncoding::Unsigned, 4},
                                     {InputEncoding::Unsigned, 8},
                                     {InputEncoding::Bipolar, 1}};
  std::uint32_t seed = 1;
  for (Shape shape : shapes) {
    for (const auto& front : fronts) {
      for (const PostForm form : {PostForm::Threshold, PostForm::Multiply}) {
        shape.encoding = front.encoding;
        shape.bits = front.bits;
        shape.form = form;
        ++seed;
        BOOST_TEST_CONTEXT("shape of " << shape.widths.front() << " features, bits " << front.bits
                                       << ", seed " << seed) {
          const auto net = makeRandom(shape, seed);
          BOOST_TEST(countMismatches(net, test::randomPixels(shape.widths.front(), 21, seed), seed) == 0);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(comparison_sees_a_changed_plan) {
  auto net = makeRandom({.widths = {40, 30, 4}, .stochastic = {true, true}}, 7);
  const auto pixels = test::randomPixels(40, 40, 7);
  BOOST_REQUIRE_EQUAL(countMismatches(net, pixels, 7), 0);
  net.plan.layers[1].entries[1][2].offset += 1;
  BOOST_TEST(countMismatches(net, pixels, 7) > 0);
  net.plan.layers[1].entries[1][2].offset -= 1;
  net.plan.layers[0].entries[0][5].invert = !net.plan.layers[0].entries[0][5].invert;
  BOOST_TEST(countMismatches(net, pixels, 7) > 0);
}

BOOST_AUTO_TEST_CASE(results_do_not_depend_on_how_they_are_computed) {
  const auto net =
      makeRandom({.widths = {100, 70, 50, 10}, .stochastic = {true, true, true}, .passes = 9}, 3);
  const auto pixels = test::randomPixels(100, 83, 3);
  const golden::Infer fastest(net.plan, net.weights);
  const auto expected = runAll(fastest, pixels, {.seed = 5});
  BOOST_REQUIRE_EQUAL(expected.size(), 83U);
  for (const int threads : {0, 2, 4})
    BOOST_TEST((runAll(fastest, pixels, {.seed = 5, .threads = threads}) == expected));
  BOOST_TEST((runAll(fastest, pixels, {.seed = 5, .reuse_passes = false}) == expected));
  for (const auto& name : golden::Infer::instructionSets()) {
    BOOST_TEST_CONTEXT(name) {
      BOOST_TEST((runAll(golden::Infer(net.plan, net.weights, name), pixels, {.seed = 5}) == expected));
    }
  }
  BOOST_TEST((runAll(fastest, pixels, {.seed = 6}) != expected));  // another seed does change something
}

BOOST_AUTO_TEST_CASE(position_in_the_stream_fixes_the_masks) {
  const auto net = makeRandom({.widths = {60, 40, 5}, .stochastic = {true, true}}, 11);
  const auto pixels = test::randomPixels(60, 30, 11);
  const golden::Infer infer(net.plan, net.weights);
  const auto whole = runAll(infer, pixels, {.seed = 2});
  const auto tail = runAll(infer, {pixels.begin() + 17 * 60, pixels.end()}, {.seed = 2, .first_image = 17});
  for (std::int64_t i = 17; i < 30; ++i) BOOST_TEST((tail.at(i - 17) == whole.at(i)));
}

BOOST_AUTO_TEST_CASE(bad_arguments_throw) {
  const auto net = makeRandom({.widths = {20, 10, 3}, .stochastic = {true, false}}, 1);
  const golden::Infer infer(net.plan, net.weights);
  const auto ignore = [](std::int64_t, const golden::ImageResult&) {};
  BOOST_CHECK_THROW(infer.run(std::vector<std::uint8_t>(21), {}, ignore), std::invalid_argument);
  BOOST_CHECK_THROW(infer.run(std::vector<std::uint8_t>(20), {.passes = 33}, ignore), std::invalid_argument);
  BOOST_CHECK_THROW((golden::Infer(net.plan, net.weights, "mmx")), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(deterministic_network_makes_one_pass) {
  const auto net = makeRandom({.widths = {20, 10, 3}, .stochastic = {false, false}}, 1);
  const golden::Infer infer(net.plan, net.weights);
  BOOST_TEST(infer.passes(0) == 1);
  BOOST_TEST(infer.logits(test::randomPixels(20, 1, 1), {}).size() == 1U);
}

BOOST_AUTO_TEST_CASE(threshold_of_a_multiply_entry) {
  for (std::int64_t scale = -7; scale <= 7; ++scale) {
    for (std::int64_t offset = -40; offset <= 40; ++offset) {
      const auto threshold = golden::asThreshold({.scale = scale, .offset = offset});
      for (std::int64_t z = -45; z <= 45; ++z) {
        const bool expected = z * scale + offset >= 0;
        BOOST_REQUIRE_EQUAL((z >= threshold.theta) != threshold.invert, expected);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(kernels_agree_with_counting_bit_by_bit) {
  std::mt19937_64 rng(1);
  const auto words_of = [&rng](std::size_t n) {
    std::vector<std::uint64_t> words(n);
    for (auto& word : words) word = rng();
    return words;
  };
  for (const auto& kernel : golden::supportedKernels()) {
    BOOST_TEST_CONTEXT(kernel.name) {
      // 70 words with every bit differing overflow byte counters that are summed up too late.
      for (const int words : {1, 2, 13, 31, 32, 70}) {
        constexpr int kOutputs = 3 * golden::kKernelBlock;
        constexpr int kVectors = 11;
        constexpr int kPlanes = 3;
        constexpr int kStride = kOutputs + 5;
        auto weights = words_of(static_cast<std::size_t>(words) * kOutputs);
        auto inputs = words_of(static_cast<std::size_t>(words) * kPlanes * kVectors);
        std::fill_n(weights.begin(), words * golden::kKernelBlock, ~std::uint64_t{0});
        std::fill_n(inputs.begin(), words * kPlanes, 0);
        std::vector<std::int32_t> full(kOutputs);
        for (auto& value : full) value = static_cast<std::int32_t>(rng() % 1000);
        std::vector<std::int32_t> sums(kVectors * kStride, -7);
        kernel.sums({.weights = weights.data(),
                     .full = full.data(),
                     .words = words,
                     .blocks = 3,
                     .planes = kPlanes,
                     .step = 2},
                    inputs.data(), kVectors, kStride, sums.data());
        for (int v = 0; v < kVectors; ++v) {
          for (int o = 0; o < kOutputs; ++o) {
            int expected = full[static_cast<std::size_t>(o)];
            for (int plane = 0; plane < kPlanes; ++plane) {
              for (int w = 0; w < words; ++w) {
                const auto at =
                    (o / golden::kKernelBlock * words + w) * golden::kKernelBlock + o % golden::kKernelBlock;
                const auto input = (v * kPlanes + plane) * words + w;
                std::uint64_t x =
                    weights[static_cast<std::size_t>(at)] ^ inputs[static_cast<std::size_t>(input)];
                for (; x != 0; x >>= 1) expected -= static_cast<int>(x & 1) * 2 << (kPlanes - 1 - plane);
              }
            }
            BOOST_REQUIRE_EQUAL(sums[static_cast<std::size_t>(v * kStride + o)], expected);
          }
          for (int o = kOutputs; o < kStride; ++o)
            BOOST_REQUIRE_EQUAL(sums[static_cast<std::size_t>(v * kStride + o)], -7);
        }
      }
      std::vector<std::int32_t> sums, thresholds;
      for (int o = 0; o < 2 * golden::kDecideBlock; ++o) {
        sums.push_back(static_cast<std::int32_t>(rng() % 5) - 2);
        thresholds.push_back(o % 9 == 0   ? std::numeric_limits<std::int32_t>::min()
                             : o % 9 == 1 ? std::numeric_limits<std::int32_t>::max()
                                          : static_cast<std::int32_t>(rng() % 5) - 2);
      }
      std::uint64_t bits[2];
      kernel.decide(sums.data(), thresholds.data(), 2, bits);
      for (std::size_t o = 0; o < sums.size(); ++o) {
        BOOST_REQUIRE_EQUAL((bits[o / 64] >> (o % 64)) & 1, sums[o] >= thresholds[o] ? 1U : 0U);
      }
      const std::vector<std::uint64_t> data(64, 0x8000000000000001U);
      BOOST_TEST(kernel.countMismatches(data.data(), 1, data.size()) == 64U);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

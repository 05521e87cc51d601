// golden::Infer against ReferenceNetwork (which shares no arithmetic with it) and against itself under other
// settings.
#include <boost/test/unit_test.hpp>
#include <stdexcept>

#include "golden/infer.hpp"
#include "golden/infer_post.hpp"
#include "judge.hpp"

using namespace neuspin;
using test::countMismatches;
using test::Layout;
using test::makeRandom;
using test::runAll;

BOOST_AUTO_TEST_SUITE(infer)

BOOST_AUTO_TEST_CASE(equals_reference_exactly) {
  const std::vector<Layout> shapes = {
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
  for (Layout shape : shapes) {
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
  BOOST_CHECK_THROW(infer.run(std::vector<std::uint8_t>(20), {.units = {{}, {}}}, ignore),
                    std::invalid_argument);
  BOOST_CHECK_THROW(infer.run(std::vector<std::uint8_t>(20), {.units = {{.drive_code = 16}}}, ignore),
                    std::invalid_argument);
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

BOOST_AUTO_TEST_SUITE_END()

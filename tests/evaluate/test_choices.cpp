// Which device draws which bit: the reference's choices against the table of behavioral/reference/README.md,
// written out.
#include <boost/test/unit_test.hpp>
#include <map>

#include "device/draw.hpp"
#include "reference/choices.hpp"

using namespace neuspin;
using reference::Choice;
using reference::Choices;

namespace {

constexpr std::uint32_t kSeed = 9;
constexpr std::uint64_t kHalf = 0x80000000U;

NetworkSpec network(const std::vector<Scheme>& schemes, int width = 5) {
  NetworkSpec result;
  for (std::size_t l = 0; l < schemes.size(); ++l) {
    LayerSpec layer;
    layer.inputs = width;
    layer.outputs = width;
    layer.last = l + 1 == schemes.size();
    layer.scheme = schemes[l];
    result.layers.push_back(layer);
  }
  return result;
}

bool drawn(std::uint32_t device, std::int64_t k, std::uint64_t below = kHalf) {
  return device::draw(kSeed, device, static_cast<std::uint32_t>(k)) < below;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(choices)

BOOST_AUTO_TEST_CASE(spindrop_has_a_device_an_input) {
  const Choices choices(network({SpinDrop{0.25}}), {});
  const auto passes = choices.draw(0, kSeed, 7, 100);
  for (std::int64_t t = 0; t < 100; ++t) {
    for (unsigned i = 0; i < 5; ++i)
      BOOST_REQUIRE_EQUAL(passes[static_cast<std::size_t>(t)].dropped[i], drawn(i, 7 + t, 0x40000000U));
  }
}

BOOST_AUTO_TEST_CASE(shared_devices_draw_in_rounds) {
  // 5 bits, 2 a device: 3 devices, 2 rounds. Bits 0, 1, 2 in round 0, bits 3 and 4 by devices 0 and 1 in
  // round 1.
  const Choices choices(network({SpinDrop{0.5}}), {.share = 2});
  const auto passes = choices.draw(0, kSeed, 4, 50);
  for (std::int64_t t = 0; t < 50; ++t) {
    const std::int64_t e = 4 + t;
    const std::vector<bool> expected = {drawn(0, 2 * e), drawn(1, 2 * e), drawn(2, 2 * e),
                                        drawn(0, 2 * e + 1), drawn(1, 2 * e + 1)};
    BOOST_REQUIRE((passes[static_cast<std::size_t>(t)].dropped == expected));
  }
  // More sharing than bits: one device draws them all.
  const auto alone = Choices(network({SpinDrop{0.5}}), {.share = 100}).draw(0, kSeed, 3, 1);
  for (unsigned i = 0; i < 5; ++i) BOOST_TEST(alone[0].dropped[i] == drawn(0, 15 + i));
}

BOOST_AUTO_TEST_CASE(groups_of_inputs_are_dropped_together) {
  const Choices choices(network({SpatialDropout{.probability = 0.5, .group = 2}}), {});
  for (std::int64_t e = 0; e < 50; ++e) {
    const auto dropped = choices.draw(0, kSeed, e, 1)[0].dropped;
    const std::vector<bool> expected = {drawn(0, e), drawn(0, e), drawn(1, e), drawn(1, e), drawn(2, e)};
    BOOST_REQUIRE((dropped == expected));
  }
}

BOOST_AUTO_TEST_CASE(devices_are_numbered_over_the_layers) {
  // Devices: 0 … 4 spindrop; 5 the model's unit; 6, 7 affine; 8 a layer's own scale; 9, 10, 11 one of 5
  // samples.
  const Choices choices(network({Deterministic{}, SpinDrop{0.5}, ScaleDropout{0.5, true}, AffineDropout{0.5},
                                 ScaleDropout{0.5}, ScaleDropout{0.5, true}, SubsetSamples{5}}),
                        {});
  BOOST_TEST(choices.stochastic());
  for (std::int64_t e = 0; e < 60; ++e) {
    const auto of = [&](std::size_t layer) { return choices.draw(layer, kSeed, e, 1)[0]; };
    BOOST_REQUIRE_EQUAL(of(1).dropped[4], drawn(4, e));
    BOOST_REQUIRE_EQUAL(of(2).scale_dropped, drawn(5, e));
    BOOST_REQUIRE_EQUAL(of(3).gamma_dropped, drawn(6, e));
    BOOST_REQUIRE_EQUAL(of(3).beta_dropped, drawn(7, e));
    BOOST_REQUIRE_EQUAL(of(4).scale_dropped, drawn(8, e));
    BOOST_REQUIRE_EQUAL(of(5).scale_dropped, drawn(5, e));
  }
  const int first = drawn(9, 0) + 2 * drawn(10, 0) + 4 * drawn(11, 0);
  BOOST_REQUIRE(first < 5);
  BOOST_TEST(choices.draw(6, kSeed, 0, 1)[0].sample == first);
  BOOST_TEST(!Choices(network({Deterministic{}}), {}).stochastic());
}

BOOST_AUTO_TEST_CASE(numbers_too_large_are_drawn_again) {
  const Choices choices(network({SpinBayes{.arrays = 3}}), {});
  std::vector<int> expected;
  std::int64_t rejected = 0;
  for (std::int64_t k = 0; expected.size() < 200; ++k) {
    const int number = drawn(0, k) + 2 * drawn(1, k);
    if (number < 3) expected.push_back(number);
    if (number == 3) ++rejected;
  }
  BOOST_TEST(rejected > 20);
  const auto passes = choices.draw(0, kSeed, 0, 200);
  for (std::size_t t = 0; t < 200; ++t) BOOST_REQUIRE_EQUAL(passes[t].sample, expected[t]);
  const auto later = choices.draw(0, kSeed, 150, 50);
  for (std::size_t t = 0; t < 50; ++t) BOOST_REQUIRE_EQUAL(later[t].sample, expected[150 + t]);
}

BOOST_AUTO_TEST_CASE(the_sixteenth_rejection_takes_the_number_anyway) {
  // Devices that always draw 1: 7 of 5 is rejected 15 times, then 7 − 5 = 2 is taken.
  const reference::Devices ones{.first = 0, .count = 3, .below = std::uint64_t{1} << 32};
  BOOST_TEST((ones.numbers(kSeed, 5, 0, 3) == std::vector<int>{2, 2, 2}));
  // A chain of 15 rejections and then a good number: find one by the raw draws of one device, N = 1 of 2.
  const reference::Devices one{.first = 3, .count = 1, .below = 0xF0000000U};
  std::vector<int> expected;
  int tries = 0;
  std::map<int, int> taken_at;
  for (std::int64_t k = 0; expected.size() < 2000; ++k) {
    ++tries;
    const bool large = drawn(3, k, 0xF0000000U);
    if (large && tries < 16) continue;
    expected.push_back(0);  // 0 itself, or 1 − 1
    ++taken_at[tries];
    tries = 0;
  }
  BOOST_TEST(taken_at.rbegin()->first == 16);
  BOOST_TEST(taken_at.size() == 16U);
  BOOST_TEST((one.numbers(kSeed, 1, 0, 2000) == expected));
}

BOOST_AUTO_TEST_CASE(whitening_xors_two_draws_of_fair_devices) {
  const reference::Hardware hardware{.whiten = true};
  const Choices choices(network({SpinBayes{.arrays = 4}, SpinDrop{0.5}}), hardware);
  for (std::int64_t e = 0; e < 50; ++e) {
    const int expected =
        (drawn(0, 2 * e) != drawn(0, 2 * e + 1)) + 2 * (drawn(1, 2 * e) != drawn(1, 2 * e + 1));
    BOOST_REQUIRE_EQUAL(choices.draw(0, kSeed, e, 1)[0].sample, expected);
    BOOST_REQUIRE_EQUAL(choices.draw(1, kSeed, e, 1)[0].dropped[0],
                        drawn(2, e));  // a dropout bit is not whitened
  }
}

BOOST_AUTO_TEST_CASE(noise_words_serve_the_lanes) {
  // 5 outputs, 2 lanes: 3 words a pass of 2·3 bits; 6 devices. The last word's second lane is drawn and not
  // used.
  NetworkSpec spec = network({SubsetNoise{3}, SubsetNoise{3}});
  const Choices choices(spec, {.lanes = 2});
  for (std::int64_t e = 0; e < 20; ++e) {
    const auto noise = choices.draw(0, kSeed, e, 1)[0].noise;
    BOOST_REQUIRE_EQUAL(noise.size(), 5U);
    for (std::uint32_t o = 0; o < 5; ++o) {
      int sum = 0;
      for (std::uint32_t j = 0; j < 3; ++j) sum += drawn(o % 2 * 3 + j, 3 * e + o / 2) ? 1 : -1;
      BOOST_REQUIRE_EQUAL(noise[o], sum);
    }
    // The last layer has one lane: devices 6, 7, 8 and 5 words a pass.
    const auto last = choices.draw(1, kSeed, e, 1)[0].noise;
    int sum = 0;
    for (std::uint32_t j = 0; j < 3; ++j) sum += drawn(6 + j, 5 * e + 4) ? 1 : -1;
    BOOST_REQUIRE_EQUAL(last[4], sum);
  }
  // No more lanes than outputs: 15 bits, and sharing them 15 ways leaves one device and 15 rounds.
  const auto shared = Choices(spec, {.share = 15, .lanes = 64}).draw(0, kSeed, 2, 1)[0].noise;
  int sum = 0;
  for (std::int64_t j = 0; j < 3; ++j) sum += drawn(0, 2 * 15 + 4 * 3 + j) ? 1 : -1;
  BOOST_TEST(shared[4] == sum);
}

BOOST_AUTO_TEST_SUITE_END()

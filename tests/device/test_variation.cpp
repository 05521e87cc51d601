// The portable normal numbers, and process variation frozen per chip.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "device/gaussian.hpp"
#include "device/variation.hpp"

using namespace neuspin;
using namespace neuspin::device;

namespace {

DeviceSet localOnly() {
  Diagnostics diags;
  auto set = loadDeviceSet("stt40", diags);
  BOOST_REQUIRE_MESSAGE(set, diags.render());
  set->die_share.value = set->gradient.value = 0;
  return *set;
}

struct Moments {
  double mean = 0, sigma = 0;
};

template <typename F>
Moments momentsOf(int count, const F& value) {
  double sum = 0, squares = 0;
  for (int k = 0; k < count; ++k) {
    const double v = value(k);
    sum += v;
    squares += v * v;
  }
  const double mean = sum / count;
  return {mean, std::sqrt(squares / count - mean * mean)};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(variation)

BOOST_AUTO_TEST_CASE(elementary_functions_are_accurate) {
  for (int k = 1; k < 200000; ++k) {
    const float u = static_cast<float>(k) / 200000;
    const double exact = std::log(static_cast<double>(u));
    BOOST_REQUIRE(std::abs(static_cast<double>(portableLog(u)) - exact) < 3e-7 * std::abs(exact) + 1e-9);
    const float turn = u - 0.5F;
    BOOST_REQUIRE(std::abs(static_cast<double>(portableCosTurn(turn)) -
                           std::cos(6.283185307179586 * static_cast<double>(turn))) < 3e-7);
    const float x = (u - 0.5F) * 20;
    BOOST_REQUIRE(std::abs(static_cast<double>(portableExp(x)) / std::exp(static_cast<double>(x)) - 1) <
                  5e-7);
  }
}

BOOST_AUTO_TEST_CASE(numbers_are_the_same_everywhere) {
  // Fixed bits: a change of compiler, library or machine must not move a chip. The key was checked with
  // another implementation, the normals to 1e-7 (0.1366992, -0.7925254, -0.4336274, -1.3434058).
  const std::uint64_t key = streamKey(7, Stream::Ra, 3);
  BOOST_TEST(key == 3881416735365751254U);
  const std::uint32_t wanted[] = {1040972512U, 3209356020U, 3202221159U, 3215717561U};
  for (std::uint64_t k = 0; k < 4; ++k)
    BOOST_TEST(std::bit_cast<std::uint32_t>(streamNormal(key, k)) == wanted[k]);
  BOOST_TEST(std::bit_cast<std::uint32_t>(portableExp(0.0625F)) == 1065894235U);
}

BOOST_AUTO_TEST_CASE(normal_distribution) {
  constexpr int kCount = 1000000;
  const std::uint64_t key = streamKey(1, Stream::Hk, 0);
  int beyond[4] = {};
  double fourth = 0, neighbours = 0, before = 0;
  const auto moments = momentsOf(kCount, [&](int k) {
    const double x = static_cast<double>(streamNormal(key, static_cast<std::uint64_t>(k)));
    for (int s = 0; s < 4; ++s) beyond[s] += x > s + 1 ? 1 : 0;
    fourth += x * x * x * x / kCount;
    neighbours += x * before / kCount;
    before = x;
    return x;
  });
  BOOST_TEST(std::abs(moments.mean) < 4e-3);
  BOOST_TEST(std::abs(moments.sigma - 1) < 4e-3);
  BOOST_TEST(std::abs(fourth - 3) < 0.04);
  BOOST_TEST(std::abs(neighbours) < 4e-3);
  for (int s = 0; s < 4; ++s) {
    const double expected = kCount * std::erfc((s + 1) / std::sqrt(2.0)) / 2;
    BOOST_TEST(std::abs(beyond[s] - expected) < 4 * std::sqrt(expected), "beyond " << s + 1);
  }
  // Streams and instances are independent.
  for (const auto other :
       {streamKey(1, Stream::Ms, 0), streamKey(1, Stream::Hk, 1), streamKey(2, Stream::Hk, 0)}) {
    const auto product = momentsOf(100000, [&](int k) {
      const auto at = static_cast<std::uint64_t>(k);
      return static_cast<double>(streamNormal(key, at) * streamNormal(other, at));
    });
    BOOST_TEST(std::abs(product.mean) < 4 / std::sqrt(1e5));
  }
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_chip) {
  const DeviceSet set = localOnly();
  const ChipVariation chip(set, 5, 2), again(set, 5, 2), other(set, 6, 2);
  for (std::uint64_t device = 0; device < 100; ++device) {
    const Shift a = chip.at(device, 0.1, 0.9), b = again.at(device, 0.1, 0.9), c = other.at(device, 0.1, 0.9);
    BOOST_TEST((a.diameter == b.diameter && a.ra == b.ra && a.tmr == b.tmr && a.free_layer == b.free_layer &&
                a.hk == b.hk && a.ms == b.ms));
    BOOST_TEST(a.diameter != c.diameter);
    BOOST_TEST(a.ra != chip.at(device + 1, 0.1, 0.9).ra);
    BOOST_TEST(a.ra != a.tmr);
  }
}

BOOST_AUTO_TEST_CASE(standard_deviations_within_one_per_cent_on_a_million_devices) {
  const DeviceSet set = localOnly();
  const ChipVariation chip(set, 1, 0);
  std::vector<Shift> shifts;
  for (std::uint64_t k = 0; k < 1000000; ++k) shifts.push_back(chip.at(k));
  const auto check = [&](double wanted, auto value) {
    const auto moments =
        momentsOf(1000000, [&](int k) { return value(shifts[static_cast<std::size_t>(k)]); });
    BOOST_TEST(std::abs(moments.sigma / wanted - 1) < 0.01, wanted << " " << moments.sigma);
  };
  check(0.02, [](const Shift& s) { return std::log(s.diameter); });
  check(0.03, [](const Shift& s) { return s.ra - 1; });
  check(0.03, [](const Shift& s) { return s.tmr - 1; });
  check(0.003, [](const Shift& s) { return s.free_layer - 1; });
  check(0.04, [](const Shift& s) { return s.hk - 1; });
  check(0.02, [](const Shift& s) { return s.ms - 1; });
}

BOOST_AUTO_TEST_CASE(die_offset_and_gradient) {
  DeviceSet set = localOnly();
  set.die_share.value = 0.5;
  const auto dies = momentsOf(4000, [&](int seed) {
    const ChipVariation chip(set, static_cast<std::uint32_t>(seed), 0),
        next(set, static_cast<std::uint32_t>(seed), 1);
    // Both arrays of a die share its offset: the mean of many devices of each.
    return (chip.at(0).ra + next.at(0).ra) / 2 - 1;
  });
  // Variance of the mean of two: offset² + local²/2.
  BOOST_TEST(std::abs(dies.sigma / (0.03 * std::sqrt(0.25 + 0.5)) - 1) < 0.05);

  set.die_share.value = 0;
  set.gradient.value = 1;
  double squares = 0;
  constexpr int kChips = 2000;
  for (std::uint32_t seed = 0; seed < kChips; ++seed) {
    const ChipVariation chip(set, seed, 0);
    const double across_x = chip.at(9, 1, 0.5).ra - chip.at(9, 0, 0.5).ra;
    const double across_y = chip.at(9, 0.5, 1).ra - chip.at(9, 0.5, 0).ra;
    BOOST_TEST(std::abs(std::hypot(across_x, across_y) - 0.03) < 1e-6);  // one sigma along the gradient
    squares += across_x * across_x / kChips;
  }
  BOOST_TEST(std::abs(squares / (0.03 * 0.03 / 2) - 1) < 0.1);  // every direction
  set.gradient.value = 0;
  const ChipVariation still(set, 1, 0, 0);
  BOOST_TEST(still.at(3).ra == 1);
  BOOST_TEST(ChipVariation(set, 1, 0, 2).at(3).ra - 1 == 2 * (ChipVariation(set, 1, 0, 1).at(3).ra - 1));
}

BOOST_AUTO_TEST_SUITE_END()

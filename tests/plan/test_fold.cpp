// Folding judged by brute force: an entry must decide as the float expression for every sum in range.
#include <boost/test/unit_test.hpp>
#include <random>

#include "plan/fold.hpp"

using namespace neuspin;
using namespace neuspin::plan;

namespace {

bool thresholdFires(const PostEntry& entry, std::int64_t z) { return (z >= entry.theta) != entry.invert; }
bool multiplyFires(const PostEntry& entry, std::int64_t z) { return z * entry.scale + entry.offset >= 0; }

void checkAll(const Affine& affine, std::int64_t reach, int frac) {
  const auto threshold = foldThreshold(affine, reach);
  const auto multiply = foldMultiply(affine, reach, frac);
  for (std::int64_t z = -reach; z <= reach; ++z) {
    const bool wanted = affine(z) >= 0;
    BOOST_REQUIRE_EQUAL(thresholdFires(threshold, z), wanted);
    BOOST_REQUIRE_EQUAL(multiplyFires(multiply, z), wanted);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fold)

BOOST_AUTO_TEST_CASE(random_columns_of_every_sign) {
  std::mt19937 rng(7);
  std::normal_distribution<double> normal;
  std::uniform_int_distribution<int> fraction(0, 12);
  for (int n = 0; n < 3000; ++n) {
    const Affine affine{.a = normal(rng), .gamma = normal(rng), .bias = 3 * normal(rng), .mean = 20 * normal(rng),
                        .var = std::abs(normal(rng)), .eps = 1e-5, .beta = normal(rng)};
    checkAll(affine, 60, fraction(rng));
  }
}

BOOST_AUTO_TEST_CASE(ties_fire) {
  // y(S) = S − 4: S = 4 gives exactly 0 and sign(0) = +1; falling: y(S) = 4 − S.
  const Affine rising{.a = 1, .gamma = 1, .bias = 0, .mean = 4, .var = 1, .eps = 0, .beta = 0};
  const Affine falling{.a = 1, .gamma = -1, .bias = 0, .mean = 4, .var = 1, .eps = 0, .beta = 0};
  BOOST_TEST(thresholdFires(foldThreshold(rising, 10), 4));
  BOOST_TEST(!thresholdFires(foldThreshold(rising, 10), 3));
  BOOST_TEST(thresholdFires(foldThreshold(falling, 10), 4));
  BOOST_TEST(!thresholdFires(foldThreshold(falling, 10), 5));
  checkAll(rising, 10, 6);
  checkAll(falling, 10, 6);
}

BOOST_AUTO_TEST_CASE(constant_and_saturated_columns) {
  for (const double beta : {-1.0, 0.0, 1.0}) {
    checkAll({.a = 1, .gamma = 0, .bias = 0, .mean = 0, .var = 1, .eps = 0, .beta = beta}, 20, 6);
    checkAll({.a = 0, .gamma = 1, .bias = 0, .mean = 0, .var = 1, .eps = 0, .beta = beta}, 20, 6);
    checkAll({.a = 0, .gamma = -1, .bias = beta, .mean = 0, .var = 1, .eps = 0, .beta = 0}, 20, 6);
  }
  checkAll({.a = 1, .gamma = 1, .bias = 0, .mean = 1000, .var = 1, .eps = 0, .beta = 0}, 20, 6);    // never
  checkAll({.a = 1, .gamma = 1, .bias = 0, .mean = -1000, .var = 1, .eps = 0, .beta = 0}, 20, 6);   // always
  checkAll({.a = 1, .gamma = -1, .bias = 0, .mean = 1000, .var = 1, .eps = 0, .beta = 0}, 20, 6);   // always, falling
  checkAll({.a = 1e-9, .gamma = 1, .bias = 0, .mean = 1e-9, .var = 1, .eps = 0, .beta = 0}, 20, 6);  // scale rounds to 0
}

BOOST_AUTO_TEST_CASE(widths) {
  BOOST_TEST(signedBits(0) == 1);
  BOOST_TEST(signedBits(-1) == 1);
  BOOST_TEST(signedBits(1) == 2);
  BOOST_TEST(signedBits(127) == 8);
  BOOST_TEST(signedBits(128) == 9);
  BOOST_TEST(signedBits(-128) == 8);
  BOOST_TEST(fractionBits(1.0, 8) == 6);   // 127/1 → 2^6 = 64 <= 127
  BOOST_TEST(fractionBits(1.99, 8) == 5);  // 63.8
  BOOST_TEST(fractionBits(0.0, 8) == 24);
  BOOST_TEST(fractionBits(1e9, 8) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

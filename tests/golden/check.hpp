// Results against the oracle, in Boost.Test's words.
#pragma once

#include <boost/test/unit_test.hpp>

#include "configs.hpp"

namespace neuspin::testing {

inline void checkAgainstOracle(const Design& design, const std::vector<Image>& images,
                               const OracleOptions& options,
                               const std::vector<golden::ImageResult>& results) {
  BOOST_REQUIRE(results.size() == images.size());
  for (std::size_t n = 0; n < images.size(); ++n) {
    const auto expected = oracle(design.plan, design.weights, images[n], static_cast<int>(n), options);
    BOOST_TEST_CONTEXT("image " << n) {
      BOOST_TEST(results[n].mean_p == expected.mean_p, boost::test_tools::per_element());
      BOOST_TEST(results[n].sum_logit == expected.sum_logit, boost::test_tools::per_element());
      BOOST_TEST((results[n] == expected));
    }
  }
}

/// Under stalls the results are the oracle's; without, the same in exactly the planned cycles. Returns them.
inline std::vector<golden::ImageResult> checkStalledAndSteady(const Design& design,
                                                              const std::vector<Image>& images,
                                                              unsigned seed) {
  golden::Network network(design.plan, design.weights, seed);
  const auto stalled = run(network, design.plan, images, {0.3, 0.4, seed}).images;
  checkAgainstOracle(design, images, resetOptions(design.plan, seed), stalled);

  network.reset();
  idle(network, static_cast<int>(prefetchCycles(design.plan, seed)));
  const auto steady = run(network, design.plan, images);
  BOOST_TEST((steady.images == stalled));
  BOOST_TEST(steady.cycles == plannedCycles(design.plan, static_cast<std::int64_t>(images.size()), seed));
  return stalled;
}

}  // namespace neuspin::testing

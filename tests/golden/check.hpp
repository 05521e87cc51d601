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

}  // namespace neuspin::testing

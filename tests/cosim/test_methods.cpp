// Every method in lock-step with the golden model, under stalls: 20 images of 11 passes a run.
#include <boost/test/unit_test.hpp>

#include "harness.hpp"
#include "methods.hpp"

namespace neuspin::testing {
namespace {

constexpr std::int64_t kImages = 20;

BOOST_AUTO_TEST_SUITE(methods_in_lockstep)

BOOST_AUTO_TEST_CASE(tilings_forms_sharing) {
  for (const Configuration& configuration : methodConfigurations(pairwiseVariations())) {
    judge(configuration, kImages);
  }
}

BOOST_AUTO_TEST_CASE(arbiters_and_weight_bits) {
  for (const Configuration& configuration : arbiterConfigurations()) judge(configuration, kImages);
}

BOOST_AUTO_TEST_CASE(mixed_in_one_network) {
  for (const Configuration& configuration : mixedConfigurations(pairwiseVariations())) {
    judge(configuration, kImages);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace neuspin::testing

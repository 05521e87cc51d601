// Every method in lock-step with the golden model, under stalls, 11 passes an image: two tilings, two forms,
// sharing 1:1 and 1:7 as far as a method tells them apart, numbers of arrays and weight bits; prints each.
// The suite takes every choice on 8 images, NEUSPIN_LOCKSTEP=full every combination on 20.
#include <boost/test/unit_test.hpp>

#include "harness.hpp"
#include "methods.hpp"

namespace neuspin::testing {
namespace {

std::int64_t images() {
  return everyCombination() ? 20 : 8;
}

BOOST_AUTO_TEST_SUITE(methods_in_lockstep)

BOOST_AUTO_TEST_CASE(tilings_forms_sharing) {
  for (const Configuration& configuration : methodConfigurations()) {
    judge(configuration, images());
  }
}

BOOST_AUTO_TEST_CASE(arbiters_and_weight_bits) {
  for (const Configuration& configuration : arbiterConfigurations()) judge(configuration, images());
}

BOOST_AUTO_TEST_CASE(mixed_in_one_network) {
  for (const Configuration& configuration :
       mixedConfigurations(everyCombination() ? allVariations() : usualVariations())) {
    judge(configuration, images());
  }
}

// What is reported of a calibration, read from the RTL's registers, against the clocked model alone.
BOOST_AUTO_TEST_CASE(residuals_are_those_the_units_hold) {
  const Configuration configuration = mixedConfigurations({pairwiseVariations()[2]}).front();
  const Bench bench = makeBench(configuration);
  tb::LockstepOptions options;
  options.seed = 3;
  const tb::LockstepResult result = run(bench, build(configuration.name, bench.design), options);
  BOOST_TEST(complaints(result) == "");
  BOOST_REQUIRE_EQUAL(result.calibrations.size(), 2U);
  BOOST_TEST(!result.calibrations[0].on_command);
  BOOST_TEST(result.calibrations[1].on_command);
  for (const tb::CalibrationResult& calibration : result.calibrations) {
    BOOST_TEST(calibration.window == 16);
    BOOST_TEST(std::ssize(calibration.residuals) == bench.plan.units);
  }
  BOOST_TEST((result.calibrations[0].residuals != result.calibrations[1].residuals));

  golden::Network network(bench.plan, bench.weights, options.seed);
  golden::Inputs read;
  read.reg_addr = tb::kCalibrate;
  while (network.eval(read).reg_rdata != 0) network.tick();
  std::vector<int> residuals(static_cast<std::size_t>(bench.plan.units));
  for (std::size_t unit = 0; unit < residuals.size(); ++unit) {
    read.reg_we = true;
    read.reg_addr = 6;  // UNIT
    read.reg_wdata = static_cast<std::uint32_t>(unit) | 1U << 16;
    network.eval(read);
    network.tick();
    read.reg_we = false;
    read.reg_addr = 7;  // UNIT_DATA
    residuals[unit] = static_cast<std::int32_t>(network.eval(read).reg_rdata);
  }
  BOOST_TEST(result.calibrations[0].residuals == residuals, boost::test_tools::per_element());
  BOOST_TEST((residuals != std::vector<int>(residuals.size(), 0)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace neuspin::testing

// Emitted RTL against the clocked golden model on small networks: every output and register, every clock.
#include <boost/test/unit_test.hpp>

#include "harness.hpp"

namespace neuspin::testing {

namespace {

std::vector<Configuration> randomConfigurations() {
  std::vector<Configuration> result;
  for (const std::uint64_t seed : {1U, 2U, 3U}) result.push_back(randomConfiguration(seed));
  return result;
}

constexpr std::int64_t kImages = 8;

BOOST_AUTO_TEST_SUITE(lockstep)

BOOST_AUTO_TEST_CASE(tilings_forms_encodings) {
  for (const Configuration& configuration : crossedConfigurations()) judge(configuration, kImages);
}

BOOST_AUTO_TEST_CASE(special_structures) {
  for (const Configuration& configuration : specialConfigurations()) judge(configuration, kImages);
}

BOOST_AUTO_TEST_CASE(random_structures) {
  for (const Configuration& configuration : randomConfigurations()) judge(configuration, kImages);
}

BOOST_AUTO_TEST_CASE(fewer_and_more_passes_by_register) {
  const Configuration configuration = crossedConfigurations().front();
  const Bench bench = makeBench(configuration);
  const tb::Model model = build(configuration.name, bench.design);
  for (const int passes : {1, 2, 8}) {
    tb::LockstepOptions options;
    options.images = 3;
    options.passes = passes;
    const tb::LockstepResult result = run(bench, model, options);
    BOOST_TEST(complaints(result) == "");
    BOOST_TEST(result.passes == passes);
    BOOST_TEST(result.cycles == result.planned_cycles);
  }
}

// The build folder is keyed by the RTL: weights and seeds do not build anything.
BOOST_AUTO_TEST_CASE(a_second_build_reuses_the_first) {
  const Bench bench = makeBench(crossedConfigurations().front());
  const tb::Model first = build(bench.plan.name, bench.design);
  const tb::Model second = build(bench.plan.name, bench.design);
  BOOST_TEST(second.reused);
  BOOST_TEST(first.library == second.library);
  FileSet other_weights = bench.design;
  for (auto& [path, content] : other_weights) {
    if (path.starts_with("mem/")) content.front() = content.front() == '0' ? '1' : '0';
  }
  const tb::Model third = build(bench.plan.name, other_weights);
  BOOST_TEST(third.reused);
  BOOST_TEST(third.memory_root != first.memory_root);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace neuspin::testing

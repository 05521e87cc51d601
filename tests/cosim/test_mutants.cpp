// The comparison must notice faults: every mutant of the emitted RTL is run and has to fail.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <iostream>
#include <string>

#include "../golden/converters.hpp"
#include "../golden/faults.hpp"
#include "harness.hpp"
#include "methods.hpp"
#include "mutants.hpp"

namespace neuspin::testing {
namespace {

Configuration mutationTarget() {
  Configuration configuration;
  configuration.name = "mutation";
  configuration.network = makeNetwork({14, 7, 3}, 0.4, 3, InputEncoding::Unsigned, 2);
  configuration.network.name = configuration.name;
  configuration.target = tilingTarget(Tiling::Ragged);
  configuration.target.array_rows = 9;
  configuration.target.array_cols = 4;
  configuration.target.lanes = 3;
  return configuration;
}

/// Stalls where they help, none where the fault may cost only cycles: each seed is one run.
std::vector<tb::LockstepOptions> runs() {
  tb::LockstepOptions plain, stalled;
  plain.images = stalled.images = 40;
  stalled.stalls = tb::StallLevel::Heavy;
  return {plain, stalled};
}

/// What noticed the fault first, or "" if nothing did. `seed` of the dropout devices.
std::string caughtBy(const Bench& bench, const tb::Model& model, std::uint32_t seed) {
  for (tb::LockstepOptions options : runs()) {
    options.seed = seed;
    const tb::LockstepResult result = run(bench, model, options);
    if (!result.reports.empty()) {
      const tb::Mismatch& first = result.reports.front();
      return fmt::format("{}.{} at cycle {}", first.scope, first.signal, first.cycle);
    }
    if (!result.failures.empty())
      return result.failures.front().substr(0, result.failures.front().find('\n'));
  }
  return {};
}

void report(const Mutant& mutant, const std::string& caught) {
  std::cout << fmt::format("{:<32} {:<60}  {}\n", mutant.file, mutant.what,
                           caught.empty() ? "NOT CAUGHT" : "caught by " + caught)
            << std::flush;
  BOOST_TEST(!caught.empty(), mutant.file << ": " << mutant.what << " was not caught");
}

/// One build holds all faults; the high bits of the seed say which of them acts.
void judge(const Bench& bench, const std::vector<Mutant>& faults) {
  const tb::Model model = build(bench.plan.name, withSwitchedMutants(bench.design, faults));
  constexpr std::uint32_t kSeed = 1;
  BOOST_REQUIRE(caughtBy(bench, model, kSeed) == "");
  for (std::uint32_t i = 0; i < faults.size(); ++i)
    report(faults[i], caughtBy(bench, model, ((i + 1) << kMutantShift) + kSeed));
}

BOOST_AUTO_TEST_SUITE(mutation)

BOOST_AUTO_TEST_CASE(every_mutant_is_caught) {
  const Bench bench = makeBench(mutationTarget());
  judge(bench, mutants(bench.plan.name));
}

BOOST_AUTO_TEST_CASE(every_mutant_of_the_methods_is_caught) {
  // As small as what methodMutants() asks for allows. Masks of ten bits from two units, a unit
  // for two layers far apart, an arbiter that rejects, weights of two bits.
  const std::string unit_of_model = R"({ method = "scale_dropout", probability = 0.4, unit = "model" })";
  const std::vector<std::string> schemes{R"({ method = "spindrop", probability = 0.3 })", unit_of_model,
                                         R"({ method = "spinbayes", arrays = 3, bits = 2 })", unit_of_model};
  judge(
      makeBench(parseConfiguration("methods", networkText({10, 6, 5, 6, 3}, schemes, kPlanes, kMethodPasses),
                                   targetText(pairwiseVariations()[2]))),
      methodMutants());
}

BOOST_AUTO_TEST_CASE(every_mutant_of_a_tie_is_caught) {
  const std::vector<std::string> schemes{R"({ method = "affine_dropout", probability = 0.3 })",
                                         R"("deterministic")"};
  judge(makeBench(parseConfiguration("tie", networkText({7, 1, 3}, schemes, kPlanes, kMethodPasses),
                                     targetText(pairwiseVariations().front()))),
        tieMutants());
}

BOOST_AUTO_TEST_CASE(every_mutant_of_a_chip_is_caught) {
  Configuration configuration = mutationTarget();
  configuration.name = configuration.network.name = "mutated_chip";
  configuration.network.layers[0].scheme = SpinDrop{0.3, false};
  configuration.target.sensing = Sensing::Adc;
  configuration.target.group = 3;
  configuration.target.adc_bits = 0;
  Bench bench = makeBench(configuration);
  for (LayerPlan& layer : bench.plan.layers) layer.adc_bits = 1;
  addCurrents(bench.plan, 0.5, 3);
  addReadNoise(bench.plan, 1, 3);
  spreadUnits(bench.plan, 3);
  bench.design = emitDesign(bench.plan, bench.weights, {.vector_images = 0, .pixels = {}});
  judge(bench, chipMutants());
}

BOOST_AUTO_TEST_CASE(every_mutant_of_convolutions_is_caught) {
  NetworkSpec network;
  network.name = "conv_mutation";
  network.input = {0, InputEncoding::Bipolar, 1, 128, {2, 12, 12}};
  network.passes = 3;
  LayerSpec pooled, banked, last;
  pooled.name = "conv0";
  pooled.outputs = 8;  // of which some fall with their sum
  pooled.conv = ConvSpec{.kernel = 3, .padding = 1};
  pooled.pool = 3;
  pooled.scheme = SpatialDropout{0.4};
  banked.name = "conv1";
  banked.outputs =
      5;  // a lane that does not divide them: more words than reads, so that words follow each other
  banked.conv = ConvSpec{.kernel = 3, .padding = 2, .pad_minus_one = true};
  banked.pool = 3;
  banked.pooling = Pooling::Average;
  banked.scheme = ScaleDropout{0.4};
  last.name = "fc";
  last.outputs = 2;
  last.last = true;
  network.layers = {pooled, banked, last};
  deriveShapes(network);
  TargetSpec target = tilingTarget(Tiling::Ragged);
  target.lanes = 2;
  target.calibration = Calibration::None;
  judge(makeBench({network.name, network, target}), convolutionMutants());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace neuspin::testing

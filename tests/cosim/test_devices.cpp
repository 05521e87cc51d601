// Chips that are not ideal in lock-step: per-unit tables, faults of cells, programming over them. One build
// of the design serves all its chips.
#include <boost/test/unit_test.hpp>

#include "../chip/every_imperfection.hpp"
#include "../golden/converters.hpp"
#include "../golden/faults.hpp"
#include "../plan/small_convolution.hpp"
#include "chip/chip.hpp"
#include "convolutions.hpp"
#include "harness.hpp"
#include "methods.hpp"

namespace neuspin::testing {

namespace {

constexpr std::int64_t kImages = 20;
constexpr int kPasses = 11;

/// Every structure that a chip reaches: dropped rows, arrays of which one is read, shared and whitened units,
/// banks.
Configuration mixed() {
  const Variation ragged{"", kRaggedTiling, "threshold", "share = 3\nwhiten = true\n" + kUnitABit};
  return parseConfiguration(
      "chip_mixed",
      networkText(
          {20, 14, 11, 9, 4},
          {"{ method = \"spindrop\", probability = 0.2 }", "{ method = \"spinbayes\", arrays = 3, bits = 2 }",
           "{ method = \"scale_dropout\", probability = 0.3 }", "{ method = \"subset\", samples = 3 }"},
          "encoding = \"bipolar\"", kPasses),
      targetText(ragged));
}

/// The same with columns that sum currents, in `bits` bits (0: enough for every count).
Configuration withConverters(Configuration configuration, int bits) {
  configuration.name += "_adc" + std::to_string(bits);
  configuration.network.name = configuration.name;
  configuration.target.sensing = Sensing::Adc;
  configuration.target.adc_bits = bits;
  return configuration;
}

Configuration convolution() {
  Configuration configuration;
  configuration.name = "chip_conv";
  configuration.network = smallConvolution(SpatialDropout{0.3, 1, false}, kPasses);
  configuration.network.name = configuration.name;
  configuration.target.array_rows = 12, configuration.target.array_cols = 5, configuration.target.group = 3;
  return configuration;
}

Bench benchOf(const Bench& ideal, Plan plan) {
  FileSet design = emitDesign(plan, ideal.weights, {.vector_images = 0, .pixels = {}});
  return {std::move(plan), ideal.weights, std::move(design)};
}

tb::LockstepResult runChip(const Bench& bench, const tb::Model& model, tb::StallLevel stalls) {
  tb::LockstepOptions options;
  options.images = kImages;
  options.seed = 3;
  options.stalls = stalls;
  options.stall_seed = 17;
  return run(bench, model, options);
}

std::int64_t faultsOf(const Plan& plan) {
  std::int64_t count = 0;
  for (const LayerPlan& layer : plan.layers) {
    for (const auto& faults : layer.faults) count += std::ssize(faults);
  }
  return count;
}

void judgeChips(const Configuration& configuration) {
  const Bench ideal = makeBench(configuration);
  std::vector<Bench> benches;
  std::int64_t faults = 0;
  for (const std::uint32_t seed : {1U, 2U}) {
    const auto chip = chip::makeChip(ideal.plan, everyImperfection("trim_bits = 8\n"), seed);
    benches.push_back(benchOf(ideal, chip.plan));
  }
  benches.push_back(benchOf(ideal, chip::makeChip(ideal.plan, everyImperfection("defects = 10\n"), 3).plan));
  Plan worst = ideal.plan;
  worst.chip = "worst";
  if (configuration.target.sensing == Sensing::Adc) {
    addCurrents(worst, 0.3, 4);
    addReadNoise(worst, 1, 4);
  } else {
    addFaults(worst, 0.2, 4);
  }
  spreadUnits(worst, 4);
  benches.push_back(benchOf(ideal, std::move(worst)));
  std::int64_t comparisons = 0, mismatches = 0;
  for (std::size_t n = 0; n < benches.size(); ++n) {
    BOOST_TEST_CONTEXT(configuration.name << ", chip " << n) {
      const tb::Model model = build(configuration.name, benches[n].design);
      BOOST_TEST((n == 0 || model.reused));
      BOOST_TEST(faultsOf(benches[n].plan) > 10);
      faults += faultsOf(benches[n].plan);
      for (const auto stalls : {tb::StallLevel::None, tb::StallLevel::Heavy}) {
        const auto result = runChip(benches[n], model, stalls);
        comparisons += result.comparisons;
        mismatches += result.mismatches;
        BOOST_TEST(complaints(result) == "");
        BOOST_TEST(result.passes == kPasses);
      }
    }
  }
  std::cout << fmt::format(
                   "{:<12} {} chips, {} faults, {} images x {} passes, stalls none, heavy: {} comparisons, "
                   "{} mismatches\n",
                   configuration.name, benches.size(), faults, kImages, kPasses, comparisons, mismatches)
            << std::flush;

  // RTL with the memory images of one chip, golden model of another.
  const tb::Model other = build(configuration.name, benches[0].design);
  const Bench crossed{benches[1].plan, ideal.weights, {}};
  BOOST_TEST(!runChip(crossed, other, tb::StallLevel::None).passed());
}

BOOST_AUTO_TEST_SUITE(devices)

BOOST_AUTO_TEST_CASE(methods_on_chips) {
  judgeChips(mixed());
}

BOOST_AUTO_TEST_CASE(convolutions_on_chips) {
  judgeChips(convolution());
}

BOOST_AUTO_TEST_CASE(methods_on_chips_with_converters) {
  judgeChips(withConverters(mixed(), 0));
}

BOOST_AUTO_TEST_CASE(convolutions_on_chips_with_converters) {
  judgeChips(withConverters(convolution(), 0));
}

// Ideal devices: every count, and counts that are cut.
BOOST_AUTO_TEST_CASE(ideal_converters) {
  for (const int bits : {0, 2}) {
    judge(withConverters(mixed(), bits), kImages);
    judge(withConverters(convolution(), bits), kImages);
    for (const Configuration& configuration : crossedConfigurations()) {
      if (configuration.name == "several_threshold_planes" || configuration.name == "ragged_multiply_bipolar")
        judge(withConverters(configuration, bits), kImages);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace neuspin::testing

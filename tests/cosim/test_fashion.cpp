// The example network on real images: three tilings, both scale forms and both first-layer forms, back to
// back and under heavy stalls, 11 passes an image. Every pair of choices on 12 images; NEUSPIN_LOCKSTEP=full:
// every combination on 50.
#include <boost/test/unit_test.hpp>
#include <iostream>
#include <string>

#include "evaluate/dataset.hpp"
#include "harness.hpp"
#include "support/files.hpp"

namespace neuspin::testing {

struct Case {
  Tiling tiling;
  PostForm form;
  InputEncoding encoding;
};

std::ostream& operator<<(std::ostream& out, const Case& which) {
  static constexpr const char* kTilings[] = {"one array a layer", "even tiles", "ragged tiles"};
  return out << kTilings[static_cast<int>(which.tiling)]
             << (which.form == PostForm::Multiply ? ", multiply" : ", threshold")
             << (which.encoding == InputEncoding::Bipolar ? ", bipolar input" : ", 4-bit planes");
}

namespace {

int images() {
  return everyCombination() ? 50 : 12;
}

struct Example {
  NetworkSpec network;
  Weights weights;
  std::vector<std::uint8_t> pixels;
};

const Example& example() {
  static const Example result = [] {
    Diagnostics diags;
    auto network = readNetwork(NEUSPIN_SOURCE_DIR "/examples/fashion-mlp-scaledrop/network.toml", diags);
    if (!network) throw std::runtime_error(diags.render());
    auto weights = readWeights(*network, diags);
    const auto files = evaluate::defaultDataset(network->input.features);
    if (!files) throw std::runtime_error("Fashion-MNIST is missing: apt-get install dataset-fashion-mnist");
    auto found = evaluate::readDataset(*files, network->input.features, 10, images(), diags);
    if (!weights || !found) throw std::runtime_error(diags.render());
    return Example{std::move(*network), std::move(*weights), std::move(found->pixels)};
  }();
  return result;
}

TargetSpec fashionTarget(Tiling tiling) {
  TargetSpec target;
  switch (tiling) {
    case Tiling::Single:
      target.array_rows = 784, target.array_cols = 512, target.group = 8, target.lanes = 16;
      break;
    case Tiling::Several:
      target.array_rows = 256, target.array_cols = 128, target.group = 8, target.lanes = 16;
      break;
    case Tiling::Ragged:
      target.array_rows = 189, target.array_cols = 150, target.group = 9, target.lanes = 13,
      target.input_beat = 5;
      break;
  }
  return target;
}

std::vector<Case> casesOfTest() {
  std::vector<Case> cases;
  for (const Tiling tiling : {Tiling::Single, Tiling::Several, Tiling::Ragged}) {
    for (const PostForm form : {PostForm::Threshold, PostForm::Multiply}) {
      for (const InputEncoding encoding : {InputEncoding::Unsigned, InputEncoding::Bipolar}) {
        const int choices =
            static_cast<int>(tiling) + (form == PostForm::Multiply) + (encoding == InputEncoding::Bipolar);
        if (everyCombination() || choices % 2 == 0) cases.push_back({tiling, form, encoding});
      }
    }
  }
  return cases;
}

void judge(const Case& example_case) {
  Configuration configuration;
  configuration.network = example().network;
  configuration.target = fashionTarget(example_case.tiling);
  configuration.target.form = example_case.form;
  if (example_case.encoding == InputEncoding::Bipolar) {
    configuration.network.input = {.features = 784,
                                   .encoding = example_case.encoding,
                                   .bits = 1,
                                   .threshold = 128,
                                   .shape = {784, 1, 1}};
  }
  Diagnostics diags;
  const auto plan = makePlan(configuration.network, configuration.target, example().weights, diags);
  BOOST_REQUIRE_MESSAGE(plan, diags.render());
  const Bench bench{*plan, example().weights,
                    emitDesign(*plan, example().weights, {.vector_images = 0, .pixels = {}})};
  const tb::Model model = build(plan->name, bench.design);
  for (const auto stalls : {tb::StallLevel::None, tb::StallLevel::Heavy}) {
    tb::LockstepOptions options;
    options.pixels = example().pixels;
    options.images = images();
    options.stalls = stalls;
    const auto result = tb::runLockstep(bench.plan, bench.weights, model, options, diags);
    BOOST_REQUIRE_MESSAGE(result, diags.render());
    BOOST_TEST(complaints(*result) == "");
    BOOST_TEST(result->passes == 11);
    std::cout << "  stalls " << tb::stallLevelName(stalls) << ": " << result->cycles << " cycles, planned "
              << result->planned_cycles << ", ideal " << result->ideal_cycles << "; "
              << result->signals_compared << " signals, " << result->comparisons << " comparisons, "
              << result->mismatches << " mismatches\n";
  }
}

BOOST_AUTO_TEST_SUITE(fashion)

BOOST_AUTO_TEST_CASE(tilings_forms_encodings) {
  for (const Case& example_case : casesOfTest()) {
    std::cout << example_case << std::endl;
    BOOST_TEST_CONTEXT(example_case) {
      judge(example_case);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace neuspin::testing

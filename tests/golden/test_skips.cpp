// Skip connections: the clocked model against the definition of its function and the planned cycles, Infer
// against the reference, and the depth of the buffers.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "../cosim/convolutions.hpp"
#include "../evaluate/judge.hpp"
#include "check.hpp"
#include "plan/timing.hpp"
#include "plan/windows.hpp"

using namespace neuspin;
using namespace neuspin::testing;

namespace {

Design makeRandom(unsigned seed) {
  const Configuration random = randomResidual(seed);
  return makeDesign(random.network, random.target, seed);
}

/// Whether nothing comes out and nothing goes in any more.
bool stops(const Design& design) {
  golden::Network network(design.plan, design.weights, 1);
  golden::Inputs inputs;
  inputs.in_valid = inputs.out_ready = true;
  for (int cycle = 0; cycle < 30'000; ++cycle) {
    if (network.eval(inputs).out_valid) return false;
    network.tick();
  }
  return !network.eval(inputs).in_ready;
}

/// A residual block of two convolutions on a map of 4 × 4 × 3, kernel 3.
NetworkSpec block(const Scheme& first, const Scheme& second, int passes) {
  NetworkSpec network;
  network.name = "block";
  network.input.shape = {4, 4, 3};
  network.input.encoding = InputEncoding::Bipolar;
  network.input.bits = 1;
  network.passes = passes;
  for (int i = 0; i < 3; ++i) {
    LayerSpec conv;
    conv.name = "c" + std::to_string(i);
    conv.conv = ConvSpec{.kernel = 3, .padding = 1};
    conv.outputs = 5;
    network.layers.push_back(conv);
  }
  network.layers[0].scheme = first;
  network.layers[1].scheme = second;
  network.layers[2].skip = 0;
  LayerSpec logits;
  logits.name = "logits";
  logits.outputs = 3;
  logits.last = true;
  network.layers.push_back(logits);
  deriveShapes(network);
  return network;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(skips)

BOOST_DATA_TEST_CASE(random_networks, boost::unit_test::data::xrange(100U), number) {
  const Design design = makeRandom(number);
  const auto images = randomImages(design.plan, 3, number);
  checkStalledAndSteady(design, images, number);
}

BOOST_DATA_TEST_CASE(infer_equals_the_reference, boost::unit_test::data::xrange(150U), number) {
  const Design design = makeRandom(1000 + number);
  const test::RandomNetwork net{design.network, design.target, design.weights, design.plan};
  BOOST_TEST(test::countMismatches(net, test::randomPixels(net.network.input.features, 5, number), number) ==
             0);
}

BOOST_AUTO_TEST_CASE(comparisons_see_the_connection) {
  for (const PostForm form : {PostForm::Threshold, PostForm::Multiply}) {
    TargetSpec target;
    target.form = form;
    Design design = makeDesign(block(Deterministic{}, ScaleDropout{0.5}, 4), target, 3);
    test::RandomNetwork net{design.network, design.target, design.weights, design.plan};
    const auto pixels = test::randomPixels(net.network.input.features, 30, 1);
    BOOST_TEST(test::countMismatches(net, pixels, 1) == 0);
    for (auto& entries : net.plan.layers[2].entries) {
      for (PostEntry& entry : entries) entry.skip = 0;
    }
    BOOST_TEST(test::countMismatches(net, pixels, 1) > 0);
  }
}

BOOST_DATA_TEST_CASE(smallest_buffers_take_the_planned_cycles_and_smaller_ones_stop,
                     boost::unit_test::data::xrange(40U), number) {
  Design design = makeRandom(2000 + number);
  LayerPlan* first = nullptr;
  for (LayerPlan& layer : design.plan.layers) {
    if (layer.window) layer.window->depth = layer.window->min_depth;
    if (!layer.skip) continue;
    layer.skip->depth = layer.skip->min_depth;
    if (first == nullptr) first = &layer;
  }
  const auto images = randomImages(design.plan, 2, number);
  golden::Network network(design.plan, design.weights, number);
  idle(network, static_cast<int>(prefetchCycles(design.plan, number)));
  const auto steady = run(network, design.plan, images);
  checkAgainstOracle(design, images, resetOptions(design.plan, number), steady.images);
  BOOST_TEST(steady.cycles == plannedCycles(design.plan, 2, number));
  if (first->skip->min_depth == 1 || (first->skip->replay && design.plan.passes == 1)) return;
  --first->skip->depth;
  BOOST_TEST(stops(design));
}

BOOST_AUTO_TEST_CASE(depth_by_hand) {
  // Two 3 × 3 windows need two rows and two columns more than their own pixel: window (0, 0) the pixels up to
  // (2, 2) of a map 3 wide, 9 of them, so the buffer must hold 9 − 3.
  const Design design = makeDesign(block(Deterministic{}, Deterministic{}, 1), TargetSpec{}, 1);
  const SkipPlan& skip = *design.plan.layers[2].skip;
  BOOST_TEST(skip.source == 0);
  BOOST_TEST(skip.pixels == 12);
  BOOST_TEST(skip.min_depth == 6);
  BOOST_TEST(!skip.replay);
  Design less = design;
  less.plan.layers[2].skip->depth = 6;
  BOOST_TEST(!stops(less));
  less.plan.layers[2].skip->depth = 5;
  BOOST_TEST(stops(less));
  // The first convolution is made once an image, the third one in every pass.
  const Design replayed = makeDesign(block(Deterministic{}, ScaleDropout{0.3}, 4), TargetSpec{}, 1);
  BOOST_TEST(replayed.plan.layers[2].skip->replay);
  BOOST_TEST(replayed.plan.layers[2].skip->min_depth == 12);
  // Two maps, and three pixels with which no read of the window buffer between has to wait (growSkips): 16
  // images take 5,424 cycles instead of 5,440.
  BOOST_TEST(replayed.plan.layers[2].skip->depth == 27);
  // Every pass from the first one on.
  BOOST_TEST(
      !makeDesign(block(ScaleDropout{0.3}, Deterministic{}, 4), TargetSpec{}, 1).plan.layers[2].skip->replay);
}

// At the average rate of their pixels the buffers of some of these were too small: maps of three or four rows
// under kernels of 5, whose windows all wait for most of the map, which then comes in one go.
BOOST_AUTO_TEST_CASE(planned_buffers_cost_no_cycle) {
  int judged = 0, deeper = 0;
  for (const unsigned seed : {0U, 1U, 2U, 3U, 4U, 5U, 33U, 43U, 44U, 71U, 83U, 137U, 138U, 155U}) {
    const Plan plan = makeRandom(seed).plan;
    if (!std::ranges::all_of(plan::choiceCycles(plan, 1), &plan::ChoiceCycles::hidden)) continue;
    ++judged;
    Plan endless = plan;
    for (LayerPlan& layer : endless.layers) {
      if (layer.skip) layer.skip->depth += 4 * layer.skip->pixels;
    }
    const auto cycles = [](const Plan& p) { return plannedCycles(p, 30, 1) - plannedCycles(p, 10, 1); };
    // A larger buffer may cost cycles: what comes later may meet the one port of a window buffer better (seed
    // 3).
    BOOST_TEST(cycles(plan) <= cycles(endless), "seed " << seed);
    // One pixel less in a buffer that was deepened costs cycles.
    for (const LayerPlan& layer : plan.layers) {
      if (!layer.skip || (seed != 43 && seed != 71)) continue;
      Plan less = plan;
      --less.layers[static_cast<std::size_t>(layer.index)].skip->depth;
      if (layer.skip->depth > layer.skip->min_depth && cycles(less) > cycles(plan)) ++deeper;
    }
  }
  BOOST_TEST(judged >= 8);
  BOOST_TEST(deeper >= 4);  // of 43: res3, res4; of 71: res3, res5
}

BOOST_AUTO_TEST_CASE(what_comes_too_late_is_refused) {
  // Stride 2 and then as much padding: windows at the bottom need nothing of the map's last row, but its skip
  // pixel.
  NetworkSpec network = block(Deterministic{}, Deterministic{}, 1);
  network.input.shape = {2, 6, 6};
  network.layers[1].conv = ConvSpec{.kernel = 1, .stride = 2};
  network.layers[2].conv = ConvSpec{.kernel = 4, .padding = 3};
  deriveShapes(network);
  BOOST_REQUIRE((network.layers[2].out == network.layers[0].out));
  Diagnostics diags;
  BOOST_TEST(!makePlan(network, TargetSpec{}, makeWeights(network, 1), diags).has_value());
  BOOST_TEST(diags.render().find("skip-too-late") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

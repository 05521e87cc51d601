// Convolutional networks: the clocked model against the definition of its function and the planned cycles.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <set>

#include "../cosim/convolutions.hpp"
#include "../plan/small_convolution.hpp"
#include "check.hpp"
#include "plan/timing.hpp"

using namespace neuspin;
using namespace neuspin::testing;

namespace {

Design makeRandom(unsigned seed) {
  const Configuration random = randomConvolution(seed);
  return makeDesign(random.network, random.target, seed);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(convolutions)

BOOST_DATA_TEST_CASE(random_networks, boost::unit_test::data::xrange(120U), number) {
  const Design design = makeRandom(number);
  const auto images = randomImages(design.plan, 3, number);
  checkStalledAndSteady(design, images, number);
}

// What the seeds of the two hundred networks (tests/cosim/test_convolutions.cpp) hold.
BOOST_AUTO_TEST_CASE(random_networks_cover_what_is_legal) {
  std::set<int> kernels, strides, encodings, mappings, forms, pools, averages, skips;
  std::set<std::size_t> methods, averaged_methods;
  std::set<std::pair<int, int>> kernels_and_strides;
  int padded = 0, minus_one = 0, classifiers = 0, most_channels = 0, one_channel = 0;
  const auto look = [&](const Configuration& configuration) {
    encodings.insert(static_cast<int>(configuration.network.input.encoding));
    mappings.insert(configuration.target.conv_mapping);
    forms.insert(static_cast<int>(configuration.target.form));
    for (const LayerSpec& layer : configuration.network.layers) {
      if (layer.skip >= 0) skips.insert(static_cast<int>(layer.scheme.index()));
      if (!layer.conv) continue;
      kernels.insert(layer.conv->kernel);
      strides.insert(layer.conv->stride);
      kernels_and_strides.insert({layer.conv->kernel, layer.conv->stride});
      methods.insert(layer.scheme.index());
      if (layer.addedWindows() > 1) averaged_methods.insert(layer.scheme.index());
      (layer.pooling == Pooling::Average ? averages : pools).insert(layer.pool);
      padded += layer.conv->padding > 0 && !layer.conv->pad_minus_one ? 1 : 0;
      minus_one += layer.conv->pad_minus_one ? 1 : 0;
      classifiers += layer.last ? 1 : 0;
      for (const int channels : {layer.in.channels, layer.outputs}) {
        most_channels = std::max(most_channels, channels);
        one_channel += channels == 1 ? 1 : 0;
      }
    }
  };
  for (unsigned seed = 1; seed <= 140; ++seed) look(randomConvolution(seed));
  for (unsigned seed = 1; seed <= 70; ++seed) look(randomResidual(seed));
  BOOST_TEST((kernels == std::set{1, 2, 3, 4, 5, 6, 7}));
  BOOST_TEST((strides == std::set{1, 2, 3}));
  BOOST_TEST(kernels_and_strides.size() == 21U);
  BOOST_TEST((encodings.size() == 3U && mappings.size() == 2U && forms.size() == 2U));
  BOOST_TEST(methods.size() == std::variant_size_v<Scheme>);
  BOOST_TEST(averaged_methods.size() == std::variant_size_v<Scheme> - 1);  // all but noise
  BOOST_TEST((pools.contains(2) && pools.contains(3) && averages.contains(2) && averages.contains(3)));
  BOOST_TEST(*averages.rbegin() > 3);  // of a whole map
  BOOST_TEST(skips.size() > 5U);
  BOOST_TEST((padded > 20 && minus_one > 20 && classifiers > 10));
  BOOST_TEST((most_channels > 64 && one_channel > 10));
}

BOOST_DATA_TEST_CASE(smallest_buffers_take_the_planned_cycles_and_smaller_ones_stop,
                     boost::unit_test::data::xrange(20U), number) {
  Design design = makeRandom(1000 + number);
  for (LayerPlan& layer : design.plan.layers) {
    if (layer.window) layer.window->depth = layer.window->min_depth;
  }
  const auto images = randomImages(design.plan, 2, number);
  golden::Network network(design.plan, design.weights, number);
  idle(network, static_cast<int>(prefetchCycles(design.plan, number)));
  const auto steady = run(network, design.plan, images);
  checkAgainstOracle(design, images, resetOptions(design.plan, number), steady.images);
  BOOST_TEST(steady.cycles == plannedCycles(design.plan, 2, number));

  // One pixel less in any one of the buffers.
  for (LayerPlan& layer : design.plan.layers) {
    if (!layer.window || layer.window->min_depth == 1) continue;
    if (layer.replay == Replay::Input && design.plan.passes == 1) continue;  // gives up as it goes
    --layer.window->depth;
    golden::Network stuck(design.plan, design.weights, number);
    golden::Inputs inputs;
    inputs.in_valid = inputs.out_ready = true;
    bool any = false;
    for (std::int64_t cycle = 0; cycle < 2 * steady.cycles + 1000; ++cycle) {
      any = any || stuck.eval(inputs).out_valid;
      stuck.tick();
    }
    BOOST_TEST_CONTEXT("buffer of " << layer.name) {
      BOOST_TEST(!any);
      BOOST_TEST(!stuck.eval(inputs).in_ready);
    }
    ++layer.window->depth;
  }
}

// A pixel that comes later may let the buffer's port read first, so stalls can shorten a run; but not below
// what buffers with two ports would take.
BOOST_AUTO_TEST_CASE(stalls_shorten_a_run_no_further_than_two_ports) {
  int shorter = 0;
  for (unsigned seed = 0; seed < 60; ++seed) {
    const Design design = makeRandom(seed);
    const auto images = randomImages(design.plan, 3, seed);
    const std::int64_t planned = plannedCycles(design.plan, 3, seed),
                       least = plan::leastCycles(design.plan, 3, seed);
    BOOST_TEST(least <= planned);
    for (unsigned n = 0; n < 4; ++n) {
      golden::Network network(design.plan, design.weights, seed);
      idle(network, static_cast<int>(prefetchCycles(design.plan, seed)));
      const auto cycles =
          run(network, design.plan, images, {n % 2 == 0 ? 0.02 : 0.1, n / 2 == 0 ? 0.0 : 0.1, n}).cycles;
      BOOST_TEST_CONTEXT("seed " << seed << ", stalls " << n) BOOST_TEST(cycles >= least);
      shorter += cycles < planned ? 1 : 0;
    }
  }
  BOOST_TEST(shorter > 0);
}

BOOST_AUTO_TEST_CASE(one_port_or_two_is_the_same_without_windows) {
  const Design design = makeDesign(makeNetwork({20, 12, 9, 3}, 0.3, 4), TargetSpec{}, 1);
  BOOST_TEST(plan::leastCycles(design.plan, 5, 1) == plannedCycles(design.plan, 5, 1));
}

BOOST_AUTO_TEST_CASE(skipping_equals_every_clock) {
  for (unsigned seed = 0; seed < 30; ++seed) {
    const Plan plan = makeRandom(seed).plan;
    const std::vector<bool> none(static_cast<std::size_t>(plan.supplies));
    BOOST_TEST(plan::plannedCyclesWithout(plan, 25, 3, none, false) ==
               plan::plannedCyclesWithout(plan, 25, 3, none, true));
  }
}

BOOST_AUTO_TEST_CASE(no_schedule_beats_the_ideal) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    const Plan plan = makeRandom(seed).plan;
    const std::int64_t many = plannedCycles(plan, 40, 1) - plannedCycles(plan, 20, 1);
    BOOST_TEST(many >= 20 * idealCycles(plan).per_image);
  }
}

BOOST_AUTO_TEST_CASE(choices_matter) {
  for (const Scheme& scheme : {Scheme{SpinDrop{0.3, false, true}}, Scheme{SpinDrop{0.3, false, false}},
                               Scheme{SpatialDropout{0.4, 1, false}}, Scheme{ScaleDropout{0.5, false}},
                               Scheme{SubsetSamples{4}}, Scheme{SpinBayes{3, 1}}}) {
    const Design design = makeDesign(smallConvolution(scheme, 6), TargetSpec{}, 3);
    const auto images = randomImages(design.plan, 4, 8);
    golden::Network one(design.plan, design.weights, 1), other(design.plan, design.weights, 2);
    const auto results = run(one, design.plan, images).images;
    checkAgainstOracle(design, images, resetOptions(design.plan, 1), results);
    BOOST_TEST((run(other, design.plan, images).images != results));
  }
}

BOOST_AUTO_TEST_CASE(averages_of_every_place) {
  for (const int mapping : {1, 2}) {
    const Configuration configuration = averages(mapping);
    const Design design = makeDesign(configuration.network, configuration.target, 3);
    const auto images = randomImages(design.plan, 3, 8);
    checkStalledAndSteady(design, images, 5);
  }
}

BOOST_AUTO_TEST_CASE(mappings_agree) {
  TargetSpec target;
  target.array_rows = 8;
  target.group = 2;
  const NetworkSpec network = smallConvolution(SpatialDropout{0.4, 1, false}, 5);
  const Design one = makeDesign(network, target, 3);
  target.conv_mapping = 2;
  const Design two = makeDesign(network, target, 3);
  BOOST_TEST(one.plan.layers[0].row_tiles == 3);
  BOOST_TEST(two.plan.layers[0].row_tiles == 9);
  const auto images = randomImages(one.plan, 5, 8);
  golden::Network a(one.plan, one.weights, 1), b(two.plan, two.weights, 1);
  BOOST_TEST((run(a, one.plan, images).images == run(b, two.plan, images).images));
}

BOOST_AUTO_TEST_CASE(registers_of_a_convolution) {
  const Design design = makeDesign(smallConvolution(SpatialDropout{0.4, 1, false}, 3), TargetSpec{}, 3);
  golden::Network network(design.plan, design.weights, 4);
  run(network, design.plan, randomImages(design.plan, 3, 1), {0.2, 0.2, 1});
  std::set<std::string> names;
  for (const golden::Probe& p : network.probes()) {
    BOOST_TEST_CONTEXT(p.scope << "." << p.signal) {
      BOOST_TEST(names.insert(p.scope + "." + p.signal).second);
      const auto words = static_cast<std::size_t>(golden::wordsFor(p.width));
      golden::Bits once(words + 1, 0), again(words + 1, ~0U);
      p.read(std::span(once).first(words));
      p.read(std::span(again).first(words));
      BOOST_TEST((once[words] == 0U && again[words] == ~0U));
      again[words] = 0;
      BOOST_TEST(once == again, boost::test_tools::per_element());
      if (p.width % 32 != 0) BOOST_TEST((once[words - 1] >> (p.width % 32)) == 0U);
    }
  }
  const auto width = [&](const std::string& scope, const std::string& signal) {
    for (const golden::Probe& p : network.probes()) {
      if (p.scope == scope && p.signal == signal) return p.width;
    }
    return -1;
  };
  BOOST_TEST(width("u_layer0.u_rows", "bank0_q") == 2 * 3);  // a pixel
  BOOST_TEST(width("u_layer0.u_rows", "vidx_q") == 5);
  BOOST_TEST(width("u_layer1.u_rows", "vidx_q") == 1);
  BOOST_TEST(width("u_layer0.u_window", "window_q") == 2 * 9 * 3);
  BOOST_TEST(width("u_layer0.u_ctrl", "window_q") == 5);
  BOOST_TEST(width("u_layer0.u_post_ctrl", "window_q") == 1);
  BOOST_TEST(width("u_layer0.u_lanes", "negative_q") == 8);
  BOOST_TEST(width("u_layer1.u_lanes", "negative_q") == -1);
  BOOST_TEST(width("u_layer0.u_pool", "acc_q") == 8);
  BOOST_TEST(width("u_layer0.u_pool", "px_q") == 2);
  BOOST_TEST(width("u_layer1.u_window", "window_q") == -1);
}

BOOST_AUTO_TEST_SUITE_END()

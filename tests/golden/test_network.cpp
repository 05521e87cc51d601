// The clocked model as a whole against the definition of its function and the planned cycle counts.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "check.hpp"

using namespace neuspin;
using namespace neuspin::testing;

namespace {

std::vector<Config> configs() {
  constexpr auto kBipolar = InputEncoding::Bipolar;
  constexpr auto kUnsigned = InputEncoding::Unsigned;
  std::vector<Config> all = {
      {"one-array-deterministic", makeNetwork({16, 8, 4}, 0, 1, kBipolar),
       makeTarget(64, 64, 8, 4, 8, PostForm::Threshold, true)},
      {"bit-planes-cached", makeNetwork({30, 20, 12, 5}, 0.3, 5, kUnsigned, 4),
       makeTarget(16, 8, 4, 4, 7, PostForm::Threshold, true)},
      {"bit-planes-input-replay", makeNetwork({30, 20, 12, 5}, 0.3, 5, kUnsigned, 4),
       makeTarget(16, 8, 4, 4, 7, PostForm::Threshold, false)},
      {"multiply-uneven", makeNetwork({37, 23, 19, 7}, 0.4, 4, kUnsigned, 3),
       makeTarget(15, 9, 5, 6, 10, PostForm::Multiply, true)},
      {"wide-group-and-blocks", makeNetwork({70, 150, 3}, 0.2, 3, kBipolar),
       makeTarget(40, 140, 20, 64, 33, PostForm::Multiply, false)},
      {"eight-bit-input", makeNetwork({9, 6, 2}, 0.5, 12, kUnsigned, 8),
       makeTarget(6, 4, 3, 1, 9, PostForm::Threshold, true)},
      {"single-layer-many-classes", makeNetwork({20, 33}, 0.5, 2, kUnsigned, 2),
       makeTarget(8, 16, 1, 4, 4, PostForm::Threshold, true)},
  };
  // Deterministic layers before the first stochastic one run once an image, those after it once a pass.
  Config mixed{"deterministic-prefix", makeNetwork({24, 16, 16, 16, 4}, 0.3, 6, kUnsigned, 4),
               makeTarget(16, 16, 8, 8, 8, PostForm::Threshold, true)};
  mixed.network.layers[0].scheme = Deterministic{};
  mixed.network.layers[2].scheme = Deterministic{};
  all.push_back(mixed);
  mixed.name = "deterministic-prefix-input-replay";
  mixed.target.prefix_cache = false;
  all.push_back(mixed);
  Config bare{"bare-head", makeNetwork({12, 10, 3}, 0.3, 4, kBipolar),
              makeTarget(8, 8, 4, 4, 8, PostForm::Threshold, true)};
  bare.target.smallest = 0;
  bare.target.moment2 = bare.target.entropy = bare.target.votes = bare.target.logits = false;
  all.push_back(bare);
  Config full{"full-head-slow-junction", makeNetwork({12, 10, 3}, 0.3, 9, kBipolar),
              makeTarget(8, 8, 4, 8, 8, PostForm::Threshold, true)};
  full.target.smallest = 8;
  full.target.ood_k = 3;
  full.target.set_cycles = 20;
  full.target.read_cycles = 3;
  all.push_back(full);
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(network)

BOOST_DATA_TEST_CASE(results_follow_the_definition_whatever_the_stalls, configs(), config) {
  const Design design = makeDesign(config.network, config.target, 11);
  const auto images = randomImages(design.plan, 12, 5);
  const std::uint32_t seed = 77;
  const auto options = resetOptions(design.plan, seed);
  for (const Stalls stalls :
       {Stalls{0, 0, 1}, Stalls{0.5, 0, 2}, Stalls{0, 0.6, 3}, Stalls{0.4, 0.7, 4}, Stalls{0.95, 0.3, 5}}) {
    BOOST_TEST_CONTEXT("stalls " << stalls.in << ", " << stalls.out) {
      golden::Network network(design.plan, design.weights, seed);
      checkAgainstOracle(design, images, options, run(network, design.plan, images, stalls).images);
    }
  }
}

BOOST_DATA_TEST_CASE(takes_exactly_the_planned_cycles, configs(), config) {
  const Design design = makeDesign(config.network, config.target, 3);
  for (const int count : {1, 2, 9}) {
    golden::Network network(design.plan, design.weights, 1);
    idle(network, static_cast<int>(prefetchCycles(design.plan, 1)));  // choices are drawn ahead
    BOOST_TEST(run(network, design.plan, randomImages(design.plan, count, 1)).cycles ==
               plannedCycles(design.plan, count, 1));
  }
}

BOOST_DATA_TEST_CASE(random_designs, boost::unit_test::data::xrange(150U), number) {
  const Config config = randomConfig(number);
  const Design design = makeDesign(config.network, config.target, number);
  const auto images = randomImages(design.plan, 6, number);
  const auto stalled = checkStalledAndSteady(design, images, number);

  // The clockless model, which shares no code with this one but the head's arithmetic.
  BOOST_TEST((inferAll(design, images, number, {}) == stalled));
}

BOOST_AUTO_TEST_CASE(dropping_the_scale_changes_results) {
  // Or the tests above would not notice a mask that does nothing.
  const auto config = configs()[1];
  const Design design = makeDesign(config.network, config.target, 11);
  const auto images = randomImages(design.plan, 12, 5);
  golden::Network one(design.plan, design.weights, 1), other(design.plan, design.weights, 2);
  BOOST_TEST((run(one, design.plan, images).images != run(other, design.plan, images).images));
}

BOOST_AUTO_TEST_CASE(input_replay_and_sum_replay_agree) {
  NetworkSpec network = makeNetwork({26, 18, 14, 6}, 0.35, 7);
  TargetSpec target = makeTarget(16, 8, 4, 4, 8, PostForm::Multiply, true);
  const Design sums = makeDesign(network, target, 4);
  target.prefix_cache = false;
  const Design input = makeDesign(network, target, 4);
  const auto images = randomImages(sums.plan, 10, 9);
  golden::Network a(sums.plan, sums.weights, 5), b(input.plan, input.weights, 5);
  const auto of_sums = run(a, sums.plan, images);
  const auto of_input = run(b, input.plan, images);
  BOOST_TEST((of_sums.images == of_input.images));
  BOOST_TEST(of_sums.cycles < of_input.cycles);
}

BOOST_AUTO_TEST_CASE(reset_returns_to_the_first_event) {
  const auto config = configs()[1];
  const Design design = makeDesign(config.network, config.target, 6);
  const auto images = randomImages(design.plan, 5, 2);
  golden::Network network(design.plan, design.weights, 9);
  const auto once = run(network, design.plan, images);
  const auto later = run(network, design.plan, images);
  BOOST_TEST((once.images != later.images));  // other draws
  golden::Inputs inputs;
  inputs.in_valid = true;
  for (int i = 0; i < 25; ++i) {  // in the midst of an image
    network.eval(inputs);
    network.tick();
  }
  network.reset();
  BOOST_TEST(network.progress().cycle == 0);
  BOOST_TEST((run(network, design.plan, images).images == once.images));
}

BOOST_AUTO_TEST_SUITE_END()

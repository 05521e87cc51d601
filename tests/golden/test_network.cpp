// The clocked model as a whole against the definition of its function and the planned cycle counts.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "driver.hpp"

using namespace neuspin;
using namespace neuspin::testing;

namespace {

struct Config {
  std::string name;
  NetworkSpec network;
  TargetSpec target;
};
std::ostream& operator<<(std::ostream& out, const Config& config) {
  return out << config.name;
}

TargetSpec makeTarget(int rows, int cols, int group, int lanes, int beat, PostForm form, bool cache) {
  TargetSpec target;
  target.array_rows = rows;
  target.array_cols = cols;
  target.group = group;
  target.lanes = lanes;
  target.input_beat = beat;
  target.form = form;
  target.prefix_cache = cache;
  target.max_passes = 12;
  return target;
}

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

/// Any legal combination of shapes, encodings, forms, timings and head parts.
Config randomConfig(unsigned seed) {
  std::mt19937 rng(seed);
  const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(rng); };
  std::vector<int> sizes{pick(1, 60)};
  for (int hidden = pick(0, 3); hidden > 0; --hidden) sizes.push_back(pick(1, 40));
  sizes.push_back(pick(2, 12));
  const bool bipolar = pick(0, 2) == 0;
  Config config{"random " + std::to_string(seed),
                makeNetwork(sizes, 0.1 * pick(1, 9), pick(1, 12),
                            bipolar ? InputEncoding::Bipolar : InputEncoding::Unsigned, pick(1, 8)),
                {}};
  for (LayerSpec& layer : config.network.layers) {
    if (pick(0, 1) == 0) layer.scheme = Deterministic{};
  }
  const int group = pick(1, 20);
  config.target = makeTarget(group * pick(1, 4), pick(1, 80), group, pick(1, 16), pick(1, 20),
                             pick(0, 1) == 0 ? PostForm::Threshold : PostForm::Multiply, pick(0, 1) == 0);
  config.target.smallest = pick(0, 8);
  config.target.ood_k = pick(1, 8);
  config.target.set_cycles = pick(1, 12);
  config.target.read_cycles = pick(1, 3);
  config.target.reset_cycles = pick(1, 6);
  config.target.moment2 = pick(0, 1) == 0;
  config.target.entropy = pick(0, 1) == 0;
  config.target.votes = pick(0, 1) == 0;
  config.target.logits = pick(0, 1) == 0;
  return config;
}

/// The raw pixels that encode to the elements of these images.
std::vector<std::uint8_t> rawPixels(const Plan& plan, const std::vector<Image>& images) {
  std::vector<std::uint8_t> pixels;
  for (const Image& image : images) {
    for (const std::uint8_t element : image)
      pixels.push_back(static_cast<std::uint8_t>(element << (8 - plan.input.bits)));
  }
  return pixels;
}

void checkAgainstOracle(const Design& design, const std::vector<Image>& images, const OracleOptions& options,
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
    idle(network, 200);  // the dropout modules draw ahead before the first image
    BOOST_TEST(run(network, design.plan, randomImages(design.plan, count, 1)).cycles ==
               plannedCycles(design.plan, count));
  }
}

BOOST_DATA_TEST_CASE(random_designs, boost::unit_test::data::xrange(150U), number) {
  const Config config = randomConfig(number);
  const Design design = makeDesign(config.network, config.target, number);
  const auto images = randomImages(design.plan, 6, number);
  golden::Network network(design.plan, design.weights, number);
  const auto stalled = run(network, design.plan, images, {0.3, 0.4, number}).images;
  checkAgainstOracle(design, images, resetOptions(design.plan, number), stalled);

  network.reset();
  idle(network, 200);
  const auto steady = run(network, design.plan, images);
  BOOST_TEST((steady.images == stalled));
  BOOST_TEST(steady.cycles == plannedCycles(design.plan, static_cast<std::int64_t>(images.size())));

  // The clockless model, which shares no code with this one but the head's arithmetic.
  const golden::Infer infer(design.plan, design.weights);
  std::vector<golden::ImageResult> unclocked(images.size());
  infer.run(rawPixels(design.plan, images), {.seed = number},
            [&](std::int64_t n, const golden::ImageResult& result) {
              unclocked[static_cast<std::size_t>(n)] = result;
            });
  BOOST_TEST((unclocked == stalled));
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

BOOST_AUTO_TEST_CASE(programming_replaces_the_memory_images) {
  for (const PostForm form : {PostForm::Threshold, PostForm::Multiply}) {
    const Design design =
        makeDesign(makeNetwork({26, 18, 6}, 0.35, 4), makeTarget(16, 8, 4, 4, 8, form, true), 8);
    Plan blank_plan = design.plan;
    Weights blank_weights = design.weights;
    for (LayerPlan& layer : blank_plan.layers) {
      for (auto& bank : layer.entries) std::fill(bank.begin(), bank.end(), PostEntry{});
    }
    for (LayerWeights& layer : blank_weights.layers)
      std::fill(layer.weight_bits.begin(), layer.weight_bits.end(), 0);
    golden::Network network(blank_plan, blank_weights, 3);

    golden::Inputs inputs;
    inputs.prog_we = true;
    const auto write = [&](int unit, int addr) {
      inputs.prog_unit = static_cast<std::uint16_t>(unit);
      inputs.prog_addr = static_cast<std::uint16_t>(addr);
      network.eval(inputs);
      network.tick();
    };
    for (const LayerPlan& layer : design.plan.layers) {
      const LayerWeights& weights = design.weights.layers[static_cast<std::size_t>(layer.index)];
      for (const TilePlan& tile : layer.tiles) {
        for (int r = 0; r < tile.rows_used; ++r) {
          inputs.prog_data.assign(static_cast<std::size_t>(golden::wordsFor(design.plan.prog_bits)), 0);
          for (int c = 0; c < tile.cols_used; ++c) {
            golden::putBits(inputs.prog_data, c, 1,
                            weights.weight(tile.col_base + c, tile.row_base + r) ? 1 : 0);
          }
          write(tile.prog_unit, r);
        }
      }
      for (int o = 0; o < layer.banks * layer.words; ++o) {
        inputs.prog_data.assign(static_cast<std::size_t>(golden::wordsFor(design.plan.prog_bits)), 0);
        for (int lane = 0; lane < layer.lanes; ++lane) {
          const int column = o % layer.words * layer.lanes + lane;
          if (column >= layer.outputs) break;
          const PostEntry& e =
              layer.entries[static_cast<std::size_t>(o / layer.words)][static_cast<std::size_t>(column)];
          const bool multiply = layer.form == PostForm::Multiply;
          const int low_bits = multiply ? layer.scale_bits : layer.theta_bits;
          const int at = lane * layer.entryBits();
          golden::putBits(inputs.prog_data, at, low_bits,
                          static_cast<std::uint64_t>(multiply ? e.scale : e.theta));
          golden::putBits(inputs.prog_data, at + low_bits, multiply ? layer.offset_bits : 1,
                          multiply ? static_cast<std::uint64_t>(e.offset) : (e.invert ? 1 : 0));
        }
        write(layer.scale_prog_unit, o);
      }
    }
    const auto images = randomImages(design.plan, 8, 4);
    checkAgainstOracle(design, images, resetOptions(design.plan, 3),
                       run(network, design.plan, images).images);
  }
}

BOOST_AUTO_TEST_SUITE_END()

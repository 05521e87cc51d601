// Chips whose cells and units are not what they should be: both models against the definition.
#include <boost/test/unit_test.hpp>

#include "../cosim/convolutions.hpp"
#include "../plan/small_convolution.hpp"
#include "check.hpp"
#include "faults.hpp"

using namespace neuspin;
using namespace neuspin::testing;

namespace {

constexpr double kRate = 0.15;

/// Clocked model under stalls and clockless model against the oracle. Whether the faults change something.
bool judge(Design& design, unsigned number) {
  auto images = randomImages(design.plan, 3, number);
  for (Image& image : images) {  // signed input of 8 bits has an element that no pixel becomes
    for (auto& element : image)
      element = golden::encodePixel(design.plan.input, static_cast<std::uint8_t>(37 * element));
  }
  const auto ideal = inferAll(design, images, number, {});
  addFaults(design.plan, kRate, number);
  spreadUnits(design.plan, number);
  golden::Network network(design.plan, design.weights, number);
  const auto results = run(network, design.plan, images, {0.3, 0.3, number}).images;
  checkAgainstOracle(design, images, resetOptions(design.plan, number), results);
  BOOST_TEST((inferAll(design, images, number, {}) == results));
  return ideal != results;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(faults)

BOOST_AUTO_TEST_CASE(random_networks) {
  int changed = 0;
  for (unsigned number = 0; number < 60; ++number) {
    const Config config = randomConfig(number);
    BOOST_TEST_CONTEXT(config.name) {
      Design design = makeDesign(config.network, config.target, number);
      changed += judge(design, number) ? 1 : 0;
    }
  }
  BOOST_TEST(changed > 50);
}

BOOST_AUTO_TEST_CASE(random_convolutions) {
  int changed = 0;
  for (unsigned number = 0; number < 40; ++number) {
    const Configuration random = randomConvolution(number);
    BOOST_TEST_CONTEXT(random.name) {
      Design design = makeDesign(random.network, random.target, number);
      changed += judge(design, number) ? 1 : 0;
    }
  }
  BOOST_TEST(changed > 30);
}

// Many windows and outputs that fill whole blocks: here Infer decides without writing sums, if the cells are
// ideal.
BOOST_AUTO_TEST_CASE(all_instruction_sets_agree_on_large_maps) {
  NetworkSpec network = smallConvolution(Scheme{ScaleDropout{0.3, false}}, 2);
  network.input.shape = {2, 10, 10};
  LayerSpec second = network.layers.front();
  network.layers.front().pool = 1;
  network.layers.front().outputs = second.outputs = 64;
  second.name = "second";
  network.layers.insert(network.layers.begin() + 1, second);
  deriveShapes(network);
  Design design = makeDesign(network, TargetSpec{}, 5);
  addFaults(design.plan, kRate, 5);
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(4 * design.plan.input.features));
  std::mt19937 rng(3);
  for (auto& pixel : pixels) pixel = static_cast<std::uint8_t>(rng());
  std::vector<std::vector<golden::ImageResult>> all;
  for (const std::string& set : golden::Infer::instructionSets()) {
    auto& results = all.emplace_back(4);
    golden::Infer(design.plan, design.weights, set)
        .run(pixels, {},
             [&](std::int64_t n, const golden::ImageResult& r) { results[static_cast<std::size_t>(n)] = r; });
    BOOST_TEST((results == all.front()), set);
  }
}

// What was flipped comes back when the rows are written again; what is stuck stays.
BOOST_AUTO_TEST_CASE(programming_heals_flipped_junctions) {
  const NetworkSpec network = makeMixed({26, 18, 6}, {ScaleDropout{0.35}, Deterministic{}}, 3);
  Design design = makeDesign(network, makeTarget(16, 8, 4, 4, 8, PostForm::Threshold, true), 8);
  addFaults(design.plan, kRate, 2);
  Design stuck = design;
  for (LayerPlan& layer : stuck.plan.layers) {
    for (auto& faults : layer.faults)
      std::erase_if(faults, [](const CellFault& f) { return f.fault == JunctionFault::Flipped; });
  }
  const auto images = randomImages(design.plan, 6, 4);
  golden::Network chip(design.plan, design.weights, 3);
  const auto before = run(chip, design.plan, images).images;
  golden::Inputs inputs;
  inputs.prog_we = true;
  for (const LayerPlan& layer : design.plan.layers) {
    const LayerWeights& weights = design.weights.layers[static_cast<std::size_t>(layer.index)];
    for (const TilePlan& tile : layer.tiles) {
      for (int r = 0; r < tile.rows_used; ++r) {
        inputs.prog_unit = static_cast<std::uint16_t>(tile.prog_unit);
        inputs.prog_addr = static_cast<std::uint16_t>(r);
        inputs.prog_data.assign(static_cast<std::size_t>(golden::wordsFor(design.plan.prog_bits)), 0);
        for (int c = 0; c < tile.cols_used; ++c)
          golden::putBits(inputs.prog_data, c, 1,
                          weights.weight(tile.col_base + c, tile.row_base + r) ? 1 : 0);
        chip.eval(inputs);
        chip.tick();
      }
    }
  }
  chip.reset();
  const auto after = run(chip, design.plan, images).images;
  checkAgainstOracle(stuck, images, resetOptions(stuck.plan, 3), after);
  BOOST_TEST((before != after));
}

BOOST_AUTO_TEST_SUITE_END()

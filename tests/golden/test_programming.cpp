// The programming bus: every array and scale memory of the design can be filled through it.
#include <boost/test/unit_test.hpp>

#include "check.hpp"

using namespace neuspin;
using namespace neuspin::testing;

namespace {

/// A row of one array macro.
golden::Bits arrayRow(const Plan& plan, const LayerWeights& weights, const TilePlan& tile, int row) {
  golden::Bits data(static_cast<std::size_t>(golden::wordsFor(plan.prog_bits)));
  for (int c = 0; c < tile.cols_used; ++c) {
    const bool bit = weights.weight(tile.col_base + c, tile.row_base + row, tile.array, tile.slice);
    golden::putBits(data, c, 1, bit ? 1 : 0);
  }
  return data;
}

/// Word `address` (bank*words + word) of a scale memory.
golden::Bits scaleWord(const Plan& plan, const LayerPlan& layer, int address) {
  golden::Bits data(static_cast<std::size_t>(golden::wordsFor(plan.prog_bits)));
  int at = 0;
  const auto put = [&](int width, std::int64_t value) {
    golden::putBits(data, at, width, static_cast<std::uint64_t>(value));
    at += width;
  };
  for (int lane = 0; lane < layer.lanes; ++lane) {
    const int column = address % layer.words * layer.lanes + lane;
    if (column >= layer.outputs) break;
    const auto& bank = layer.entries[static_cast<std::size_t>(address / layer.words)];
    const PostEntry& e = bank[static_cast<std::size_t>(column)];
    if (layer.form == PostForm::Threshold) {
      put(layer.theta_bits, e.theta);
      put(1, e.invert ? 1 : 0);
      continue;
    }
    put(layer.scale_bits, e.scale);
    if (layer.form == PostForm::Noise) put(layer.sigma_bits, e.sigma);
    put(layer.offset_bits, e.offset);
  }
  return data;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(programming)

BOOST_AUTO_TEST_CASE(replaces_the_memory_images) {
  const std::vector<std::vector<Scheme>> all = {
      {ScaleDropout{0.35}, Deterministic{}},
      {SpinBayes{3, 2}, SubsetNoise{4}},
      {AffineDropout{0.3}, SubsetSamples{5}},
      {SubsetNoise{6}, SpinBayes{2, 3}},
  };
  for (const PostForm form : {PostForm::Threshold, PostForm::Multiply}) {
    for (const auto& schemes : all) {
      const Design design =
          makeDesign(makeMixed({26, 18, 6}, schemes, 4), makeTarget(16, 8, 4, 4, 8, form, true), 8);
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
      const auto write = [&](int unit, int addr, golden::Bits data) {
        inputs.prog_unit = static_cast<std::uint16_t>(unit);
        inputs.prog_addr = static_cast<std::uint16_t>(addr);
        inputs.prog_data = std::move(data);
        network.eval(inputs);
        network.tick();
      };
      for (const LayerPlan& layer : design.plan.layers) {
        const LayerWeights& weights = design.weights.layers[static_cast<std::size_t>(layer.index)];
        for (const TilePlan& tile : layer.tiles) {
          for (int r = 0; r < tile.rows_used; ++r)
            write(tile.prog_unit, r, arrayRow(design.plan, weights, tile, r));
        }
        for (int word = 0; word < layer.banks * layer.words; ++word)
          write(layer.scale_prog_unit, word, scaleWord(design.plan, layer, word));
      }
      const auto images = randomImages(design.plan, 8, 4);
      checkAgainstOracle(design, images, resetOptions(design.plan, 3),
                         run(network, design.plan, images).images);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

// Networks small enough to be worked out by hand.
#pragma once

#include <cstdint>
#include <vector>

#include "reference/reference_network.hpp"

namespace neuspin::test {

struct Tiny {
  NetworkSpec network;
  Weights weights;
  reference::Hardware hardware = {};
};

/// rows: weight bits of every output (SpinBayes: [array][slice][output]); scale and norm change nothing.
inline LayerWeights plainWeights(std::vector<std::uint64_t> rows, int outputs = 0, int arrays = 1,
                                 int slices = 1) {
  LayerWeights weights;
  const std::size_t n = outputs > 0 ? static_cast<std::size_t>(outputs) : rows.size();
  weights.weight_bits = std::move(rows);
  weights.words_per_row = 1;
  weights.outputs = static_cast<int>(n);
  weights.arrays = arrays;
  weights.slices = slices;
  weights.scale.assign(n, 1);
  weights.bias.assign(n, 0);
  weights.gamma.assign(n, 1);
  weights.beta.assign(n, 0);
  weights.mean.assign(n, 0);
  weights.var.assign(n, 1);
  return weights;
}

/// 3 inputs → 2 hidden → 2 classes; hidden weights + + − and − + +, last layer + + and + −.
inline Tiny makeTiny() {
  Tiny tiny;
  tiny.network.input = {
      .features = 3, .encoding = InputEncoding::Unsigned, .bits = 4, .threshold = 128, .shape = {3, 1, 1}};
  LayerSpec hidden;
  hidden.inputs = 3;
  hidden.outputs = 2;
  hidden.norm_eps = 0;
  LayerSpec last = hidden;
  last.inputs = 2;
  last.last = true;
  tiny.network.layers = {hidden, last};
  tiny.network.logit_scale_bits = 8;
  tiny.weights.layers = {plainWeights({0b011, 0b110}), plainWeights({0b11, 0b01})};
  return tiny;
}

/// 3 inputs → 2 classes, weights + + − and − + +: the logits are the sums.
inline Tiny makeOneLayer(const Scheme& scheme) {
  Tiny tiny = makeTiny();
  tiny.network.layers = {tiny.network.layers[0]};
  tiny.network.layers[0].last = true;
  tiny.network.layers[0].scheme = scheme;
  tiny.weights.layers = {tiny.weights.layers[0]};
  return tiny;
}

/// Pixels of the image 15, 2, 1 at 4 bits: both hidden layers above have the sums 16 and −12.
inline const std::vector<std::uint8_t> kImage = {255, 32, 16};

inline reference::Result runOne(const Tiny& tiny, const std::vector<std::uint8_t>& pixels,
                                const reference::Options& options = {}) {
  reference::Result only;
  const reference::ReferenceNetwork network(tiny.network, tiny.weights, tiny.hardware);
  network.run(pixels, options, [&](std::int64_t, const reference::Result& result) { only = result; });
  return only;
}

}  // namespace neuspin::test

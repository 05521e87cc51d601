// Small networks with random weights for the planner's tests.
#pragma once

#include <random>

#include "plan/plan.hpp"

namespace neuspin::testing {

/// Fills what the reader derives: fan-in, input and output shape of every layer, from the input's shape on.
inline void deriveShapes(NetworkSpec& network) {
  Shape shape = network.input.shape;
  network.input.features = shape.elements();
  for (LayerSpec& layer : network.layers) {
    layer.in = shape;
    if (layer.conv) {
      const ConvSpec& conv = *layer.conv;
      const auto windows = [&](int size) {
        return (size + 2 * conv.padding - conv.kernel) / conv.stride + 1;
      };
      layer.inputs = shape.channels * conv.kernel * conv.kernel;
      layer.out = {layer.outputs, windows(shape.height) / layer.pool, windows(shape.width) / layer.pool};
    } else {
      layer.inputs = shape.elements();
      layer.out = {layer.outputs, 1, 1};
    }
    shape = layer.out;
  }
}

/// `sizes` = features, outputs of each layer. probability 0 = deterministic layer.
inline NetworkSpec makeNetwork(const std::vector<int>& sizes, double probability, int passes,
                               InputEncoding encoding = InputEncoding::Unsigned, int bits = 4) {
  NetworkSpec network;
  network.name = "net";
  network.input = {sizes[0], encoding, encoding == InputEncoding::Bipolar ? 1 : bits, 128, {sizes[0], 1, 1}};
  network.passes = passes;
  for (std::size_t i = 1; i < sizes.size(); ++i) {
    LayerSpec layer;
    layer.name = "fc" + std::to_string(i - 1);
    layer.inputs = sizes[i - 1];
    layer.outputs = sizes[i];
    layer.last = i + 1 == sizes.size();
    if (probability > 0) layer.scheme = ScaleDropout{probability};
    network.layers.push_back(layer);
  }
  deriveShapes(network);
  return network;
}

/// The same with a scheme for every layer.
inline NetworkSpec makeNetwork(const std::vector<int>& sizes, const std::vector<Scheme>& schemes,
                               int passes) {
  auto network = makeNetwork(sizes, 0.0, passes, InputEncoding::Bipolar);
  for (std::size_t i = 0; i < schemes.size(); ++i) network.layers.at(i).scheme = schemes[i];
  return network;
}

inline Weights makeWeights(const NetworkSpec& network, unsigned seed) {
  std::mt19937_64 rng(seed);
  std::normal_distribution<double> normal;
  Weights weights;
  for (const auto& spec : network.layers) {
    LayerWeights layer;
    layer.outputs = spec.outputs;
    layer.arrays = weightArrays(spec.scheme);
    layer.slices = weightSlices(spec.scheme);
    layer.words_per_row = (spec.inputs + 63) / 64;
    for (int row = 0; row < spec.outputs * layer.arrays * layer.slices; ++row) {
      for (int w = 0; w < layer.words_per_row; ++w) {
        const int used = std::min(64, spec.inputs - 64 * w);
        layer.weight_bits.push_back(rng() >> (64 - used));
      }
    }
    const auto* subset = std::get_if<SubsetSamples>(&spec.scheme);
    for (int n = 0; n < (subset != nullptr ? subset->samples : 1) * spec.outputs; ++n) {
      layer.scale.push_back(1.0 + 0.3 * normal(rng));
    }
    for (int o = 0; o < spec.outputs; ++o) {
      if (std::holds_alternative<SubsetNoise>(spec.scheme))
        layer.scale_sigma.push_back(0.2 + 0.05 * normal(rng));
      layer.bias.push_back(normal(rng));
      layer.gamma.push_back(normal(rng));
      layer.beta.push_back(0.2 * normal(rng));
      layer.mean.push_back(normal(rng));
      layer.var.push_back(static_cast<double>(spec.inputs));
      if (spec.skip >= 0) layer.skip.push_back(normal(rng));
    }
    weights.layers.push_back(layer);
  }
  return weights;
}

inline const std::vector<Scheme>& allSchemes() {
  static const std::vector<Scheme> kSchemes = {Deterministic{},
                                               SpinDrop{0.15, false},
                                               SpinDrop{0.3, true},
                                               SpatialDropout{0.2, 7, false},
                                               SpatialDropout{0.2, 3, true},
                                               ScaleDropout{0.2, false},
                                               ScaleDropout{0.2, true},
                                               AffineDropout{0.3},
                                               SubsetSamples{5},
                                               SubsetNoise{8},
                                               SpinBayes{3, 1},
                                               SpinBayes{8, 4}};
  return kSchemes;
}

inline Plan planOf(const NetworkSpec& network, const TargetSpec& target) {
  Diagnostics diags;
  auto plan = makePlan(network, target, makeWeights(network, 1), diags);
  if (!plan) throw std::runtime_error(diags.render());
  return *plan;
}

}  // namespace neuspin::testing

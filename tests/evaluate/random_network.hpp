// Random small networks with awkward parameters, planned; and random images for them.
#pragma once

#include <cstdint>
#include <random>
#include <stdexcept>
#include <vector>

#include "plan/plan.hpp"

namespace neuspin::test {

struct RandomNetwork {
  NetworkSpec network;
  Weights weights;
  Plan plan;
};

struct Shape {
  std::vector<int> widths;       ///< features, hidden …, classes
  std::vector<bool> stochastic;  ///< per layer
  InputEncoding encoding = InputEncoding::Unsigned;
  int bits = 4;
  PostForm form = PostForm::Threshold;
  int passes = 5;
};

inline LayerWeights randomWeights(int inputs, int outputs, std::mt19937& rng) {
  LayerWeights weights;
  weights.words_per_row = (inputs + 63) / 64;
  weights.weight_bits.resize(static_cast<std::size_t>(outputs) * weights.words_per_row);
  for (int o = 0; o < outputs; ++o) {
    for (int i = 0; i < inputs; ++i) {
      weights.weight_bits[static_cast<std::size_t>(o) * weights.words_per_row + i / 64] |=
          std::uint64_t{rng() & 1} << (i % 64);
    }
  }
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> variance(0.5, 200.0);
  for (int o = 0; o < outputs; ++o) {
    // A fifth of the scales and a tenth of the gammas are exactly 0; signs are mixed.
    weights.scale.push_back(rng() % 5 == 0 ? 0.0 : normal(rng));
    weights.gamma.push_back(rng() % 10 == 0 ? 0.0 : normal(rng));
    weights.bias.push_back(normal(rng));
    weights.beta.push_back(rng() % 4 == 0 ? 0.0 : 0.3 * normal(rng));
    weights.mean.push_back(3.0 * normal(rng));
    weights.var.push_back(variance(rng));
  }
  return weights;
}

inline RandomNetwork makeRandom(const Shape& shape, std::uint32_t seed) {
  std::mt19937 rng(seed);
  RandomNetwork result;
  NetworkSpec& network = result.network;
  network.name = "random";
  network.file = "random.toml";
  network.input = {
      .features = shape.widths.front(), .encoding = shape.encoding, .bits = shape.bits, .threshold = 100};
  network.passes = shape.passes;
  network.seed = seed;
  for (std::size_t l = 0; l + 1 < shape.widths.size(); ++l) {
    LayerSpec layer;
    layer.name = "fc" + std::to_string(l);
    layer.inputs = shape.widths[l];
    layer.outputs = shape.widths[l + 1];
    layer.last = l + 2 == shape.widths.size();
    if (shape.stochastic[l]) layer.scheme = ScaleDropout{0.35};
    network.layers.push_back(layer);
    result.weights.layers.push_back(randomWeights(layer.inputs, layer.outputs, rng));
  }
  TargetSpec target;
  target.array_rows = 32;
  target.array_cols = 16;
  target.form = shape.form;
  Diagnostics diags;
  auto plan = makePlan(network, target, result.weights, diags);
  if (!plan) throw std::runtime_error(diags.render());
  result.plan = std::move(*plan);
  return result;
}

inline std::vector<std::uint8_t> randomPixels(int features, int images, std::uint32_t seed) {
  std::mt19937 rng(seed);
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(features) * static_cast<std::size_t>(images));
  for (auto& pixel : pixels) pixel = static_cast<std::uint8_t>(rng());
  return pixels;
}

}  // namespace neuspin::test

// Random small networks with awkward parameters, planned; and random images for them.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <vector>

#include "plan/plan.hpp"
#include "reference/reference_network.hpp"

namespace neuspin::test {

struct RandomNetwork {
  NetworkSpec network;
  TargetSpec target;
  Weights weights;
  Plan plan;

  [[nodiscard]] reference::Hardware hardware() const {
    return {.share = target.share, .whiten = target.whiten, .lanes = target.lanes};
  }
};

struct Layout {
  std::vector<int> widths;            ///< features, hidden …, classes
  std::vector<bool> stochastic = {};  ///< per layer: ScaleDropout or Deterministic; where `schemes` is empty
  InputEncoding encoding = InputEncoding::Unsigned;
  int bits = 4;
  PostForm form = PostForm::Threshold;
  int passes = 5;
  std::vector<Scheme> schemes = {};  ///< per layer
  int share = 1;
  bool whiten = false;
  int lanes = 16;
  int logit_scale_bits = 10;
};

inline LayerWeights randomWeights(const LayerSpec& spec, std::mt19937& rng) {
  LayerWeights weights;
  weights.words_per_row = (spec.inputs + 63) / 64;
  weights.outputs = spec.outputs;
  weights.arrays = weightArrays(spec.scheme);
  weights.slices = weightSlices(spec.scheme);
  const std::size_t rows = static_cast<std::size_t>(weights.arrays) * weights.slices * spec.outputs;
  weights.weight_bits.resize(rows * weights.words_per_row);
  for (std::size_t row = 0; row < rows; ++row) {
    for (int i = 0; i < spec.inputs; ++i)
      weights.weight_bits[row * weights.words_per_row + i / 64] |= std::uint64_t{rng() & 1} << (i % 64);
  }
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> variance(0.5, 200.0);
  const bool affine = std::holds_alternative<AffineDropout>(spec.scheme);
  for (int o = 0; o < spec.outputs; ++o) {
    // A fifth of the scales and a tenth of the gammas are exactly 0, but not all of them (logits without any
    // slope have too many fraction bits); signs are mixed.
    weights.scale.push_back(o > 0 && rng() % 5 == 0 ? 0.0 : normal(rng));
    weights.gamma.push_back(o > 0 && rng() % 10 == 0 ? 0.0 : normal(rng));
    weights.bias.push_back(normal(rng));
    weights.beta.push_back(rng() % 4 == 0 ? 0.0 : (affine ? 3 : 0.3) * normal(rng));
    weights.mean.push_back(affine ? 0 : 3.0 * normal(rng));
    weights.var.push_back(affine ? 1 - spec.norm_eps : variance(rng));
  }
  if (spec.skip >= 0) {
    for (int o = 0; o < spec.outputs; ++o) weights.skip.push_back(rng() % 6 == 0 ? 0.0 : normal(rng));
  }
  if (const auto* stored = std::get_if<SubsetSamples>(&spec.scheme)) {
    const std::vector<double> mu = weights.scale;
    for (int s = 1; s < stored->samples; ++s) {
      for (const double m : mu) weights.scale.push_back(m + 0.5 * normal(rng));
    }
  }
  if (std::holds_alternative<SubsetNoise>(spec.scheme)) {
    for (int o = 0; o < spec.outputs; ++o)
      weights.scale_sigma.push_back(rng() % 6 == 0 ? 0.0 : 0.5 * std::abs(normal(rng)));
  }
  return weights;
}

inline RandomNetwork makeRandom(const Layout& shape, std::uint32_t seed) {
  std::mt19937 rng(seed);
  RandomNetwork result;
  NetworkSpec& network = result.network;
  network.name = "random";
  network.file = "random.toml";
  network.input = {.features = shape.widths.front(),
                   .encoding = shape.encoding,
                   .bits = shape.bits,
                   .threshold = 100,
                   .shape = {shape.widths.front(), 1, 1}};
  network.passes = shape.passes;
  network.logit_scale_bits = shape.logit_scale_bits;
  network.seed = seed;
  for (std::size_t l = 0; l + 1 < shape.widths.size(); ++l) {
    LayerSpec layer;
    layer.name = "fc" + std::to_string(l);
    layer.inputs = shape.widths[l];
    layer.outputs = shape.widths[l + 1];
    layer.last = l + 2 == shape.widths.size();
    if (!shape.schemes.empty()) {
      layer.scheme = shape.schemes[l];
    } else if (shape.stochastic[l]) {
      layer.scheme = ScaleDropout{0.35};
    }
    network.layers.push_back(layer);
    result.weights.layers.push_back(randomWeights(layer, rng));
  }
  result.target.array_rows = 32;
  result.target.array_cols = 16;
  result.target.form = shape.form;
  result.target.lanes = shape.lanes;
  result.target.share = shape.share;
  result.target.whiten = shape.whiten;
  Diagnostics diags;
  auto plan = makePlan(network, result.target, result.weights, diags);
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

// Random weights for any scheme. All numbers come from an integer hash, so that they do not depend on a
// standard library's distributions.
#pragma once

#include <algorithm>
#include <cstdint>

#include "spec/spec.hpp"

namespace neuspin::testing {

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_(seed) {}
  std::uint64_t bits() {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    std::uint64_t x = state_;
    x = (x ^ (x >> 31)) * 0x9E3779B97F4A7C15ULL;
    return x ^ (x >> 29);
  }
  double between(double low, double high) {
    return low + (high - low) * static_cast<double>(bits() >> 11) * 0x1p-53;
  }

 private:
  std::uint64_t state_;
};

inline LayerWeights drawLayer(const LayerSpec& spec, Draw& draw) {
  LayerWeights layer;
  layer.words_per_row = (spec.inputs + 63) / 64;
  layer.outputs = spec.outputs;
  layer.arrays = weightArrays(spec.scheme);
  layer.slices = weightSlices(spec.scheme);
  for (int row = 0; row < layer.arrays * layer.slices * spec.outputs; ++row) {
    for (int w = 0; w < layer.words_per_row; ++w) {
      layer.weight_bits.push_back(draw.bits() >> (64 - std::min(64, spec.inputs - 64 * w)));
    }
  }
  const auto* stored = std::get_if<SubsetSamples>(&spec.scheme);
  for (int i = 0; i < (stored != nullptr ? stored->samples : 1) * spec.outputs; ++i) {
    layer.scale.push_back(draw.between(-0.2, 1.5));
  }
  const bool affine = std::holds_alternative<AffineDropout>(spec.scheme);
  for (int o = 0; o < spec.outputs; ++o) {
    layer.bias.push_back(0.0);
    layer.gamma.push_back(draw.between(-1.0, 2.0));
    layer.beta.push_back(affine ? draw.between(-3, 3) : draw.between(-0.3, 0.3));
    layer.mean.push_back(affine ? 0 : draw.between(-1.0, 1.0));
    layer.var.push_back(affine ? 1 - spec.norm_eps : static_cast<double>(spec.inputs));
    if (std::holds_alternative<SubsetNoise>(spec.scheme)) layer.scale_sigma.push_back(draw.between(0, 0.4));
  }
  if (spec.skip >= 0) {
    for (int o = 0; o < spec.outputs; ++o) layer.skip.push_back(draw.between(-1.5, 1.5));
  }
  return layer;
}

inline Weights drawWeights(const NetworkSpec& network, std::uint64_t seed) {
  Draw draw(seed);
  Weights weights;
  for (const LayerSpec& spec : network.layers) weights.layers.push_back(drawLayer(spec, draw));
  return weights;
}

}  // namespace neuspin::testing

// Three tiny networks that between them reach every choice of the composer. All numbers come from an integer
// hash, so that the golden texts do not depend on a standard library's distributions.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "plan/plan.hpp"

namespace neuspin::testing {

struct Design {
  NetworkSpec network;
  TargetSpec target;
  Weights weights;
  Plan plan;
};

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

inline Weights drawWeights(const NetworkSpec& network, std::uint64_t seed) {
  Draw draw(seed);
  Weights weights;
  for (const LayerSpec& spec : network.layers) {
    LayerWeights layer;
    layer.words_per_row = (spec.inputs + 63) / 64;
    for (int o = 0; o < spec.outputs; ++o) {
      for (int w = 0; w < layer.words_per_row; ++w) {
        layer.weight_bits.push_back(draw.bits() >> (64 - std::min(64, spec.inputs - 64 * w)));
      }
      layer.scale.push_back(draw.between(0.5, 1.5));
      layer.bias.push_back(0.0);
      layer.gamma.push_back(draw.between(-1.0, 2.0));
      layer.beta.push_back(draw.between(-0.3, 0.3));
      layer.mean.push_back(draw.between(-1.0, 1.0));
      layer.var.push_back(static_cast<double>(spec.inputs));
    }
    weights.layers.push_back(std::move(layer));
  }
  return weights;
}

/// `sizes` = features, then outputs of each layer; `drop` = drop probability of each layer (0 =
/// deterministic).
inline NetworkSpec network(const std::string& name, const InputSpec& input, const std::vector<int>& sizes,
                           const std::vector<double>& drop, int passes) {
  NetworkSpec spec;
  spec.name = name;
  spec.input = input;
  spec.input.features = sizes[0];
  spec.passes = passes;
  spec.seed = 0xC0FFEE01;
  for (std::size_t i = 1; i < sizes.size(); ++i) {
    LayerSpec layer;
    layer.name = "fc" + std::to_string(i - 1);
    layer.inputs = sizes[i - 1];
    layer.outputs = sizes[i];
    layer.last = i + 1 == sizes.size();
    if (drop[i - 1] > 0) layer.scheme = ScaleDropout{drop[i - 1]};
    spec.layers.push_back(layer);
  }
  return spec;
}

inline Design plan(NetworkSpec spec, const TargetSpec& target, std::uint64_t seed = 1) {
  Design design{std::move(spec), target, {}, {}};
  design.weights = drawWeights(design.network, seed);
  Diagnostics diags;
  auto made = makePlan(design.network, target, design.weights, diags);
  if (!made) throw std::runtime_error(diags.render());
  design.plan = std::move(*made);
  return design;
}

/// One array a layer, nothing stochastic.
inline Design tinyPlain() {
  TargetSpec target;
  target.group = 4;
  target.lanes = 4;
  target.input_beat = 4;
  return plan(network("tiny_plain", {0, InputEncoding::Bipolar, 1, 128}, {12, 8, 3}, {0, 0}, 1), target);
}

/// Bit-serial input, several row and column tiles, sizes that divide nothing evenly, dropout in every layer,
/// the sums of the first layer replayed.
inline Design tinyTiled() {
  TargetSpec target;
  target.array_rows = 8;
  target.array_cols = 5;
  target.group = 4;
  target.lanes = 3;
  target.input_beat = 3;
  return plan(
      network("tiny_tiled", {0, InputEncoding::Unsigned, 3, 128}, {19, 13, 11, 5}, {0.25, 0.5, 0.125}, 4),
      target);
}

/// Multiply form, input replayed, a deterministic first layer, a head with most parts left out.
inline Design tinyMultiply() {
  TargetSpec target;
  target.array_rows = 16;
  target.array_cols = 8;
  target.group = 2;
  target.lanes = 5;
  target.form = PostForm::Multiply;
  target.prefix_cache = false;
  target.input_beat = 8;
  target.smallest = 0;
  target.moment2 = false;
  target.votes = false;
  return plan(network("tiny_multiply", {0, InputEncoding::Unsigned, 2, 128}, {20, 9, 7, 4}, {0, 0.375, 0}, 3),
              target);
}

inline std::vector<Design> tinyDesigns() {
  std::vector<Design> designs;
  designs.push_back(tinyPlain());
  designs.push_back(tinyTiled());
  designs.push_back(tinyMultiply());
  return designs;
}

}  // namespace neuspin::testing

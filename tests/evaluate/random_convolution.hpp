// Random small networks with convolutions, planned.
#pragma once

#include <algorithm>
#include <string>

#include "random_network.hpp"

namespace neuspin::test {

/// What a convolution and the layers behind it may choose from.
struct ConvolutionChoice {
  InputEncoding encoding = InputEncoding::Bipolar;
  int bits = 1;
  Scheme conv_scheme = {}, linear_scheme = {};
  int mapping = 1;
  PostForm form = PostForm::Threshold;
  int share = 1;
};

/// kernel 1 … 7, stride 1 … 3, padding below the kernel with 0 or −1, 1 … 70 channels, pool 1 … 3 of both
/// kinds; one to three convolutions, then one or two linear layers or a convolution averaged over its map.
/// The first layer is deterministic where the input is signed.
inline RandomNetwork randomConvolution(const ConvolutionChoice& choice, std::uint32_t seed) {
  std::mt19937 rng(seed);
  const auto between = [&](int low, int high) {
    return low + static_cast<int>(rng() % static_cast<unsigned>(high - low + 1));
  };
  RandomNetwork result;
  NetworkSpec& network = result.network;
  network.name = "random";
  network.file = "random.toml";
  network.passes = 3;
  network.seed = seed;
  const int channels = rng() % 3 == 0 ? between(1, 70) : between(1, 4);
  network.input = {.features = 0,
                   .encoding = choice.encoding,
                   .bits = choice.bits,
                   .threshold = 100,
                   .shape = {channels, between(3, 11), between(3, 11)}};
  if (rng() % 2 == 0) network.input.shape.width = network.input.shape.height;
  network.input.features = network.input.shape.elements();
  Shape shape = network.input.shape;
  const auto add = [&](LayerSpec layer, const Scheme& scheme) {
    const bool first = network.layers.empty();
    layer.name = "l" + std::to_string(network.layers.size());
    layer.in = shape;
    const bool fixed = first && choice.encoding == InputEncoding::Signed;
    layer.scheme = fixed ? Scheme{} : scheme;
    if (auto* spatial = std::get_if<SpatialDropout>(&layer.scheme)) {
      spatial->group = std::min(spatial->group, layer.conv ? shape.channels : shape.elements());
    }
    const Shape windows = layer.windowMap();
    layer.inputs = layer.conv ? shape.channels * layer.conv->kernel * layer.conv->kernel : shape.elements();
    layer.out = {layer.outputs, windows.height / layer.pool, windows.width / layer.pool};
    shape = layer.out;
    result.weights.layers.push_back(randomWeights(layer, rng));
    network.layers.push_back(layer);
  };
  const int convolutions = between(1, 3);
  for (int i = 0; i < convolutions; ++i) {
    LayerSpec layer;
    ConvSpec conv;
    conv.kernel = between(1, std::min({7, shape.height, shape.width}));
    conv.stride = between(1, 3);
    conv.padding = between(0, conv.kernel - 1);
    const bool one_bit = i > 0 || choice.encoding == InputEncoding::Bipolar;
    conv.pad_minus_one = one_bit && conv.padding > 0 && rng() % 2 == 0;
    layer.conv = conv;
    layer.outputs = rng() % 3 == 0 ? 64 * between(1, 2) : between(1, 70);
    layer.in = shape;
    const Shape windows = layer.windowMap();
    layer.pool = between(1, std::min({3, windows.height, windows.width}));
    if (std::holds_alternative<SubsetNoise>(choice.conv_scheme)) layer.pool = 1;
    if (std::holds_alternative<AffineDropout>(choice.conv_scheme) || rng() % 2 == 0)
      layer.pooling = Pooling::Average;
    add(layer, choice.conv_scheme);
  }
  LayerSpec last;
  last.outputs = between(2, 11);
  last.last = true;
  if (shape.height == shape.width && shape.height <= 9 && rng() % 2 == 0) {
    network.logit_scale_bits = 4;  // their product with the sum of all windows must fit 24 bits
    last.conv = ConvSpec{.kernel = between(1, std::min(shape.channels > 16 ? 3 : 7, shape.height))};
    last.pool = shape.height - last.conv->kernel + 1;
    last.pooling = Pooling::Average;
    if (std::holds_alternative<SubsetNoise>(choice.conv_scheme) && last.pool > 1) {
      last.conv.reset();
      last.pool = 1;
    }
  } else if (rng() % 2 == 0) {
    LayerSpec hidden;
    hidden.outputs = between(2, 70);
    add(hidden, choice.linear_scheme);
  }
  add(last, last.conv ? choice.conv_scheme : choice.linear_scheme);
  result.target.array_rows = 32;
  result.target.array_cols = 16;
  result.target.form = choice.form;
  result.target.share = choice.share;
  result.target.conv_mapping = choice.mapping;
  Diagnostics diags;
  auto plan = makePlan(network, result.target, result.weights, diags);
  if (!plan) throw std::runtime_error(diags.render());
  result.plan = std::move(*plan);
  return result;
}

}  // namespace neuspin::test

// Random convolutional networks on random targets: whatever is legal, small enough to build in seconds.
#pragma once

#include <algorithm>
#include <string>

#include "configurations.hpp"

namespace neuspin::testing {

/// Arrays as large and units as few as it takes for a design to build and run in seconds: the number of
/// instances is what counts.
inline void limitInstances(Configuration& configuration) {
  TargetSpec& target = configuration.target;
  const auto arrays = [&] {
    int sum = 0;
    for (const LayerSpec& layer : configuration.network.layers) {
      const int taps = layer.conv && target.conv_mapping == 2 ? layer.conv->kernel * layer.conv->kernel : 1;
      const int row_tiles = taps * ((layer.inputs / taps + target.array_rows - 1) / target.array_rows);
      const int col_tiles = (layer.outputs + target.array_cols - 1) / target.array_cols;
      sum += row_tiles * col_tiles * weightArrays(layer.scheme) * weightSlices(layer.scheme);
    }
    return sum;
  };
  constexpr int kMostArrays = 60, kLargest = 2000;
  while (arrays() > kMostArrays && target.array_rows < kLargest)
    target.array_rows *= 2, target.array_cols *= 2;
  constexpr int kMostUnits = 64;
  for (const LayerSpec& layer : configuration.network.layers) {
    if (std::holds_alternative<SpinDrop>(layer.scheme) ||
        std::holds_alternative<SpatialDropout>(layer.scheme))
      target.share = std::max(target.share, (layer.inputs + kMostUnits - 1) / kMostUnits);
  }
}

/// kernel 1 … 7, stride 1 … 3, any padding and padding value, 1 … 70 channels, pooling of both kinds, all
/// methods that convolutions have, both mappings; linear layers behind, or a convolution averaged over its
/// map.
inline Configuration randomConvolution(std::uint64_t seed) {
  tb::Random random(seed * 7919 + 13);
  const auto between = [&](int low, int high) {
    return low + static_cast<int>(random.below(static_cast<std::uint32_t>(high - low + 1)));
  };
  Configuration configuration;
  configuration.name = "conv" + std::to_string(seed);
  NetworkSpec& network = configuration.network;
  network.name = configuration.name;
  network.passes = between(1, 4);
  network.seed = random.word();
  switch (between(0, 2)) {
    case 0:
      network.input.encoding = InputEncoding::Bipolar, network.input.bits = 1;
      break;
    case 1:
      network.input.encoding = InputEncoding::Unsigned, network.input.bits = between(1, 8);
      break;
    default:
      network.input.encoding = InputEncoding::Signed, network.input.bits = between(2, 8);
      break;
  }
  const int most_channels = random.oneIn(6) ? 70 : 9;
  network.input.shape = {random.oneIn(3) ? between(1, most_channels) : between(1, 3), between(3, 11),
                         between(3, 11)};
  if (random.oneIn(2)) network.input.shape.width = network.input.shape.height;

  TargetSpec& target = configuration.target;
  target.conv_mapping = between(1, 2);
  target.group = between(1, 12);
  target.array_rows = target.group * between(1, 8);
  target.array_cols = between(2, 40);
  target.lanes = between(1, 12);
  target.input_beat = between(1, 8);
  target.form = random.oneIn(2) ? PostForm::Threshold : PostForm::Multiply;
  target.prefix_cache = !random.oneIn(4);
  target.max_passes = between(4, 12);
  target.set_cycles = between(1, 3), target.read_cycles = between(1, 2), target.reset_cycles = between(1, 3);
  target.drive_bits = between(1, 4);
  target.share = random.oneIn(2) ? 1 : between(2, 9);
  target.health_window_log2 = random.oneIn(2) ? 0 : 4;
  target.whiten = random.oneIn(3);
  target.calibration = Calibration::None;

  Shape shape = network.input.shape;
  const auto scheme = [&](bool conv, bool first, int inputs) -> Scheme {
    const bool rows_fixed = first && network.input.encoding == InputEncoding::Signed;
    switch (between(0, 7)) {
      case 0:
        if (!rows_fixed) return SpinDrop{0.2, random.oneIn(2), conv && random.oneIn(2)};
        return Deterministic{};
      case 1:
        if (!rows_fixed) return SpatialDropout{0.3, between(1, std::min(3, inputs)), random.oneIn(2)};
        return Deterministic{};
      case 2:
        return ScaleDropout{0.3, random.oneIn(2)};
      case 3:
        return SubsetSamples{between(2, 5)};
      case 4:
        if (!rows_fixed) return SpinBayes{between(2, 3), between(1, 2)};
        return Deterministic{};
      case 5:
        return AffineDropout{0.3};
      case 6:
        if (!rows_fixed) return SubsetNoise{between(1, 4)};
        return Deterministic{};
      default:
        return Deterministic{};
    }
  };
  const auto isNoise = [](const LayerSpec& layer) {
    return std::holds_alternative<SubsetNoise>(layer.scheme);
  };
  const int convolutions = between(1, 3);
  for (int i = 0; i < convolutions; ++i) {
    LayerSpec layer;
    layer.name = "conv" + std::to_string(i);
    ConvSpec conv;
    conv.kernel = between(1, std::min(7, std::min(shape.height, shape.width)));
    conv.stride = between(1, 3);
    conv.padding = random.oneIn(2) ? 0 : between(0, conv.kernel - 1);
    const bool one_bit = i > 0 || network.input.encoding == InputEncoding::Bipolar;
    conv.pad_minus_one = one_bit && conv.padding > 0 && random.oneIn(2);
    layer.conv = conv;
    layer.outputs = between(1, most_channels);
    layer.scheme = scheme(true, i == 0, shape.channels);
    const int height = (shape.height + 2 * conv.padding - conv.kernel) / conv.stride + 1;
    const int width = (shape.width + 2 * conv.padding - conv.kernel) / conv.stride + 1;
    if (random.oneIn(2) && !isNoise(layer)) layer.pool = between(1, std::min({3, height, width}));
    if (std::holds_alternative<AffineDropout>(layer.scheme) || random.oneIn(2))
      layer.pooling = Pooling::Average;
    shape = {layer.outputs, height / layer.pool, width / layer.pool};
    network.layers.push_back(layer);
  }
  LayerSpec last;
  last.name = "logits";
  last.outputs = between(2, 6);
  last.last = true;
  if (shape.height == shape.width && random.oneIn(2)) {
    network.logit_scale_bits = 5;  // their product with the sum of all windows must fit 24 bits
    last.conv = ConvSpec{.kernel = between(1, std::min(7, shape.height))};
    last.scheme = scheme(true, false, shape.channels);
    last.pool = isNoise(last) ? 1 : shape.height - last.conv->kernel + 1;
    last.pooling = Pooling::Average;
    if (isNoise(last)) last.conv->kernel = std::min(7, shape.height);
    if (shape.height - last.conv->kernel + 1 != last.pool)
      last.scheme = Deterministic{}, last.pool = shape.height - last.conv->kernel + 1;
    network.layers.push_back(last);
    deriveShapes(network);
    limitInstances(configuration);
    return configuration;
  }
  if (random.oneIn(2)) {
    LayerSpec hidden;
    hidden.name = "fc0";
    hidden.outputs = between(2, 20);
    hidden.scheme = scheme(false, false, shape.elements());
    network.layers.push_back(hidden);
    shape = {hidden.outputs, 1, 1};
  }
  last.scheme = scheme(false, false, shape.elements());
  network.layers.push_back(last);
  // The layers that share the model's unit have one probability.
  deriveShapes(network);
  limitInstances(configuration);
  for (const LayerSpec& layer : network.layers) {
    if (random.oneIn(5)) target.layers[layer.name].tiles = between(2, 6);
  }
  return configuration;
}

/// Averages in every place they have: of bit planes, with banks and more words than reads, before the norm
/// over the channels, several and one a row, and of the logits.
inline Configuration averages(int mapping) {
  Configuration configuration;
  configuration.name = "averages" + std::to_string(mapping);
  NetworkSpec& network = configuration.network;
  network.name = configuration.name;
  network.passes = 2;
  network.input = {0, InputEncoding::Signed, 4, 128, {2, 13, 13}};
  TargetSpec& target = configuration.target;
  target = tilingTarget(Tiling::Ragged);
  target.conv_mapping = mapping;
  target.calibration = Calibration::None;
  const auto add = [&](const char* name, int outputs, const ConvSpec& conv, int pool, const Scheme& scheme) {
    LayerSpec layer;
    layer.name = name;
    layer.outputs = outputs;
    layer.conv = conv;
    layer.pool = pool;
    layer.pooling = Pooling::Average;
    layer.scheme = scheme;
    network.layers.push_back(layer);
  };
  add("planes", 7, {.kernel = 2}, 2, ScaleDropout{0.4});    // 12 × 12 → 6 × 6
  add("normed", 11, {.kernel = 1}, 3, AffineDropout{0.4});  // 6 × 6 → 2 × 2, 11 words and 3 reads
  add("gated", 6, {.kernel = 3, .padding = 2}, 2, SpinDrop{0.3, true, true});  // 4 × 4 → 2 × 2
  add("one_a_row", 4, {.kernel = 2, .padding = 1, .pad_minus_one = true}, 3,
      SubsetSamples{3});                                              // 3 × 3 → 1 × 1
  add("logits", 3, {.kernel = 3, .padding = 2}, 3, SpinBayes{3, 2});  // 3 × 3 windows of one pixel
  network.layers.back().last = true;
  deriveShapes(network);
  return configuration;
}

/// Convolutions whose outputs are added to those of a later layer: one to three connections, also nested and
/// over one another, between maps of one size, with convolutions of any kernel, stride, padding and pooling
/// before and behind.
inline Configuration randomResidual(std::uint64_t seed) {
  Configuration configuration = randomConvolution(seed + 50'000);
  configuration.name = "skip" + std::to_string(seed);
  NetworkSpec& network = configuration.network;
  network.name = configuration.name;
  tb::Random random(seed * 104729 + 7);
  const auto between = [&](int low, int high) {
    return low + static_cast<int>(random.below(static_cast<std::uint32_t>(high - low + 1)));
  };
  const auto scheme = [&]() -> Scheme {
    switch (between(0, 9)) {
      case 6:
        return AffineDropout{0.3};
      case 7:
        return SubsetNoise{between(1, 4)};
      case 0:
        return SpinDrop{0.2, random.oneIn(2), random.oneIn(2)};
      case 1:
        return SpatialDropout{0.3, 1, random.oneIn(2)};
      case 2:
        return ScaleDropout{0.3, false};
      case 3:
        return SubsetSamples{between(2, 5)};
      case 4:
        return SpinBayes{between(2, 3), between(1, 2)};
      default:
        return Deterministic{};
    }
  };
  // A convolution of what comes in, a chain of layers that keep its map's size, then what the network had.
  std::vector<LayerSpec> chain;
  LayerSpec first = network.layers.front();
  first.conv = ConvSpec{.kernel = between(1, 3), .stride = between(1, 2)};
  first.pool = random.oneIn(3) ? 2 : 1;
  const Shape in = network.input.shape;
  if ((in.height - first.conv->kernel) / first.conv->stride + 1 < 2 * first.pool ||
      (in.width - first.conv->kernel) / first.conv->stride + 1 < 2 * first.pool) {
    first.conv = ConvSpec{.kernel = 1};
    first.pool = 1;
  }
  if (std::holds_alternative<SubsetNoise>(first.scheme)) first.pool = 1;
  first.outputs = between(1, 9);
  first.name = "res0";
  chain.push_back(first);
  const int connections = between(1, 3);
  for (int i = 0, layers = between(connections, connections + 2); i < layers; ++i) {
    LayerSpec layer;
    layer.name = "res" + std::to_string(i + 1);
    layer.outputs = first.outputs;
    const int padding = between(0, 2);
    layer.conv = ConvSpec{
        .kernel = 2 * padding + 1, .padding = padding, .pad_minus_one = padding > 0 && random.oneIn(2)};
    layer.scheme = scheme();
    if (layers - i <= connections || random.oneIn(3)) layer.skip = between(0, i);
    chain.push_back(layer);
  }
  LayerSpec last = network.layers.back();
  if (last.conv)
    last.conv.reset(), last.pool = 1, last.scheme = Deterministic{};  // the map may have any shape here
  if (random.oneIn(3)) {                                              // a linear layer that skips another one
    for (int i = 0; i < 2; ++i) {
      LayerSpec linear;
      linear.name = "lin" + std::to_string(i);
      linear.outputs = 7;
      linear.scheme = scheme();
      if (auto* spindrop = std::get_if<SpinDrop>(&linear.scheme)) spindrop->every_window = false;
      if (i == 1) {
        linear.skip = static_cast<int>(chain.size()) - 1;
      }
      chain.push_back(linear);
    }
  }
  chain.push_back(last);
  network.layers = chain;
  configuration.target.layers.clear();  // of layers that are gone
  deriveShapes(network);
  limitInstances(configuration);
  return configuration;
}

}  // namespace neuspin::testing

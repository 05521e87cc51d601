// Tiny networks that between them reach every choice of the composer.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "../plan/net.hpp"
#include "draw.hpp"
#include "plan/plan.hpp"

namespace neuspin::testing {

struct Design {
  NetworkSpec network;
  TargetSpec target;
  Weights weights;
  Plan plan;
};

/// `sizes` = features, then outputs of each layer.
inline NetworkSpec network(const std::string& name, const InputSpec& input, const std::vector<int>& sizes,
                           const std::vector<Scheme>& schemes, int passes) {
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
    layer.scheme = schemes[i - 1];
    spec.layers.push_back(layer);
  }
  return spec;
}

/// SpinScaleDrop with `drop` = probability of each layer (0 = deterministic).
inline NetworkSpec network(const std::string& name, const InputSpec& input, const std::vector<int>& sizes,
                           const std::vector<double>& drop, int passes) {
  std::vector<Scheme> schemes;
  for (const double p : drop) schemes.push_back(p > 0 ? Scheme(ScaleDropout{p}) : Scheme(Deterministic{}));
  return network(name, input, sizes, schemes, passes);
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

/// Multiply form, input replayed, a deterministic first layer, the model's unit for one layer, a head with
/// most parts left out.
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
  return plan(network("tiny_multiply", {0, InputEncoding::Unsigned, 2, 128}, {20, 9, 7, 4},
                      std::vector<Scheme>{Deterministic{}, ScaleDropout{0.375, true}, Deterministic{}}, 3),
              target);
}

/// Every place where a random choice acts: masked rows whose groups straddle row tiles, cross-channel
/// normalisation, arrays to choose from with two slices, noise, and stored samples in the last layer. Units
/// are shared and whitened.
inline Design tinyMixed() {
  TargetSpec target;
  target.array_rows = 4;
  target.array_cols = 3;
  target.group = 2;
  target.lanes = 2;
  target.input_beat = 3;
  target.share = 2;
  target.whiten = true;
  target.health_window_log2 = 4;
  target.calibration_window_log2 = 4;
  return plan(network("tiny_mixed", {0, InputEncoding::Bipolar, 1, 128}, {11, 5, 4, 3, 4, 3},
                      std::vector<Scheme>{SpatialDropout{0.25, 3}, AffineDropout{0.3}, SpinBayes{3, 2},
                                          SubsetNoise{5}, SubsetSamples{3}},
                      3),
              target);
}

/// The same places with other numbers, and one unit for the whole model.
inline Design tinyShared() {
  TargetSpec target;
  target.array_rows = 8;
  target.array_cols = 4;
  target.group = 4;
  target.lanes = 3;
  target.input_beat = 4;
  target.health_window_log2 = 0;
  target.calibration = Calibration::None;
  return plan(
      network("tiny_shared", {0, InputEncoding::Unsigned, 2, 128}, {9, 7, 6, 5, 6, 5, 3},
              std::vector<Scheme>{ScaleDropout{0.25, true}, SpinDrop{0.125, true}, AffineDropout{0.25},
                                  SubsetNoise{3}, SpinBayes{2, 1}, ScaleDropout{0.25, true}},
              3),
      target);
}

/// Ready with its start-up calibration a while after reset; the last layer chooses its arrays.
inline Design tinyStartup() {
  TargetSpec target;
  target.array_rows = 8;
  target.array_cols = 8;
  target.group = 4;
  target.lanes = 4;
  target.input_beat = 4;
  target.drive_bits = 3;
  target.calibration = Calibration::Startup;
  target.calibration_window_log2 = 5;
  return plan(network("tiny_startup", {0, InputEncoding::Bipolar, 1, 128}, {8, 6, 3},
                      std::vector<Scheme>{SpinDrop{0.3, false}, SpinBayes{5, 3}}, 3),
              target);
}

/// Skip connections: two that leave behind the first layer, which has no random choice, and one of another
/// size.
inline Design tinySkips() {
  TargetSpec target;
  target.array_rows = 8;
  target.array_cols = 8;
  target.group = 4;
  target.lanes = 4;
  target.input_beat = 3;
  NetworkSpec spec = network("tiny_skips", {0, InputEncoding::Bipolar, 1, 128}, {9, 7, 7, 7, 5, 5, 5, 3},
                             {0, 0.25, 0, 0.25, 0, 0, 0}, 3);
  spec.layers[1].skip = 0;
  spec.layers[2].skip = 0;
  spec.layers[5].skip = 3;
  return plan(std::move(spec), target);
}

/// Columns that sum currents: converters that tell all counts of a group apart in one layer of three rows a
/// read, one bit fewer elsewhere; arrays to choose from among them.
inline Design tinyConverters() {
  TargetSpec target;
  target.array_rows = 8;
  target.array_cols = 5;
  target.group = 4;
  target.lanes = 3;
  target.input_beat = 3;
  target.sensing = Sensing::Adc;
  target.adc_bits = 2;
  target.layers["fc1"] = {3, 0};
  return plan(
      network("tiny_converters", {0, InputEncoding::Unsigned, 2, 128}, {11, 7, 6, 4, 3},
              std::vector<Scheme>{SpinDrop{0.25, false}, SpinBayes{3, 2}, Deterministic{}, SpinBayes{2, 1}},
              3),
      target);
}

/// For real chips: dropped rows, arrays of which one is read, banks; nothing divides anything evenly.
inline Design tinyChip(Sensing sensing) {
  TargetSpec target;
  target.array_rows = 12;
  target.array_cols = 7;
  target.group = 3;
  target.lanes = 5;
  target.input_beat = 7;
  target.share = 3;
  target.whiten = true;
  target.sensing = sensing;
  return plan(
      network(sensing == Sensing::Adc ? "tiny_chip_adc" : "tiny_chip_bit",
              {0, InputEncoding::Bipolar, 1, 128}, {20, 14, 11, 9, 4},
              std::vector<Scheme>{SpinDrop{0.2, false}, SpinBayes{3, 2}, ScaleDropout{0.3}, SubsetSamples{3}},
              11),
      target);
}

/// 3 × 6 × 6 → convolution to 6 channels, pooled to 3 × 3 → convolution to 5 channels, padded with −1 → 3
/// classes. `conv` and `linear`: the choices of the convolutions and of the last layer. Arrays hold 8 × 8
/// weight bits.
inline Design tinyConvolutions(const std::string& name, int mapping, const Scheme& conv,
                               const Scheme& linear) {
  NetworkSpec spec;
  spec.name = name;
  spec.input = {0, InputEncoding::Bipolar, 1, 128, {3, 6, 6}};
  spec.passes = 3;
  spec.seed = 0xC0FFEE01;
  LayerSpec first;
  first.name = "conv0";
  first.conv = ConvSpec{.kernel = 3, .padding = 1};
  first.outputs = 6;
  first.pool = 2;
  first.scheme = conv;
  LayerSpec second = first;
  second.name = "conv1";
  second.conv->pad_minus_one = true;
  second.outputs = 5;
  second.pool = 1;
  LayerSpec last;
  last.name = "fc";
  last.outputs = 3;
  last.last = true;
  last.scheme = linear;
  spec.layers = {first, second, last};
  deriveShapes(spec);
  TargetSpec target;
  target.array_rows = 8;
  target.array_cols = 8;
  target.group = 4;
  target.lanes = 4;
  target.input_beat = 2;
  target.conv_mapping = mapping;
  return plan(std::move(spec), target);
}

/// Spatial-SpinDrop: whole channels are dropped, behind the maps of 3 × 3 pixels too.
inline Design tinySpatial(int mapping) {
  return tinyConvolutions("tiny_spatial" + std::to_string(mapping), mapping, SpatialDropout{0.4, 1},
                          SpatialDropout{0.4, 9});
}

/// Averages: of bit planes under banks, several in a row; before the norm over the channels; of the logits,
/// one a map.
inline Design tinyAverages() {
  NetworkSpec spec;
  spec.name = "tiny_averages";
  spec.input = {0, InputEncoding::Unsigned, 2, 128, {2, 9, 9}};
  spec.passes = 3;
  LayerSpec first;
  first.name = "conv0";
  first.conv = ConvSpec{.kernel = 2};
  first.outputs = 6;
  first.pool = 2;
  first.pooling = Pooling::Average;
  first.scheme = ScaleDropout{0.4};
  LayerSpec second = first;
  second.name = "conv1";
  second.conv = ConvSpec{.kernel = 1};
  second.scheme = AffineDropout{0.4};
  LayerSpec last = second;
  last.name = "logits";
  last.outputs = 3;
  last.scheme = SpatialDropout{0.4, 2};
  last.last = true;
  spec.layers = {first, second, last};
  deriveShapes(spec);
  TargetSpec target;
  target.array_rows = 8;
  target.array_cols = 4;
  target.group = 4;
  target.lanes = 1;  // six words a window and fewer reads: words follow each other
  target.input_beat = 2;
  return plan(std::move(spec), target);
}

/// Whose text is kept in golden/.
inline std::vector<Design> goldenDesigns() {
  std::vector<Design> designs;
  designs.push_back(tinyPlain());
  designs.push_back(tinyTiled());
  designs.push_back(tinyMultiply());
  designs.push_back(tinyMixed());
  designs.push_back(tinyConverters());
  return designs;
}

inline std::vector<Design> tinyDesigns() {
  std::vector<Design> designs = goldenDesigns();
  designs.push_back(tinyShared());
  designs.push_back(tinyStartup());
  designs.push_back(tinySkips());
  designs.push_back(tinySpatial(1));
  designs.push_back(tinySpatial(2));
  designs.push_back(tinyAverages());
  return designs;
}

}  // namespace neuspin::testing

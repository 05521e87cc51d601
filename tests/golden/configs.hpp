// Networks of every scheme and mixture, small enough to be computed by the oracle.
#pragma once

#include <ostream>

#include "driver.hpp"

namespace neuspin::testing {

struct Config {
  std::string name;
  NetworkSpec network;
  TargetSpec target;
};
inline std::ostream& operator<<(std::ostream& out, const Config& config) {
  return out << config.name;
}

inline TargetSpec makeTarget(int rows, int cols, int group, int lanes, int beat, PostForm form, bool cache) {
  TargetSpec target;
  target.array_rows = rows;
  target.array_cols = cols;
  target.group = group;
  target.lanes = lanes;
  target.input_beat = beat;
  target.form = form;
  target.prefix_cache = cache;
  target.max_passes = 12;
  return target;
}

/// One scheme a layer.
inline NetworkSpec makeMixed(const std::vector<int>& sizes, const std::vector<Scheme>& schemes, int passes,
                             InputEncoding encoding = InputEncoding::Unsigned, int bits = 4) {
  NetworkSpec network = makeNetwork(sizes, 0, passes, encoding, bits);
  for (std::size_t i = 0; i < schemes.size(); ++i) network.layers[i].scheme = schemes[i];
  network.logit_scale_bits = 8;  // room for weights of several bits
  return network;
}

/// Any legal combination of schemes, shapes, encodings, forms, timings and head parts.
inline Config randomConfig(unsigned seed) {
  std::mt19937 rng(seed);
  const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(rng); };
  const auto probability = [&] { return 0.1 * pick(1, 9); };
  std::vector<int> sizes{pick(1, 60)};
  for (int hidden = pick(0, 3); hidden > 0; --hidden) sizes.push_back(pick(1, 40));
  sizes.push_back(pick(2, 12));
  const bool bipolar = pick(0, 2) == 0;
  Config config{"random " + std::to_string(seed),
                makeMixed(sizes, {}, pick(1, 12), bipolar ? InputEncoding::Bipolar : InputEncoding::Unsigned,
                          pick(1, 8)),
                {}};
  const double of_model = probability();  // layers that share a unit have one probability
  for (LayerSpec& layer : config.network.layers) {
    switch (pick(0, 9)) {
      case 0:
        layer.scheme = SpinDrop{probability(), pick(0, 1) == 0};
        break;
      case 1:
        layer.scheme = SpatialDropout{probability(), pick(1, layer.inputs), pick(0, 1) == 0};
        break;
      case 2:
        layer.scheme = ScaleDropout{probability(), false};
        break;
      case 3:
      case 4:
        layer.scheme = ScaleDropout{of_model, true};
        break;
      case 5:
        layer.scheme = AffineDropout{probability()};
        break;
      case 6:
        layer.scheme = SubsetSamples{pick(2, 20)};
        break;
      case 7:
        layer.scheme = SubsetNoise{pick(1, 9)};
        break;
      case 8:
        layer.scheme = SpinBayes{pick(2, 9), pick(1, 4)};
        break;
      default:
        break;  // deterministic
    }
  }
  const int group = pick(1, 20);
  config.target = makeTarget(group * pick(1, 4), pick(1, 80), group, pick(1, 16), pick(1, 20),
                             pick(0, 1) == 0 ? PostForm::Threshold : PostForm::Multiply, pick(0, 1) == 0);
  config.target.smallest = pick(0, 8);
  config.target.ood_k = pick(1, 8);
  config.target.set_cycles = pick(1, 12);
  config.target.read_cycles = pick(1, 3);
  config.target.reset_cycles = pick(1, 6);
  config.target.share = pick(0, 1) == 0 ? 1 : pick(2, 9);
  config.target.whiten = pick(0, 1) == 0;
  config.target.health_window_log2 = pick(0, 1) == 0 ? 0 : 4;
  config.target.calibration = pick(0, 1) == 0 ? Calibration::None : Calibration::Command;
  config.target.moment2 = pick(0, 1) == 0;
  config.target.entropy = pick(0, 1) == 0;
  config.target.votes = pick(0, 1) == 0;
  config.target.logits = pick(0, 1) == 0;
  return config;
}

/// A raw pixel that the input quantises to `element`.
inline std::uint8_t pixelOf(const InputSpec& input, std::uint8_t element) {
  for (int pixel = 0; pixel < 256; ++pixel) {
    if (golden::encodePixel(input, static_cast<std::uint8_t>(pixel)) == element)
      return static_cast<std::uint8_t>(pixel);
  }
  throw std::runtime_error("no pixel becomes this element");
}

/// The same results from the clockless model.
inline std::vector<golden::ImageResult> inferAll(const Design& design, const std::vector<Image>& images,
                                                 std::uint32_t seed, std::vector<golden::UnitState> units,
                                                 std::int64_t first_image = 0) {
  std::vector<std::uint8_t> pixels;
  for (const Image& image : images) {
    for (const std::uint8_t element : image) pixels.push_back(pixelOf(design.plan.input, element));
  }
  const golden::Infer infer(design.plan, design.weights);
  std::vector<golden::ImageResult> results(images.size());
  infer.run(pixels, {.seed = seed, .first_image = first_image, .units = std::move(units)},
            [&](std::int64_t n, const golden::ImageResult& result) {
              results[static_cast<std::size_t>(n)] = result;
            });
  return results;
}

}  // namespace neuspin::testing

// The identity of a design: what was asked for, independent of how and where it was written down.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <type_traits>

#include "spec/spec.hpp"
#include "support/files.hpp"

namespace neuspin {
namespace {

template <typename T>
std::string hashOf(const std::vector<T>& values) {
  static_assert(std::is_arithmetic_v<T>);
  return sha256Hex({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)});
}

const char* formText(PostForm form) {
  switch (form) {
    case PostForm::Threshold:
      return "threshold";
    case PostForm::Multiply:
      return "multiply";
    case PostForm::Noise:
      return "noise";
  }
  return "";
}

const char* calibrationText(Calibration calibration) {
  switch (calibration) {
    case Calibration::None:
      return "none";
    case Calibration::Command:
      return "command";
    case Calibration::Startup:
      return "startup";
  }
  return "";
}

std::string schemeText(const Scheme& scheme) {
  struct Visitor {
    std::string operator()(const Deterministic&) const { return "deterministic"; }
    std::string operator()(const SpinDrop& s) const {
      return fmt::format("spindrop {} {}{}", s.probability, s.rescale, s.every_window ? " window" : "");
    }
    std::string operator()(const SpatialDropout& s) const {
      return fmt::format("spatial_dropout {} {} {}", s.probability, s.group, s.rescale);
    }
    std::string operator()(const ScaleDropout& s) const {
      return fmt::format("scale_dropout {} {}", s.probability, s.shared);
    }
    std::string operator()(const AffineDropout& s) const {
      return fmt::format("affine_dropout {}", s.probability);
    }
    std::string operator()(const SubsetSamples& s) const {
      return fmt::format("subset samples {}", s.samples);
    }
    std::string operator()(const SubsetNoise& s) const {
      return fmt::format("subset noise {}", s.noise_bits);
    }
    std::string operator()(const SpinBayes& s) const {
      return fmt::format("spinbayes {} {}", s.arrays, s.bits);
    }
  };
  return std::visit(Visitor{}, scheme);
}

}  // namespace

// Paths, comments and layout stay out, so moving or reformatting the files changes nothing. So does the
// synthesis library, which is a path and does not touch the emitted design. "{}" prints doubles in their
// shortest exact form.
std::string specSha256(const NetworkSpec& network, const TargetSpec& target, const Weights& weights) {
  std::string text = "neuspin-spec 2\n";
  const auto line = [&]<typename... Args>(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text), format, std::forward<Args>(args)...);
    text += '\n';
  };
  const InputSpec& input = network.input;
  line("network {} passes {} seed {}", network.name, network.passes, network.seed);
  switch (input.encoding) {
    case InputEncoding::Unsigned:
      line("input {} unsigned {}", input.features, input.bits);
      break;
    case InputEncoding::Bipolar:
      line("input {} bipolar {}", input.features, input.threshold);
      break;
    case InputEncoding::Signed:
      line("input {} signed {}", input.features, input.bits);
      break;
  }
  // What networks without convolutions do not have adds no line, so their identity stays.
  const bool convolutions =
      std::ranges::any_of(network.layers, [](const LayerSpec& l) { return l.conv.has_value(); });
  if (convolutions) {
    line("shape {} {} {} mapping {}", input.shape.channels, input.shape.height, input.shape.width,
         target.conv_mapping);
  }
  line("quantization {} {}", network.scale_bits, network.logit_scale_bits);
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const LayerSpec& layer = network.layers[i];
    const LayerWeights& values = weights.layers.at(i);
    line("layer {} {} {} {} {} eps {}", layer.name, layer.conv ? "conv" : "linear", layer.inputs,
         layer.outputs, schemeText(layer.scheme), layer.norm_eps);
    if (const auto& conv = layer.conv) {
      line("kernel {} {} {} {} pool {}{}", conv->kernel, conv->stride, conv->padding, conv->pad_minus_one,
           layer.pool, layer.addedWindows() > 1 ? " average" : "");
    }
    if (layer.skip >= 0) line("skip {} {}", layer.skip, hashOf(values.skip));
    line("weight {}", hashOf(values.weight_bits));
    for (const auto* vector : {&values.scale, &values.scale_sigma, &values.bias, &values.gamma, &values.beta,
                               &values.mean, &values.var}) {
      line("parameter {}", hashOf(*vector));
    }
  }
  line("target {} array {} {} {}", target.name, target.array_rows, target.array_cols, target.group);
  if (target.sensing == Sensing::Adc) line("adc {}", target.adc_bits);
  line("post {} {}", target.lanes, formText(target.form));
  line("stream {} prefix {} passes {}", target.input_beat, target.prefix_cache, target.max_passes);
  line("dropout {} {} {} {}", target.set_cycles, target.read_cycles, target.reset_cycles, target.drive_bits);
  line("units {} {} health {} calibration {} {}", target.share, target.whiten, target.health_window_log2,
       calibrationText(target.calibration), target.calibration_window_log2);
  line("head {} {} {} {} {} ood {} {}", target.smallest, target.moment2, target.entropy, target.votes,
       target.logits, target.ood_threshold, target.ood_k);
  line("clock {}", target.clock_ns);
  line("folding {}", target.cycles_per_image);
  if (target.gate_equivalents > 0) line("folding_area {}", target.gate_equivalents);
  for (const auto& [name, folding] : target.layers) {
    line("fold {} {} {}", name, folding.group, folding.lanes);
    if (folding.tiles > 0) line("fold_tiles {} {}", name, folding.tiles);
  }
  return sha256Hex(text);
}

}  // namespace neuspin

#include "import/onnx_import.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "import/onnx_layers.hpp"
#include "import/onnx_model.hpp"
#include "plan/plan.hpp"
#include "spec/scheme.hpp"
#include "spec/toml_reader.hpp"
#include "support/files.hpp"
#include "support/overloaded.hpp"

namespace neuspin::bnn {
namespace {

constexpr std::size_t kLargestModel = std::size_t{1} << 30;
constexpr std::size_t kLargestSidecar = std::size_t{1} << 20;

/// What the model does not say.
struct Sidecar {
  InputSpec input = {.encoding = InputEncoding::Unsigned, .bits = 8};
  double scale = 0;  ///< what an integer of the encoded pixel is worth to the network; 0 = not stated
  std::vector<std::string> schemes;  ///< as network.toml has them, one a layer
  bool random = false;               ///< one of them draws

  /// As images are usually fed: 0 … 1, −1 … 1, or ±1.
  [[nodiscard]] double scaleOfPixel() const {
    if (scale > 0) return scale;
    switch (input.encoding) {
      case InputEncoding::Unsigned:
        return 1 / (std::ldexp(1.0, input.bits) - 1);
      case InputEncoding::Signed:
        return std::ldexp(1.0, 1 - input.bits);
      case InputEncoding::Bipolar:
        return 1;
    }
    return 1;
  }
};

std::string schemeText(const spec::SchemeFound& found) {
  const auto flag = [](const char* key, bool set) {
    return set ? fmt::format(", {} = true", key) : std::string();
  };
  return std::visit(
      Overloaded{
          [](const Deterministic&) { return std::string("\"deterministic\""); },
          [&](const SpinDrop& s) {
            return fmt::format("{{ method = \"spindrop\", probability = {}{}{} }}", s.probability,
                               flag("rescale", s.rescale), s.every_window ? ", resample = \"window\"" : "");
          },
          [&](const SpatialDropout& s) {
            return fmt::format("{{ method = \"spatial_dropout\", probability = {}, group = {}{} }}",
                               s.probability, s.group, flag("rescale", s.rescale));
          },
          [&](const ScaleDropout& s) {
            const std::string probability =
                found.by_parameters ? "\"by_parameters\"" : fmt::format("{}", s.probability);
            return fmt::format("{{ method = \"scale_dropout\", probability = {}{} }}", probability,
                               s.shared ? ", unit = \"model\"" : "");
          },
          // A model holds one set of weights, scales and running statistics.
          [](const auto&) { return std::string(); },
      },
      found.scheme);
}

void readInput(spec::TableReader& root, Sidecar& sidecar) {
  auto table = root.table("input", "[input]", spec::Need::Optional);
  if (!table) return;
  std::size_t encoding = 0;
  table->choice("encoding", {"unsigned", "bipolar", "signed"}, encoding);
  constexpr InputEncoding kEncodings[] = {InputEncoding::Unsigned, InputEncoding::Bipolar,
                                          InputEncoding::Signed};
  InputSpec& input = sidecar.input;
  input.encoding = kEncodings[encoding];
  if (input.encoding == InputEncoding::Bipolar) {
    input.bits = 1;
    table->integer("threshold", 0, 255, input.threshold);
  } else {
    table->integer("bits", input.encoding == InputEncoding::Signed ? 2 : 1, 8, input.bits);
  }
  table->number("scale", 0, 1e6, true, sidecar.scale);
  table->finish({{"shape", "remove it: the model says it"}, {"features", "remove it: the model says it"}});
}

void readLayers(spec::TableReader& root, const OnnxLayers& network, const std::string& file,
                Diagnostics& diags, Sidecar& sidecar) {
  auto layers = root.table("layer", "[layer]", spec::Need::Optional);
  if (!layers) return;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const OnnxLayer& layer = network.layers[i];
    auto table = layers->table(layer.name, fmt::format("[layer.{}]", layer.name), spec::Need::Optional);
    if (!table) continue;
    const auto found = spec::readScheme(
        *table, {.features = layer.conv ? layer.in.channels : layer.inputs, .conv = layer.conv}, file, diags);
    const std::string text = schemeText(found);
    if (text.empty()) {
      table->error("onnx-method", found.place,
                   "this method needs more than one sample of weights or scales, or no running statistics",
                   "use spindrop, spatial_dropout or scale_dropout; for the others write network.toml and "
                   "weights.safetensors");
    } else {
      sidecar.schemes[i] = text;
      sidecar.random = sidecar.random || !std::holds_alternative<Deterministic>(found.scheme);
    }
    table->finish();
  }
  layers->finish();
}

std::optional<Sidecar> readSidecar(const std::string& path, bool required, const OnnxLayers& network,
                                   Diagnostics& diags) {
  Sidecar sidecar;
  sidecar.schemes.assign(network.layers.size(), "\"deterministic\"");
  if (required || std::filesystem::exists(path)) {
    const auto errors = diags.errorCount();
    const auto text = readFile(path, diags, kLargestSidecar);
    if (!text) return std::nullopt;
    const auto table = spec::parseToml(*text, path, diags);
    if (!table) return std::nullopt;
    spec::TableReader root(*table, "", path, diags);
    readInput(root, sidecar);
    readLayers(root, network, path, diags, sidecar);
    root.finish();
    if (diags.errorCount() != errors) return std::nullopt;
  }
  if (network.input_signs && sidecar.input.encoding != InputEncoding::Bipolar) {
    diags.error("onnx-input-signs", {.file = path}, "the model takes the sign of the image first",
                "write [input], encoding = \"bipolar\" and the threshold at which a pixel becomes +1 into "
                "this sidecar");
    return std::nullopt;
  }
  return sidecar;
}

std::string networkText(const OnnxModel& model, const OnnxLayers& network, const Sidecar& sidecar,
                        const ImportOptions& options, const std::string& stem) {
  const InputSpec& input = sidecar.input;
  std::string text =
      fmt::format("# Imported by neuspin from an ONNX model ({}). Format: gen/spec/README.md.\n",
                  commentLine(model.producer.empty() ? "producer not stated" : model.producer));
  text += fmt::format("[network]\nname = \"{}\"\nweights = \"weights.safetensors\"\n\n[input]\n",
                      identifier(options.name.empty() ? stem : options.name));
  text += network.layers.front().conv ? fmt::format("shape = [{}, {}, {}]\n", network.input.channels,
                                                    network.input.height, network.input.width)
                                      : fmt::format("features = {}\n", network.input.elements());
  switch (input.encoding) {
    case InputEncoding::Bipolar:
      text += fmt::format("encoding = \"bipolar\"\nthreshold = {}\n", input.threshold);
      break;
    case InputEncoding::Unsigned:
      text += fmt::format("encoding = \"unsigned\"\nbits = {}\n", input.bits);
      break;
    case InputEncoding::Signed:
      text += fmt::format("encoding = \"signed\"\nbits = {}\n", input.bits);
      break;
  }
  text += fmt::format("\n[inference]\npasses = {}\nseed = {}\n", sidecar.random ? options.passes : 1,
                      options.seed);
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const OnnxLayer& layer = network.layers[i];
    text += fmt::format("\n[[layer]]  # {}\nname = \"{}\"\nkind = \"{}\"\noutputs = {}\n",
                        commentLine(layer.node), layer.name, layer.conv ? "conv" : "linear", layer.outputs);
    if (layer.conv) {
      text +=
          fmt::format("kernel = {}\nstride = {}\npadding = {}\n", layer.kernel, layer.stride, layer.padding);
      if (layer.pad_minus_one) text += "padding_value = -1\n";
      if (layer.average) {
        text += fmt::format("pool = {{ kind = \"average\", size = {} }}\n", layer.pool);
      } else if (layer.pool > 1) {
        text += fmt::format("pool = {}\n", layer.pool);
      }
    }
    if (layer.skip >= 0)
      text += fmt::format("skip = \"{}\"\n", network.layers[static_cast<std::size_t>(layer.skip)].name);
    text += fmt::format("scheme = {}\n", sidecar.schemes[i]);
    if (layer.normalised) text += fmt::format("norm_eps = {}\n", layer.eps);
  }
  return text;
}

std::string weightsFile(const OnnxLayers& network, double scale_of_pixel) {
  SafeTensors tensors;
  for (const OnnxLayer& layer : network.layers) {
    const std::string outputs = fmt::format("{}", layer.outputs);
    const std::string window = layer.conv
                                   ? fmt::format("{},{},{}", layer.in.channels, layer.kernel, layer.kernel)
                                   : fmt::format("{}", layer.inputs);
    tensors.add(layer.name + ".weight", "I8", outputs + "," + window,
                {reinterpret_cast<const char*>(layer.weights.data()), layer.weights.size()});
    std::vector<double> scale = layer.scale;
    if (&layer == &network.layers.front()) {
      for (double& value : scale) value *= scale_of_pixel;
    }
    tensors.add(layer.name + ".scale", outputs, scale);
    tensors.add(layer.name + ".bias", outputs, layer.bias);
    if (layer.skip >= 0) tensors.add(layer.name + ".skip", outputs, layer.skip_weight);
    if (!layer.normalised) continue;
    tensors.add(layer.name + ".norm.weight", outputs, layer.gamma);
    tensors.add(layer.name + ".norm.bias", outputs, layer.beta);
    tensors.add(layer.name + ".norm.running_mean", outputs, layer.mean);
    tensors.add(layer.name + ".norm.running_var", outputs, layer.var);
  }
  return tensors.file();
}

}  // namespace

std::optional<Imported> importOnnx(const std::string& path, const ImportOptions& options,
                                   Diagnostics& diags) {
  const auto bytes = readFile(path, diags, kLargestModel);
  if (!bytes) return std::nullopt;
  const auto model = parseOnnx(*bytes, path, diags);
  if (!model) return std::nullopt;
  const auto network = findLayers(*model, path, diags);
  if (!network) return std::nullopt;
  const std::filesystem::path beside = std::filesystem::path(path).replace_extension(".toml");
  const auto sidecar = readSidecar(options.sidecar.empty() ? beside.string() : options.sidecar,
                                   !options.sidecar.empty(), *network, diags);
  if (!sidecar) return std::nullopt;
  Imported imported;
  imported.files = {
      {"network.toml", networkText(*model, *network, *sidecar, options, beside.stem().string())},
      {"target.toml", importedTarget(options.passes)},
      {"weights.safetensors", weightsFile(*network, sidecar->scaleOfPixel())}};
  const auto parsed = parseFiles(imported.files, diags);
  if (!parsed || !makePlan(parsed->network, parsed->target, parsed->weights, diags)) return std::nullopt;
  imported.name = parsed->network.name;
  for (const OnnxLayer& layer : network->layers)
    imported.weights += static_cast<std::int64_t>(layer.weights.size());
  return imported;
}

}  // namespace neuspin::bnn

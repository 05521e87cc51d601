#include "import/bnn_npz.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <vector>

#include "evaluate/npz.hpp"
#include "golden/infer.hpp"
#include "import/bnn_description.hpp"
#include "import/bnn_layers.hpp"
#include "import/network_files.hpp"
#include "plan/plan.hpp"
#include "spec/spec.hpp"
#include "support/files.hpp"

namespace neuspin::bnn {
namespace {

constexpr std::size_t kLargestText = std::size_t{1} << 20;
constexpr std::size_t kLargestArchive = std::size_t{1} << 28;

std::string layerName(const BnnDescription& network, std::size_t index) {
  return fmt::format("{}{}", network.layers[index].conv ? "conv" : "fc", index);
}

std::string schemeText(const BnnDescription& network, std::size_t index) {
  const BnnLayer& layer = network.layers[index];
  const bool image = index == 0;  // pixels are never dropped
  switch (network.method) {
    case Method::Deterministic:
      break;
    case Method::SpinDrop:
      if (image) break;
      return fmt::format("{{ method = \"spindrop\", probability = {}{} }}", network.probability,
                         layer.conv ? ", resample = \"window\"" : "");
    case Method::Spatial: {
      if (image) break;
      // Behind a map a feature is the whole channel.
      const BnnLayer& before = network.layers[index - 1];
      const int features = !layer.conv && before.conv ? layer.inputs / before.outputs : 1;
      return fmt::format("{{ method = \"spatial_dropout\", probability = {}, group = {} }}",
                         network.probability, std::min(network.group * features, layer.inputs));
    }
    case Method::ScaleDrop:
      return fmt::format("{{ method = \"scale_dropout\", probability = {} }}", network.probability);
    case Method::Subset:
      return fmt::format("{{ method = \"subset\", samples = {} }}", kSamples);
    case Method::SpinBayes:
    case Method::SpinBayesBinary:
      return fmt::format("{{ method = \"spinbayes\", arrays = {}, bits = {} }}", layer.arrays, layer.bits);
  }
  return "\"deterministic\"";
}

/// The smallest width whose largest value holds `largest`: then fraction bits fall on one step a unit.
int scaleBits(double largest) {
  int bits = 2;
  while (std::ldexp(1.0, bits - 1) - 1 < largest) ++bits;
  return bits;
}

class Writer {
 public:
  Writer(const BnnDescription& network, const std::vector<ConvertedLayer>& layers,
         const ImportOptions& options)
      : network_(network), layers_(layers), options_(options) {}

  /// `off`: without randomness; several arrays become two equal ones, since only those hold weights of
  /// several bits.
  [[nodiscard]] std::map<std::string, std::string> files(bool off) const {
    return {{"network.toml", networkText(off)},
            {"target.toml", importedTarget(options_.passes)},
            {"weights.safetensors", weightsFile(off)}};
  }

 private:
  [[nodiscard]] std::string inputText() const {
    const InputSpec& input = network_.input;
    const bool map = network_.layers.front().conv;
    const std::string size =
        map ? fmt::format("shape = [{}, {}, {}]", input.shape.channels, input.shape.height, input.shape.width)
            : fmt::format("features = {}", input.features);
    switch (input.encoding) {
      case InputEncoding::Bipolar:
        return size + "\nencoding = \"bipolar\"\nthreshold = 128\n";
      case InputEncoding::Unsigned:
        return fmt::format("{}\nencoding = \"unsigned\"\nbits = {}\n", size, input.bits);
      case InputEncoding::Signed:
        return fmt::format("{}\nencoding = \"signed\"\nbits = {}\n", size, input.bits);
    }
    return {};
  }

  [[nodiscard]] std::string networkText(bool off) const {
    std::string text = fmt::format("# Imported by neuspin from {}. Format: gen/spec/README.md.\n",
                                   commentLine(network_.name));
    if (!network_.source.empty()) text += "# Source: " + commentLine(network_.source) + "\n";
    if (!network_.licence.empty()) text += "# Licence: " + commentLine(network_.licence) + "\n";
    const ConvertedLayer& last = layers_.back();
    text += fmt::format(
        "[network]\nname = \"{}\"\nweights = \"weights.safetensors\"\n\n[input]\n{}\n[inference]\npasses = "
        "{}\n"
        "seed = {}\n\n[quantization]\nlogit_scale_bits = {}  # integer logits as the network was exported\n",
        identifier(options_.name.empty() ? network_.name : options_.name), inputText(),
        off || network_.method == Method::Deterministic ? 1 : options_.passes, options_.seed,
        scaleBits(off ? last.largest_off_scale : last.largest_scale));
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const BnnLayer& layer = network_.layers[i];
      const std::string scheme =
          !off               ? schemeText(network_, i)
          : layer.arrays > 1 ? fmt::format("{{ method = \"spinbayes\", arrays = 2, bits = {} }}", layer.bits)
                             : "\"deterministic\"";
      text += fmt::format("\n[[layer]]\nname = \"{}\"\nkind = \"{}\"\noutputs = {}\n", layerName(network_, i),
                          layer.conv ? "conv" : "linear", layer.outputs);
      if (layer.conv) {
        text += fmt::format("kernel = {}\npadding = {}\n", layer.kernel, layer.padding);
        if (layer.pad_minus_one) text += "padding_value = -1\n";
        if (layer.pool > 1) text += fmt::format("pool = {}\n", layer.pool);
      }
      text += fmt::format("scheme = {}\nnorm_eps = 0\n", scheme);
    }
    return text;
  }

  [[nodiscard]] std::string weightsFile(bool off) const {
    SafeTensors tensors;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const ConvertedLayer& layer = layers_[i];
      const std::string name = layerName(network_, i);
      const BnnLayer& shape = network_.layers[i];
      const std::string window = shape.conv
                                     ? fmt::format("{},{},{}", shape.inputs, shape.kernel, shape.kernel)
                                     : fmt::format("{}", shape.inputs);
      std::string_view bytes(reinterpret_cast<const char*>(layer.weights.data()), layer.weights.size());
      std::string twice;
      if (off && shape.arrays > 1) {
        const auto one = bytes.substr(0, bytes.size() / static_cast<std::size_t>(shape.arrays));
        twice = std::string(one) + std::string(one);
        bytes = twice;
      }
      const int arrays = off && shape.arrays > 1 ? 2 : shape.arrays;
      tensors.add(name + ".weight", "I8",
                  arrays > 1 ? fmt::format("{},{},{}", arrays, shape.outputs, window)
                             : fmt::format("{},{}", shape.outputs, window),
                  bytes);
      const std::string vector = fmt::format("{}", shape.outputs);
      const std::vector<double>& scale = off ? layer.off_scale : layer.scale;
      const bool samples = scale.size() > static_cast<std::size_t>(shape.outputs);
      if (!scale.empty())
        tensors.add(name + ".scale", samples ? fmt::format("{},{}", kSamples, shape.outputs) : vector, scale);
      tensors.add(name + ".bias", vector, layer.bias);
      if (layer.gamma == 1) continue;
      const auto all = [&](double value) {
        return std::vector<double>(static_cast<std::size_t>(shape.outputs), value);
      };
      tensors.add(name + ".norm.weight", vector, all(layer.gamma));
      tensors.add(name + ".norm.bias", vector, all(0));
      tensors.add(name + ".norm.running_mean", vector, all(0));
      tensors.add(name + ".norm.running_var", vector, all(1));
    }
    return tensors.file();
  }

  const BnnDescription& network_;
  const std::vector<ConvertedLayer>& layers_;
  const ImportOptions& options_;
};

/// Raw pixels that are encoded as the vectors say; nothing for a vector that no pixels give.
std::vector<std::optional<std::vector<std::uint8_t>>> vectorImages(const Arrays& arrays,
                                                                   const InputSpec& input) {
  std::vector<std::optional<std::vector<std::uint8_t>>> images;
  const bool raw = arrays.contains("vec_x");
  const auto found = arrays.find(raw ? "vec_x" : "vec_v");
  if (found == arrays.end()) return images;
  const auto features = static_cast<std::size_t>(input.features);
  const std::int64_t zero = input.encoding == InputEncoding::Signed ? std::int64_t{1} << (input.bits - 1) : 0;
  std::map<std::int64_t, std::uint8_t> pixel_of;
  for (int pixel = 255; pixel >= 0; --pixel) {
    const auto value = static_cast<std::uint8_t>(pixel);
    pixel_of[raw ? pixel : golden::encodePixel(input, value) - zero] = value;
  }
  const std::vector<std::int64_t>& values = found->second.values;
  if (values.size() % features != 0) return images;
  for (std::size_t begin = 0; begin < values.size(); begin += features) {
    auto& image = images.emplace_back(std::in_place);
    for (std::size_t i = begin; i < begin + features && image; ++i) {
      const auto pixel = pixel_of.find(values[i]);
      if (pixel == pixel_of.end()) {
        image.reset();
      } else {
        image->push_back(pixel->second);
      }
    }
  }
  return images;
}

std::optional<VectorCheck> checkVectors(const Arrays& arrays, const Writer& writer, const std::string& file,
                                        Diagnostics& diags) {
  VectorCheck check;
  const auto expected = arrays.find("vec_logit_int");
  if (expected == arrays.end()) return check;
  const auto off = parseFiles(writer.files(true), diags);
  if (!off) return std::nullopt;
  const auto plan = makePlan(off->network, off->target, off->weights, diags);
  if (!plan) return std::nullopt;
  const auto images = vectorImages(arrays, off->network.input);
  const auto classes = static_cast<std::size_t>(plan->head.classes);
  if (images.empty() || expected->second.values.size() != images.size() * classes) {
    diags.error("bad-vectors", {.file = file, .part = "array vec_logit_int"},
                "the test vectors' inputs and logits do not fit the network or each other",
                "repair the file, or remove the vectors");
    return std::nullopt;
  }
  const golden::Infer infer(*plan, off->weights);
  for (std::size_t i = 0; i < images.size(); ++i) {
    ++check.total;
    if (!images[i]) {
      ++check.not_fed;
      continue;
    }
    const auto logits = infer.logits(*images[i], {.passes = 1}).front();
    const auto wanted = expected->second.values.begin() + static_cast<std::ptrdiff_t>(i * classes);
    check.equal +=
        std::equal(logits.begin(), logits.end(), wanted, [](auto a, auto b) { return std::cmp_equal(a, b); });
  }
  return check;
}

}  // namespace

std::optional<Imported> importBnnNpz(const std::string& path, const ImportOptions& options,
                                     Diagnostics& diags) {
  const std::filesystem::path stem = std::filesystem::path(path).replace_extension();
  const std::string text_file = stem.string() + ".json", archive_file = stem.string() + ".npz";
  const auto text = readFile(text_file, diags, kLargestText);
  const auto archive = readFile(archive_file, diags, kLargestArchive);
  if (!text || !archive) return std::nullopt;
  const auto network = parseDescription(*text, text_file, diags);
  const auto arrays = evaluate::parseIntegerArrays(*archive, archive_file, kLargestArchive, diags);
  if (!network || !arrays) return std::nullopt;
  const auto errors = diags.errorCount();
  const auto layers = convertLayers(*network, *arrays, archive_file, options.seed, diags);
  if (diags.errorCount() != errors) return std::nullopt;
  Imported imported;
  for (const BnnLayer& layer : network->layers)
    imported.weights += std::int64_t{layer.fan_in} * layer.outputs * layer.arrays;
  const Writer writer(*network, layers, options);
  imported.files = writer.files(false);
  const auto parsed = parseFiles(imported.files, diags);
  if (!parsed || !makePlan(parsed->network, parsed->target, parsed->weights, diags)) return std::nullopt;
  imported.name = parsed->network.name;
  const auto vectors = checkVectors(*arrays, writer, archive_file, diags);
  if (!vectors) return std::nullopt;
  imported.vectors = *vectors;
  return imported;
}

}  // namespace neuspin::bnn

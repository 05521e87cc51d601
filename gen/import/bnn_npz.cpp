#include "import/bnn_npz.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <vector>

#include "device/draw.hpp"
#include "evaluate/npz.hpp"
#include "golden/infer.hpp"
#include "import/bnn_description.hpp"
#include "import/network_files.hpp"
#include "plan/plan.hpp"
#include "spec/spec.hpp"
#include "support/files.hpp"

namespace neuspin::bnn {
namespace {

using evaluate::IntegerArray;
using Arrays = std::map<std::string, IntegerArray>;

constexpr double kFraction = 256;  ///< scale_q and theta_q of the subset method have 8 fraction bits
constexpr int kSamples = 8;        ///< stored samples of the scale (subset method)
constexpr std::size_t kLargestText = std::size_t{1} << 20;
constexpr std::size_t kLargestArchive = std::size_t{1} << 28;

/// A layer as network.toml has it: y = gamma·(scale·S + bias).
struct Layer {
  std::string name, scheme;
  std::vector<std::int8_t> weights;  ///< [array][output][input of a window]
  std::vector<double> scale;         ///< [sample][output]
  std::vector<double> off_scale;     ///< [output], with the randomness off
  std::vector<double> bias;          ///< [output]
  double gamma = 1;
  double largest_scale = 1, largest_off_scale = 1;  ///< of the last layer, in units of one step of its logits
};

/// Arrays of the file, checked against what the description says of them.
class ArrayReader {
 public:
  ArrayReader(const Arrays& arrays, const std::string& file, Diagnostics& diags)
      : arrays_(arrays), file_(file), diags_(diags) {}

  void error(const char* name, const std::string& array, const std::string& message,
             const std::string& hint) {
    diags_.error(name, {.file = file_, .part = "array " + array}, message, hint);
  }

  /// Values between low and high, or none after an error.
  std::vector<std::int64_t> read(const std::string& name, const std::vector<int>& dims, std::int64_t low,
                                 std::int64_t high) {
    const auto found = arrays_.find(name);
    if (found == arrays_.end()) {
      error("missing-array", name, "the array is missing", "give the .npz that belongs to the description");
      return {};
    }
    const IntegerArray& array = found->second;
    if (!std::ranges::equal(array.dims, dims, [](auto a, int b) { return std::cmp_equal(a, b); })) {
      error("wrong-shape", name,
            fmt::format("the shape is {}, the description needs {}", text(array.dims), text(dims)),
            "give the .npz that belongs to the description");
      return {};
    }
    const auto bad = std::ranges::find_if(array.values, [&](std::int64_t v) { return v < low || v > high; });
    if (bad != array.values.end()) {
      error("bad-value", name, fmt::format("a value is {}, legal is {} … {}", *bad, low, high),
            "repair the file");
      return {};
    }
    return array.values;
  }

  std::vector<double> vector(const std::string& name, int outputs) {
    constexpr std::int64_t kLargest = std::int64_t{1} << 40;
    const auto values = read(name, {outputs}, -kLargest, kLargest);
    return {values.begin(), values.end()};
  }

 private:
  template <typename Sizes>
  static std::string text(const Sizes& sizes) {
    std::string out = "[";
    for (const auto size : sizes) out += fmt::format("{}{}", out.size() > 1 ? ", " : "", size);
    return out + "]";
  }

  const Arrays& arrays_;
  const std::string& file_;
  Diagnostics& diags_;
};

/// Packed bits (most significant first) or codes → odd weights.
std::vector<std::int8_t> readWeights(ArrayReader& arrays, const BnnDescription& network,
                                     const BnnLayer& layer, const std::string& prefix) {
  std::vector<std::int8_t> weights;
  const std::int64_t rows = std::int64_t{layer.arrays} * layer.outputs;
  std::vector<int> dims = {layer.outputs};
  if (layer.arrays > 1) dims.insert(dims.begin(), layer.arrays);
  if (network.method == Method::SpinBayes) {
    dims.push_back(layer.fan_in);
    const int top = (1 << layer.bits) - 1;
    for (const std::int64_t code : arrays.read(prefix + "codes", dims, 0, top))
      weights.push_back(static_cast<std::int8_t>(2 * code - top));
    return weights;
  }
  const int row_bytes = (layer.fan_in + 7) / 8;
  dims.push_back(row_bytes);
  const auto bytes = arrays.read(prefix + "wbits", dims, 0, 255);
  if (bytes.empty()) return weights;
  weights.reserve(static_cast<std::size_t>(rows * layer.fan_in));
  for (std::int64_t row = 0; row < rows; ++row) {
    for (int i = 0; i < layer.fan_in; ++i) {
      const auto byte = bytes[static_cast<std::size_t>(row * row_bytes + i / 8)];
      weights.push_back((byte >> (7 - i % 8) & 1) != 0 ? 1 : -1);
    }
  }
  return weights;
}

struct ScalePair {
  double scale, threshold;
};

/// a within half a unit of q/256 and τ with a·S >= τ exactly for S >= on, and S >= τ exactly for S >= off;
/// the pair with the most room around both comparisons.
std::optional<ScalePair> findPair(double off, double on, double q) {
  constexpr int kSteps = 200;
  std::optional<ScalePair> best;
  double best_room = 0;
  for (int i = 1; i < kSteps; ++i) {
    const double a = (q - 0.5 + static_cast<double>(i) / kSteps) / kFraction;
    const double low = std::max(off - 1, a > 0 ? a * (on - 1) : -INFINITY);
    const double high = std::min(off, a > 0 ? a * on : -INFINITY);
    const double room = (high - low) / 2;
    if (room <= best_room) continue;
    best_room = room;
    best = {.scale = a, .threshold = (high + low) / 2};
  }
  return best;
}

/// The largest |S| that a layer can see.
double largestSum(const BnnDescription& network, const BnnLayer& layer, bool first) {
  const double element = !first || network.input.encoding == InputEncoding::Bipolar ? 1
                         : network.input.encoding == InputEncoding::Signed
                             ? std::ldexp(1.0, network.input.bits - 1)
                             : std::ldexp(1.0, network.input.bits) - 1;
  return layer.fan_in * element * ((1 << layer.bits) - 1);
}

void convertScaleDrop(ArrayReader& arrays, const std::string& prefix, double largest, int outputs,
                      Layer& converted) {
  const auto on = arrays.vector(prefix + "theta_on", outputs);
  const auto off = arrays.vector(prefix + "theta_off", outputs);
  const auto q = arrays.vector(prefix + "scale_q", outputs);
  if (on.empty() || off.empty() || q.empty()) return;
  for (std::size_t o = 0; o < on.size(); ++o) {
    const auto pair = findPair(off[o], on[o], q[o]);
    bool same = pair.has_value();
    for (double sum = -largest; same && sum <= largest; ++sum)
      same = (pair->scale * sum - pair->threshold >= 0) == (sum >= on[o]) &&
             (sum - pair->threshold >= 0) == (sum >= off[o]);
    if (!same) {
      return arrays.error("thresholds-contradict", prefix + "theta_on",
                          fmt::format("output {}: no scale near {}/256 gives both thresholds {} and {}", o,
                                      q[o], on[o], off[o]),
                          "export theta_on, theta_off and scale_q of one trained network");
    }
    converted.scale.push_back(pair->scale);
    converted.bias.push_back(-pair->threshold);
  }
  converted.off_scale = converted.scale;
}

/// N(0, 1) as the sum of twelve uniform numbers less its mean, from counters.
double gaussian(std::uint32_t seed, std::uint32_t layer, std::uint32_t index) {
  constexpr std::uint32_t kImport = 0x494D5054;  // "IMPT"
  double sum = -6;
  for (std::uint32_t i = 0; i < 12; ++i)
    sum += std::ldexp(device::draw(seed ^ kImport, layer, index * 12 + i), -32);
  return sum;
}

/// Samples of scale_q + σ·ε, in units of 1/256.
void drawScales(ArrayReader& arrays, const std::string& prefix, int outputs, std::uint32_t seed,
                std::size_t index, Layer& converted) {
  const auto mean = arrays.vector(prefix + "scale_q", outputs);
  const auto sigma = arrays.vector(prefix + "scale_sigma_q", outputs);
  if (mean.empty() || sigma.empty()) return;
  for (std::uint32_t s = 0; s < kSamples; ++s) {
    for (std::size_t o = 0; o < mean.size(); ++o) {
      const auto number = s * static_cast<std::uint32_t>(outputs) + static_cast<std::uint32_t>(o);
      converted.scale.push_back(
          (mean[o] + std::round(sigma[o] * gaussian(seed, static_cast<std::uint32_t>(index), number))) /
          kFraction);
    }
  }
  for (const double m : mean) converted.off_scale.push_back(m / kFraction);
}

void convertHidden(ArrayReader& arrays, const BnnDescription& network, std::size_t index, std::uint32_t seed,
                   Layer& converted) {
  const BnnLayer& layer = network.layers[index];
  const std::string prefix = fmt::format("L{}_", index);
  switch (network.method) {
    case Method::ScaleDrop:
      return convertScaleDrop(arrays, prefix, largestSum(network, layer, index == 0), layer.outputs,
                              converted);
    case Method::Subset:
      drawScales(arrays, prefix, layer.outputs, seed, index, converted);
      for (const double theta : arrays.vector(prefix + "theta_q", layer.outputs))
        converted.bias.push_back(-theta / kFraction);
      return;
    default:
      for (const double theta : arrays.vector(prefix + "theta", layer.outputs))
        converted.bias.push_back(-theta);
      return;
  }
}

double largestSize(const std::vector<double>& values) {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

/// Integer logits stay as they are; one unit is worth the power of two nearest to logit_scale.
void convertLast(ArrayReader& arrays, const BnnDescription& network, std::size_t index, std::uint32_t seed,
                 Layer& converted) {
  const BnnLayer& layer = network.layers[index];
  const std::string prefix = fmt::format("L{}_", index);
  const int power = layer.logit_scale > 0
                        ? std::clamp(static_cast<int>(std::lround(-std::log2(layer.logit_scale))), 0, 24)
                        : 0;
  double units = 1;  // integer logits have `units` steps for a scale of 1
  if (network.method == Method::ScaleDrop) {
    units = kFraction;
    for (const double q : arrays.vector(prefix + "scale_q", layer.outputs))
      converted.scale.push_back(q / kFraction);
    converted.off_scale = converted.scale;
  } else if (network.method == Method::Subset) {
    units = kFraction;
    drawScales(arrays, prefix, layer.outputs, seed, index, converted);
  }
  for (const double bias : arrays.vector(prefix + "bias_q", layer.outputs))
    converted.bias.push_back(bias / units);
  converted.gamma = std::ldexp(units, -power);
  if (units == 1) return;
  converted.largest_off_scale = largestSize(converted.off_scale) * units;
  converted.largest_scale =
      std::max(largestSize(converted.scale) * units, network.method == Method::ScaleDrop ? units : 0);
  for (const double largest : {converted.largest_scale, converted.largest_off_scale}) {
    if (largest >= 1 && largest < 32768) continue;
    arrays.error("scale-too-large", prefix + "scale_q",
                 fmt::format("the largest scale of a logit is {}, legal is 1 … 32767", largest),
                 "export scales with fewer fraction bits");
  }
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
  Writer(const BnnDescription& network, const std::vector<Layer>& layers, const ImportOptions& options)
      : network_(network), layers_(layers), options_(options) {}

  /// `off`: without randomness; several arrays become two equal ones, since only those hold weights of
  /// several bits.
  [[nodiscard]] std::map<std::string, std::string> files(bool off) const {
    return {
        {"network.toml", networkText(off)},
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
    const Layer& last = layers_.back();
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
          !off               ? layers_[i].scheme
          : layer.arrays > 1 ? fmt::format("{{ method = \"spinbayes\", arrays = 2, bits = {} }}", layer.bits)
                             : "\"deterministic\"";
      text += fmt::format("\n[[layer]]\nname = \"{}\"\nkind = \"{}\"\noutputs = {}\n", layers_[i].name,
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
      const Layer& layer = layers_[i];
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
      tensors.add(layer.name + ".weight", "I8",
                  arrays > 1 ? fmt::format("{},{},{}", arrays, shape.outputs, window)
                             : fmt::format("{},{}", shape.outputs, window),
                  bytes);
      const std::string vector = fmt::format("{}", shape.outputs);
      const std::vector<double>& scale = off ? layer.off_scale : layer.scale;
      const bool samples = scale.size() > static_cast<std::size_t>(shape.outputs);
      if (!scale.empty())
        tensors.add(layer.name + ".scale", samples ? fmt::format("{},{}", kSamples, shape.outputs) : vector,
                    scale);
      tensors.add(layer.name + ".bias", vector, layer.bias);
      if (layer.gamma == 1) continue;
      const auto all = [&](double value) {
        return std::vector<double>(static_cast<std::size_t>(shape.outputs), value);
      };
      tensors.add(layer.name + ".norm.weight", vector, all(layer.gamma));
      tensors.add(layer.name + ".norm.bias", vector, all(0));
      tensors.add(layer.name + ".norm.running_mean", vector, all(0));
      tensors.add(layer.name + ".norm.running_var", vector, all(1));
    }
    return tensors.file();
  }

  const BnnDescription& network_;
  const std::vector<Layer>& layers_;
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
  ArrayReader reader(*arrays, archive_file, diags);
  std::vector<Layer> layers;
  Imported imported;
  for (std::size_t i = 0; i < network->layers.size(); ++i) {
    const BnnLayer& layer = network->layers[i];
    Layer& converted = layers.emplace_back();
    converted.name = fmt::format("{}{}", layer.conv ? "conv" : "fc", i);
    converted.scheme = schemeText(*network, i);
    converted.weights = readWeights(reader, *network, layer, fmt::format("L{}_", i));
    if (layer.last) {
      convertLast(reader, *network, i, options.seed, converted);
    } else {
      convertHidden(reader, *network, i, options.seed, converted);
    }
    imported.weights += std::int64_t{layer.fan_in} * layer.outputs * layer.arrays;
  }
  if (diags.errorCount() != errors) return std::nullopt;
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

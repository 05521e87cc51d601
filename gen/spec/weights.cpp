// weights.safetensors → Weights. The tensor convention is described in README.md beside this file.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <utility>

#include "spec/quote.hpp"
#include "spec/safetensors.hpp"
#include "spec/spec.hpp"
#include "spec/tensor_values.hpp"

namespace neuspin {
namespace {

using spec::ByteSource;
using spec::elementBytes;
using spec::quoteWord;
using spec::Tensor;
using spec::Tensors;

constexpr double kLargestParameter = 1e30;  // products of two and sums over a layer stay finite in doubles
constexpr std::size_t kChunk = std::size_t{1}
                               << 18;  // stays in the second-level cache between reading and packing
constexpr std::size_t kMostUnknown = 20;

/// The optional vectors of a layer: tensor name, where it goes, whether it may be given as one value for all
/// outputs.
struct Parameter {
  const char* suffix;
  std::vector<double> LayerWeights::*values;
  double absent;
  bool broadcast;
};
constexpr Parameter kScale{".scale", &LayerWeights::scale, 1, true};
constexpr Parameter kBias{".bias", &LayerWeights::bias, 0, false};
constexpr Parameter kNorm[] = {
    {".norm.weight", &LayerWeights::gamma, 1, false},
    {".norm.bias", &LayerWeights::beta, 0, false},
    {".norm.running_mean", &LayerWeights::mean, 0, false},
    {".norm.running_var", &LayerWeights::var, 1, false},
};

/// Reads the tensors of one file into layers, collecting all findings.
class WeightsReader {
 public:
  WeightsReader(const ByteSource& bytes, const Tensors& tensors, const std::string& file, Diagnostics& diags)
      : bytes_(bytes), tensors_(tensors), file_(file), diags_(diags) {}

  LayerWeights readLayer(const LayerSpec& layer);
  /// Tensors that no layer asked for.
  void reportUnknown();

 private:
  [[nodiscard]] Location where(const std::string& name) const {
    return {file_, 0, 0, "tensor " + quoteWord(name)};
  }
  const Tensor* find(const std::string& name);
  void cannotRead(const std::string& name);
  void readBits(const LayerSpec& layer, LayerWeights& weights);
  void packRows(const std::string& name, const Tensor& tensor, spec::PackRow pack, const LayerSpec& layer,
                LayerWeights& weights);
  void readParameter(const LayerSpec& layer, const Parameter& parameter, LayerWeights& weights);
  void readNorm(const LayerSpec& layer, LayerWeights& weights);
  bool checkValues(const std::string& name, const std::vector<double>& values);

  const ByteSource& bytes_;
  const Tensors& tensors_;
  const std::string& file_;
  Diagnostics& diags_;
  std::set<std::string> known_;
};

const Tensor* WeightsReader::find(const std::string& name) {
  known_.insert(name);
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

void WeightsReader::cannotRead(const std::string& name) {
  diags_.error("cannot-read", where(name), "the bytes cannot be read",
               "check the disk and that nobody writes the file");
}

void WeightsReader::packRows(const std::string& name, const Tensor& tensor, spec::PackRow pack,
                             const LayerSpec& layer, LayerWeights& weights) {
  const auto inputs = static_cast<std::size_t>(layer.inputs),
             outputs = static_cast<std::size_t>(layer.outputs);
  const auto words = static_cast<std::size_t>(weights.words_per_row);
  weights.weight_bits.resize(outputs * words);
  const std::size_t row_bytes = (tensor.end - tensor.begin) / outputs;
  const std::size_t rows_at_once = std::clamp<std::size_t>(kChunk / row_bytes, 1, outputs);
  std::vector<unsigned char> chunk(rows_at_once * row_bytes);
  for (std::size_t first = 0; first < outputs; first += rows_at_once) {
    const std::size_t rows = std::min(rows_at_once, outputs - first);
    if (!bytes_.read(tensor.begin + first * row_bytes, chunk.data(), rows * row_bytes))
      return cannotRead(name);
    for (std::size_t r = 0; r < rows; ++r) {
      const std::size_t o = first + r;
      const auto bad = pack(chunk.data() + r * row_bytes, inputs, &weights.weight_bits[o * words]);
      if (!bad) continue;
      diags_.error(
          "bad-weight", where(name),
          fmt::format("element [{}, {}] is {}", o, *bad,
                      tensor.dtype == "I8" ? "neither +1 nor -1" : "NaN or infinite"),
          tensor.dtype == "I8" ? "I8 weights hold only +1 and -1" : "train anew or repair the tensor");
      return;  // one finding a tensor: a bad tensor is usually bad everywhere
    }
  }
}

void WeightsReader::readBits(const LayerSpec& layer, LayerWeights& weights) {
  const std::string name = layer.name + ".weight";
  const Tensor* tensor = find(name);
  if (tensor == nullptr) {
    std::vector<std::string> names;
    for (const auto& [other, unused] : tensors_) names.push_back(other);
    const std::string close = closestMatch(name, names);
    diags_.error("missing-tensor", where(name), "the tensor is missing",
                 fmt::format("store the weights of layer {} as {} of shape [{}, {}]{}", quoteWord(layer.name),
                             quoteWord(name), layer.outputs, layer.inputs,
                             close.empty() ? "" : fmt::format(" (there is a {})", quoteWord(close))));
    return;
  }
  const spec::PackRow pack = spec::packerFor(tensor->dtype);
  if (pack == nullptr) {
    diags_.error("wrong-dtype", where(name), fmt::format("weights cannot be {}", quoteWord(tensor->dtype)),
                 "store them as I8 (+1 and -1), F32, F64, F16 or BF16 (the sign counts)");
  }
  const std::vector<std::uint64_t> wanted = {static_cast<std::uint64_t>(layer.outputs),
                                             static_cast<std::uint64_t>(layer.inputs)};
  if (tensor->shape != wanted) {
    const bool swapped =
        tensor->shape.size() == 2 && tensor->shape[0] == wanted[1] && tensor->shape[1] == wanted[0];
    diags_.error("wrong-shape", where(name),
                 fmt::format("the shape is {}, layer {} needs {}", spec::shapeText(tensor->shape),
                             quoteWord(layer.name), spec::shapeText(wanted)),
                 swapped ? "transpose it: rows are outputs, columns inputs"
                         : "correct the tensor, or the sizes in network.toml");
    return;
  }
  if (pack == nullptr) return;
  weights.words_per_row = (layer.inputs + 63) / 64;
  packRows(name, *tensor, pack, layer, weights);
}

bool WeightsReader::checkValues(const std::string& name, const std::vector<double>& values) {
  const auto bad = std::ranges::find_if(
      values, [](double value) { return !(std::abs(value) <= kLargestParameter); });  // NaN fails it too
  if (bad == values.end()) return true;
  diags_.error(std::isfinite(*bad) ? "absurd-value" : "not-finite", where(name),
               fmt::format("element {} is {}, legal is -{} … {}", bad - values.begin(), *bad,
                           kLargestParameter, kLargestParameter),
               "train anew or repair the tensor");
  return false;
}

void WeightsReader::readParameter(const LayerSpec& layer, const Parameter& parameter, LayerWeights& weights) {
  const std::string name = layer.name + parameter.suffix;
  const auto outputs = static_cast<std::size_t>(layer.outputs);
  std::vector<double>& values = weights.*parameter.values;
  values.assign(outputs, parameter.absent);
  const Tensor* tensor = find(name);
  if (tensor == nullptr) return;
  const bool single =
      parameter.broadcast && (tensor->shape.empty() || tensor->shape == std::vector<std::uint64_t>{1});
  if (!single && tensor->shape != std::vector<std::uint64_t>{outputs}) {
    diags_.error("wrong-shape", where(name),
                 fmt::format("the shape is {}, layer {} needs [{}]{}", spec::shapeText(tensor->shape),
                             quoteWord(layer.name), outputs, parameter.broadcast ? " or [1]" : ""),
                 "correct the tensor, or the sizes in network.toml");
    return;
  }
  if (!spec::toDoubles(tensor->dtype, {})) {
    diags_.error("wrong-dtype", where(name), fmt::format("parameters cannot be {}", quoteWord(tensor->dtype)),
                 "store them as F32, F64, F16 or BF16");
    return;
  }
  std::vector<unsigned char> raw(tensor->end - tensor->begin);
  if (!bytes_.read(tensor->begin, raw.data(), raw.size())) return cannotRead(name);
  std::vector<double> found = *spec::toDoubles(tensor->dtype, raw);
  if (!checkValues(name, found)) return;
  if (single) found.assign(outputs, found[0]);
  values = std::move(found);
}

void WeightsReader::readNorm(const LayerSpec& layer, LayerWeights& weights) {
  std::vector<std::string> present, missing;
  for (const Parameter& parameter : kNorm) {
    const std::string name = layer.name + parameter.suffix;
    (find(name) != nullptr ? present : missing).push_back(quoteWord(name));
    readParameter(layer, parameter, weights);
  }
  find(layer.name + ".norm.num_batches_tracked");  // PyTorch's step counter: legal and of no use here
  if (present.empty()) {
    // sqrt(var + eps) = 1
    weights.var.assign(weights.var.size(), 1.0 - layer.norm_eps);
    return;
  }
  if (!missing.empty()) {
    diags_.error("missing-tensor", {file_, 0, 0, "layer " + quoteWord(layer.name)},
                 fmt::format("the normalisation is incomplete: {} missing", fmt::join(missing, ", ")),
                 "store all four of norm.weight, norm.bias, norm.running_mean, norm.running_var, or none");
    return;
  }
  const auto bad =
      std::ranges::find_if(weights.var, [&](double v) { return v < 0 || !(v + layer.norm_eps > 0); });
  if (bad != weights.var.end()) {
    diags_.error("bad-variance", where(layer.name + ".norm.running_var"),
                 fmt::format("element {} is {}; with norm_eps = {} no square root can be divided by",
                             bad - weights.var.begin(), *bad, layer.norm_eps),
                 "variances are not negative; a variance of 0 needs norm_eps > 0");
  }
}

LayerWeights WeightsReader::readLayer(const LayerSpec& layer) {
  LayerWeights weights;
  readBits(layer, weights);
  readParameter(layer, kScale, weights);
  readParameter(layer, kBias, weights);
  readNorm(layer, weights);
  if (std::holds_alternative<ScaleDropout>(layer.scheme) && !tensors_.contains(layer.name + kScale.suffix)) {
    diags_.warning("scale-missing", where(layer.name + kScale.suffix),
                   fmt::format("layer {} drops its scale, but has none: dropping changes nothing",
                               quoteWord(layer.name)),
                   "store the trained scale, or make the layer deterministic");
  }
  return weights;
}

void WeightsReader::reportUnknown() {
  const std::vector<std::string> candidates(known_.begin(), known_.end());
  std::size_t unknown = 0;
  for (const auto& [name, tensor] : tensors_) {
    if (known_.contains(name) || ++unknown > kMostUnknown) continue;
    const std::string close = closestMatch(name, candidates);
    diags_.warning("unknown-tensor", where(name), "no layer uses this tensor",
                   close.empty() ? "" : fmt::format("did you mean {}?", quoteWord(close)));
  }
  if (unknown > kMostUnknown) {
    diags_.warning("unknown-tensor", {file_, 0, 0, {}},
                   fmt::format("no layer uses {} more tensors", unknown - kMostUnknown));
  }
}

std::optional<Weights> readFrom(const ByteSource& bytes, const std::string& file, const NetworkSpec& network,
                                Diagnostics& diags) {
  const std::size_t errors_before = diags.errorCount();
  const auto tensors = spec::readTensorTable(bytes, file, diags);
  if (!tensors) return std::nullopt;
  WeightsReader reader(bytes, *tensors, file, diags);
  Weights weights;
  for (const LayerSpec& layer : network.layers) weights.layers.push_back(reader.readLayer(layer));
  reader.reportUnknown();
  if (diags.errorCount() != errors_before) return std::nullopt;
  return weights;
}

}  // namespace

std::optional<Weights> parseWeights(std::string_view bytes, const std::string& file,
                                    const NetworkSpec& network, Diagnostics& diags) {
  return readFrom(spec::MemorySource(bytes), file, network, diags);
}

std::optional<Weights> readWeights(const NetworkSpec& network, Diagnostics& diags) {
  const std::string path =
      (std::filesystem::path(network.file).parent_path() / network.weights_file).lexically_normal().string();
  const auto source = spec::FileSource::open(path, diags);
  if (!source) return std::nullopt;
  return readFrom(*source, path, network, diags);
}

}  // namespace neuspin

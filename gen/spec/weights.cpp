// weights.safetensors → Weights. The tensor convention is described in README.md beside this file.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <utility>

#include "spec/posterior.hpp"
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

/// A vector of a layer: tensor name, where it goes, its value if absent, whether it may be given as one value
/// for all outputs.
struct Parameter {
  const char* suffix;
  std::vector<double> LayerWeights::*values;
  double absent;
  bool broadcast;
};
constexpr Parameter kScale{".scale", &LayerWeights::scale, 1, true};
constexpr Parameter kSampledScale{".scale", &LayerWeights::scale, 1, false};
constexpr Parameter kScaleSigma{".scale_sigma", &LayerWeights::scale_sigma, 0, false};
constexpr Parameter kBias{".bias", &LayerWeights::bias, 0, false};
constexpr Parameter kGamma{".norm.weight", &LayerWeights::gamma, 1, false};
constexpr Parameter kBeta{".norm.bias", &LayerWeights::beta, 0, false};
constexpr Parameter kMean{".norm.running_mean", &LayerWeights::mean, 0, false};
constexpr Parameter kVar{".norm.running_var", &LayerWeights::var, 1, false};
constexpr Parameter kNorm[] = {kGamma, kBeta, kMean, kVar};

/// Reads the tensors of one file into layers, collecting all findings.
class WeightsReader {
 public:
  WeightsReader(const ByteSource& bytes, const Tensors& tensors, const std::string& file, std::uint32_t seed,
                Diagnostics& diags)
      : bytes_(bytes), tensors_(tensors), file_(file), seed_(seed), diags_(diags) {}

  /// `index`: number of the layer, `seed` of the network: they fix the samples drawn from a posterior.
  LayerWeights readLayer(const LayerSpec& layer, int index);
  /// Tensors that no layer asked for.
  void reportUnknown();

 private:
  [[nodiscard]] Location where(const std::string& name) const {
    return {file_, 0, 0, "tensor " + quoteWord(name)};
  }
  const Tensor* find(const std::string& name);
  void cannotRead(const std::string& name);
  void missing(const LayerSpec& layer, const std::string& name, const std::string& shape);
  bool checkShape(const LayerSpec& layer, const std::string& name, const Tensor& tensor,
                  const std::vector<std::uint64_t>& wanted);
  void readBits(const LayerSpec& layer, LayerWeights& weights);
  void packRows(const std::string& name, const Tensor& tensor, const LayerSpec& layer, LayerWeights& weights);
  void readPosterior(const LayerSpec& layer, int index, LayerWeights& weights);
  bool checkPosteriorTensor(const LayerSpec& layer, const std::string& name, const Tensor* tensor);
  /// Row `output` of a [outputs, inputs] tensor of floats.
  bool readRow(const LayerSpec& layer, const std::string& name, const Tensor& tensor, int output,
               std::vector<double>& values);
  bool readParameter(const LayerSpec& layer, const Parameter& parameter, LayerWeights& weights,
                     int samples = 1);
  void requireParameter(const LayerSpec& layer, const Parameter& parameter, LayerWeights& weights,
                        const char* why, int samples = 1);
  void readScale(const LayerSpec& layer, LayerWeights& weights);
  void readNorm(const LayerSpec& layer, LayerWeights& weights);
  void readAffineNorm(const LayerSpec& layer, LayerWeights& weights);
  bool checkValues(const std::string& name, const std::vector<double>& values);

  const ByteSource& bytes_;
  const Tensors& tensors_;
  const std::string& file_;
  std::uint32_t seed_;
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

void WeightsReader::packRows(const std::string& name, const Tensor& tensor, const LayerSpec& layer,
                             LayerWeights& weights) {
  const auto inputs = static_cast<std::size_t>(layer.inputs),
             outputs = static_cast<std::size_t>(layer.outputs),
             slices = static_cast<std::size_t>(weights.slices);
  const auto words = static_cast<std::size_t>(weights.words_per_row);
  const std::size_t all_rows = outputs * static_cast<std::size_t>(weights.arrays);
  weights.weight_bits.resize(all_rows * slices * words);
  const spec::PackRow pack = spec::packerFor(tensor.dtype);
  const std::size_t row_bytes = (tensor.end - tensor.begin) / all_rows;
  const std::size_t rows_at_once = std::clamp<std::size_t>(kChunk / row_bytes, 1, all_rows);
  std::vector<unsigned char> chunk(rows_at_once * row_bytes);
  for (std::size_t first = 0; first < all_rows; first += rows_at_once) {
    const std::size_t rows = std::min(rows_at_once, all_rows - first);
    if (!bytes_.read(tensor.begin + first * row_bytes, chunk.data(), rows * row_bytes))
      return cannotRead(name);
    for (std::size_t r = 0; r < rows; ++r) {
      const std::size_t array = (first + r) / outputs, o = (first + r) % outputs;
      const unsigned char* const from = chunk.data() + r * row_bytes;
      std::uint64_t* const to = &weights.weight_bits[(array * slices * outputs + o) * words];
      const auto bad = slices == 1 ? pack(from, inputs, to)
                                   : spec::packLevels(from, inputs, weights.slices, to, outputs * words);
      if (!bad) continue;
      const bool integers = tensor.dtype == "I8";
      const std::string legal =
          slices == 1 ? "+1 and -1" : fmt::format("odd numbers up to {}", (1 << slices) - 1);
      diags_.error("bad-weight", where(name),
                   fmt::format("element [{}{}, {}] is {}",
                               weights.arrays > 1 ? fmt::format("{}, ", array) : std::string(), o, *bad,
                               !integers     ? "NaN or infinite"
                               : slices == 1 ? "neither +1 nor -1"
                                             : fmt::format("none of the {}", legal)),
                   integers ? fmt::format("I8 weights hold only {}{}", legal, slices == 1 ? "" : " in size")
                            : "train anew or repair the tensor");
      return;  // one finding a tensor: a bad tensor is usually bad everywhere
    }
  }
}

void WeightsReader::missing(const LayerSpec& layer, const std::string& name, const std::string& shape) {
  std::vector<std::string> names;
  for (const auto& [other, unused] : tensors_) names.push_back(other);
  const std::string close = closestMatch(name, names);
  diags_.error(
      "missing-tensor", where(name), "the tensor is missing",
      fmt::format("store the weights of layer {} as {} of shape {}{}", quoteWord(layer.name), quoteWord(name),
                  shape, close.empty() ? "" : fmt::format(" (there is a {})", quoteWord(close))));
}

bool WeightsReader::checkShape(const LayerSpec& layer, const std::string& name, const Tensor& tensor,
                               const std::vector<std::uint64_t>& wanted) {
  if (tensor.shape == wanted) return true;
  std::vector<std::uint64_t> transposed = tensor.shape;
  if (transposed.size() >= 2) std::swap(transposed.back(), transposed[transposed.size() - 2]);
  diags_.error("wrong-shape", where(name),
               fmt::format("the shape is {}, layer {} needs {}", spec::shapeText(tensor.shape),
                           quoteWord(layer.name), spec::shapeText(wanted)),
               transposed == wanted ? "transpose it: rows are outputs, columns inputs"
                                    : "correct the tensor, or the sizes in network.toml");
  return false;
}

void WeightsReader::readBits(const LayerSpec& layer, LayerWeights& weights) {
  const std::string name = layer.name + ".weight";
  std::vector<std::uint64_t> wanted = {static_cast<std::uint64_t>(layer.outputs),
                                       static_cast<std::uint64_t>(layer.inputs)};
  if (weights.arrays > 1) wanted.insert(wanted.begin(), static_cast<std::uint64_t>(weights.arrays));
  const Tensor* tensor = find(name);
  if (tensor == nullptr) return missing(layer, name, spec::shapeText(wanted));
  const bool legal = weights.slices > 1 ? tensor->dtype == "I8" : spec::packerFor(tensor->dtype) != nullptr;
  if (!legal) {
    diags_.error(
        "wrong-dtype", where(name), fmt::format("weights cannot be {}", quoteWord(tensor->dtype)),
        weights.slices > 1
            ? fmt::format("store them as I8 (odd numbers up to {} in size)", (1 << weights.slices) - 1)
            : "store them as I8 (+1 and -1), F32, F64, F16 or BF16 (the sign counts)");
  }
  if (checkShape(layer, name, *tensor, wanted) && legal) packRows(name, *tensor, layer, weights);
}

bool WeightsReader::checkPosteriorTensor(const LayerSpec& layer, const std::string& name,
                                         const Tensor* tensor) {
  const std::vector<std::uint64_t> wanted = {static_cast<std::uint64_t>(layer.outputs),
                                             static_cast<std::uint64_t>(layer.inputs)};
  if (tensor == nullptr) {
    missing(layer, name, spec::shapeText(wanted));
    return false;
  }
  if (!checkShape(layer, name, *tensor, wanted)) return false;
  if (spec::toDoubles(tensor->dtype, {})) return true;
  diags_.error("wrong-dtype", where(name), fmt::format("a posterior cannot be {}", quoteWord(tensor->dtype)),
               "store it as F32, F64, F16 or BF16");
  return false;
}

bool WeightsReader::readRow(const LayerSpec& layer, const std::string& name, const Tensor& tensor, int output,
                            std::vector<double>& values) {
  std::vector<unsigned char> raw((tensor.end - tensor.begin) / static_cast<std::size_t>(layer.outputs));
  if (!bytes_.read(tensor.begin + static_cast<std::size_t>(output) * raw.size(), raw.data(), raw.size())) {
    cannotRead(name);
    return false;
  }
  values = *spec::toDoubles(tensor.dtype, raw);
  return checkValues(name, values);
}

void WeightsReader::readPosterior(const LayerSpec& layer, int index, LayerWeights& weights) {
  const std::string mu_name = layer.name + ".weight_mu", sigma_name = layer.name + ".weight_sigma";
  const Tensor *mu = find(mu_name), *sigma = find(sigma_name);
  if (tensors_.contains(layer.name + ".weight")) {
    diags_.error("conflicting-tensors", where(mu_name),
                 fmt::format("layer {} has stored samples (weight) and a posterior", quoteWord(layer.name)),
                 "store weight, or weight_mu and weight_sigma");
    return;
  }
  const bool mu_legal = checkPosteriorTensor(layer, mu_name, mu);
  if (!checkPosteriorTensor(layer, sigma_name, sigma) || !mu_legal) return;
  const auto row = [&](int o, std::vector<double>& means, std::vector<double>& deviations) {
    if (!readRow(layer, mu_name, *mu, o, means) || !readRow(layer, sigma_name, *sigma, o, deviations))
      return false;
    const auto bad = std::ranges::find_if(deviations, [](double value) { return value < 0; });
    if (bad == deviations.end()) return true;
    diags_.error("bad-deviation", where(sigma_name),
                 fmt::format("element [{}, {}] is {}", o, bad - deviations.begin(), *bad),
                 "standard deviations are not negative; store sigma, not its logarithm or a raw parameter");
    return false;
  };
  const auto level = spec::quantisePosterior(row, seed_, index, layer.inputs, weights);
  if (!level) return;
  if (*level == 0) {
    diags_.error("empty-posterior", where(mu_name), "every weight is 0 and has no spread",
                 "store the trained posterior");
    return;
  }
  for (double& scale : weights.scale) scale *= *level;
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

/// `samples` > 1: one row a sample. True if the tensor exists.
bool WeightsReader::readParameter(const LayerSpec& layer, const Parameter& parameter, LayerWeights& weights,
                                  int samples) {
  const std::string name = layer.name + parameter.suffix;
  const auto outputs = static_cast<std::size_t>(layer.outputs), rows = static_cast<std::size_t>(samples);
  std::vector<double>& values = weights.*parameter.values;
  values.assign(rows * outputs, parameter.absent);
  const Tensor* tensor = find(name);
  if (tensor == nullptr) return false;
  const bool single =
      parameter.broadcast && (tensor->shape.empty() || tensor->shape == std::vector<std::uint64_t>{1});
  std::vector<std::uint64_t> wanted = {outputs};
  if (samples > 1) wanted.insert(wanted.begin(), rows);
  if (!single && tensor->shape != wanted) {
    diags_.error(
        "wrong-shape", where(name),
        fmt::format("the shape is {}, layer {} needs {}{}", spec::shapeText(tensor->shape),
                    quoteWord(layer.name), spec::shapeText(wanted), parameter.broadcast ? " or [1]" : ""),
        "correct the tensor, or the sizes in network.toml");
    return true;
  }
  if (!spec::toDoubles(tensor->dtype, {})) {
    diags_.error("wrong-dtype", where(name), fmt::format("parameters cannot be {}", quoteWord(tensor->dtype)),
                 "store them as F32, F64, F16 or BF16");
    return true;
  }
  std::vector<unsigned char> raw(tensor->end - tensor->begin);
  if (!bytes_.read(tensor->begin, raw.data(), raw.size())) {
    cannotRead(name);
    return true;
  }
  std::vector<double> found = *spec::toDoubles(tensor->dtype, raw);
  if (!checkValues(name, found)) return true;
  if (single) found.assign(outputs, found[0]);
  values = std::move(found);
  return true;
}

void WeightsReader::requireParameter(const LayerSpec& layer, const Parameter& parameter,
                                     LayerWeights& weights, const char* why, int samples) {
  if (readParameter(layer, parameter, weights, samples)) return;
  const std::string shape =
      samples > 1 ? fmt::format("[{}, {}]", samples, layer.outputs) : fmt::format("[{}]", layer.outputs);
  diags_.error("missing-tensor", where(layer.name + parameter.suffix), "the tensor is missing",
               fmt::format("store {} of layer {} with shape {}", why, quoteWord(layer.name), shape));
}

void WeightsReader::readScale(const LayerSpec& layer, LayerWeights& weights) {
  if (const auto* subset = std::get_if<SubsetSamples>(&layer.scheme)) {
    return requireParameter(layer, kSampledScale, weights, "the samples of the scale", subset->samples);
  }
  if (std::holds_alternative<SubsetNoise>(layer.scheme)) {
    requireParameter(layer, kSampledScale, weights, "the mean of the scale");
    return requireParameter(layer, kScaleSigma, weights, "the standard deviation of the scale");
  }
  if (!readParameter(layer, kScale, weights) && std::holds_alternative<ScaleDropout>(layer.scheme)) {
    diags_.warning("scale-missing", where(layer.name + kScale.suffix),
                   fmt::format("layer {} drops its scale, but has none: dropping changes nothing",
                               quoteWord(layer.name)),
                   "store the trained scale, or make the layer deterministic");
  }
}

/// Inverted normalisation: γ and β act before the normalisation, whose statistics are those of the input at
/// hand.
void WeightsReader::readAffineNorm(const LayerSpec& layer, LayerWeights& weights) {
  requireParameter(layer, kGamma, weights, "the trained gamma (norm.weight)");
  requireParameter(layer, kBeta, weights, "the trained beta (norm.bias)");
  for (const Parameter& statistic : {kMean, kVar}) {
    (weights.*statistic.values).assign(static_cast<std::size_t>(layer.outputs), statistic.absent);
    const std::string name = layer.name + statistic.suffix;
    if (find(name) == nullptr) continue;
    diags_.error(
        "unused-tensor", where(name),
        fmt::format("layer {} normalises over its outputs, input by input, and has no running statistics",
                    quoteWord(layer.name)),
        "remove the tensor; a network trained with batch normalisation needs another scheme");
  }
  find(layer.name + ".norm.num_batches_tracked");
  weights.var.assign(weights.var.size(), 1.0 - layer.norm_eps);
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

LayerWeights WeightsReader::readLayer(const LayerSpec& layer, int index) {
  LayerWeights weights;
  weights.outputs = layer.outputs;
  weights.arrays = weightArrays(layer.scheme);
  weights.slices = weightSlices(layer.scheme);
  weights.words_per_row = (layer.inputs + 63) / 64;
  readScale(layer, weights);
  const bool posterior =
      std::holds_alternative<SpinBayes>(layer.scheme) &&
      (tensors_.contains(layer.name + ".weight_mu") || tensors_.contains(layer.name + ".weight_sigma"));
  if (posterior) {
    readPosterior(layer, index, weights);
  } else {
    readBits(layer, weights);
  }
  readParameter(layer, kBias, weights);
  if (std::holds_alternative<AffineDropout>(layer.scheme)) {
    readAffineNorm(layer, weights);
  } else {
    readNorm(layer, weights);
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
  WeightsReader reader(bytes, *tensors, file, network.seed, diags);
  Weights weights;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    weights.layers.push_back(reader.readLayer(network.layers[i], static_cast<int>(i)));
  }
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

// weights.safetensors → Weights. The tensor convention is described in README.md beside this file.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>

#include "spec/tensor_values.hpp"
#include "spec/weights_reader.hpp"
#include "support/files.hpp"
#include "support/gzip.hpp"

namespace neuspin {
namespace spec {
namespace {

constexpr double kLargestParameter = 1e30;  // products of two and sums over a layer stay finite in doubles
constexpr std::size_t kMostUnknown = 20;

constexpr Parameter kScale{".scale", &LayerWeights::scale, 1, true};
constexpr Parameter kSampledScale{".scale", &LayerWeights::scale, 1, false};
constexpr Parameter kScaleSigma{".scale_sigma", &LayerWeights::scale_sigma, 0, false};
constexpr Parameter kBias{".bias", &LayerWeights::bias, 0, false};
constexpr Parameter kGamma{".norm.weight", &LayerWeights::gamma, 1, false};
constexpr Parameter kBeta{".norm.bias", &LayerWeights::beta, 0, false};
constexpr Parameter kMean{".norm.running_mean", &LayerWeights::mean, 0, false};
constexpr Parameter kVar{".norm.running_var", &LayerWeights::var, 1, false};
constexpr Parameter kSkip{".skip", &LayerWeights::skip, 1, true};
constexpr Parameter kNorm[] = {kGamma, kBeta, kMean, kVar};

}  // namespace

const Tensor* WeightsReader::find(const std::string& name) {
  known_.insert(name);
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

void WeightsReader::cannotRead(const std::string& name) {
  diags_.error("cannot-read", where(name), "the bytes cannot be read",
               "check the disk and that nobody writes the file");
}

bool WeightsReader::checkValues(const std::string& name, const std::vector<double>& values, int row) {
  const auto bad = std::ranges::find_if(
      values, [](double value) { return !(std::abs(value) <= kLargestParameter); });  // NaN fails it too
  if (bad == values.end()) return true;
  diags_.error(std::isfinite(*bad) ? "absurd-value" : "not-finite", where(name),
               fmt::format("element {} is {}, legal is -{} … {}",
                           row < 0 ? fmt::format("{}", bad - values.begin())
                                   : fmt::format("[{}, {}]", row, bad - values.begin()),
                           *bad, kLargestParameter, kLargestParameter),
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
    diags_.error("wrong-shape", where(name),
                 fmt::format("the shape is {}, layer {} needs {}{}", shapeText(tensor->shape),
                             quoteWord(layer.name), shapeText(wanted), parameter.broadcast ? " or [1]" : ""),
                 "correct the tensor, or the sizes in network.toml");
    return true;
  }
  if (!toDoubles(tensor->dtype, {})) {
    diags_.error("wrong-dtype", where(name), fmt::format("parameters cannot be {}", quoteWord(tensor->dtype)),
                 "store them as F32, F64, F16 or BF16");
    return true;
  }
  std::vector<unsigned char> raw(tensor->end - tensor->begin);
  if (!bytes_.read(tensor->begin, raw.data(), raw.size())) {
    cannotRead(name);
    return true;
  }
  std::vector<double> found = *toDoubles(tensor->dtype, raw);
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
  if (layer.skip >= 0) readParameter(layer, kSkip, weights);
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

}  // namespace spec

namespace {

// By name, not by content: the first bytes of a plain file are the length of its header, any number.
constexpr std::string_view kCompressed = ".gz";
constexpr std::size_t kLargestPlain = std::size_t{1} << 32;  // held in memory, unlike a plain file

std::optional<Weights> readFrom(const spec::ByteSource& bytes, const std::string& file,
                                const NetworkSpec& network, Diagnostics& diags) {
  const std::size_t errors_before = diags.errorCount();
  const auto tensors = spec::readTensorTable(bytes, file, diags);
  if (!tensors) return std::nullopt;
  spec::WeightsReader reader(bytes, *tensors, file, network.seed, diags);
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
  if (!file.ends_with(kCompressed)) return readFrom(spec::MemorySource(bytes), file, network, diags);
  const auto plain = gunzip(bytes, kLargestPlain, file, diags);
  return plain ? readFrom(spec::MemorySource(*plain), file, network, diags) : std::nullopt;
}

std::optional<Weights> readWeights(const NetworkSpec& network, Diagnostics& diags) {
  const std::string path =
      (std::filesystem::path(network.file).parent_path() / network.weights_file).lexically_normal().string();
  if (path.ends_with(kCompressed)) {
    const auto bytes = readFile(path, diags);
    return bytes ? parseWeights(*bytes, path, network, diags) : std::nullopt;
  }
  const auto source = spec::FileSource::open(path, diags);
  if (!source) return std::nullopt;
  return readFrom(*source, path, network, diags);
}

}  // namespace neuspin

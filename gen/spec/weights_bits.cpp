// Stored weights and posteriors of weights.
#include <fmt/format.h>

#include <algorithm>

#include "spec/posterior.hpp"
#include "spec/tensor_values.hpp"
#include "spec/weights_reader.hpp"

namespace neuspin::spec {
namespace {

constexpr std::size_t kChunk = std::size_t{1}
                               << 18;  // stays in the second-level cache between reading and packing

/// Shape of a layer's weights: [outputs, inputs], a convolution's [outputs, channels, kernel, kernel]; before
/// them the arrays if there are several.
std::vector<std::uint64_t> weightShape(const LayerSpec& layer, int arrays) {
  std::vector<std::uint64_t> shape;
  if (arrays > 1) shape.push_back(static_cast<std::uint64_t>(arrays));
  shape.push_back(static_cast<std::uint64_t>(layer.outputs));
  if (layer.conv) {
    shape.push_back(static_cast<std::uint64_t>(layer.in.channels));
    for (int side = 0; side < 2; ++side) shape.push_back(static_cast<std::uint64_t>(layer.conv->kernel));
  } else {
    shape.push_back(static_cast<std::uint64_t>(layer.inputs));
  }
  return shape;
}

/// The same with a convolution's window flattened to one dimension.
std::vector<std::uint64_t> flatShape(const LayerSpec& layer, std::vector<std::uint64_t> shape) {
  if (!layer.conv) return shape;
  shape.resize(shape.size() - 3);
  shape.push_back(static_cast<std::uint64_t>(layer.inputs));
  return shape;
}

}  // namespace

void WeightsReader::packRows(const std::string& name, const Tensor& tensor, const LayerSpec& layer,
                             LayerWeights& weights) {
  const auto inputs = static_cast<std::size_t>(layer.inputs),
             outputs = static_cast<std::size_t>(layer.outputs),
             slices = static_cast<std::size_t>(weights.slices);
  const auto words = static_cast<std::size_t>(weights.words_per_row);
  const std::size_t all_rows = outputs * static_cast<std::size_t>(weights.arrays);
  weights.weight_bits.resize(all_rows * slices * words);
  const PackRow pack = packerFor(tensor.dtype);
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
                                   : packLevels(from, inputs, weights.slices, to, outputs * words);
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
  diags_.error("missing-tensor", where(name), "the tensor is missing",
               fmt::format("store the weights of layer {} as {} of shape {}{}{}", quoteWord(layer.name),
                           quoteWord(name), shape,
                           name.ends_with(".weight") && std::holds_alternative<SpinBayes>(layer.scheme)
                               ? ", or their posterior as weight_mu and weight_sigma"
                               : "",
                           close.empty() ? "" : fmt::format(" (there is a {})", quoteWord(close))));
}

bool WeightsReader::checkShape(const LayerSpec& layer, const std::string& name, const Tensor& tensor,
                               const std::vector<std::uint64_t>& wanted) {
  if (tensor.shape == wanted || tensor.shape == flatShape(layer, wanted)) return true;
  std::vector<std::uint64_t> transposed = tensor.shape;
  if (transposed.size() >= 2) std::swap(transposed.back(), transposed[transposed.size() - 2]);
  diags_.error("wrong-shape", where(name),
               fmt::format("the shape is {}, layer {} needs {}", shapeText(tensor.shape),
                           quoteWord(layer.name), shapeText(wanted)),
               transposed == wanted && !layer.conv ? "transpose it: rows are outputs, columns inputs"
                                                   : "correct the tensor, or the sizes in network.toml");
  return false;
}

void WeightsReader::readBits(const LayerSpec& layer, LayerWeights& weights) {
  const std::string name = layer.name + ".weight";
  const std::vector<std::uint64_t> wanted = weightShape(layer, weights.arrays);
  const Tensor* tensor = find(name);
  if (tensor == nullptr) return missing(layer, name, shapeText(wanted));
  const bool legal = weights.slices > 1 ? tensor->dtype == "I8" : packerFor(tensor->dtype) != nullptr;
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
  const std::vector<std::uint64_t> wanted = weightShape(layer, 1);
  if (tensor == nullptr) {
    missing(layer, name, shapeText(wanted));
    return false;
  }
  if (!checkShape(layer, name, *tensor, wanted)) return false;
  if (toDoubles(tensor->dtype, {})) return true;
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
  values = *toDoubles(tensor.dtype, raw);
  return checkValues(name, values, output);
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
  const auto level = quantisePosterior(row, seed_, index, layer.inputs, weights);
  if (!level) return;
  if (*level == 0) {
    diags_.error("empty-posterior", where(mu_name), "every weight is 0 and has no spread",
                 "store the trained posterior");
    return;
  }
  for (double& scale : weights.scale) scale *= *level;
}

}  // namespace neuspin::spec

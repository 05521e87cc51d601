#include "import/bnn_layers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "device/draw.hpp"

namespace neuspin::bnn {
namespace {

using evaluate::IntegerArray;

constexpr double kFraction = 256;  ///< scale_q and theta_q of the subset method have 8 fraction bits

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
                      ConvertedLayer& converted) {
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
                std::size_t index, ConvertedLayer& converted) {
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
                   ConvertedLayer& converted) {
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
                 ConvertedLayer& converted) {
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

}  // namespace

std::vector<ConvertedLayer> convertLayers(const BnnDescription& network, const Arrays& arrays,
                                          const std::string& file, std::uint32_t seed, Diagnostics& diags) {
  ArrayReader reader(arrays, file, diags);
  std::vector<ConvertedLayer> layers;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    ConvertedLayer& converted = layers.emplace_back();
    converted.weights = readWeights(reader, network, network.layers[i], fmt::format("L{}_", i));
    if (network.layers[i].last) {
      convertLast(reader, network, i, seed, converted);
    } else {
      convertHidden(reader, network, i, seed, converted);
    }
  }
  return layers;
}

}  // namespace neuspin::bnn

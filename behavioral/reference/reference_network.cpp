#include "reference/reference_network.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <variant>

#include "device/draw.hpp"

namespace neuspin::reference {

namespace {

// One output of a layer, as spec.hpp states it. Every sum is a whole number far below 2^53, so it is exact in
// a double; the expressions below are evaluated in IEEE double in exactly this order (no fused multiply-add).
struct Output {
  double scale, bias, gamma, beta, mean, var, eps;

  [[nodiscard]] double a(bool dropped) const { return dropped ? 1.0 : scale; }
  [[nodiscard]] double y(double sum, bool dropped) const {
    return gamma * (a(dropped) * sum + bias - mean) / std::sqrt(var + eps) + beta;
  }
  [[nodiscard]] double slope(bool dropped) const { return gamma * a(dropped) / std::sqrt(var + eps); }
  [[nodiscard]] double constant() const { return gamma * (bias - mean) / std::sqrt(var + eps) + beta; }
};

struct Layer {
  Eigen::MatrixXd weights;  ///< ±1, outputs × inputs
  std::vector<Output> outputs;
  bool last = false;
  bool stochastic = false;
  std::uint32_t unit = 0;        ///< of its dropout device, if stochastic
  std::uint64_t drop_below = 0;  ///< a draw below this drops the scale

  Layer(const LayerSpec& spec, const LayerWeights& given)
      : weights(spec.outputs, spec.inputs), last(spec.last) {
    for (int o = 0; o < spec.outputs; ++o) {
      for (int i = 0; i < spec.inputs; ++i) weights(o, i) = given.weight(o, i) ? 1.0 : -1.0;
      const auto k = static_cast<std::size_t>(o);
      outputs.push_back({.scale = given.scale[k],
                         .bias = given.bias[k],
                         .gamma = given.gamma[k],
                         .beta = given.beta[k],
                         .mean = given.mean[k],
                         .var = given.var[k],
                         .eps = spec.norm_eps});
    }
    if (const auto* drop = std::get_if<ScaleDropout>(&spec.scheme)) {
      stochastic = true;
      drop_below = static_cast<std::uint64_t>(std::llround(std::ldexp(drop->probability, 32)));
    }
  }

  [[nodiscard]] bool drops(std::uint32_t seed, std::int64_t event) const {
    return stochastic && device::draw(seed, unit, static_cast<std::uint32_t>(event)) < drop_below;
  }
};

double encode(const InputSpec& input, std::uint8_t pixel) {
  if (input.encoding == InputEncoding::Bipolar) return pixel >= input.threshold ? 1.0 : -1.0;
  return pixel >> (8 - input.bits);
}

/// Adds softmax(logits)/passes to `mean`.
void addSoftmax(const std::vector<double>& logits, int passes, std::vector<double>& mean) {
  const double largest = *std::ranges::max_element(logits);
  double sum = 0;
  for (const double logit : logits) sum += std::exp(logit - largest);
  for (std::size_t c = 0; c < logits.size(); ++c) mean[c] += std::exp(logits[c] - largest) / sum / passes;
}

}  // namespace

struct ReferenceNetwork::Impl {
  InputSpec input;
  int default_passes = 1;
  std::vector<Layer> layers;
  bool stochastic = false;
  int logit_fraction = 0;
  std::vector<std::int64_t> logit_scale[2];  ///< [dropped][class]
  std::vector<std::int64_t> logit_offset;    ///< [class]

  Impl(const NetworkSpec& network, const Weights& weights)
      : input(network.input), default_passes(network.passes) {
    std::uint32_t units = 0;
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
      Layer& layer = layers.emplace_back(network.layers[l], weights.layers[l]);
      if (layer.stochastic) layer.unit = units++;
    }
    stochastic = units > 0;
    quantiseLogits(network.logit_scale_bits);
  }

  // Integer logits: slope and constant of every class in units of 2^−f, f as large as the slopes' word
  // allows.
  void quantiseLogits(int scale_bits) {
    const Layer& last = layers.back();
    double largest = 0;
    for (const Output& output : last.outputs) {
      largest = std::max(largest, std::abs(output.slope(false)));
      if (last.stochastic) largest = std::max(largest, std::abs(output.slope(true)));
    }
    constexpr int kMostFraction = 24;
    const double room = std::ldexp(1.0, scale_bits - 1) - 1;
    logit_fraction = largest > 0 ? std::clamp(std::ilogb(room / largest), 0, kMostFraction) : kMostFraction;
    for (const Output& output : last.outputs) {
      for (const bool dropped : {false, true}) {
        logit_scale[dropped].push_back(std::llround(std::ldexp(output.slope(dropped), logit_fraction)));
      }
      logit_offset.push_back(std::llround(std::ldexp(output.constant(), logit_fraction)));
    }
  }

  [[nodiscard]] Eigen::MatrixXd encodeImages(std::span<const std::uint8_t> pixels) const {
    const auto features = static_cast<Eigen::Index>(input.features);
    Eigen::MatrixXd x(features, static_cast<Eigen::Index>(pixels.size()) / features);
    for (Eigen::Index i = 0; i < x.size(); ++i)
      x.data()[i] = encode(input, pixels[static_cast<std::size_t>(i)]);
    return x;
  }

  void lastLayer(const Layer& layer, const Eigen::MatrixXd& sums, Eigen::Index column, bool dropped,
                 int passes, Result& result) const {
    std::vector<double> real;
    std::vector<std::int64_t> integer;
    for (std::size_t c = 0; c < layer.outputs.size(); ++c) {
      const double sum = sums(static_cast<Eigen::Index>(c), column);
      real.push_back(layer.outputs[c].y(sum, dropped));
      integer.push_back(static_cast<std::int64_t>(sum) * logit_scale[dropped][c] + logit_offset[c]);
    }
    if (result.logits.empty()) {
      result.mean_probability.assign(real.size(), 0.0);
      result.integer_votes.assign(real.size(), 0);
      result.integer_sum_logits.assign(real.size(), 0);
    }
    addSoftmax(real, passes, result.mean_probability);
    ++result.integer_votes[static_cast<std::size_t>(std::ranges::max_element(integer) - integer.begin())];
    for (std::size_t c = 0; c < integer.size(); ++c) result.integer_sum_logits[c] += integer[c];
    result.logits.push_back(std::move(real));
    result.integer_logits.push_back(std::move(integer));
  }

  /// All passes of some images; `first` is the position of the first one in the stream.
  [[nodiscard]] std::vector<Result> runImages(std::span<const std::uint8_t> pixels, std::uint32_t seed,
                                              std::int64_t first, int passes) const {
    const Eigen::MatrixXd images = encodeImages(pixels);
    std::vector<Result> results(static_cast<std::size_t>(images.cols()));
    // Columns from here on: image 0's passes, image 1's, … The first layer's sums are the same in all passes
    // of an image.
    const Eigen::MatrixXd image_sums = layers.front().weights * images;
    Eigen::MatrixXd sums(image_sums.rows(), images.cols() * passes);
    for (Eigen::Index column = 0; column < sums.cols(); ++column)
      sums.col(column) = image_sums.col(column / passes);
    for (std::size_t l = 0; l < layers.size(); ++l) {
      const Layer& layer = layers[l];
      if (l > 0) sums = (layer.weights * sums).eval();
      for (Eigen::Index column = 0; column < sums.cols(); ++column) {
        const bool dropped = layer.drops(seed, first * passes + column);
        if (layer.last) {
          lastLayer(layer, sums, column, dropped, passes, results[static_cast<std::size_t>(column / passes)]);
          continue;
        }
        for (Eigen::Index o = 0; o < sums.rows(); ++o) {
          const double y = layer.outputs[static_cast<std::size_t>(o)].y(sums(o, column), dropped);
          sums(o, column) = y >= 0 ? 1.0 : -1.0;  // from here on the activations, inputs of the next layer
        }
      }
    }
    return results;
  }
};

ReferenceNetwork::ReferenceNetwork(const NetworkSpec& network, const Weights& weights)
    : impl_(std::make_unique<Impl>(network, weights)) {}

ReferenceNetwork::~ReferenceNetwork() = default;

int ReferenceNetwork::passes(const Options& options) const {
  if (!impl_->stochastic) return 1;
  return options.passes > 0 ? options.passes : impl_->default_passes;
}

int ReferenceNetwork::logitFraction() const {
  return impl_->logit_fraction;
}

void ReferenceNetwork::run(std::span<const std::uint8_t> pixels, const Options& options,
                           const std::function<void(std::int64_t, const Result&)>& sink) const {
  const auto features = static_cast<std::size_t>(impl_->input.features);
  if (pixels.size() % features != 0) throw std::invalid_argument("pixels are not a whole number of images");
  const std::size_t images = pixels.size() / features;
  constexpr std::size_t kImagesAtOnce = 32;  // large enough for efficient matrix products
  for (std::size_t begin = 0; begin < images; begin += kImagesAtOnce) {
    const std::size_t count = std::min(kImagesAtOnce, images - begin);
    const auto results =
        impl_->runImages(pixels.subspan(begin * features, count * features), options.seed,
                         options.first_image + static_cast<std::int64_t>(begin), passes(options));
    for (std::size_t i = 0; i < count; ++i) sink(static_cast<std::int64_t>(begin + i), results[i]);
  }
}

}  // namespace neuspin::reference

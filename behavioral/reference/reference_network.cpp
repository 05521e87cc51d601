#include "reference/reference_network.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "reference/layer.hpp"

namespace neuspin::reference {

namespace {

double encode(const InputSpec& input, std::uint8_t pixel) {
  switch (input.encoding) {
    case InputEncoding::Bipolar:
      return pixel >= input.threshold ? 1.0 : -1.0;
    case InputEncoding::Unsigned:
      return pixel >> (8 - input.bits);
    case InputEncoding::Signed: {
      const double unit = std::ldexp(1.0, input.bits - 1);
      return std::clamp(std::round((2.0 * pixel / 255.0 - 1.0) * unit), -unit,
                        unit - 1);  // never just between two
    }
  }
  return 0;
}

/// One column an image → one a pass: image 0's passes, image 1's, …
Eigen::MatrixXd repeatColumns(const Eigen::MatrixXd& images, int passes) {
  Eigen::MatrixXd columns(images.rows(), images.cols() * passes);
  for (Eigen::Index c = 0; c < columns.cols(); ++c) columns.col(c) = images.col(c / passes);
  return columns;
}

/// Adds softmax(logits)/passes to `mean`.
void addSoftmax(const std::vector<double>& logits, int passes, std::vector<double>& mean) {
  const double largest = *std::ranges::max_element(logits);
  double sum = 0;
  for (const double logit : logits) sum += std::exp(logit - largest);
  for (std::size_t c = 0; c < logits.size(); ++c) mean[c] += std::exp(logits[c] - largest) / sum / passes;
}

void addPass(std::vector<double> real, std::vector<std::int64_t> integer, int passes, Result& result) {
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

/// Activations of both networks, one column an image, or one a pass from the first stochastic layer on. As
/// long as no layer let them differ there is only `real`.
struct Activations {
  Eigen::MatrixXd real, integer;
  bool differ = false;
};

}  // namespace

struct ReferenceNetwork::Impl {
  InputSpec input;
  int default_passes = 1;
  Choices choices;
  std::vector<Layer> layers;

  Impl(const NetworkSpec& network, const Weights& weights, const Hardware& hardware)
      : input(network.input), default_passes(network.passes), choices(network, hardware) {
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
      layers.emplace_back(network.layers[l], weights.layers[l], network.scale_bits, network.logit_scale_bits);
    }
  }

  [[nodiscard]] bool isAdded(std::size_t layer) const {
    return std::ranges::any_of(layers, [&](const Layer& l) { return l.skip() == static_cast<int>(layer); });
  }

  [[nodiscard]] Eigen::MatrixXd encodeImages(std::span<const std::uint8_t> pixels) const {
    const auto features = static_cast<Eigen::Index>(input.features);
    Eigen::MatrixXd x(features, static_cast<Eigen::Index>(pixels.size()) / features);
    for (Eigen::Index i = 0; i < x.size(); ++i)
      x.data()[i] = encode(input, pixels[static_cast<std::size_t>(i)]);
    return x;
  }

  /// S of one layer, one column a pass. What no choice of a pass has touched yet is computed once an image.
  static Eigen::MatrixXd sums(const Layer& layer, const Eigen::MatrixXd& x, const std::vector<Choice>& drawn,
                              int passes) {
    const bool untouched = x.cols() < std::ssize(drawn);
    if (!untouched) return layer.sums(x, drawn);
    if (layer.sumsAreFixed()) return repeatColumns(layer.sums(x, {}), passes);
    return layer.sums(repeatColumns(x, passes), drawn);
  }

  /// A hidden layer from its sums; `skip`: the activations that are added, one column an image or one a pass,
  /// or nothing.
  static Activations hiddenLayer(const Layer& layer, const Eigen::MatrixXd& real,
                                 const Eigen::MatrixXd& integer, bool differ, const Activations& skip,
                                 const std::vector<Choice>& drawn) {
    const auto added = [&](const Eigen::MatrixXd& from, Eigen::Index column) -> Eigen::VectorXd {
      if (from.size() == 0) return {};
      return from.col(column * from.cols() / real.cols());
    };
    Activations out{.real = Eigen::MatrixXd(real.rows(), real.cols()),
                    .integer = {},
                    .differ = differ || !layer.isExact()};
    if (out.differ) out.integer.resize(real.rows(), real.cols());
    for (Eigen::Index column = 0; column < real.cols(); ++column) {
      const Choice& choice = drawn[static_cast<std::size_t>(column)];
      out.real.col(column) = layer.evaluate(real.col(column), added(skip.real, column), choice);
      if (out.differ) {
        const Eigen::MatrixXd& integers = skip.differ ? skip.integer : skip.real;
        out.integer.col(column) = layer.evaluateInteger(integer.col(column), added(integers, column), choice);
      }
    }
    return out;
  }

  /// All passes of some images; `first` is the position of the first one in the stream.
  [[nodiscard]] std::vector<Result> runImages(std::span<const std::uint8_t> pixels, std::uint32_t seed,
                                              std::int64_t first, int passes) const {
    Activations x{.real = encodeImages(pixels), .integer = {}};
    const std::int64_t images = x.real.cols();
    std::vector<Result> results(static_cast<std::size_t>(images));
    std::vector<Activations> kept(layers.size());  // of the layers that a later one adds
    for (std::size_t l = 0; l < layers.size(); ++l) {
      const Layer& layer = layers[l];
      const auto drawn = choices.draw(l, seed, first * passes, images * passes);
      const Eigen::MatrixXd real = sums(layer, x.real, drawn, passes);
      const Eigen::MatrixXd integer = x.differ ? sums(layer, x.integer, drawn, passes) : real;
      if (!layer.last()) {
        static const Activations kNothing;
        const Activations& skip = layer.skip() < 0 ? kNothing : kept[static_cast<std::size_t>(layer.skip())];
        x = hiddenLayer(layer, real, integer, x.differ, skip, drawn);
        if (isAdded(l)) kept[l] = x;
        continue;
      }
      for (Eigen::Index column = 0; column < real.cols(); ++column) {
        const Choice& choice = drawn[static_cast<std::size_t>(column)];
        const Eigen::VectorXd logits = layer.evaluate(real.col(column), {}, choice);
        addPass({logits.begin(), logits.end()}, layer.integerLogits(integer.col(column), choice), passes,
                results[static_cast<std::size_t>(column / passes)]);
      }
    }
    return results;
  }
};

ReferenceNetwork::ReferenceNetwork(const NetworkSpec& network, const Weights& weights,
                                   const Hardware& hardware)
    : impl_(std::make_unique<Impl>(network, weights, hardware)) {}

ReferenceNetwork::~ReferenceNetwork() = default;

int ReferenceNetwork::passes(const Options& options) const {
  if (!impl_->choices.stochastic()) return 1;
  return options.passes > 0 ? options.passes : impl_->default_passes;
}

int ReferenceNetwork::logitFraction() const {
  return impl_->layers.back().fraction();
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

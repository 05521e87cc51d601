// Every sum is a whole number far below 2^53, so it is exact in a double; the float expressions are evaluated
// in IEEE double in the order in which they are written (no fused multiply-add).
#include "reference/layer.hpp"

#include <algorithm>
#include <cmath>
#include <variant>

#include "support/overloaded.hpp"

namespace neuspin::reference {

namespace {

/// F(x, b) of the README: the most fraction bits with which x fits a signed word of b bits.
int fractionBits(double largest, int bits) {
  constexpr int kMost = 24;
  if (!(largest > 0)) return kMost;
  const double room = std::ldexp(1.0, bits - 1) - 1;
  return std::clamp(std::ilogb(room / largest), 0, kMost);
}

std::int64_t toFixed(double value, int fraction) {
  return std::llround(std::ldexp(value, fraction));
}

/// Column numbers of every sample that the choices speak of.
std::vector<std::vector<Eigen::Index>> columnsBySample(const std::vector<Choice>& choices,
                                                       std::size_t samples) {
  std::vector<std::vector<Eigen::Index>> columns(samples);
  for (std::size_t c = 0; c < choices.size(); ++c)
    columns[static_cast<std::size_t>(choices[c].sample)].push_back(static_cast<Eigen::Index>(c));
  return columns;
}

Eigen::MatrixXd withoutDropped(Eigen::MatrixXd x, const std::vector<Choice>& choices) {
  for (std::size_t c = 0; c < choices.size(); ++c) {
    for (std::size_t i = 0; i < choices[c].dropped.size(); ++i) {
      if (choices[c].dropped[i]) x(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(c)) = 0;
    }
  }
  return x;
}

template <typename Number>
Eigen::VectorXd signs(const std::vector<Number>& values) {
  Eigen::VectorXd result(static_cast<Eigen::Index>(values.size()));
  Eigen::Index o = 0;
  for (const Number value : values) result(o++) = value >= 0 ? 1.0 : -1.0;
  return result;
}

/// +1 where u is at least the mean over the outputs, pixel by pixel; compared without a division. u:
/// [output][pixel].
template <typename Number>
Eigen::VectorXd aboveMean(const std::vector<Number>& u, std::size_t pixels) {
  const auto outputs = static_cast<Number>(u.size() / pixels);
  std::vector<Number> sums(pixels);
  for (std::size_t element = 0; element < u.size(); ++element) sums[element % pixels] += u[element];
  Eigen::VectorXd result(static_cast<Eigen::Index>(u.size()));
  for (std::size_t element = 0; element < u.size(); ++element)
    result(static_cast<Eigen::Index>(element)) = outputs * u[element] >= sums[element % pixels] ? 1.0 : -1.0;
  return result;
}

}  // namespace

Layer::Layer(const LayerSpec& spec, const LayerWeights& weights, int scale_bits, int logit_scale_bits)
    : spec_(spec),
      scheme_(spec.scheme),
      pixels_(spec.conv ? static_cast<std::size_t>(spec.out.pixels()) : 1),
      last_(spec.last),
      eps_(spec.norm_eps),
      given_(weights) {
  for (int array = 0; array < weights.arrays; ++array) {
    Eigen::MatrixXd& matrix = weights_.emplace_back(spec.outputs, spec.inputs);
    for (int o = 0; o < spec.outputs; ++o) {
      for (int i = 0; i < spec.inputs; ++i) matrix(o, i) = weights.value(array, o, i);
    }
  }
  given_.weight_bits.clear();
  double largest = 0;
  if (const auto* noise = std::get_if<SubsetNoise>(&scheme_)) {
    largest = largestNoisySlope(noise->noise_bits);
  } else {
    for (const Choice& bank : banks()) {
      for (std::size_t o = 0; o < given_.gamma.size(); ++o)
        largest = std::max(largest, std::abs(line(o, 0, bank).slope));
    }
  }
  fraction_ = fractionBits(largest, last_ ? logit_scale_bits : scale_bits);
}

bool Layer::sumsAreFixed() const {
  return std::visit(
      Overloaded{[](const SpinDrop&) { return false; },  //
                 [](const SpatialDropout&) { return false; }, [](const SpinBayes&) { return false; },
                 [](const Deterministic&) { return true; }, [](const ScaleDropout&) { return true; },
                 [](const AffineDropout&) { return true; }, [](const SubsetSamples&) { return true; },
                 [](const SubsetNoise&) { return true; }},
      scheme_);
}

bool Layer::isExact() const {
  return !std::holds_alternative<AffineDropout>(scheme_) && !std::holds_alternative<SubsetNoise>(scheme_);
}

/// One column a window, [inputs of a window × windows]; windows and the inputs of one in logical order.
Eigen::MatrixXd Layer::windows(const Eigen::VectorXd& map) const {
  const ConvSpec& conv = *spec_.conv;
  const Shape& in = spec_.in;
  const Shape out = spec_.usedWindows();
  Eigen::MatrixXd result(spec_.inputs, out.pixels());
  for (int window = 0; window < out.pixels(); ++window) {
    Eigen::Index input = 0;
    for (int c = 0; c < in.channels; ++c) {
      for (int ky = 0; ky < conv.kernel; ++ky) {
        for (int kx = 0; kx < conv.kernel; ++kx) {
          const int y = window / out.width * conv.stride - conv.padding + ky;
          const int x = window % out.width * conv.stride - conv.padding + kx;
          const bool inside = y >= 0 && y < in.height && x >= 0 && x < in.width;
          const double outside = conv.pad_minus_one ? -1.0 : 0.0;
          result(input++, window) = inside ? map((c * in.height + y) * in.width + x) : outside;
        }
      }
    }
  }
  return result;
}

/// [outputs × windows] → elements of the output map, each the largest sum of its pool × pool windows, or the
/// sum of them all.
Eigen::VectorXd Layer::pooled(const Eigen::MatrixXd& sums) const {
  const Shape& out = spec_.out;
  const int width = spec_.usedWindows().width;
  Eigen::VectorXd result(out.elements());
  Eigen::Index element = 0;
  for (int o = 0; o < out.channels; ++o) {
    for (int y = 0; y < out.height; ++y) {
      for (int x = 0; x < out.width; ++x) {
        double largest = sums(o, y * spec_.pool * width + x * spec_.pool), total = 0;
        for (int py = 0; py < spec_.pool; ++py) {
          for (int px = 0; px < spec_.pool; ++px) {
            const double sum = sums(o, (y * spec_.pool + py) * width + x * spec_.pool + px);
            largest = std::max(largest, sum);
            total += sum;
          }
        }
        result(element++) = spec_.pooling == Pooling::Max ? largest : total;
      }
    }
  }
  return result;
}

/// `choice`: nullptr where the sums are fixed. A dropped input takes no part, whether it lies inside the map
/// or in its padding.
Eigen::VectorXd Layer::convolve(const Eigen::VectorXd& map, const Choice* choice) const {
  Eigen::MatrixXd x = windows(map);
  if (choice != nullptr && !choice->dropped.empty()) {
    for (Eigen::Index window = 0; window < x.cols(); ++window) {
      for (Eigen::Index i = 0; i < x.rows(); ++i) {
        const bool own_mask = std::ssize(choice->dropped) > x.rows();
        if (choice->dropped[static_cast<std::size_t>((own_mask ? window * x.rows() : 0) + i)])
          x(i, window) = 0;
      }
    }
  }
  const bool sampled = choice != nullptr && std::holds_alternative<SpinBayes>(scheme_);
  return pooled(weights_[static_cast<std::size_t>(sampled ? choice->sample : 0)] * x);
}

Eigen::MatrixXd Layer::sums(const Eigen::MatrixXd& x, const std::vector<Choice>& choices) const {
  if (spec_.conv) {
    Eigen::MatrixXd result(spec_.out.elements(), x.cols());
    for (Eigen::Index column = 0; column < x.cols(); ++column)
      result.col(column) =
          convolve(x.col(column), choices.empty() ? nullptr : &choices[static_cast<std::size_t>(column)]);
    return result;
  }
  if (sumsAreFixed()) return weights_.front() * x;
  if (!std::holds_alternative<SpinBayes>(scheme_)) return weights_.front() * withoutDropped(x, choices);
  Eigen::MatrixXd result(spec_.outputs, x.cols());
  const auto columns = columnsBySample(choices, weights_.size());
  for (std::size_t array = 0; array < weights_.size(); ++array) {
    const Eigen::MatrixXd inputs = x(Eigen::all, columns[array]);
    result(Eigen::all, columns[array]) = weights_[array] * inputs;
  }
  return result;
}

/// What a window's sum counts: a of spec.hpp, of an average its share.
double Layer::scale(std::size_t element, const Choice& choice) const {
  return chosenScale(element, choice) / spec_.addedWindows();
}

/// a of spec.hpp.
double Layer::chosenScale(std::size_t element, const Choice& choice) const {
  const std::size_t o = outputOf(element);
  const double stored = given_.scale[o];
  const auto rescaled = [&](const auto& scheme) {
    return scheme.rescale ? stored * (1.0 / (1.0 - scheme.probability)) : stored;
  };
  return std::visit(Overloaded{[&](const Deterministic&) { return stored; },  //
                               [&](const SpinDrop& scheme) { return rescaled(scheme); },
                               [&](const SpatialDropout& scheme) { return rescaled(scheme); },
                               [&](const ScaleDropout&) { return choice.scale_dropped ? 1.0 : stored; },
                               [&](const AffineDropout&) { return stored; },
                               [&](const SubsetSamples&) {
                                 return given_.scale[static_cast<std::size_t>(choice.sample) * outputs() + o];
                               },
                               [&](const SubsetNoise& scheme) {
                                 return stored + given_.scale_sigma[o] *
                                                     (noise(element, choice) / std::sqrt(scheme.noise_bits));
                               },
                               [&](const SpinBayes&) { return stored; }},
                    scheme_);
}

double Layer::deviation(std::size_t o) const {
  return std::sqrt(given_.var[o] + eps_);
}

double Layer::gamma(std::size_t o, const Choice& choice) const {
  return choice.gamma_dropped ? 1.0 : given_.gamma[o];
}

double Layer::y(std::size_t element, double sum, double added, const Choice& choice) const {
  const std::size_t o = outputOf(element);
  const double z = scale(element, choice) * sum + given_.bias[o];
  if (std::holds_alternative<AffineDropout>(scheme_))
    return gamma(o, choice) * z + (choice.beta_dropped ? 0.0 : given_.beta[o]) + added;
  return gamma(o, choice) * (z - given_.mean[o]) / deviation(o) + given_.beta[o] + added;
}

Layer::Line Layer::line(std::size_t o, double added, const Choice& choice) const {
  const double slope = gamma(o, choice) * scale(o * pixels_, choice);
  if (std::holds_alternative<AffineDropout>(scheme_)) {
    const double shift = choice.beta_dropped ? 0.0 : given_.beta[o];
    return {.slope = slope, .constant = gamma(o, choice) * given_.bias[o] + shift + added};
  }
  return {.slope = slope / deviation(o),
          .constant =
              gamma(o, choice) * (given_.bias[o] - given_.mean[o]) / deviation(o) + given_.beta[o] + added};
}

/// One choice for every line that an output can have.
std::vector<Choice> Layer::banks() const {
  const Choice plain;
  return std::visit(
      Overloaded{[&](const Deterministic&) { return std::vector{plain}; },
                 [&](const SpinDrop&) { return std::vector{plain}; },
                 [&](const SpatialDropout&) { return std::vector{plain}; },
                 [&](const SpinBayes&) { return std::vector{plain}; },
                 [&](const ScaleDropout&) {
                   std::vector<Choice> banks(2);
                   banks[1].scale_dropped = true;
                   return banks;
                 },
                 [&](const AffineDropout&) {
                   std::vector<Choice> banks(4);
                   for (unsigned b = 0; b < 4; ++b) {
                     banks[b].gamma_dropped = (b & 1) != 0;
                     banks[b].beta_dropped = (b & 2) != 0;
                   }
                   return banks;
                 },
                 [&](const SubsetSamples& scheme) {
                   std::vector<Choice> banks(static_cast<std::size_t>(scheme.samples));
                   for (int s = 0; s < scheme.samples; ++s) banks[static_cast<std::size_t>(s)].sample = s;
                   return banks;
                 },
                 [&](const SubsetNoise&) { return std::vector<Choice>{}; }},  // has a rule of its own
      scheme_);
}

double Layer::largestNoisySlope(int noise_bits) const {
  const double bits = noise_bits;
  double largest = 0;
  for (std::size_t o = 0; o < given_.gamma.size(); ++o) {
    const double mu = given_.scale[o];
    const double sigma = given_.scale_sigma[o];
    if (last_) {
      const double noisy = given_.gamma[o] * sigma / (std::sqrt(bits) * deviation(o));
      largest = std::max(largest, std::abs(given_.gamma[o] * mu / deviation(o)) + bits * std::abs(noisy));
    } else {
      largest = std::max(largest, std::abs(mu) + std::abs(sigma) * std::sqrt(bits));
    }
  }
  return largest;
}

Layer::NoisyLine Layer::noisyLine(std::size_t o, double added, int noise_bits) const {
  const double gamma = given_.gamma[o];
  const double mu = given_.scale[o];
  const double sigma = given_.scale_sigma[o];
  const double root = std::sqrt(noise_bits);
  if (last_) {
    const double constant = gamma * (given_.bias[o] - given_.mean[o]) / deviation(o) + given_.beta[o];
    return {.slope = toFixed(gamma * mu / deviation(o), fraction_),
            .noise_slope = toFixed(gamma * sigma / (root * deviation(o)), fraction_),
            .constant = toFixed(constant, fraction_)};
  }
  if (gamma == 0) return {.slope = 0, .noise_slope = 0, .constant = given_.beta[o] + added >= 0 ? 0 : -1};
  // Only the sign of y counts: divided by gamma's size and multiplied by the deviation, the scale itself
  // remains.
  const double direction = gamma > 0 ? 1.0 : -1.0;
  const double constant =
      direction * (given_.bias[o] - given_.mean[o] + (given_.beta[o] + added) * deviation(o) / gamma);
  const double limit = std::ldexp(1.0, 40);
  return {.slope = toFixed(direction * mu, fraction_),
          .noise_slope = toFixed(direction * sigma / root, fraction_),
          .constant = std::llround(std::clamp(std::ldexp(constant, fraction_), -limit, limit))};
}

Eigen::VectorXd Layer::evaluate(const Eigen::VectorXd& sums, const Eigen::VectorXd& skip,
                                const Choice& choice) const {
  std::vector<double> values;
  for (std::size_t element = 0; element < static_cast<std::size_t>(sums.size()); ++element)
    values.push_back(y(element, sums(static_cast<Eigen::Index>(element)), added(skip, element), choice));
  if (last_) return Eigen::Map<Eigen::VectorXd>(values.data(), sums.size());
  return std::holds_alternative<AffineDropout>(scheme_) ? aboveMean(values, pixels_) : signs(values);
}

Eigen::VectorXd Layer::evaluateInteger(const Eigen::VectorXd& sums, const Eigen::VectorXd& skip,
                                       const Choice& choice) const {
  if (isExact()) return evaluate(sums, skip, choice);
  const auto values = fixedPoint(sums, skip, choice);
  return std::holds_alternative<AffineDropout>(scheme_) ? aboveMean(values, pixels_) : signs(values);
}

std::vector<std::int64_t> Layer::integerLogits(const Eigen::VectorXd& sums, const Choice& choice) const {
  return fixedPoint(sums, {}, choice);
}

std::vector<std::int64_t> Layer::fixedPoint(const Eigen::VectorXd& sums, const Eigen::VectorXd& skip,
                                            const Choice& choice) const {
  std::vector<std::int64_t> values;
  for (std::size_t element = 0; element < static_cast<std::size_t>(sums.size()); ++element) {
    const std::size_t o = outputOf(element);
    const auto sum = static_cast<std::int64_t>(sums(static_cast<Eigen::Index>(element)));
    if (const auto* subset = std::get_if<SubsetNoise>(&scheme_)) {
      const NoisyLine line = noisyLine(o, added(skip, element), subset->noise_bits);
      values.push_back((line.slope + line.noise_slope * noise(element, choice)) * sum + line.constant);
    } else {
      const Line exact = line(o, added(skip, element), choice);
      values.push_back(sum * toFixed(exact.slope, fraction_) + toFixed(exact.constant, fraction_));
    }
  }
  return values;
}

}  // namespace neuspin::reference

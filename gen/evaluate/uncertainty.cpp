#include "evaluate/uncertainty.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace neuspin::evaluate {

namespace {

constexpr std::array kFields = {&Uncertainty::entropy,
                                &Uncertainty::aleatoric,
                                &Uncertainty::mutual_information,
                                &Uncertainty::corrected_information,
                                &Uncertainty::variance,
                                &Uncertainty::variation_ratio,
                                &Uncertainty::max_probability,
                                &Uncertainty::max_logit};
static_assert(sizeof(Uncertainty) == kFields.size() * sizeof(double), "average() must know every field");

double weightOf(std::span<const double> weights, std::size_t pass, std::size_t passes) {
  return weights.empty() ? 1.0 / static_cast<double>(passes) : weights[pass];
}

/// Σ_c (unbiased variance of p_c over the passes) / (2·T·p̄_c): the leading term by which T passes
/// underestimate the mutual information (second-order expansion of the entropy around the mean).
double finitePassTerm(std::span<const double> variances, std::span<const double> mean, std::size_t passes) {
  if (passes < 2) return 0;
  double sum = 0;
  for (std::size_t c = 0; c < mean.size(); ++c) sum += mean[c] > 0 ? variances[c] / mean[c] : 0;
  return sum / (2 * static_cast<double>(passes - 1));  // unbiased variance = biased · T/(T − 1)
}

}  // namespace

double entropy(std::span<const double> p) {
  double sum = 0;
  for (const double value : p) sum -= value > 0 ? value * std::log(value) : 0;
  return sum;
}

void softmax(std::span<const std::int32_t> logits, double unit, std::span<double> p) {
  const std::int64_t most = *std::ranges::max_element(logits);
  double sum = 0;
  for (std::size_t c = 0; c < logits.size(); ++c)
    sum += p[c] = std::exp(static_cast<double>(logits[c] - most) * unit);
  for (double& value : p) value /= sum;
}

Uncertainty assess(std::span<const double> p, std::span<const double> weights, std::span<double> mean) {
  const std::size_t classes = mean.size();
  const std::size_t passes = p.size() / classes;
  Uncertainty result;
  std::vector<double> votes(classes, 0.0), variances(classes, 0.0);
  std::ranges::fill(mean, 0.0);
  for (std::size_t t = 0; t < passes; ++t) {
    const auto pass = p.subspan(t * classes, classes);
    const double weight = weightOf(weights, t, passes);
    for (std::size_t c = 0; c < classes; ++c) mean[c] += weight * pass[c];
    result.aleatoric += weight * entropy(pass);
    votes[static_cast<std::size_t>(std::ranges::max_element(pass) - pass.begin())] += weight;
  }
  for (std::size_t t = 0; t < passes; ++t) {
    for (std::size_t c = 0; c < classes; ++c) {
      const double difference = p[t * classes + c] - mean[c];
      variances[c] += weightOf(weights, t, passes) * difference * difference;
    }
  }
  for (const double value : variances) result.variance += value;
  result.entropy = entropy(mean);
  // Passes that agree leave rounding errors of either sign; ranked, they would look like information.
  constexpr double kRounding = 1e-12;
  const double information = result.entropy - result.aleatoric;
  result.mutual_information = information < kRounding ? 0 : information;
  result.corrected_information =
      result.mutual_information + (weights.empty() ? finitePassTerm(variances, mean, passes) : 0);
  result.variation_ratio = std::max(0.0, 1 - *std::ranges::max_element(votes));
  result.max_probability = *std::ranges::max_element(mean);
  return result;
}

Uncertainty assessLogits(std::span<const std::int32_t> logits, double unit, std::span<const double> weights,
                         std::span<double> mean) {
  const std::size_t classes = mean.size();
  const std::size_t passes = logits.size() / classes;
  std::vector<double> p(logits.size());
  double max_logit = 0;
  for (std::size_t t = 0; t < passes; ++t) {
    const auto pass = logits.subspan(t * classes, classes);
    softmax(pass, unit, std::span(p).subspan(t * classes, classes));
    max_logit += weightOf(weights, t, passes) * *std::ranges::max_element(pass) * unit;
  }
  Uncertainty result = assess(p, weights, mean);
  result.max_logit = max_logit;
  return result;
}

Uncertainty average(std::span<const Uncertainty> images) {
  Uncertainty mean;
  for (const auto field : kFields) {
    for (const Uncertainty& image : images) mean.*field += image.*field;
    if (!images.empty()) mean.*field /= static_cast<double>(images.size());
  }
  return mean;
}

}  // namespace neuspin::evaluate

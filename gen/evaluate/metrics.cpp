#include "evaluate/metrics.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "device/draw.hpp"

namespace neuspin::evaluate {

namespace {

constexpr int kBins = 15;
constexpr int kNullDraws = 500;
constexpr std::uint32_t kNullSeed = 0x45434530;  // any fixed value

struct Bin {
  double confidence = 0;
  std::int64_t right = 0;
};

std::size_t binOf(double confidence) {
  return static_cast<std::size_t>(std::clamp(static_cast<int>(kBins * confidence), 0, kBins - 1));
}

/// The sizes of the bins cancel: |bin|/N · |right/|bin| − confidence/|bin|| = |right − confidence|/N.
double errorOf(const std::array<Bin, kBins>& bins, std::size_t images) {
  double sum = 0;
  for (const Bin& bin : bins) sum += std::abs(static_cast<double>(bin.right) - bin.confidence);
  return images == 0 ? 0 : sum / static_cast<double>(images);
}

double entropy(std::span<const double> probabilities) {
  double sum = 0;
  for (const double p : probabilities) sum -= p > 0 ? p * std::log(p) : 0;
  return sum;
}

}  // namespace

double calibrationError(std::span<const double> confidence, std::span<const std::uint8_t> right) {
  std::array<Bin, kBins> bins;
  for (std::size_t i = 0; i < confidence.size(); ++i) {
    Bin& bin = bins[binOf(confidence[i])];
    bin.confidence += confidence[i];
    bin.right += right[i] != 0 ? 1 : 0;
  }
  return errorOf(bins, confidence.size());
}

NullCalibration nullCalibration(std::span<const double> confidence, int draws) {
  std::array<Bin, kBins> expected;
  for (const double value : confidence) expected[binOf(value)].confidence += value;
  constexpr double kTwo32 = 4294967296.0;
  std::vector<double> errors;
  for (int d = 0; d < draws; ++d) {
    auto bins = expected;
    for (std::size_t i = 0; i < confidence.size(); ++i) {
      const std::uint32_t draw =
          device::draw(kNullSeed, static_cast<std::uint32_t>(d), static_cast<std::uint32_t>(i));
      bins[binOf(confidence[i])].right += draw < confidence[i] * kTwo32 ? 1 : 0;
    }
    errors.push_back(errorOf(bins, confidence.size()));
  }
  if (errors.empty()) return {};
  std::ranges::sort(errors);
  double sum = 0;
  for (const double error : errors) sum += error;
  const auto rank = static_cast<std::size_t>(std::ceil(0.95 * static_cast<double>(errors.size())));
  return {.mean = sum / static_cast<double>(errors.size()), .percentile_95 = errors[rank - 1]};
}

Metrics computeMetrics(const Predictions& predictions, std::span<const std::uint8_t> labels, double floor) {
  Metrics metrics;
  const std::size_t images = predictions.images();
  if (images == 0) return metrics;
  std::vector<double> confidence;
  std::vector<std::uint8_t> right;
  for (std::size_t i = 0; i < images; ++i) {
    const auto p = predictions.image(i);
    const std::size_t label = labels[i];
    const auto best = std::ranges::max_element(p);  // the first of equals
    confidence.push_back(*best);
    right.push_back(static_cast<std::size_t>(best - p.begin()) == label);
    metrics.accuracy += right.back();
    metrics.nll -= std::log(std::max(p[label], floor));
    metrics.predictive_entropy += entropy(p);
    for (std::size_t c = 0; c < p.size(); ++c) {
      const double difference = p[c] - (c == label ? 1.0 : 0.0);
      metrics.brier += difference * difference;
    }
  }
  const auto n = static_cast<double>(images);
  metrics.accuracy /= n;
  metrics.nll /= n;
  metrics.brier /= n;
  metrics.predictive_entropy /= n;
  metrics.ece = calibrationError(confidence, right);
  const NullCalibration null = nullCalibration(confidence, kNullDraws);
  metrics.ece_null_mean = null.mean;
  metrics.ece_null_95 = null.percentile_95;
  return metrics;
}

}  // namespace neuspin::evaluate

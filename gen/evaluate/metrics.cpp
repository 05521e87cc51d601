#include "evaluate/metrics.hpp"

#include <algorithm>
#include <cmath>

#include "evaluate/sampling_error.hpp"
#include "evaluate/uncertainty.hpp"

namespace neuspin::evaluate {

namespace {

constexpr int kNullDraws = 500;

double classWiseError(const Predictions& predictions, std::span<const std::uint8_t> labels) {
  const auto classes = static_cast<std::size_t>(predictions.classes);
  std::vector<double> confidence(labels.size());
  std::vector<std::uint8_t> right(labels.size());
  double sum = 0;
  for (std::size_t c = 0; c < classes; ++c) {
    for (std::size_t i = 0; i < labels.size(); ++i) {
      confidence[i] = predictions.image(i)[c];
      right[i] = labels[i] == c;
    }
    sum += calibrationError(confidence, right);
  }
  return sum / static_cast<double>(classes);
}

}  // namespace

std::vector<ImageLoss> imageLosses(const Predictions& predictions, std::span<const std::uint8_t> labels,
                                   double floor) {
  std::vector<ImageLoss> losses;
  losses.reserve(labels.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto p = predictions.image(i);
    const std::size_t label = labels[i];
    const auto best = std::ranges::max_element(p);  // the first of equals
    ImageLoss loss{.nll = -std::log(std::max(p[label], floor)),
                   .confidence = *best,
                   .right = static_cast<std::size_t>(best - p.begin()) == label};
    for (std::size_t c = 0; c < p.size(); ++c) {
      const double difference = p[c] - (c == label ? 1.0 : 0.0);
      loss.brier += difference * difference;
    }
    losses.push_back(loss);
  }
  return losses;
}

Metrics computeMetrics(const Predictions& predictions, std::span<const std::uint8_t> labels, double floor) {
  Metrics metrics;
  const std::size_t images = predictions.images();
  if (images == 0) return metrics;
  std::vector<double> confidence;
  std::vector<std::uint8_t> right;
  std::int64_t count_right = 0;
  for (const ImageLoss& loss : imageLosses(predictions, labels.first(images), floor)) {
    confidence.push_back(loss.confidence);
    right.push_back(loss.right);
    count_right += loss.right;
    metrics.nll += loss.nll;
    metrics.brier += loss.brier;
  }
  for (std::size_t i = 0; i < images; ++i) metrics.predictive_entropy += entropy(predictions.image(i));
  const auto n = static_cast<double>(images);
  metrics.accuracy = static_cast<double>(count_right) / n;
  metrics.accuracy_95 = wilson(count_right, static_cast<std::int64_t>(images));
  metrics.nll /= n;
  metrics.brier /= n;
  metrics.predictive_entropy /= n;
  metrics.ece = calibrationError(confidence, right);
  metrics.ece_equal_mass = equalMassCalibrationError(confidence, right);
  metrics.ece_class_wise = classWiseError(predictions, labels.first(images));
  const NullCalibration null = nullCalibration(confidence, kNullDraws);
  metrics.ece_null_mean = null.mean;
  metrics.ece_null_95 = null.percentile_95;
  return metrics;
}

}  // namespace neuspin::evaluate

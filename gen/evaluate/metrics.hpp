// How good predicted class probabilities are. Definitions: gen/evaluate/README.md.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "evaluate/calibration.hpp"
#include "evaluate/interval.hpp"

namespace neuspin::evaluate {

/// Class probabilities of many images, [image][class]. Rows need not sum to 1 exactly (the hardware's are
/// rounded).
struct Predictions {
  int classes = 0;
  std::vector<double> probabilities;
  [[nodiscard]] std::size_t images() const {
    return probabilities.size() / static_cast<std::size_t>(classes);
  }
  [[nodiscard]] std::span<const double> image(std::size_t i) const {
    const auto n = static_cast<std::size_t>(classes);
    return std::span(probabilities).subspan(i * n, n);
  }
};

/// What each image adds to the figures.
struct ImageLoss {
  double nll = 0;         ///< −ln max(p[label], floor), nats
  double brier = 0;       ///< Σ_c (p[c] − [c = label])², 0 … 2
  double confidence = 0;  ///< max_c p[c]
  bool right = false;     ///< the class with most is the label; of equals the lowest class counts
};

struct Metrics {
  double accuracy = 0;  ///< fraction right, 0 … 1
  Interval accuracy_95;
  double nll = 0;  ///< mean over the images, as the next
  double brier = 0;
  double ece = 0;  ///< expected calibration error, 15 equal-width bins of the confidence
  /// what ECE a perfectly calibrated model with these confidences would show: mean …
  double ece_null_mean = 0;
  double ece_null_95 = 0;         ///< … and 95th percentile, over 500 draws
  double ece_equal_mass = 0;      ///< 15 bins of equally many images
  double ece_class_wise = 0;      ///< mean over the classes of the ECE of p[c] as the probability of label c
  double predictive_entropy = 0;  ///< mean −Σ_c p ln p, nats
};

/// labels: one an image. floor > 0 keeps the NLL finite: the smallest probability the representation can tell
/// from 0.
[[nodiscard]] std::vector<ImageLoss> imageLosses(const Predictions& predictions,
                                                 std::span<const std::uint8_t> labels, double floor);

/// No images gives all zeros.
[[nodiscard]] Metrics computeMetrics(const Predictions& predictions, std::span<const std::uint8_t> labels,
                                     double floor);

}  // namespace neuspin::evaluate

// How good predicted class probabilities are. Definitions: gen/evaluate/README.md.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

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

struct Metrics {
  double accuracy = 0;  ///< fraction right, 0 … 1; of equal probabilities the lowest class counts
  double nll = 0;       ///< mean −ln max(p[label], floor), nats
  double brier = 0;     ///< mean Σ_c (p[c] − [c = label])², 0 … 2
  double ece = 0;       ///< expected calibration error, 15 equal-width bins of the largest probability
  double ece_null_mean =
      0;  ///< what ECE a perfectly calibrated model with these confidences would show: mean …
  double ece_null_95 = 0;         ///< … and 95th percentile, over 500 draws
  double predictive_entropy = 0;  ///< mean −Σ_c p ln p, nats
};

/// labels: one an image. floor > 0 keeps the NLL finite: the smallest probability the representation can tell
/// from 0. No images gives all zeros.
[[nodiscard]] Metrics computeMetrics(const Predictions& predictions, std::span<const std::uint8_t> labels,
                                     double floor);

/// Σ over bins |bin|/N · |accuracy of the bin − mean confidence of the bin|; bin b of M holds min(M−1,
/// ⌊M·confidence⌋) = b.
[[nodiscard]] double calibrationError(std::span<const double> confidence,
                                      std::span<const std::uint8_t> right);

/// The null distribution of calibrationError: each image right with probability confidence, drawn `draws`
/// times from a fixed seed. Confidences above 1 count as 1.
struct NullCalibration {
  double mean = 0, percentile_95 = 0;
};
[[nodiscard]] NullCalibration nullCalibration(std::span<const double> confidence, int draws);

}  // namespace neuspin::evaluate

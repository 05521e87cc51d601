// Calibration: do confidences tell how often predictions are right? Definitions: gen/evaluate/README.md.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace neuspin::evaluate {

constexpr int kCalibrationBins = 15;

/// Bin b of 15 holds min(14, ⌊15·confidence⌋) = b.
[[nodiscard]] std::size_t calibrationBin(double confidence);

/// Σ over bins |bin|/N · |accuracy of the bin − mean confidence of the bin|. right: 0 or 1, one an image.
[[nodiscard]] double calibrationError(std::span<const double> confidence,
                                      std::span<const std::uint8_t> right);

/// The same with 15 bins of equally many images (sizes differ by at most 1) in order of confidence. Images of
/// equal confidence count alike, so their order does not matter.
[[nodiscard]] double equalMassCalibrationError(std::span<const double> confidence,
                                               std::span<const std::uint8_t> right);

/// The null distribution of calibrationError: each image right with probability confidence, drawn `draws`
/// times from a fixed seed. Confidences above 1 count as 1.
struct NullCalibration {
  double mean = 0, percentile_95 = 0;
};
[[nodiscard]] NullCalibration nullCalibration(std::span<const double> confidence, int draws);

/// One row of the reliability diagram.
struct ReliabilityBin {
  std::int64_t images = 0;
  double confidence = 0, accuracy = 0;  ///< means over the bin; 0 if it is empty
};
[[nodiscard]] std::vector<ReliabilityBin> reliability(std::span<const double> confidence,
                                                      std::span<const std::uint8_t> right);

}  // namespace neuspin::evaluate

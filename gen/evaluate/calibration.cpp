#include "evaluate/calibration.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "device/draw.hpp"

namespace neuspin::evaluate {

namespace {

constexpr std::uint32_t kNullSeed = 0x45434530;  // any fixed value

struct Bin {
  double confidence = 0;
  std::int64_t right = 0;
};
using Bins = std::array<Bin, kCalibrationBins>;

/// The sizes of the bins cancel: |bin|/N · |right/|bin| − confidence/|bin|| = |right − confidence|/N.
double errorOf(const Bins& bins, std::size_t images) {
  double sum = 0;
  for (const Bin& bin : bins) sum += std::abs(static_cast<double>(bin.right) - bin.confidence);
  return images == 0 ? 0 : sum / static_cast<double>(images);
}

}  // namespace

std::size_t calibrationBin(double confidence) {
  return static_cast<std::size_t>(
      std::clamp(static_cast<int>(kCalibrationBins * confidence), 0, kCalibrationBins - 1));
}

double calibrationError(std::span<const double> confidence, std::span<const std::uint8_t> right) {
  Bins bins;
  for (std::size_t i = 0; i < confidence.size(); ++i) {
    Bin& bin = bins[calibrationBin(confidence[i])];
    bin.confidence += confidence[i];
    bin.right += right[i] != 0 ? 1 : 0;
  }
  return errorOf(bins, confidence.size());
}

double equalMassCalibrationError(std::span<const double> confidence, std::span<const std::uint8_t> right) {
  const std::size_t images = confidence.size();
  if (images == 0) return 0;
  std::vector<std::size_t> order(images);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return confidence[i]; });
  std::array<double, kCalibrationBins> gaps{};  // Σ right − Σ confidence
  for (std::size_t begin = 0, end = 0; begin < images; begin = end) {
    double group_right = 0;
    for (end = begin; end < images && confidence[order[end]] == confidence[order[begin]]; ++end)
      group_right += right[order[end]] != 0 ? 1 : 0;
    const double gap = group_right / static_cast<double>(end - begin) - confidence[order[begin]];
    for (std::size_t i = begin; i < end; ++i) gaps[i * kCalibrationBins / images] += gap;
  }
  double sum = 0;
  for (const double gap : gaps) sum += std::abs(gap);
  return sum / static_cast<double>(images);
}

NullCalibration nullCalibration(std::span<const double> confidence, int draws) {
  Bins expected;
  for (const double value : confidence) expected[calibrationBin(value)].confidence += value;
  constexpr double kTwo32 = 4294967296.0;
  std::vector<double> errors;
  for (int d = 0; d < draws; ++d) {
    auto bins = expected;
    for (std::size_t i = 0; i < confidence.size(); ++i) {
      const std::uint32_t draw =
          device::draw(kNullSeed, static_cast<std::uint32_t>(d), static_cast<std::uint32_t>(i));
      bins[calibrationBin(confidence[i])].right += draw < confidence[i] * kTwo32 ? 1 : 0;
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

std::vector<ReliabilityBin> reliability(std::span<const double> confidence,
                                        std::span<const std::uint8_t> right) {
  std::vector<ReliabilityBin> rows(kCalibrationBins);
  for (std::size_t i = 0; i < confidence.size(); ++i) {
    ReliabilityBin& row = rows[calibrationBin(confidence[i])];
    ++row.images;
    row.confidence += confidence[i];
    row.accuracy += right[i] != 0 ? 1 : 0;
  }
  for (auto& row : rows) {
    if (row.images == 0) continue;
    row.confidence /= static_cast<double>(row.images);
    row.accuracy /= static_cast<double>(row.images);
  }
  return rows;
}

}  // namespace neuspin::evaluate

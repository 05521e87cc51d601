#include "evaluate/ranking.hpp"

#include <algorithm>
#include <cmath>

namespace neuspin::evaluate {

namespace {

std::vector<double> sorted(std::span<const double> values) {
  std::vector<double> copy(values.begin(), values.end());
  std::ranges::sort(copy);
  return copy;
}

/// For each of `values`, twice the number of `others` (ascending) below it, equal ones counting once.
std::vector<double> wins(std::span<const double> values, const std::vector<double>& others) {
  std::vector<double> result;
  result.reserve(values.size());
  for (const double value : values) {
    const auto [first, last] = std::ranges::equal_range(others, value);
    result.push_back(static_cast<double>((first - others.begin()) + (last - others.begin())));
  }
  return result;
}

/// Variance of the mean of `values`/scale, from their scatter.
double varianceOfMean(const std::vector<double>& values, double scale) {
  const auto n = static_cast<double>(values.size());
  if (values.size() < 2) return 0;
  double sum = 0, squares = 0;
  for (const double value : values) sum += value;
  for (const double value : values) squares += (value - sum / n) * (value - sum / n);
  return squares / (n - 1) / n / (scale * scale);
}

/// ⌈0.95·n⌉ without rounding errors.
std::size_t ninetyFivePercent(std::size_t n) {
  return (95 * n + 99) / 100;
}

}  // namespace

Auroc auroc(std::span<const double> positive, std::span<const double> negative) {
  if (positive.empty() || negative.empty()) return {};
  const auto up = wins(positive, sorted(negative));
  const auto down = wins(negative, sorted(positive));
  const auto m = static_cast<double>(positive.size());
  const auto n = static_cast<double>(negative.size());
  double sum = 0;  // whole numbers: exact below 2^53
  for (const double win : up) sum += win;
  Auroc result;
  result.value = sum / (2 * m * n);
  result.standard_error = std::sqrt(varianceOfMean(up, 2 * n) + varianceOfMean(down, 2 * m));
  constexpr double kZ = 1.959963984540054;
  result.interval_95 = {.low = std::max(0.0, result.value - kZ * result.standard_error),
                        .high = std::min(1.0, result.value + kZ * result.standard_error)};
  return result;
}

double averagePrecision(std::span<const double> positive, std::span<const double> negative) {
  if (positive.empty()) return 0;
  const auto hits = sorted(positive);
  const auto others = sorted(negative);
  double area = 0;
  auto hit = hits.end();
  while (hit != hits.begin()) {
    // Down to the next distinct score that a positive has; thresholds between two of these add no recall.
    const double score = *(hit - 1);
    const auto group = std::lower_bound(hits.begin(), hit, score);
    const auto true_positives = static_cast<double>(hits.end() - group);
    const auto false_positives = static_cast<double>(others.end() - std::ranges::lower_bound(others, score));
    area += static_cast<double>(hit - group) * true_positives / (true_positives + false_positives);
    hit = group;
  }
  return area / static_cast<double>(hits.size());
}

double falsePositivesAt95(std::span<const double> positive, std::span<const double> negative) {
  if (positive.empty() || negative.empty()) return 1;
  const auto hits = sorted(positive);
  const double threshold = hits[hits.size() - ninetyFivePercent(hits.size())];
  const auto flagged = std::ranges::count_if(negative, [&](double value) { return value >= threshold; });
  return static_cast<double>(flagged) / static_cast<double>(negative.size());
}

double thresholdAt95(std::span<const double> scores) {
  if (scores.empty()) return 0;
  return sorted(scores)[ninetyFivePercent(scores.size()) - 1];
}

double fractionAbove(std::span<const double> scores, double threshold) {
  if (scores.empty()) return 0;
  const auto above = std::ranges::count_if(scores, [&](double value) { return value > threshold; });
  return static_cast<double>(above) / static_cast<double>(scores.size());
}

Detector judgeDetector(std::span<const double> in_distribution, std::span<const double> ood) {
  std::vector<double> halves[2], in_negated, ood_negated;
  for (std::size_t i = 0; i < in_distribution.size(); ++i) halves[i % 2].push_back(in_distribution[i]);
  for (const double value : in_distribution) in_negated.push_back(-value);
  for (const double value : ood) ood_negated.push_back(-value);
  const double threshold = thresholdAt95(halves[0]);
  return {.auroc = auroc(ood, in_distribution),
          .aupr_out = averagePrecision(ood, in_distribution),
          .aupr_in = averagePrecision(in_negated, ood_negated),
          .fpr95 = falsePositivesAt95(ood, in_distribution),
          .fpr95_in_positive = falsePositivesAt95(in_negated, ood_negated),
          .threshold = threshold,
          .detected = fractionAbove(ood, threshold),
          .false_alarms = fractionAbove(halves[1], threshold)};
}

}  // namespace neuspin::evaluate

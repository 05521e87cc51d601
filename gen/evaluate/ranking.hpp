// How well a score tells two sets of images apart (in distribution or not; right or wrong). Scores are high
// where the positive set is expected; equal scores are never put in an order. Definitions:
// gen/evaluate/README.md.
#pragma once

#include <span>
#include <vector>

#include "evaluate/interval.hpp"

namespace neuspin::evaluate {

/// Area under the ROC curve: probability that a positive scores above a negative, equal scores counting half
/// (Mann-Whitney with mid-ranks). Standard error after DeLong et al. (Biometrics 44, 1988), interval = ± 1.96
/// of it within 0 … 1. 0.5 with [0, 1] if a set is empty.
struct Auroc {
  double value = 0.5, standard_error = 0;
  Interval interval_95 = {.low = 0, .high = 1};
};
[[nodiscard]] Auroc auroc(std::span<const double> positive, std::span<const double> negative);

/// Area under precision over recall as average precision, Σ (R_k − R_{k−1})·P_k, one k for each distinct
/// score (no interpolation). Chance gives the prevalence of positives, not 0.5. 0 if there are no positives.
[[nodiscard]] double averagePrecision(std::span<const double> positive, std::span<const double> negative);

/// Fraction of negatives at or above the largest threshold that at least 95 % of the positives reach; 1 if a
/// set is empty.
[[nodiscard]] double falsePositivesAt95(std::span<const double> positive, std::span<const double> negative);

/// A threshold fixed on in-distribution images alone: the 95th percentile of their score. Flagged is what
/// lies above. 0 if there are none.
[[nodiscard]] double thresholdAt95(std::span<const double> scores);
/// Fraction of `scores` above `threshold`; 0 if there are none.
[[nodiscard]] double fractionAbove(std::span<const double> scores, double threshold);

/// One score as a detector of out-of-distribution (OOD) images.
struct Detector {
  Auroc auroc;                   ///< OOD positive
  double aupr_out = 0;           ///< average precision, OOD positive
  double aupr_in = 0;            ///< the same with in-distribution positive and the score negated
  double fpr95 = 0;              ///< OOD positive: in-distribution images flagged when 95 % of OOD are
  double fpr95_in_positive = 0;  ///< OOD images accepted when 95 % of in-distribution are
  double threshold = 0;          ///< 95th percentile of the even-numbered in-distribution images
  double detected = 0;           ///< fraction of OOD above it
  double false_alarms = 0;       ///< fraction of the odd-numbered in-distribution images above it
};
[[nodiscard]] Detector judgeDetector(std::span<const double> in_distribution, std::span<const double> ood);

}  // namespace neuspin::evaluate

// Selective prediction: answer only where confident, refuse the rest. Definitions: gen/evaluate/README.md.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace neuspin::evaluate {

/// risk[k−1] = fraction wrong among the k most confident images. Images of equal score share their errors
/// evenly, so that no order among them is assumed. uncertainty: low = confident; right: 0 or 1; one an image.
[[nodiscard]] std::vector<double> riskCoverage(std::span<const double> uncertainty,
                                               std::span<const std::uint8_t> right);

struct Selective {
  double aurc = 0;    ///< mean over k of risk[k−1]
  double e_aurc = 0;  ///< aurc − that of the best order (all errors last)
  double augrc = 0;   ///< mean over k of (k/N)·risk[k−1]: errors accepted, of all images
  double accuracy_at_95 = 0, accuracy_at_90 = 0, accuracy_at_80 = 0;  ///< of the most confident 95, 90, 80 %
  double coverage_at_risk_5 = 0,
         coverage_at_risk_1 = 0;  ///< largest k/N with risk at most 5, 1 %; 0 if there is none
};
/// No images gives all zeros.
[[nodiscard]] Selective judgeSelective(std::span<const double> uncertainty,
                                       std::span<const std::uint8_t> right);

}  // namespace neuspin::evaluate

#include "evaluate/selective.hpp"

#include <algorithm>
#include <numeric>

namespace neuspin::evaluate {

namespace {

/// Σ_k risk over an order in which `wrong` errors come last.
double bestSum(std::size_t images, std::size_t wrong) {
  double sum = 0;
  for (std::size_t k = images - wrong + 1; k <= images; ++k)
    sum += static_cast<double>(k + wrong - images) / static_cast<double>(k);
  return sum;
}

}  // namespace

std::vector<double> riskCoverage(std::span<const double> uncertainty, std::span<const std::uint8_t> right) {
  const std::size_t images = uncertainty.size();
  std::vector<std::size_t> order(images);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return uncertainty[i]; });
  std::vector<double> risk;
  risk.reserve(images);
  std::size_t wrong_before = 0;
  for (std::size_t begin = 0, end = 0; begin < images; begin = end) {
    std::size_t wrong = 0;
    for (end = begin; end < images && uncertainty[order[end]] == uncertainty[order[begin]]; ++end)
      wrong += right[order[end]] == 0 ? 1 : 0;
    const double share = static_cast<double>(wrong) / static_cast<double>(end - begin);
    for (std::size_t k = begin + 1; k <= end; ++k) {
      risk.push_back((static_cast<double>(wrong_before) + share * static_cast<double>(k - begin)) /
                     static_cast<double>(k));
    }
    wrong_before += wrong;
  }
  return risk;
}

Selective judgeSelective(std::span<const double> uncertainty, std::span<const std::uint8_t> right) {
  Selective result;
  const auto risk = riskCoverage(uncertainty, right);
  const std::size_t images = risk.size();
  if (images == 0) return result;
  const auto n = static_cast<double>(images);
  double sum = 0, generalised = 0;
  for (std::size_t k = 1; k <= images; ++k) {
    const double coverage = static_cast<double>(k) / n;
    sum += risk[k - 1];
    generalised += coverage * risk[k - 1];
    if (risk[k - 1] <= 0.05) result.coverage_at_risk_5 = coverage;
    if (risk[k - 1] <= 0.01) result.coverage_at_risk_1 = coverage;
  }
  const auto wrong = static_cast<std::size_t>(std::ranges::count(right, std::uint8_t{0}));
  result.aurc = sum / n;
  result.e_aurc = (sum - bestSum(images, wrong)) / n;
  result.augrc = generalised / n;
  const auto accuracyAt = [&](std::size_t percent) { return 1 - risk[(percent * images + 99) / 100 - 1]; };
  result.accuracy_at_95 = accuracyAt(95);
  result.accuracy_at_90 = accuracyAt(90);
  result.accuracy_at_80 = accuracyAt(80);
  return result;
}

}  // namespace neuspin::evaluate

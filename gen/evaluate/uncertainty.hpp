// What the Monte Carlo passes of one image say together. Definitions: gen/evaluate/README.md. Natural
// logarithms, 0·ln 0 = 0. Weights: empty = Monte Carlo, every pass counts 1/T and small T biases the mutual
// information; else one a pass, summing to 1, the exact probabilities of enumerated configurations.
#pragma once

#include <cstdint>
#include <span>

namespace neuspin::evaluate {

struct Uncertainty {
  double entropy = 0;             ///< of the mean probabilities, H, nats: total
  double aleatoric = 0;           ///< mean entropy of the passes, nats
  double mutual_information = 0;  ///< H − aleatoric >= 0, nats: epistemic (BALD)
  double corrected_information = 0;  ///< + Σ_c Var_t(p_c) / (2·T·p̄_c): what T → ∞ would show, to first order;
                                     ///< = the above if weights are exact
  double variance = 0;  ///< Σ_c Σ_t w_t (p_t[c] − p̄[c])²
  /// 1 − weight of the passes that vote for the class with most; lowest class of equals
  double variation_ratio = 0;
  double max_probability = 0;  ///< max_c p̄[c]
  double max_logit = 0;        ///< Σ_t w_t max_c logit_t[c]; set by assessLogits alone
};

/// p = softmax(logit · unit), [class].
void softmax(std::span<const std::int32_t> logits, double unit, std::span<double> p);

/// p: [pass][class]; mean: receives p̄, [class].
[[nodiscard]] Uncertainty assess(std::span<const double> p, std::span<const double> weights,
                                 std::span<double> mean);

/// The same from integer logits, [pass][class], real logit = integer · unit.
[[nodiscard]] Uncertainty assessLogits(std::span<const std::int32_t> logits, double unit,
                                       std::span<const double> weights, std::span<double> mean);

/// Field by field.
[[nodiscard]] Uncertainty average(std::span<const Uncertainty> images);

/// −Σ p ln p, nats.
[[nodiscard]] double entropy(std::span<const double> p);

}  // namespace neuspin::evaluate

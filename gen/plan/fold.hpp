// Folding of scale, bias and batch norm into the integers of the scale memory (methods.md §5). Exact: an entry decides
// as the sign of the layer's expression evaluated in IEEE double decides, for every sum the arrays can produce.
#pragma once

#include <cstdint>
#include <vector>

#include "plan/plan.hpp"

namespace neuspin::plan {

/// What one output column computes: y(S) = gamma·(a·S + bias − mean)/sqrt(var + eps) + beta.
struct Affine {
  double a = 1, gamma = 1, bias = 0, mean = 0, var = 0, eps = 0, beta = 0;
  [[nodiscard]] double operator()(std::int64_t sum) const;
  [[nodiscard]] double slope() const;   ///< gamma·a/sqrt(var+eps)
  [[nodiscard]] double offset() const;  ///< y(0)
};

/// Column `output` of a layer; `dropped` replaces the scale by 1 (Scale-Dropout).
[[nodiscard]] Affine columnAffine(const LayerSpec& layer, const LayerWeights& weights, int output, bool dropped);

/// Threshold entry equal to y(S) >= 0 for all |S| <= max_sum.
[[nodiscard]] PostEntry foldThreshold(const Affine& affine, std::int64_t max_sum);

/// Multiply entry with the same decisions: scale = a·2^frac rounded (never to 0 unless the column is constant), offset as
/// near to the real one as the decisions allow.
[[nodiscard]] PostEntry foldMultiply(const Affine& affine, std::int64_t max_sum, int frac);

/// Fraction bits that use a signed word of `bits` for values up to `largest`: floor(log2((2^(bits−1)−1)/largest)), in 0 … 24.
[[nodiscard]] int fractionBits(double largest, int bits);

/// Bits of a two's-complement word that holds `value`.
[[nodiscard]] int signedBits(std::int64_t value);

}  // namespace neuspin::plan

// Folding of scale, bias and normalisation into the integers of the scale memory (methods.md §5). Thresholds
// and the multiply form are exact: an entry decides as the sign of the layer's expression evaluated in IEEE
// double decides, for every sum the arrays can produce. Affine dropout and scale noise follow the integer
// rules of behavioral/reference/README.md.
#pragma once

#include <cstdint>
#include <vector>

#include "plan/plan.hpp"

namespace neuspin::plan {

/// What one output column computes: y(S) = gamma·(a·S + bias − mean)/sqrt(var + eps) + beta + skip.
struct Affine {
  double a = 1, gamma = 1, bias = 0, mean = 0, var = 0, eps = 0, beta = 0;
  double sigma = 0;  ///< of a, where noise is added to it
  double skip = 0;   ///< what a skip connection adds to y
  [[nodiscard]] double operator()(std::int64_t sum) const;
  [[nodiscard]] double slope() const;   ///< gamma·a/sqrt(var+eps)
  [[nodiscard]] double offset() const;  ///< y(0)
};

/// Banks of the scale memory that a layer with this scheme chooses from.
[[nodiscard]] int bankCount(const Scheme& scheme);

/// Column `output` of a layer as bank `bank` holds it (rtl/README.md, encodings). With affine dropout
/// y(S) = gamma·(a·S + bias) + beta: mean, var and eps are those of the identity. With an average S is the
/// sum of its windows and a their share of it. `skip_bit`: −1 or +1 of the skip connection, 0 without one.
[[nodiscard]] Affine columnAffine(const LayerSpec& layer, const LayerWeights& weights, int output, int bank,
                                  int skip_bit = 0);

/// Threshold entry equal to y(S) >= 0 for all |S| <= max_sum.
[[nodiscard]] PostEntry foldThreshold(const Affine& affine, std::int64_t max_sum);

/// Multiply entry with the same decisions: scale = a·2^frac rounded (never to 0 unless the column is
/// constant), offset as near to the real one as the decisions allow.
[[nodiscard]] PostEntry foldMultiply(const Affine& affine, std::int64_t max_sum, int frac);

/// Multiply entry that yields the value itself, y·2^frac rounded: the last layer.
[[nodiscard]] PostEntry foldValue(const Affine& affine, int frac);

/// Multiply entry of u = k·S + c with affine dropout, each rounded at 2^frac.
[[nodiscard]] PostEntry foldAffine(const Affine& affine, int frac);
[[nodiscard]] double affineSlope(const Affine& affine);  ///< k = gamma·a

/// Noise entry of a hidden layer: its sign is that of y with a = μ + σ·e/sqrt(noise_bits).
[[nodiscard]] PostEntry foldNoise(const Affine& affine, int noise_bits, int frac);
/// Noise entry of the last layer: y·2^frac.
[[nodiscard]] PostEntry foldNoiseValue(const Affine& affine, int noise_bits, int frac);

[[nodiscard]] double noiseSlope(const Affine& affine,
                                int noise_bits);  ///< σ' = gamma·σ/(sqrt(c)·sqrt(var + eps))

/// Fraction bits that use a signed word of `bits` for values up to `largest`:
/// floor(log2((2^(bits−1)−1)/largest)), in 0 … 24.
[[nodiscard]] int fractionBits(double largest, int bits);

/// Bits of a two's-complement word that holds `value`.
[[nodiscard]] int signedBits(std::int64_t value);

}  // namespace neuspin::plan

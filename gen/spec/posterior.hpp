// Post-training quantisation of a Gaussian weight posterior into stored samples (SpinBayes, methods.md §4.6).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "spec/spec.hpp"

namespace neuspin::spec {

/// Approximately standard normal, exact integer arithmetic (the same on every machine): the sum of twelve
/// 16-bit uniform numbers, number `index` (below 2^28) of stream `key`. Within ±6, variance 1 − 2^−32.
[[nodiscard]] double gaussian(std::uint64_t key, std::uint32_t index);

/// Fills the means and deviations of one output's weights; false if they cannot be had (already reported).
using PosteriorRow = std::function<bool(int output, std::vector<double>& mu, std::vector<double>& sigma)>;

/// Draws weights.arrays samples mu + sigma·gaussian for every weight of layer number `layer` and stores each
/// as the nearest odd multiple of a level (weights.slices bits, limited to ±(2^slices − 1) levels) in
/// weights.weight_bits. Returns what one level is worth: the one of 1024 steps of the largest possible
/// |sample| that minimises the squared error over all samples of the layer, then fitted to the chosen codes.
/// 0 if every sample is (next to) 0; nullopt if a row failed.
[[nodiscard]] std::optional<double> quantisePosterior(const PosteriorRow& row, std::uint32_t seed, int layer,
                                                      int inputs, LayerWeights& weights);

}  // namespace neuspin::spec

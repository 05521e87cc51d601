// The JSON of a network in the form bnn-npz-1 → BnnDescription (README.md beside this file).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/spec.hpp"
#include "support/diagnostic.hpp"

namespace neuspin::bnn {

enum class Method { Deterministic, SpinDrop, Spatial, ScaleDrop, Subset, SpinBayes, SpinBayesBinary };

struct BnnLayer {
  bool conv = false;
  int inputs = 0, outputs = 0;  ///< channels of a convolution
  int kernel = 1, padding = 0, pool = 1;
  bool pad_minus_one = false;
  int fan_in = 0;
  bool last = false;
  int arrays = 1, bits = 1;  ///< SpinBayes: stored samples, bits a weight
  double logit_scale = 0;    ///< worth of an integer logit; 0 = not stated
};

struct BnnDescription {
  std::string name, source, licence;
  Method method = Method::Deterministic;
  double probability = 0;
  int group = 1;
  InputSpec input;
  std::vector<BnnLayer> layers;
};

/// Adds an error for everything that is missing or illegal and returns nullopt then. Never throws on bad
/// input.
[[nodiscard]] std::optional<BnnDescription> parseDescription(std::string_view text, const std::string& file,
                                                             Diagnostics& diags);

}  // namespace neuspin::bnn

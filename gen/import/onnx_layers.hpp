// The graph of an ONNX model → the chain of binary layers it computes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "import/onnx_model.hpp"
#include "spec/spec.hpp"

namespace neuspin::bnn {

/// y = gamma·(scale·Σ w·x + bias − mean) / sqrt(var + eps) + beta [+ skip_weight·s], x = ±1 (first layer: the
/// image), s = ±1 the output of an earlier layer at the same place.
struct OnnxLayer {
  std::string name;  ///< conv0, fc1, …: in the order of the model
  std::string node;  ///< that multiplies, as in the file
  bool conv = false;
  Shape in = {}, out = {};      ///< out: behind the pool
  int inputs = 0, outputs = 0;  ///< inputs of a window
  int kernel = 1, stride = 1, padding = 0, pool = 1;
  bool average = false;  ///< what the pool takes, not the maximum
  bool pad_minus_one = false;
  std::vector<std::int8_t> weights;  ///< [output][input]
  std::vector<double> scale, bias;   ///< [output]
  int skip = -1;                     ///< number of that earlier layer; −1: none
  std::vector<double> skip_weight;   ///< [output], empty without one
  bool normalised = false;
  double eps = 0;
  std::vector<double> gamma, beta, mean, var;  ///< [output], where it is normalised
};

struct OnnxLayers {
  Shape input = {};          ///< of the image
  bool input_signs = false;  ///< the image passes through Sign before anything else
  std::vector<OnnxLayer> layers;
};

/// Adds an error for every operator and form that cannot be imported, with the node and what to use instead,
/// and returns nullopt then.
[[nodiscard]] std::optional<OnnxLayers> findLayers(const OnnxModel& model, const std::string& file,
                                                   Diagnostics& diags);

}  // namespace neuspin::bnn

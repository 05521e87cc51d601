// The parameters of a layer from the nodes that hold them. All return false after an error.
#pragma once

#include "import/onnx_graph.hpp"
#include "import/onnx_layers.hpp"

namespace neuspin::bnn {

inline constexpr std::int64_t kMostElements = 65536;  ///< of an image, and outputs of a layer

/// What a Pad in front of a Conv adds on every side.
struct Padding {
  int size = 0;
  bool minus_one = false;
};

/// Weights, kernel, bias and size of the map that leaves; `layer.in` is what arrives. `activation`: what +1
/// stands for in the graph.
bool readConv(OnnxGraph& graph, const OnnxNode& node, const Padding& before, double activation,
              OnnxLayer& layer);
bool readLinear(OnnxGraph& graph, const OnnxNode& node, double activation, OnnxLayer& layer);

/// A BatchNormalization in evaluation mode.
bool readNorm(OnnxGraph& graph, const OnnxNode& node, OnnxLayer& layer);

/// Input number `input`, a constant of one number or of one an output, times `factor`, added to `sum`.
bool addVector(OnnxGraph& graph, const OnnxNode& node, std::size_t input, double factor,
               std::vector<double>& sum);

}  // namespace neuspin::bnn

#include "import/onnx_parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "import/network_files.hpp"

namespace neuspin::bnn {
namespace {

constexpr std::int64_t kLargestKernel = 7, kLargestStride = 7;

/// Weights of one size per output: their signs, and the size as the output's scale.
bool takeWeights(OnnxGraph& graph, const OnnxNode& node, const OnnxTensor& tensor, std::int64_t outputs,
                 bool columns_are_outputs, double activation, OnnxLayer& layer) {
  constexpr double kTolerance = 1e-4;
  if (outputs < 1 || outputs > kMostElements) {
    return graph.formError(node, fmt::format("it has {} outputs, legal are 1 … {}", outputs, kMostElements),
                           "use fewer outputs");
  }
  layer.outputs = static_cast<int>(outputs);
  const auto count = static_cast<std::size_t>(outputs), inputs = static_cast<std::size_t>(layer.inputs);
  layer.weights.reserve(count * inputs);
  for (std::size_t o = 0; o < count; ++o) {
    const auto at = [&](std::size_t i) {
      return tensor.values[columns_are_outputs ? i * count + o : o * inputs + i];
    };
    double sum = 0;
    for (std::size_t i = 0; i < inputs; ++i) sum += std::abs(at(i));
    const double size = sum / static_cast<double>(inputs);
    for (std::size_t i = 0; i < inputs; ++i) {
      if (size > 0 && std::abs(std::abs(at(i)) - size) <= kTolerance * size) {
        layer.weights.push_back(at(i) > 0 ? 1 : -1);
        continue;
      }
      return graph.error(
          "onnx-not-bipolar", node,
          fmt::format(
              "weights {}: output {} holds {}, but its weights are {} on average: they are not +a and -a",
              quoteWord(node.inputs[1]), o, at(i), size),
          "export the binarised weights, not the latent ones, or put Sign or BipolarQuant behind them");
    }
    layer.scale.push_back(size * activation);
  }
  layer.bias.assign(count, 0);
  return true;
}

}  // namespace

bool addVector(OnnxGraph& graph, const OnnxNode& node, std::size_t input, double factor,
               std::vector<double>& sum) {
  const OnnxTensor* tensor = graph.constant(node, input);
  if (tensor == nullptr || (tensor->values.size() != 1 && tensor->values.size() != sum.size())) {
    return graph.formError(node, "its bias is no constant of one number an output",
                           "export the bias as a constant");
  }
  for (std::size_t o = 0; o < sum.size(); ++o)
    sum[o] += factor * tensor->values[tensor->values.size() == 1 ? 0 : o];
  return true;
}

bool readConv(OnnxGraph& graph, const OnnxNode& node, const Padding& before, double activation,
              OnnxLayer& layer) {
  const OnnxTensor* weight = graph.constant(node, 1);
  if (weight == nullptr || weight->dims.size() != 4) {
    return graph.formError(node, "its weights are no constant of 4 dimensions",
                           "use a two-dimensional convolution with fixed weights");
  }
  if (integer(node, "group", 1) != 1)
    return graph.formError(node, "it is a grouped convolution", "use group = 1");
  if (!allAre(integers(node, "dilations", {1}), 1))
    return graph.formError(node, "its kernel is dilated", "use dilation 1");
  const auto automatic = node.words.find("auto_pad");
  if (automatic != node.words.end() && automatic->second != "NOTSET" && automatic->second != "VALID") {
    return graph.formError(node, fmt::format("auto_pad = {} is not known", quoteWord(automatic->second)),
                           "state the padding by 'pads', equal on all sides");
  }
  OnnxNode kernel = node;
  kernel.integers["kernel_shape"] = {weight->dims[2], weight->dims[3]};
  if (!graph.square(kernel, "kernel_shape", 2, 0, 1, kLargestKernel, layer.kernel) ||
      !graph.square(node, "strides", 2, 1, 1, kLargestStride, layer.stride) ||
      !graph.square(node, "pads", 4, 0, 0, layer.kernel - 1, layer.padding))
    return false;
  if (before.size > 0 && (layer.padding > 0 || before.size >= layer.kernel)) {
    return graph.formError(node, "both Pad and Conv pad the map, or by a whole kernel",
                           "pad once, by less than the kernel");
  }
  if (before.size > 0) layer.padding = before.size;
  layer.pad_minus_one = before.size > 0 && before.minus_one;
  if (weight->dims[1] != layer.in.channels) {
    return graph.formError(
        node, fmt::format("its weights are for {} channels, {} arrive", weight->dims[1], layer.in.channels),
        "export the model again");
  }
  layer.inputs = layer.in.channels * layer.kernel * layer.kernel;
  if (!takeWeights(graph, node, *weight, weight->dims[0], false, activation, layer)) return false;
  const auto windows = [&](int size) { return (size + 2 * layer.padding - layer.kernel) / layer.stride + 1; };
  if (std::min(layer.in.height, layer.in.width) + 2 * layer.padding < layer.kernel) {
    return graph.formError(
        node, fmt::format("the kernel does not fit the map of {} x {}", layer.in.height, layer.in.width),
        "use a smaller kernel, or less pooling before");
  }
  layer.out = {layer.outputs, windows(layer.in.height), windows(layer.in.width)};
  return node.inputs.size() < 3 || node.inputs[2].empty() || addVector(graph, node, 2, 1, layer.bias);
}

bool readLinear(OnnxGraph& graph, const OnnxNode& node, double activation, OnnxLayer& layer) {
  const bool gemm = node.op == "Gemm";
  const OnnxTensor* weight = graph.constant(node, 1);
  if (weight == nullptr || weight->dims.size() != 2) {
    return graph.formError(node, "its weights are no constant matrix", "export the weights as constants");
  }
  if (gemm && integer(node, "transA", 0) != 0)
    return graph.formError(node, "it transposes its input", "use transA = 0");
  const bool rows_are_outputs = gemm && integer(node, "transB", 0) != 0;
  const std::int64_t inputs = weight->dims[rows_are_outputs ? 1 : 0],
                     outputs = weight->dims[rows_are_outputs ? 0 : 1];
  if (inputs != layer.in.channels) {
    return graph.formError(node,
                           fmt::format("its weights are for {} inputs, {} arrive", inputs, layer.in.channels),
                           "export the model again");
  }
  layer.inputs = static_cast<int>(inputs);
  if (!takeWeights(graph, node, *weight, outputs, !rows_are_outputs, activation, layer)) return false;
  const double alpha = gemm ? number(node, "alpha", 1) : 1;
  if (!(alpha > 0)) return graph.formError(node, "alpha is not positive", "use alpha = 1");
  for (double& scale : layer.scale) scale *= alpha;
  layer.out = {layer.outputs, 1, 1};
  const bool has_bias = gemm && node.inputs.size() > 2 && !node.inputs[2].empty();
  return !has_bias || addVector(graph, node, 2, number(node, "beta", 1), layer.bias);
}

bool readNorm(OnnxGraph& graph, const OnnxNode& node, OnnxLayer& layer) {
  if (integer(node, "training_mode", 0) != 0) {
    return graph.formError(node, "it is in training mode", "export in evaluation mode: model.eval()");
  }
  layer.eps = number(node, "epsilon", 1e-5);
  std::vector<double>* const parameters[] = {&layer.gamma, &layer.beta, &layer.mean, &layer.var};
  for (std::size_t i = 0; i < std::size(parameters); ++i) {
    parameters[i]->assign(static_cast<std::size_t>(layer.outputs), 0);
    const OnnxTensor* tensor = graph.constant(node, i + 1);
    if (tensor == nullptr || tensor->values.size() != parameters[i]->size()) {
      return graph.formError(
          node, fmt::format("its parameter {} is no constant of {} values", i + 1, layer.outputs),
          "export in evaluation mode, with constant parameters");
    }
    *parameters[i] = tensor->values;
  }
  if (!(layer.eps >= 0 && layer.eps <= 0.1))
    return graph.formError(node, "epsilon is not 0 … 0.1", "use epsilon = 1e-5");
  layer.normalised = true;
  // It holds what a branch adds, too: here a branch is added behind.
  for (std::size_t o = 0; o < layer.skip_weight.size(); ++o)
    layer.skip_weight[o] *= layer.gamma[o] / std::sqrt(layer.var[o] + layer.eps);
  return true;
}

}  // namespace neuspin::bnn

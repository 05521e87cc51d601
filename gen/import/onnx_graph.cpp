#include "import/onnx_graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "import/network_files.hpp"

namespace neuspin::bnn {
namespace {

const char kOnlyThese[] =
    "use Conv, Gemm, MatMul, BatchNormalization, Sign, MaxPool, AveragePool, Flatten, Reshape, Pad and Add";

/// What to do about an operator that a binary network may well hold.
std::string remedyFor(const std::string& op) {
  static const std::map<std::string, std::string> kRemedies = {
      {"GlobalMaxPool", "use MaxPool with the size of the map"},
      {"Dropout",
       "export in evaluation mode, and state the dropout in the sidecar: scheme = { … } in [layer.NAME]"},
      {"Relu", "activations are +1 and -1: train with Sign"},
      {"Clip", "activations are +1 and -1: export Sign itself, not its straight-through estimate"},
      {"HardTanh", "activations are +1 and -1: export Sign itself, not its straight-through estimate"},
      {"Tanh", "activations are +1 and -1: train with Sign"},
      {"Where", "export the activation as Sign"},
      {"Greater", "export the activation as Sign"},
      {"GreaterOrEqual", "export the activation as Sign"},
      {"Mul",
       "fold a factor into BatchNormalization or the weights; that of the image is `scale` in the sidecar's "
       "[input]"},
      {"Div",
       "fold a factor into BatchNormalization or the weights; that of the image is `scale` in the sidecar's "
       "[input]"},
      {"Sub",
       "export Sign itself, not its straight-through estimate; a bias is an Add or goes into "
       "BatchNormalization"},
      {"LayerNormalization", "use BatchNormalization"},
      {"InstanceNormalization", "use BatchNormalization"},
      {"Concat", "layers form a chain, and only Add joins a branch to it"},
  };
  const auto found = kRemedies.find(op);
  return found == kRemedies.end() ? kOnlyThese : found->second;
}

bool isSupported(const OnnxNode& node) {
  static const std::set<std::string> kOperators = {"Conv",
                                                   "Gemm",
                                                   "MatMul",
                                                   "Add",
                                                   "BatchNormalization",
                                                   "Sign",
                                                   "MaxPool",
                                                   "AveragePool",
                                                   "GlobalAveragePool",
                                                   "Flatten",
                                                   "Reshape",
                                                   "Pad",
                                                   "Identity",
                                                   "Softmax",
                                                   "LogSoftmax"};
  return isQuantizer(node) || (node.domain.empty() && kOperators.contains(node.op));
}

/// By a number, or by one a row of the first dimension.
bool multiply(OnnxTensor& tensor, const OnnxTensor& factor) {
  const std::size_t rows = tensor.dims.empty() ? 1 : static_cast<std::size_t>(tensor.dims[0]);
  if (factor.values.size() != 1 &&
      (rows == 0 || factor.values.size() != rows || factor.dims[0] != tensor.dims[0]))
    return false;
  const std::size_t row = rows == 0 ? 1 : std::max<std::size_t>(tensor.values.size() / rows, 1);
  for (std::size_t i = 0; i < tensor.values.size(); ++i)
    tensor.values[i] *= factor.values.size() == 1 ? factor.values[0] : factor.values[i / row];
  return true;
}

}  // namespace

bool isQuantizer(const OnnxNode& node) {
  return node.op == "BipolarQuant";
}

Integers integers(const OnnxNode& node, const char* name, Integers absent) {
  const auto found = node.integers.find(name);
  return found == node.integers.end() ? absent : found->second;
}

std::int64_t integer(const OnnxNode& node, const char* name, std::int64_t absent) {
  const Integers found = integers(node, name, {absent});
  return found.size() == 1 ? found[0] : absent;
}

double number(const OnnxNode& node, const char* name, double absent) {
  const auto found = node.numbers.find(name);
  return found == node.numbers.end() ? absent : found->second;
}

bool allAre(const Integers& values, std::int64_t wanted) {
  return std::ranges::all_of(values, [&](std::int64_t value) { return value == wanted; });
}

OnnxGraph::OnnxGraph(const OnnxModel& model, const std::string& file, Diagnostics& diags)
    : file_(file), diags_(diags), constants_(model.constants) {
  foldConstants(model);
}

void OnnxGraph::refuseOthers() {
  for (const OnnxNode* node : nodes_) {
    if (isSupported(*node)) continue;
    error("onnx-operator", *node,
          fmt::format("the operator {}{} cannot be imported", quoteWord(node->op),
                      node->domain.empty() ? "" : " of " + quoteWord(node->domain)),
          remedyFor(node->op));
  }
}

const OnnxTensor* OnnxGraph::constant(const OnnxNode& node, std::size_t input) const {
  if (input >= node.inputs.size()) return nullptr;
  const auto found = constants_.find(node.inputs[input]);
  return found == constants_.end() ? nullptr : &found->second;
}

const std::vector<const OnnxNode*>& OnnxGraph::consumers(const std::string& tensor) const {
  static const std::vector<const OnnxNode*> kNone;
  const auto found = consumers_.find(tensor);
  return found == consumers_.end() ? kNone : found->second;
}

void OnnxGraph::fail(const char* name, const std::string& part, const std::string& message,
                     const std::string& hint) {
  diags_.error(name, {.file = file_, .part = part}, message, hint);
}

bool OnnxGraph::error(const char* name, const OnnxNode& node, const std::string& message,
                      const std::string& hint) {
  fail(name, fmt::format("node {} ({})", quoteWord(node.name), node.op), message, hint);
  return false;
}

bool OnnxGraph::formError(const OnnxNode& node, const std::string& message, const std::string& hint) {
  return error("onnx-form", node, message, hint);
}

bool OnnxGraph::square(const OnnxNode& node, const char* name, std::size_t count, std::int64_t absent,
                       std::int64_t low, std::int64_t high, int& value) {
  const Integers found = integers(node, name, Integers(count, absent));
  if (found.size() != count || found[0] < low || found[0] > high || !allAre(found, found[0])) {
    return formError(
        node, fmt::format("'{}' is not the same {} … {} in both directions", name, low, high),
        fmt::format("use {} from {} to {}, equal in both directions and on all sides", name, low, high));
  }
  value = static_cast<int>(found[0]);
  return true;
}

void OnnxGraph::foldConstants(const OnnxModel& model) {
  for (const OnnxNode& node : model.nodes) {
    const OnnxTensor* source = constant(node, 0);
    if (source == nullptr || node.outputs.empty() || !foldable(node)) {
      nodes_.push_back(&node);
      for (const std::string& input : node.inputs) consumers_[input].push_back(&node);
      continue;
    }
    OnnxTensor folded = *source;
    if (node.op == "Sign" || isQuantizer(node)) {
      // Sign gives 0 for 0; a weight of 0 does not exist here and counts as +1, as everywhere.
      for (double& value : folded.values) value = value >= 0 ? 1 : -1;
      if (isQuantizer(node) && !multiply(folded, *constant(node, 1))) {
        error("onnx-form", node, "its scale is neither one number nor one an output",
              "export one scale an output channel");
      }
    } else if (node.op == "Transpose") {
      const auto rows = static_cast<std::size_t>(source->dims[0]),
                 columns = static_cast<std::size_t>(source->dims[1]);
      for (std::size_t r = 0; r < rows; ++r) {
        for (std::size_t c = 0; c < columns; ++c)
          folded.values[c * rows + r] = source->values[r * columns + c];
      }
      std::swap(folded.dims[0], folded.dims[1]);
    }
    constants_[node.outputs[0]] = std::move(folded);
  }
}

bool OnnxGraph::foldable(const OnnxNode& node) const {
  if (isQuantizer(node)) return constant(node, 1) != nullptr;
  if (!node.domain.empty()) return false;
  if (node.op == "Transpose") {
    const OnnxTensor& source = *constant(node, 0);
    return source.dims.size() == 2 && integers(node, "perm", {1, 0}) == Integers{1, 0};
  }
  return node.op == "Sign" || node.op == "Identity";
}

}  // namespace neuspin::bnn

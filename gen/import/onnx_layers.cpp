#include "import/onnx_layers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "import/network_files.hpp"

namespace neuspin::bnn {
namespace {

using Integers = std::vector<std::int64_t>;

constexpr std::int64_t kMostElements = 65536;  // of an image, and outputs of a layer
constexpr std::int64_t kLargestKernel = 7, kLargestStride = 7, kLargestPool = 16;
const char kOnlyThese[] =
    "use Conv, Gemm, MatMul, BatchNormalization, Sign, MaxPool, AveragePool, Flatten, Reshape, Pad, and a "
    "bias by Add";

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
      {"Sub", "fold it into BatchNormalization, or write the bias as Add"},
      {"LayerNormalization", "use BatchNormalization"},
      {"InstanceNormalization", "use BatchNormalization"},
      {"Concat", "layers form a chain: branches cannot be imported"},
  };
  const auto found = kRemedies.find(op);
  return found == kRemedies.end() ? kOnlyThese : found->second;
}

bool isQuantizer(const OnnxNode& node) {
  return node.op == "BipolarQuant";
}  // of Brevitas and QONNX

bool isSupported(const OnnxNode& node) {
  static const std::set<std::string> kOperators = {
      "Conv",    "Gemm",    "MatMul",   "Add",         "BatchNormalization",
      "Sign",    "MaxPool", "Flatten",  "AveragePool", "GlobalAveragePool",
      "Reshape", "Pad",     "Identity", "Softmax",     "LogSoftmax"};
  return isQuantizer(node) || (node.domain.empty() && kOperators.contains(node.op));
}

bool allAre(const Integers& values, std::int64_t wanted) {
  return std::ranges::all_of(values, [&](std::int64_t value) { return value == wanted; });
}

class Walker {
 public:
  Walker(const OnnxModel& model, const std::string& file, Diagnostics& diags)
      : model_(model), file_(file), diags_(diags), constants_(model.constants) {}

  std::optional<OnnxLayers> walk() {
    const auto errors = diags_.errorCount();
    foldConstants();
    for (const OnnxNode* node : nodes_) {
      if (isSupported(*node)) continue;
      error("onnx-operator", *node,
            fmt::format("the operator {}{} cannot be imported", quoteWord(node->op),
                        node->domain.empty() ? "" : " of " + quoteWord(node->domain)),
            remedyFor(node->op));
    }
    if (diags_.errorCount() != errors || !readShape()) return std::nullopt;
    std::string tensor = model_.input;
    for (std::set<const OnnxNode*> seen; tensor != model_.output;) {
      const OnnxNode* node = consumerOf(tensor);
      if (node == nullptr || !seen.insert(node).second || !step(*node, tensor)) return std::nullopt;
      tensor = node->outputs.empty() ? "" : node->outputs[0];
    }
    if (!open_) {
      fail("onnx-structure", "output " + quoteWord(model_.output),
           "no logits come out: the graph does not end in a Gemm or MatMul",
           "let the last layer be Gemm or MatMul without Sign behind it");
    } else if (const OnnxLayer& last = result_.layers.back();
               last.conv && (shape_.pixels() != 1 || (last.pool > 1 && !last.average))) {
      fail("onnx-structure", "output " + quoteWord(model_.output),
           "the graph ends in a convolution with more than a number a class",
           "average its map by GlobalAveragePool, or add Sign, Flatten and a Gemm whose outputs are the "
           "classes");
    } else {
      finishLayer();
    }
    if (diags_.errorCount() != errors) return std::nullopt;
    return std::move(result_);
  }

 private:
  void fail(const char* name, const std::string& part, const std::string& message, const std::string& hint) {
    diags_.error(name, {.file = file_, .part = part}, message, hint);
  }
  /// Always false.
  bool error(const char* name, const OnnxNode& node, const std::string& message, const std::string& hint) {
    fail(name, fmt::format("node {} ({})", quoteWord(node.name), node.op), message, hint);
    return false;
  }
  bool formError(const OnnxNode& node, const std::string& message, const std::string& hint) {
    return error("onnx-form", node, message, hint);
  }

  const OnnxTensor* constant(const OnnxNode& node, std::size_t input) const {
    if (input >= node.inputs.size()) return nullptr;
    const auto found = constants_.find(node.inputs[input]);
    return found == constants_.end() ? nullptr : &found->second;
  }
  static Integers integers(const OnnxNode& node, const char* name, Integers absent) {
    const auto found = node.integers.find(name);
    return found == node.integers.end() ? absent : found->second;
  }
  static std::int64_t integer(const OnnxNode& node, const char* name, std::int64_t absent) {
    const Integers found = integers(node, name, {absent});
    return found.size() == 1 ? found[0] : absent;
  }
  static double number(const OnnxNode& node, const char* name, double absent) {
    const auto found = node.numbers.find(name);
    return found == node.numbers.end() ? absent : found->second;
  }

  /// Weights that the graph computes from constants: binarised, transposed or just named again.
  void foldConstants() {
    for (const OnnxNode& node : model_.nodes) {
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

  bool foldable(const OnnxNode& node) const {
    if (isQuantizer(node)) return constant(node, 1) != nullptr;
    if (!node.domain.empty()) return false;
    if (node.op == "Transpose") {
      const OnnxTensor& source = *constant(node, 0);
      return source.dims.size() == 2 && integers(node, "perm", {1, 0}) == Integers{1, 0};
    }
    return node.op == "Sign" || node.op == "Identity";
  }

  /// By a number, or by one a row of the first dimension.
  static bool multiply(OnnxTensor& tensor, const OnnxTensor& factor) {
    const std::size_t rows = tensor.dims.empty() ? 1 : static_cast<std::size_t>(tensor.dims[0]);
    if (factor.values.size() != 1 &&
        (rows == 0 || factor.values.size() != rows || factor.dims[0] != tensor.dims[0]))
      return false;
    const std::size_t row = rows == 0 ? 1 : std::max<std::size_t>(tensor.values.size() / rows, 1);
    for (std::size_t i = 0; i < tensor.values.size(); ++i)
      tensor.values[i] *= factor.values.size() == 1 ? factor.values[0] : factor.values[i / row];
    return true;
  }

  bool readShape() {
    const Integers& dims = model_.input_dims;
    std::int64_t elements = 1;
    for (std::size_t i = 1; i < dims.size(); ++i)
      elements = dims[i] < 1 || dims[i] > kMostElements ? 0 : std::min(elements * dims[i], kMostElements + 1);
    if ((dims.size() != 2 && dims.size() != 4) || elements < 1 || elements > kMostElements) {
      fail("onnx-inputs", "input " + quoteWord(model_.input),
           fmt::format("its shape is none of [batch, features] and [batch, channels, height, width] with at "
                       "most {} elements",
                       kMostElements),
           "export with an example image of fixed size");
      return false;
    }
    const auto size = [&](std::size_t i) { return static_cast<int>(dims[i]); };
    shape_ = dims.size() == 4 ? Shape{size(1), size(2), size(3)} : Shape{size(1), 1, 1};
    result_.input = shape_;
    return true;
  }

  const OnnxNode* consumerOf(const std::string& tensor) {
    const auto found = consumers_.find(tensor);
    if (found == consumers_.end()) {
      fail("onnx-structure", "tensor " + quoteWord(tensor),
           "nothing takes it, and it is not the graph's output",
           "export a network whose layers form a chain from input to output");
      return nullptr;
    }
    if (found->second.size() == 1) return found->second[0];
    const OnnxNode& second = *found->second[1];
    error("onnx-branch", second, fmt::format("{} goes to {} nodes", quoteWord(tensor), found->second.size()),
          "layers form a chain: residual connections and branches cannot be imported");
    return nullptr;
  }

  bool step(const OnnxNode& node, const std::string& tensor) {
    if (node.outputs.empty()) return formError(node, "it has no output", "export the model again");
    if (ended_)
      return formError(node, "it stands behind the Softmax", "let Softmax be the last node, or leave it out");
    if (pad_ > 0 && node.op != "Conv")
      return formError(node, "it stands behind a Pad", "let a Conv follow the Pad");
    if (averaged_signs_ > 0 && node.op != "Flatten" && node.op != "Reshape" && node.op != "Gemm" &&
        node.op != "MatMul") {
      return formError(node, "it stands behind an average of signs, which are numbers between -1 and +1",
                       "let Flatten and a Gemm follow, or average before the Sign");
    }
    if (node.op == "Identity") return true;
    if (node.op == "Add") return add(node, tensor);
    if (node.inputs.empty() || node.inputs[0] != tensor) {
      return formError(node, fmt::format("{} is not its first input", quoteWord(tensor)),
                       "weights come second: activations cannot be multiplied with each other");
    }
    if (node.op == "Conv") return conv(node);
    if (node.op == "Gemm" || node.op == "MatMul") return linear(node);
    if (node.op == "BatchNormalization") return normalise(node);
    if (node.op == "Sign" || isQuantizer(node)) return sign(node);
    if (node.op == "MaxPool" || node.op == "AveragePool" || node.op == "GlobalAveragePool") return pool(node);
    if (node.op == "Flatten" || node.op == "Reshape") return reshape(node);
    if (node.op == "Pad") return pad(node);
    ended_ = true;  // Softmax: the uncertainty head has its own
    return open_ ||
           formError(node, "Softmax stands behind Sign", "let Softmax be the last node, or leave it out");
  }

  /// A square attribute: all values equal, or `absent`.
  bool square(const OnnxNode& node, const char* name, std::size_t count, std::int64_t absent,
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

  /// Before a layer: what arrives must be the image or signs.
  bool beginLayer(const OnnxNode& node, bool conv) {
    if (open_) {
      return error("onnx-not-binary", node,
                   fmt::format("its inputs are not binary: no Sign stands behind {}",
                               quoteWord(result_.layers.back().node)),
                   "put Sign (or BipolarQuant) between the two layers");
    }
    OnnxLayer& layer = result_.layers.emplace_back();
    layer.name = fmt::format("{}{}", conv ? "conv" : "fc", result_.layers.size() - 1);
    layer.node = node.name;
    layer.conv = conv;
    layer.in = shape_;
    open_ = true;
    pooled_behind_norm_ = flattened_ = false;
    return true;
  }

  bool conv(const OnnxNode& node) {
    if (!beginLayer(node, true)) return false;
    OnnxLayer& layer = result_.layers.back();
    const OnnxTensor* weight = constant(node, 1);
    if (weight == nullptr || weight->dims.size() != 4) {
      return formError(node, "its weights are no constant of 4 dimensions",
                       "use a two-dimensional convolution with fixed weights");
    }
    if (integer(node, "group", 1) != 1)
      return formError(node, "it is a grouped convolution", "use group = 1");
    if (!allAre(integers(node, "dilations", {1}), 1))
      return formError(node, "its kernel is dilated", "use dilation 1");
    const auto automatic = node.words.find("auto_pad");
    if (automatic != node.words.end() && automatic->second != "NOTSET" && automatic->second != "VALID") {
      return formError(node, fmt::format("auto_pad = {} is not known", quoteWord(automatic->second)),
                       "state the padding by 'pads', equal on all sides");
    }
    OnnxNode kernel = node;
    kernel.integers["kernel_shape"] = {weight->dims[2], weight->dims[3]};
    if (!square(kernel, "kernel_shape", 2, 0, 1, kLargestKernel, layer.kernel) ||
        !square(node, "strides", 2, 1, 1, kLargestStride, layer.stride) ||
        !square(node, "pads", 4, 0, 0, layer.kernel - 1, layer.padding))
      return false;
    if (pad_ > 0 && (layer.padding > 0 || pad_ >= layer.kernel)) {
      return formError(node, "both Pad and Conv pad the map, or by a whole kernel",
                       "pad once, by less than the kernel");
    }
    if (pad_ > 0) layer.padding = pad_;
    layer.pad_minus_one = pad_ > 0 && pad_minus_one_;
    pad_ = 0;
    if (weight->dims[1] != shape_.channels) {
      return formError(
          node, fmt::format("its weights are for {} channels, {} arrive", weight->dims[1], shape_.channels),
          "export the model again");
    }
    layer.inputs = shape_.channels * layer.kernel * layer.kernel;
    if (!takeWeights(node, *weight, weight->dims[0], false)) return false;
    const auto windows = [&](int size) {
      return (size + 2 * layer.padding - layer.kernel) / layer.stride + 1;
    };
    if (std::min(shape_.height, shape_.width) + 2 * layer.padding < layer.kernel) {
      return formError(node,
                       fmt::format("the kernel does not fit the map of {} x {}", shape_.height, shape_.width),
                       "use a smaller kernel, or less pooling before");
    }
    shape_ = {layer.outputs, windows(shape_.height), windows(shape_.width)};
    return node.inputs.size() < 3 || node.inputs[2].empty() ||
           addVector(node, constant(node, 2), 1, layer.bias);
  }

  bool linear(const OnnxNode& node) {
    const bool gemm = node.op == "Gemm";
    if (shape_.pixels() != 1) {
      return formError(node, fmt::format("a map of {} x {} arrives", shape_.height, shape_.width),
                       "put Flatten before it");
    }
    if (!beginLayer(node, false)) return false;
    OnnxLayer& layer = result_.layers.back();
    if (averaged_signs_ >
        0) {  // of their mean over the map: the mean of what a convolution makes of every pixel
      layer.conv = layer.average = true;
      layer.in = {shape_.channels, averaged_signs_, averaged_signs_};
      layer.pool = averaged_signs_;
      averaged_signs_ = 0;
    }
    const OnnxTensor* weight = constant(node, 1);
    if (weight == nullptr || weight->dims.size() != 2) {
      return formError(node, "its weights are no constant matrix", "export the weights as constants");
    }
    if (gemm && integer(node, "transA", 0) != 0)
      return formError(node, "it transposes its input", "use transA = 0");
    const bool rows_are_outputs = gemm && integer(node, "transB", 0) != 0;
    const std::int64_t inputs = weight->dims[rows_are_outputs ? 1 : 0],
                       outputs = weight->dims[rows_are_outputs ? 0 : 1];
    if (inputs != shape_.elements()) {
      return formError(node,
                       fmt::format("its weights are for {} inputs, {} arrive", inputs, shape_.elements()),
                       "export the model again");
    }
    layer.inputs = static_cast<int>(inputs);
    if (!takeWeights(node, *weight, outputs, !rows_are_outputs)) return false;
    const double alpha = gemm ? number(node, "alpha", 1) : 1;
    if (!(alpha > 0)) return formError(node, "alpha is not positive", "use alpha = 1");
    for (double& scale : layer.scale) scale *= alpha;
    shape_ = {layer.outputs, 1, 1};
    const bool has_bias = gemm && node.inputs.size() > 2 && !node.inputs[2].empty();
    return !has_bias || addVector(node, constant(node, 2), number(node, "beta", 1), layer.bias);
  }

  /// Weights of one size per output: their signs, and the size as the output's scale.
  bool takeWeights(const OnnxNode& node, const OnnxTensor& tensor, std::int64_t outputs,
                   bool columns_are_outputs) {
    OnnxLayer& layer = result_.layers.back();
    constexpr double kTolerance = 1e-4;
    if (outputs < 1 || outputs > kMostElements) {
      return formError(node, fmt::format("it has {} outputs, legal are 1 … {}", outputs, kMostElements),
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
        return error(
            "onnx-not-bipolar", node,
            fmt::format(
                "weights {}: output {} holds {}, but its weights are {} on average: they are not +a and -a",
                quoteWord(node.inputs[1]), o, at(i), size),
            "export the binarised weights, not the latent ones, or put Sign or BipolarQuant behind them");
      }
      layer.scale.push_back(size * activation_);
    }
    layer.bias.assign(count, 0);
    return true;
  }

  /// A constant of one number, or of one an output, times `factor`, added to `sum`.
  bool addVector(const OnnxNode& node, const OnnxTensor* tensor, double factor, std::vector<double>& sum) {
    if (tensor == nullptr || (tensor->values.size() != 1 && tensor->values.size() != sum.size())) {
      return formError(node, "its bias is no constant of one number an output",
                       "export the bias as a constant");
    }
    for (std::size_t o = 0; o < sum.size(); ++o)
      sum[o] += factor * tensor->values[tensor->values.size() == 1 ? 0 : o];
    return true;
  }

  bool add(const OnnxNode& node, const std::string& tensor) {
    const std::size_t other = !node.inputs.empty() && node.inputs[0] == tensor ? 1 : 0;
    const OnnxTensor* bias = constant(node, other);
    if (node.inputs.size() != 2 || bias == nullptr) {
      return error("onnx-operator", node, "the operator 'Add' of two maps cannot be imported",
                   "residual connections cannot be imported: use a chain of layers");
    }
    if (!open_)
      return formError(node, "it adds to signs", "let Add follow Conv, Gemm, MatMul or BatchNormalization");
    OnnxLayer& layer = result_.layers.back();
    if (bias->values.size() != 1) {  // one an output: along the channels, which stand before height and width
      const std::size_t behind = layer.conv ? 2 : 0;
      const Integers& dims = bias->dims;
      if (dims.size() <= behind || dims[dims.size() - 1 - behind] != layer.outputs) {
        return formError(node, "what it adds is not one number an output",
                         "add a constant with one value a channel");
      }
    }
    return addVector(node, bias, 1, layer.normalised ? layer.beta : layer.bias);
  }

  bool normalise(const OnnxNode& node) {
    if (!open_ || result_.layers.back().normalised) {
      return formError(node, "it does not stand behind the sums of a layer",
                       "use one BatchNormalization a layer, between Conv, Gemm or MatMul and Sign");
    }
    if (integer(node, "training_mode", 0) != 0) {
      return formError(node, "it is in training mode", "export in evaluation mode: model.eval()");
    }
    OnnxLayer& layer = result_.layers.back();
    layer.eps = number(node, "epsilon", 1e-5);
    std::vector<double>* const parameters[] = {&layer.gamma, &layer.beta, &layer.mean, &layer.var};
    for (std::size_t i = 0; i < std::size(parameters); ++i) {
      parameters[i]->assign(static_cast<std::size_t>(layer.outputs), 0);
      const OnnxTensor* tensor = constant(node, i + 1);
      if (tensor == nullptr || tensor->values.size() != parameters[i]->size()) {
        return formError(node,
                         fmt::format("its parameter {} is no constant of {} values", i + 1, layer.outputs),
                         "export in evaluation mode, with constant parameters");
      }
      *parameters[i] = tensor->values;
    }
    if (!(layer.eps >= 0 && layer.eps <= 0.1))
      return formError(node, "epsilon is not 0 … 0.1", "use epsilon = 1e-5");
    layer.normalised = true;
    return true;
  }

  bool sign(const OnnxNode& node) {
    double scale = 1;
    if (isQuantizer(node)) {
      const OnnxTensor* factor = constant(node, 1);
      if (factor == nullptr || factor->values.size() != 1 || !(factor->values[0] > 0) ||
          !std::isfinite(factor->values[0])) {
        return formError(node, "its scale is no positive constant",
                         "use one constant scale for all activations");
      }
      scale = factor->values[0];
    }
    if (result_.layers.empty()) result_.input_signs = true;
    if (open_) finishLayer();
    open_ = false;
    activation_ = scale;
    return true;
  }

  void finishLayer() {
    OnnxLayer& layer = result_.layers.back();
    if (!pooled_behind_norm_ || !layer.normalised) return;
    // Here the largest sum is taken, there the largest output. Where it falls with the sum, all signs turn
    // round.
    for (std::size_t o = 0; o < layer.gamma.size(); ++o) {
      if (layer.gamma[o] >= 0) continue;
      const auto row =
          layer.weights.begin() + static_cast<std::ptrdiff_t>(o * static_cast<std::size_t>(layer.inputs));
      for (auto weight = row; weight != row + layer.inputs; ++weight)
        *weight = static_cast<std::int8_t>(-*weight);
      layer.gamma[o] = -layer.gamma[o];
      layer.bias[o] = -layer.bias[o];
      layer.mean[o] = -layer.mean[o];
    }
  }

  /// Of a MaxPool or AveragePool.
  bool poolSize(const OnnxNode& node, int& size) {
    int stride = 1, pads = 0;
    if (!square(node, "kernel_shape", 2, 0, 1, kLargestPool, size) ||
        !square(node, "strides", 2, 1, 1, kLargestPool, stride) || !square(node, "pads", 4, 0, 0, 0, pads))
      return false;
    const bool other_outputs =
        std::ranges::any_of(node.outputs.begin() + 1, node.outputs.end(),
                            [&](const std::string& name) { return consumers_.contains(name); });
    const auto automatic = node.words.find("auto_pad");
    const bool pads_itself =
        automatic != node.words.end() && automatic->second != "NOTSET" && automatic->second != "VALID";
    if (stride != size || integer(node, "ceil_mode", 0) != 0 ||
        !allAre(integers(node, "dilations", {1}), 1) || other_outputs || pads_itself) {
      return formError(
          node, "its windows overlap, or it has a form of its own",
          fmt::format("use {} with stride = kernel, without padding, dilation and ceil_mode", node.op));
    }
    if (size > std::min(shape_.height, shape_.width)) {
      return formError(node,
                       fmt::format("the pool does not fit the map of {} x {}", shape_.height, shape_.width),
                       "use a smaller pool");
    }
    return true;
  }

  bool pool(const OnnxNode& node) {
    const bool average = node.op != "MaxPool", of_signs = average && !open_;
    const bool fits = !result_.layers.empty() && result_.layers.back().conv &&
                      (of_signs || result_.layers.back().pool == 1) &&
                      shape_.channels == result_.layers.back().outputs && !flattened_;
    if (!fits) {
      return formError(node, "it does not stand behind a convolution, or pools what is pooled already",
                       fmt::format("use one {} behind a convolution", node.op));
    }
    OnnxLayer& layer = result_.layers.back();
    int size = shape_.height;
    if (node.op == "GlobalAveragePool") {
      if (shape_.height != shape_.width || size > kLargestPool) {
        return formError(node, fmt::format("it averages a map of {} x {}", shape_.height, shape_.width),
                         fmt::format("use a square map of at most {0} x {0}", kLargestPool));
      }
    } else if (!poolSize(node, size)) {
      return false;
    }
    if (size == 1) return true;
    const Shape pooled = {shape_.channels, shape_.height / size, shape_.width / size};
    if (of_signs && (size != shape_.height || size != shape_.width)) {
      return formError(node,
                       "it averages signs, and not those of a whole map: the next layer would take numbers "
                       "between -1 and +1",
                       "put it before the Sign");
    }
    shape_ = pooled;
    if (of_signs) {
      averaged_signs_ = size;
      return true;
    }
    if (!average && (layer.normalised || !open_)) pooled_behind_norm_ = true;
    layer.pool = size;
    layer.average = average;
    if (!open_) finishLayer();
    return true;
  }

  bool reshape(const OnnxNode& node) {
    Integers wanted;
    if (node.op == "Flatten") {
      if (integer(node, "axis", 1) != 1) return formError(node, "axis is not 1", "use axis = 1");
      wanted = {1, -1};
    } else {
      const OnnxTensor* sizes = constant(node, 1);
      if (sizes == nullptr) return formError(node, "its shape is no constant", "export with constant shapes");
      for (const double size : sizes->values)
        wanted.push_back(std::abs(size) <= kMostElements ? static_cast<std::int64_t>(size) : 0);
    }
    // Behind the batch: [elements], or the map as it is, or (of the image) the map it is meant to be.
    std::int64_t known = 1;
    for (std::size_t i = 1; i < wanted.size(); ++i) {
      if (wanted[i] == 0 && node.op == "Reshape" && integer(node, "allowzero", 0) == 0 && i <= 3)
        wanted[i] = i == 1 ? shape_.channels : i == 2 ? shape_.height : shape_.width;
      if (wanted[i] > 0) known = std::min(known * wanted[i], kMostElements * kMostElements);
    }
    for (std::size_t i = 1; i < wanted.size(); ++i) {
      if (wanted[i] == -1) wanted[i] = known > 0 ? shape_.elements() / known : 0;
    }
    const bool flat = wanted.size() == 2 && wanted[1] == shape_.elements();
    const bool map = wanted.size() == 4 &&
                     std::ranges::all_of(wanted.begin() + 1, wanted.end(),
                                         [](auto n) { return n > 0 && n <= kMostElements; }) &&
                     wanted[1] * wanted[2] * wanted[3] == shape_.elements();
    const Shape to =
        map ? Shape{static_cast<int>(wanted[1]), static_cast<int>(wanted[2]), static_cast<int>(wanted[3])}
            : Shape{shape_.elements(), 1, 1};
    if (flat && open_ && result_.layers.back().conv && shape_.pixels() > 1) {
      return formError(node, "it flattens sums", "put Sign before it");
    }
    if (!(flat || (map && (to == shape_ || result_.layers.empty())))) {
      return formError(node, "it changes more than the shape of the image or from a map to a vector",
                       "use Flatten between convolutions and Gemm");
    }
    if (result_.layers.empty()) result_.input = map ? to : result_.input;
    flattened_ = flattened_ || (flat && shape_.pixels() > 1);
    shape_ = to;
    return true;
  }

  bool pad(const OnnxNode& node) {
    if (open_) return formError(node, "it pads sums", "put Pad behind Sign, before the Conv");
    Integers sides = integers(node, "pads", {});
    double value = number(node, "value", 0);
    if (const OnnxTensor* tensor = constant(node, 1)) {
      sides.clear();
      for (const double side : tensor->values)
        sides.push_back(std::abs(side) <= kLargestKernel ? static_cast<std::int64_t>(side) : -1);
    }
    if (const OnnxTensor* tensor = constant(node, 2); tensor != nullptr && tensor->values.size() == 1)
      value = tensor->values[0];
    const auto mode = node.words.find("mode");
    const Integers inner =
        sides.size() == 8 ? Integers{sides[2], sides[3], sides[6], sides[7]} : Integers{-1};
    if ((mode != node.words.end() && mode->second != "constant") || inner[0] < 0 ||
        !allAre(inner, inner[0]) || sides[0] != 0 || sides[1] != 0 || sides[4] != 0 || sides[5] != 0) {
      return formError(node, "it is not the same number of rows and columns of a constant on all four sides",
                       "pad height and width equally, mode = constant");
    }
    const bool minus_one = std::abs(value + activation_) <= 1e-6 * activation_;
    if (value != 0 && !minus_one) {
      return formError(node, fmt::format("it pads with {}", value), "pad with 0, or with what stands for -1");
    }
    pad_ = static_cast<int>(inner[0]);
    pad_minus_one_ = minus_one;
    return true;
  }

  const OnnxModel& model_;
  const std::string& file_;
  Diagnostics& diags_;
  std::map<std::string, OnnxTensor> constants_;
  std::vector<const OnnxNode*> nodes_;  ///< that compute with the image
  std::map<std::string, std::vector<const OnnxNode*>> consumers_;
  OnnxLayers result_;
  Shape shape_ = {};       ///< what the tensor at hand holds
  double activation_ = 1;  ///< what +1 stands for
  bool open_ = false;      ///< the tensor at hand are sums of the last layer
  bool pooled_behind_norm_ = false, flattened_ = false, ended_ = false;
  int averaged_signs_ = 0;  ///< rows of the map whose mean the tensor at hand is; 0: it is none
  int pad_ = 0;  ///< by the node before
  bool pad_minus_one_ = false;
};

}  // namespace

std::optional<OnnxLayers> findLayers(const OnnxModel& model, const std::string& file, Diagnostics& diags) {
  return Walker(model, file, diags).walk();
}

}  // namespace neuspin::bnn

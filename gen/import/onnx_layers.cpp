#include "import/onnx_layers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "import/network_files.hpp"
#include "import/onnx_graph.hpp"
#include "import/onnx_parameters.hpp"

namespace neuspin::bnn {
namespace {

constexpr std::int64_t kLargestPool = 16, kLargestPad = 6;

/// The signs that a layer puts out.
struct Signs {
  int layer;
  double activation;  ///< what +1 stands for
  Shape shape;
};

/// Follows the image from node to node.
class Walker {
 public:
  Walker(const OnnxModel& model, const std::string& file, Diagnostics& diags)
      : model_(model), diags_(diags), graph_(model, file, diags) {}

  std::optional<OnnxLayers> walk() {
    const auto errors = diags_.errorCount();
    graph_.refuseOthers();
    if (diags_.errorCount() != errors || !readShape()) return std::nullopt;
    std::string tensor = model_.input;
    for (std::set<const OnnxNode*> seen; tensor != model_.output;) {
      const OnnxNode* node = consumerOf(tensor);
      if (node == nullptr || !seen.insert(node).second || !step(*node, tensor)) return std::nullopt;
      tensor = node->outputs.empty() ? "" : node->outputs[0];
      if (!open_ && !result_.layers.empty() && averaged_signs_ == 0)
        signs_[tensor] = {static_cast<int>(result_.layers.size()) - 1, activation_, shape_};
    }
    if (!open_) {
      graph_.fail("onnx-structure", "output " + quoteWord(model_.output),
                  "no logits come out: the graph does not end in a Gemm or MatMul",
                  "let the last layer be Gemm or MatMul without Sign behind it");
    } else if (const OnnxLayer& last = result_.layers.back();
               last.conv && (shape_.pixels() != 1 || (last.pool > 1 && !last.average))) {
      graph_.fail(
          "onnx-structure", "output " + quoteWord(model_.output),
          "the graph ends in a convolution with more than a number a class",
          "average its map by GlobalAveragePool, or add Sign, Flatten and a Gemm whose outputs are the "
          "classes");
    } else if (last.skip >= 0) {
      graph_.fail("onnx-structure", "output " + quoteWord(model_.output), "a branch is added to the logits",
                  "let branches end before the last layer");
    } else {
      finishLayer();
    }
    if (diags_.errorCount() != errors) return std::nullopt;
    return std::move(result_);
  }

 private:
  bool readShape() {
    const Integers& dims = model_.input_dims;
    std::int64_t elements = 1;
    for (std::size_t i = 1; i < dims.size(); ++i)
      elements = dims[i] < 1 || dims[i] > kMostElements ? 0 : std::min(elements * dims[i], kMostElements + 1);
    if ((dims.size() != 2 && dims.size() != 4) || elements < 1 || elements > kMostElements) {
      graph_.fail(
          "onnx-inputs", "input " + quoteWord(model_.input),
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

  /// Add of two tensors that both depend on the image.
  bool joins(const OnnxNode& node) const {
    return node.op == "Add" && graph_.constant(node, 0) == nullptr && graph_.constant(node, 1) == nullptr;
  }

  /// The node that goes on with a tensor. Signs may go to later Adds as well.
  const OnnxNode* consumerOf(const std::string& tensor) {
    const auto& all = graph_.consumers(tensor);
    if (all.empty()) {
      graph_.fail("onnx-structure", "tensor " + quoteWord(tensor),
                  "nothing takes it, and it is not the graph's output",
                  "export a network whose layers form a chain from input to output");
      return nullptr;
    }
    if (all.size() == 1) return all[0];
    std::vector<const OnnxNode*> next;
    std::ranges::copy_if(all, std::back_inserter(next),
                         [&](const OnnxNode* node) { return !signs_.contains(tensor) || !joins(*node); });
    if (next.size() == 1) return next[0];
    graph_.error("onnx-branch", next.size() > 1 ? *next[1] : *all[1],
                 fmt::format("{} goes to {} nodes", quoteWord(tensor), all.size()),
                 "layers form a chain; beside it, only the signs of a layer may go to a later Add");
    return nullptr;
  }

  bool step(const OnnxNode& node, const std::string& tensor) {
    if (node.outputs.empty()) return graph_.formError(node, "it has no output", "export the model again");
    if (ended_)
      return graph_.formError(node, "it stands behind the Softmax",
                              "let Softmax be the last node, or leave it out");
    if (pad_.size > 0 && node.op != "Conv")
      return graph_.formError(node, "it stands behind a Pad", "let a Conv follow the Pad");
    if (averaged_signs_ > 0 && node.op != "Flatten" && node.op != "Reshape" && node.op != "Gemm" &&
        node.op != "MatMul") {
      return graph_.formError(node,
                              "it stands behind an average of signs, which are numbers between -1 and +1",
                              "let Flatten and a Gemm follow, or average before the Sign");
    }
    if (node.op == "Identity") return true;
    if (node.op == "Add") return add(node, tensor);
    if (node.inputs.empty() || node.inputs[0] != tensor) {
      return graph_.formError(node, fmt::format("{} is not its first input", quoteWord(tensor)),
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
    return open_ || graph_.formError(node, "Softmax stands behind Sign",
                                     "let Softmax be the last node, or leave it out");
  }

  /// Before a layer: what arrives must be the image or signs.
  bool beginLayer(const OnnxNode& node, bool conv) {
    if (open_) {
      return graph_.error("onnx-not-binary", node,
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
    const Padding before = std::exchange(pad_, {});
    if (!readConv(graph_, node, before, activation_, layer)) return false;
    shape_ = layer.out;
    return true;
  }

  bool linear(const OnnxNode& node) {
    if (shape_.pixels() != 1) {
      return graph_.formError(node, fmt::format("a map of {} x {} arrives", shape_.height, shape_.width),
                              "put Flatten before it");
    }
    if (!beginLayer(node, false)) return false;
    OnnxLayer& layer = result_.layers.back();
    if (averaged_signs_ >
        0) {  // of their mean over the map: the mean of what a convolution makes of every pixel
      layer.conv = layer.average = true;
      layer.in = {shape_.channels, averaged_signs_, averaged_signs_};
      layer.pool = std::exchange(averaged_signs_, 0);
    }
    if (!readLinear(graph_, node, activation_, layer)) return false;
    shape_ = layer.out;
    return true;
  }

  bool add(const OnnxNode& node, const std::string& tensor) {
    if (node.inputs.size() != 2) return graph_.formError(node, "it has not two inputs", "export it again");
    if (!open_) {
      return graph_.formError(node, "it adds to signs",
                              "let Add follow Conv, Gemm, MatMul or BatchNormalization");
    }
    const std::size_t other = node.inputs[0] == tensor ? 1 : 0;
    const OnnxTensor* bias = graph_.constant(node, other);
    OnnxLayer& layer = result_.layers.back();
    if (bias == nullptr) return addBranch(node, node.inputs[other]);
    if (bias->values.size() != 1) {  // one an output: along the channels, which stand before height and width
      const std::size_t behind = layer.conv ? 2 : 0;
      const Integers& dims = bias->dims;
      if (dims.size() <= behind || dims[dims.size() - 1 - behind] != layer.outputs) {
        return graph_.formError(node, "what it adds is not one number an output",
                                "add a constant with one value a channel");
      }
    }
    return addVector(graph_, node, other, 1, layer.normalised ? layer.beta : layer.bias);
  }

  /// A residual connection: the signs of an earlier layer are added to sums.
  bool addBranch(const OnnxNode& node, const std::string& tensor) {
    const auto found = signs_.find(tensor);
    if (found == signs_.end()) {
      return graph_.error(
          "onnx-branch", node,
          fmt::format("{} is neither a constant nor the signs of an earlier layer", quoteWord(tensor)),
          "let the branch begin behind the Sign of a layer: sums and the image cannot be added");
    }
    const Signs& signs = found->second;
    OnnxLayer& layer = result_.layers.back();
    const auto text = [](const Shape& s) {
      return fmt::format("{} x {} x {}", s.channels, s.height, s.width);
    };
    if (signs.shape != shape_ || signs.shape != result_.layers[static_cast<std::size_t>(signs.layer)].out) {
      return graph_.formError(
          node,
          fmt::format("the branch has a map of {}, the sums one of {}", text(signs.shape), text(shape_)),
          "add maps of the same size; where a layer pools, let the branch begin behind its pool");
    }
    if (layer.skip >= 0)
      return graph_.formError(node, "it adds a second branch", "add one branch before each Sign");
    if (layer.pool > 1) return poolAndBranch(node);
    layer.skip = signs.layer;
    layer.skip_weight.assign(static_cast<std::size_t>(layer.outputs), signs.activation);
    return true;
  }

  bool poolAndBranch(const OnnxNode& node) {
    return graph_.formError(node, "one layer pools and adds a branch",
                            "pool in another layer than the one to which the branch is added");
  }

  bool normalise(const OnnxNode& node) {
    if (!open_ || result_.layers.back().normalised) {
      return graph_.formError(node, "it does not stand behind the sums of a layer",
                              "use one BatchNormalization a layer, between Conv, Gemm or MatMul and Sign");
    }
    return readNorm(graph_, node, result_.layers.back());
  }

  bool sign(const OnnxNode& node) {
    double scale = 1;
    if (isQuantizer(node)) {
      const OnnxTensor* factor = graph_.constant(node, 1);
      if (factor == nullptr || factor->values.size() != 1 || !(factor->values[0] > 0) ||
          !std::isfinite(factor->values[0])) {
        return graph_.formError(node, "its scale is no positive constant",
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
    if (!graph_.square(node, "kernel_shape", 2, 0, 1, kLargestPool, size) ||
        !graph_.square(node, "strides", 2, 1, 1, kLargestPool, stride) ||
        !graph_.square(node, "pads", 4, 0, 0, 0, pads))
      return false;
    const bool other_outputs =
        std::ranges::any_of(node.outputs.begin() + 1, node.outputs.end(),
                            [&](const std::string& name) { return !graph_.consumers(name).empty(); });
    const auto automatic = node.words.find("auto_pad");
    const bool pads_itself =
        automatic != node.words.end() && automatic->second != "NOTSET" && automatic->second != "VALID";
    if (stride != size || integer(node, "ceil_mode", 0) != 0 ||
        !allAre(integers(node, "dilations", {1}), 1) || other_outputs || pads_itself) {
      return graph_.formError(
          node, "its windows overlap, or it has a form of its own",
          fmt::format("use {} with stride = kernel, without padding, dilation and ceil_mode", node.op));
    }
    if (size > std::min(shape_.height, shape_.width)) {
      return graph_.formError(
          node, fmt::format("the pool does not fit the map of {} x {}", shape_.height, shape_.width),
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
      return graph_.formError(node, "it does not stand behind a convolution, or pools what is pooled already",
                              fmt::format("use one {} behind a convolution", node.op));
    }
    OnnxLayer& layer = result_.layers.back();
    if (layer.skip >= 0 && !of_signs) return poolAndBranch(node);
    int size = shape_.height;
    if (node.op == "GlobalAveragePool") {
      if (shape_.height != shape_.width || size > kLargestPool) {
        return graph_.formError(node,
                                fmt::format("it averages a map of {} x {}", shape_.height, shape_.width),
                                fmt::format("use a square map of at most {0} x {0}", kLargestPool));
      }
    } else if (!poolSize(node, size)) {
      return false;
    }
    if (size == 1) return true;
    const Shape pooled = {shape_.channels, shape_.height / size, shape_.width / size};
    if (of_signs && (size != shape_.height || size != shape_.width)) {
      return graph_.formError(
          node,
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
    layer.out = pooled;
    if (!open_) finishLayer();
    return true;
  }

  bool reshape(const OnnxNode& node) {
    Integers wanted;
    if (node.op == "Flatten") {
      if (integer(node, "axis", 1) != 1) return graph_.formError(node, "axis is not 1", "use axis = 1");
      wanted = {1, -1};
    } else {
      const OnnxTensor* sizes = graph_.constant(node, 1);
      if (sizes == nullptr)
        return graph_.formError(node, "its shape is no constant", "export with constant shapes");
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
      return graph_.formError(node, "it flattens sums", "put Sign before it");
    }
    if (!(flat || (map && (to == shape_ || result_.layers.empty())))) {
      return graph_.formError(node, "it changes more than the shape of the image or from a map to a vector",
                              "use Flatten between convolutions and Gemm");
    }
    if (result_.layers.empty()) result_.input = map ? to : result_.input;
    flattened_ = flattened_ || (flat && shape_.pixels() > 1);
    shape_ = to;
    return true;
  }

  bool pad(const OnnxNode& node) {
    if (open_) return graph_.formError(node, "it pads sums", "put Pad behind Sign, before the Conv");
    Integers sides = integers(node, "pads", {});
    double value = number(node, "value", 0);
    if (const OnnxTensor* tensor = graph_.constant(node, 1)) {
      sides.clear();
      for (const double side : tensor->values)
        sides.push_back(std::abs(side) <= kLargestPad ? static_cast<std::int64_t>(side) : -1);
    }
    if (const OnnxTensor* tensor = graph_.constant(node, 2); tensor != nullptr && tensor->values.size() == 1)
      value = tensor->values[0];
    const auto mode = node.words.find("mode");
    const Integers inner =
        sides.size() == 8 ? Integers{sides[2], sides[3], sides[6], sides[7]} : Integers{-1};
    if ((mode != node.words.end() && mode->second != "constant") || inner[0] < 0 ||
        !allAre(inner, inner[0]) || sides[0] != 0 || sides[1] != 0 || sides[4] != 0 || sides[5] != 0) {
      return graph_.formError(node,
                              "it is not the same number of rows and columns of a constant on all four sides",
                              "pad height and width equally, mode = constant");
    }
    const bool minus_one = std::abs(value + activation_) <= 1e-6 * activation_;
    if (value != 0 && !minus_one) {
      return graph_.formError(node, fmt::format("it pads with {}", value),
                              "pad with 0, or with what stands for -1");
    }
    pad_ = {.size = static_cast<int>(inner[0]), .minus_one = minus_one};
    return true;
  }

  const OnnxModel& model_;
  Diagnostics& diags_;
  OnnxGraph graph_;
  OnnxLayers result_;
  Shape shape_ = {};       ///< what the tensor at hand holds
  double activation_ = 1;  ///< what +1 stands for
  bool open_ = false;      ///< the tensor at hand are sums of the last layer
  bool pooled_behind_norm_ = false, flattened_ = false, ended_ = false;
  int averaged_signs_ = 0;              ///< rows of the map whose mean the tensor at hand is; 0: it is none
  Padding pad_ = {};                    ///< by the node before
  std::map<std::string, Signs> signs_;  ///< by the name of their tensor
};

}  // namespace

std::optional<OnnxLayers> findLayers(const OnnxModel& model, const std::string& file, Diagnostics& diags) {
  return Walker(model, file, diags).walk();
}

}  // namespace neuspin::bnn

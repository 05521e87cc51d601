#include "import/onnx_model.hpp"

#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>
#include <onnx/onnx_pb.h>

#include <bit>
#include <climits>
#include <cmath>
#include <cstring>
#include <set>
#include <utility>

#include "import/network_files.hpp"

namespace neuspin::bnn {
namespace {

constexpr std::int64_t kMostValues = std::int64_t{1} << 28;
constexpr int kMostNodes = 100'000;
constexpr std::int64_t kOldestOperators = 7;  // before it, BatchNormalization means something else

/// IEEE half → double.
double half(std::uint16_t bits) {
  const double sign = (bits & 0x8000) != 0 ? -1 : 1;
  const int exponent = bits >> 10 & 0x1F, fraction = bits & 0x3FF;
  if (exponent == 0x1F) return fraction != 0 ? NAN : sign * INFINITY;
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

class ModelReader {
 public:
  ModelReader(const std::string& file, Diagnostics& diags) : file_(file), diags_(diags) {}

  void read(const onnx::ModelProto& proto) {
    if (!proto.has_graph()) {
      return error("onnx-damaged", "", "the file holds no graph",
                   "give an ONNX model, as torch.onnx.export writes it");
    }
    for (const auto& set : proto.opset_import()) {
      const bool own = set.domain().empty() || set.domain() == "ai.onnx";
      if (own && set.version() < kOldestOperators) {
        error("onnx-version", "", fmt::format("the operators are those of version {}", set.version()),
              fmt::format("export with opset_version = {} or later", kOldestOperators));
      }
    }
    const onnx::GraphProto& graph = proto.graph();
    model.name = graph.name();
    model.producer = proto.producer_name();
    if (graph.node_size() > kMostNodes) {
      return error("onnx-too-large", "",
                   fmt::format("the graph has {} nodes, legal are {}", graph.node_size(), kMostNodes),
                   "export the network alone");
    }
    if (graph.sparse_initializer_size() > 0) {
      error("onnx-tensor", "", "the graph holds sparse constants", "export them dense");
    }
    for (const onnx::TensorProto& tensor : graph.initializer()) addConstant(tensor.name(), tensor);
    for (const onnx::NodeProto& node : graph.node()) readNode(node);
    readEnds(graph);
  }

  OnnxModel model;

 private:
  void error(const char* name, const std::string& part, const std::string& message, const std::string& hint) {
    diags_.error(name, {.file = file_, .part = part}, message, hint);
  }

  void addConstant(const std::string& name, const onnx::TensorProto& proto) {
    const std::string part = "tensor " + quoteWord(name);
    if (name.empty() || !defined_.insert(name).second) {
      return error("onnx-damaged", part, "a tensor has no name, or one that another has",
                   "export the model again");
    }
    OnnxTensor tensor;
    std::int64_t count = 1;
    for (const std::int64_t size : proto.dims()) {
      if (size < 0 || (size > 0 && count > kMostValues / size)) {
        return error("onnx-tensor", part,
                     fmt::format("a size is negative, or there are more than {} values", kMostValues),
                     "export the model again");
      }
      count *= size;
      tensor.dims.push_back(size);
    }
    if (proto.data_location() == onnx::TensorProto::EXTERNAL || proto.external_data_size() > 0) {
      return error(
          "onnx-external-data", part, "its values lie in another file",
          "save the model with its weights inside: onnx.save(model, path, save_as_external_data=False)");
    }
    if (proto.has_segment() || !readValues(proto, static_cast<std::size_t>(count), tensor.values)) {
      return error(
          "onnx-tensor", part,
          fmt::format(
              "it does not hold {} values of a type that can be read (float, double, float16, int8, int32, "
              "int64, uint8, bool)",
              count),
          "export the model again, with weights in float");
    }
    model.constants.emplace(name, std::move(tensor));
  }

  template <typename Stored>
  static bool fromRaw(const std::string& raw, std::size_t count, std::vector<double>& values) {
    static_assert(std::endian::native == std::endian::little);
    if (raw.size() != count * sizeof(Stored)) return false;
    values.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      Stored value;
      std::memcpy(&value, raw.data() + i * sizeof(Stored), sizeof(Stored));
      values[i] = static_cast<double>(value);
    }
    return true;
  }

  template <typename List>
  static bool fromList(const List& list, std::size_t count, std::vector<double>& values) {
    if (std::cmp_not_equal(list.size(), count)) return false;
    values.assign(list.begin(), list.end());
    return true;
  }

  static bool readValues(const onnx::TensorProto& proto, std::size_t count, std::vector<double>& values) {
    const std::string& raw = proto.raw_data();
    const bool has_raw = proto.has_raw_data();
    switch (proto.data_type()) {
      case onnx::TensorProto::FLOAT:
        return has_raw ? fromRaw<float>(raw, count, values) : fromList(proto.float_data(), count, values);
      case onnx::TensorProto::DOUBLE:
        return has_raw ? fromRaw<double>(raw, count, values) : fromList(proto.double_data(), count, values);
      case onnx::TensorProto::INT64:
        return has_raw ? fromRaw<std::int64_t>(raw, count, values)
                       : fromList(proto.int64_data(), count, values);
      case onnx::TensorProto::INT32:
        return has_raw ? fromRaw<std::int32_t>(raw, count, values)
                       : fromList(proto.int32_data(), count, values);
      case onnx::TensorProto::INT8:
        return has_raw ? fromRaw<std::int8_t>(raw, count, values)
                       : fromList(proto.int32_data(), count, values);
      case onnx::TensorProto::UINT8:
      case onnx::TensorProto::BOOL:
        return has_raw ? fromRaw<std::uint8_t>(raw, count, values)
                       : fromList(proto.int32_data(), count, values);
      case onnx::TensorProto::FLOAT16:
        if (!(has_raw ? fromRaw<std::uint16_t>(raw, count, values)
                      : fromList(proto.int32_data(), count, values)))
          return false;
        for (double& value : values)
          value = half(static_cast<std::uint16_t>(static_cast<std::int64_t>(value) & 0xFFFF));
        return true;
      default:
        return false;
    }
  }

  void readNode(const onnx::NodeProto& proto) {
    OnnxNode node{.op = proto.op_type(),
                  .domain = proto.domain() == "ai.onnx" ? "" : proto.domain(),
                  .name = !proto.name().empty() || proto.output_size() == 0 ? proto.name() : proto.output(0),
                  .inputs = {proto.input().begin(), proto.input().end()},
                  .outputs = {proto.output().begin(), proto.output().end()}};
    const std::string part = "node " + quoteWord(node.name);
    if (node.op == "Constant" && node.domain.empty()) return readConstant(proto, node, part);
    for (const std::string& output : node.outputs) {
      if (output.empty() || defined_.insert(output).second) continue;
      error("onnx-damaged", part, fmt::format("{} is computed twice", quoteWord(output)),
            "export the model again");
    }
    for (const onnx::AttributeProto& attribute : proto.attribute()) {
      switch (attribute.type()) {
        case onnx::AttributeProto::INT:
          node.integers[attribute.name()] = {attribute.i()};
          break;
        case onnx::AttributeProto::INTS:
          node.integers[attribute.name()] = {attribute.ints().begin(), attribute.ints().end()};
          break;
        case onnx::AttributeProto::FLOAT:
          node.numbers[attribute.name()] = static_cast<double>(attribute.f());
          break;
        case onnx::AttributeProto::STRING:
          node.words[attribute.name()] = attribute.s();
          break;
        default:
          break;  // only operators that are refused have others
      }
    }
    model.nodes.push_back(std::move(node));
  }

  void readConstant(const onnx::NodeProto& proto, const OnnxNode& node, const std::string& part) {
    for (const onnx::AttributeProto& attribute : proto.attribute()) {
      if (node.outputs.size() == 1 && attribute.name() == "value" && attribute.has_t())
        return addConstant(node.outputs[0], attribute.t());
    }
    error("onnx-tensor", part, "the constant holds no tensor",
          "export the model again, with constants as tensors");
  }

  void readEnds(const onnx::GraphProto& graph) {
    std::vector<const onnx::ValueInfoProto*> inputs;
    for (const onnx::ValueInfoProto& input : graph.input()) {
      if (!model.constants.contains(input.name()))
        inputs.push_back(&input);  // older files list constants, too
    }
    if (inputs.size() != 1 || graph.output_size() != 1) {
      return error("onnx-inputs", "",
                   fmt::format("the graph has {} inputs and {} outputs", inputs.size(), graph.output_size()),
                   "export a network of one image in and one vector of logits out");
    }
    model.input = inputs[0]->name();
    model.output = graph.output(0).name();
    if (defined_.contains(model.input)) {
      error("onnx-damaged", "input " + quoteWord(model.input), "the graph computes its own input",
            "export the model again");
    }
    for (const auto& size : inputs[0]->type().tensor_type().shape().dim())
      model.input_dims.push_back(size.has_dim_value() ? size.dim_value() : -1);
  }

  const std::string& file_;
  Diagnostics& diags_;
  std::set<std::string> defined_;  ///< tensors that are constants or outputs of nodes
};

}  // namespace

std::optional<OnnxModel> parseOnnx(std::string_view bytes, const std::string& file, Diagnostics& diags) {
  const auto errors = diags.errorCount();
  onnx::ModelProto proto;
  const google::protobuf::LogSilencer quiet;  // what it has to say is said below
  if (bytes.size() > INT_MAX || !proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    diags.error("onnx-damaged", {.file = file}, "the file is no ONNX model, or it is cut short",
                "give an ONNX model, as torch.onnx.export writes it");
    return std::nullopt;
  }
  ModelReader reader(file, diags);
  reader.read(proto);
  if (diags.errorCount() != errors) return std::nullopt;
  return std::move(reader.model);
}

}  // namespace neuspin::bnn

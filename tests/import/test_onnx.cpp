// Import of ONNX models: two that make.py wrote with what they compute, every form that is refused, and
// damage.
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "folder.hpp"
#include "golden/infer.hpp"
#include "import/onnx_import.hpp"
#include "plan/plan.hpp"
#include "reference/reference_network.hpp"

using namespace neuspin;
using test::Folder;
using Names = std::vector<std::string>;

namespace {

std::string slurp(const std::string& file) {
  std::ifstream in(NEUSPIN_SOURCE_DIR "/tests/import/onnx/" + file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

struct Attempt {
  std::optional<bnn::Imported> imported;
  Diagnostics diags;
};

Attempt attempt(const std::string& model, const std::string& sidecar = {},
                const bnn::ImportOptions& options = {}) {
  const Folder folder("onnx");
  const std::string path = folder.write("model.onnx", model);
  if (!sidecar.empty()) (void)folder.write("model.toml", sidecar);
  Attempt result;
  result.imported = bnn::importOnnx(path, options, result.diags);
  BOOST_TEST(result.imported.has_value() == !result.diags.hasErrors());
  for (const auto& found : result.diags.all()) {
    if (found.severity == Severity::Error) BOOST_TEST(!found.hint.empty());
  }
  return result;
}

bnn::Imported succeed(const std::string& model, const std::string& sidecar = {}) {
  const Attempt result = attempt(model, sidecar);
  BOOST_TEST(result.diags.render() == "");
  BOOST_REQUIRE(result.imported);
  return *result.imported;
}

Names errors(const Attempt& result) {
  Names names;
  for (const auto& found : result.diags.all()) {
    if (found.severity == Severity::Error) names.push_back(found.name);
  }
  return names;
}

bnn::Parsed parsed(const bnn::Imported& imported) {
  Diagnostics diags;
  auto result = bnn::parseFiles(imported.files, diags);
  BOOST_REQUIRE(result);
  return std::move(*result);
}

/// Float logits of the written network against those of the graph; the integers choose the same class.
void compare(const std::string& name, const std::string& sidecar) {
  const auto wanted = nlohmann::json::parse(slurp(name + ".json"));
  const bnn::Parsed network = parsed(succeed(slurp(name + ".onnx"), sidecar));
  const auto pixels = wanted.at("pixels").get<std::vector<std::vector<std::uint8_t>>>();
  std::vector<std::uint8_t> all;
  for (const auto& image : pixels) all.insert(all.end(), image.begin(), image.end());
  Diagnostics diags;
  const auto plan = makePlan(network.network, network.target, network.weights, diags);
  BOOST_REQUIRE(plan);
  const golden::Infer infer(*plan, network.weights);
  std::size_t images = 0;
  reference::ReferenceNetwork(network.network, network.weights)
      .run(all, {}, [&](std::int64_t at, const auto& result) {
        const auto n = static_cast<std::size_t>(at);
        const auto logits = wanted.at("logits").at(n).get<std::vector<double>>();
        BOOST_REQUIRE(result.logits.size() == 1);
        BOOST_REQUIRE(result.logits[0].size() == logits.size());
        for (std::size_t c = 0; c < logits.size(); ++c)
          BOOST_TEST(std::abs(result.logits[0][c] - logits[c]) < 1e-4,
                     name << " image " << n << " class " << c << ": " << result.logits[0][c] << ", wanted "
                          << logits[c]);
        const auto integers = infer.logits(pixels[n], {.passes = 1}).front();
        BOOST_TEST((std::ranges::max_element(integers) - integers.begin() ==
                    std::ranges::max_element(logits) - logits.begin()));
        ++images;
      });
  BOOST_TEST(images == pixels.size());
}

/// A model made by hand: 6 features → 4 signs → 2 logits.
struct Hand {
  onnx::ModelProto model;

  Hand() {
    model.set_ir_version(8);
    auto* operators = model.add_opset_import();
    operators->set_version(13);
    model.mutable_graph()->set_name("hand");
    auto* input = model.mutable_graph()->add_input();
    *input->mutable_name() = std::string("x");
    auto* type = input->mutable_type()->mutable_tensor_type();
    type->set_elem_type(onnx::TensorProto::FLOAT);
    type->mutable_shape()->add_dim()->set_dim_param("batch");
    type->mutable_shape()->add_dim()->set_dim_value(6);
    model.mutable_graph()->add_output()->set_name("logits");
    weight("w0", {6, 4});
    weight("w1", {4, 2});
    node("MatMul", {"x", "w0"}, "s");
    node("Sign", {"s"}, "a");
    node("MatMul", {"a", "w1"}, "logits");
  }
  /// Alternating signs.
  onnx::TensorProto& weight(const std::string& name, const std::vector<std::int64_t>& dims, float size = 1) {
    auto* tensor = model.mutable_graph()->add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(onnx::TensorProto::FLOAT);
    std::int64_t count = 1;
    for (const auto dim : dims) tensor->add_dims(dim), count *= dim;
    for (std::int64_t i = 0; i < count; ++i) tensor->add_float_data(i % 3 == 1 ? -size : size);
    return *tensor;
  }
  onnx::NodeProto& node(const std::string& op, const Names& inputs, const std::string& output) {
    auto* made = model.mutable_graph()->add_node();
    made->set_op_type(op);
    made->set_name(std::string("the_").append(op));
    for (const auto& input : inputs) made->add_input(input);
    made->add_output(output);
    return *made;
  }
  onnx::NodeProto& at(int index) { return *model.mutable_graph()->mutable_node(index); }
  // Moved in: GCC 12 warns of overlapping copies where a short literal is assigned.
  void setOutput(int node, std::string name) { *at(node).mutable_output(0) = std::move(name); }
  void setWeight(int node, std::string name) { *at(node).mutable_input(1) = std::move(name); }
  onnx::TensorProto& tensor(int index) { return *model.mutable_graph()->mutable_initializer(index); }
  /// A node between two others.
  onnx::NodeProto& between(int index, const std::string& op, const Names& more = {}) {
    const std::string before = at(index).input(0);
    *at(index).mutable_input(0) = std::string("new");
    Names inputs = {before};
    inputs.insert(inputs.end(), more.begin(), more.end());
    return node(op, inputs, "new");
  }
  static void set(onnx::NodeProto& node, const std::string& name, const std::vector<std::int64_t>& values) {
    auto* attribute = node.add_attribute();
    attribute->set_name(name);
    if (values.size() == 1 && name != "kernel_shape" && name != "strides") {
      attribute->set_type(onnx::AttributeProto::INT);
      attribute->set_i(values[0]);
      return;
    }
    attribute->set_type(onnx::AttributeProto::INTS);
    for (const auto value : values) attribute->add_ints(value);
  }
  [[nodiscard]] std::string bytes() const { return model.SerializeAsString(); }
};

/// A convolution by hand: 2 × 5 × 5 → 3 × 4 × 4, pooled to 2 × 2 → 2 logits.
struct HandConv : Hand {
  HandConv() {
    auto* graph = model.mutable_graph();
    graph->clear_node();
    graph->clear_initializer();
    auto* shape = graph->mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
    shape->mutable_dim(1)->set_dim_value(2);
    shape->add_dim()->set_dim_value(5);
    shape->add_dim()->set_dim_value(5);
    weight("k", {3, 2, 2, 2});
    weight("w", {2, 12});
    node("Conv", {"x", "k"}, "s");                             // 0
    node("Sign", {"s"}, "a");                                  // 1
    set(node("MaxPool", {"a"}, "p"), "kernel_shape", {2, 2});  // 2
    set(at(2), "strides", {2, 2});
    node("Flatten", {"p"}, "f");                             // 3
    set(node("Gemm", {"f", "w"}, "logits"), "transB", {1});  // 4
  }
};

Names errorsOf(const std::function<void(Hand&)>& change) {
  Hand hand;
  change(hand);
  return errors(attempt(hand.bytes()));
}
/// 6 features → 4 signs, added to the sums of a second layer → 2 logits.
struct HandBranch : Hand {
  explicit HandBranch(int width = 4) {
    model.mutable_graph()->clear_node();
    model.mutable_graph()->clear_initializer();
    weight("w0", {6, 4});
    weight("w1", {4, width});
    weight("w2", {width, 2});
    node("MatMul", {"x", "w0"}, "s");       // 0
    node("Sign", {"s"}, "a");               // 1
    node("MatMul", {"a", "w1"}, "t");       // 2
    node("Add", {"t", "a"}, "u");           // 3
    node("Sign", {"u"}, "v");               // 4
    node("MatMul", {"v", "w2"}, "logits");  // 5
  }
};

Names branchErrorsOf(const std::function<void(HandBranch&)>& change, int width = 4) {
  HandBranch hand(width);
  change(hand);
  return errors(attempt(hand.bytes()));
}

Names convErrorsOf(const std::function<void(HandConv&)>& change) {
  HandConv hand;
  change(hand);
  return errors(attempt(hand.bytes()));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(onnx_models)

BOOST_AUTO_TEST_CASE(the_written_network_computes_what_the_graph_does) {
  compare("cnn", "[input]\nbits = 4\n");
  compare("residual", "");
  compare("averages", "[input]\nbits = 4\n");
  compare("mlp", "[input]\nencoding = \"bipolar\"\nthreshold = 100\n");
}

BOOST_AUTO_TEST_CASE(what_becomes_of_a_convolutional_model) {
  const bnn::Parsed cnn = parsed(
      succeed(slurp("cnn.onnx"),
              "[input]\nbits = 4\n[layer.conv1]\n"
              "scheme = { method = \"spatial_dropout\", probability = 0.25, group = 1, rescale = true }\n"
              "[layer.fc3]\nscheme = { method = \"scale_dropout\", probability = \"by_parameters\" }\n"));
  const auto& layers = cnn.network.layers;
  BOOST_TEST((cnn.network.input.shape == Shape{2, 9, 8}));
  BOOST_REQUIRE(layers.size() == 4);
  BOOST_TEST((layers[0].conv == ConvSpec{.kernel = 3, .padding = 1}));
  BOOST_TEST((layers[1].conv == ConvSpec{.kernel = 3, .padding = 1, .pad_minus_one = true}));
  BOOST_TEST((layers[2].conv == ConvSpec{.kernel = 2}));
  BOOST_TEST((layers[0].pool == 2 && layers[1].pool == 2 && layers[2].pool == 1));
  BOOST_TEST((layers[1].scheme == Scheme{SpatialDropout{0.25, 1, true}}));
  BOOST_TEST(std::holds_alternative<ScaleDropout>(layers[3].scheme));
  BOOST_TEST(cnn.network.passes == 10);
  // Behind the pools no output falls with its sum.
  BOOST_TEST(std::ranges::all_of(cnn.weights.layers[0].gamma, [](double gamma) { return gamma >= 0; }));
}

BOOST_AUTO_TEST_CASE(what_becomes_of_averages) {
  const bnn::Parsed model = parsed(succeed(slurp("averages.onnx"), "[input]\nbits = 4\n"));
  const auto& layers = model.network.layers;
  BOOST_REQUIRE(layers.size() == 3);
  BOOST_TEST((layers[0].pool == 2 && layers[0].pooling == Pooling::Average));
  BOOST_TEST((layers[1].pool == 1 && layers[1].conv->kernel == 3));
  BOOST_TEST(
      (layers[2].last && layers[2].conv == ConvSpec{.kernel = 1}));  // a Gemm behind the mean over 5 × 5
  BOOST_TEST(layers[2].addedWindows() == 25);
  // Means keep their order, so factors keep their signs.
  BOOST_TEST(std::ranges::any_of(model.weights.layers[0].gamma, [](double gamma) { return gamma < 0; }));
  // Averages that do not fit: of the image, of a part of the signs, a Conv of means, ends in a map or a
  // maximum.
  using Nodes = std::vector<std::pair<std::string, std::string>>;  // operator, constant
  const auto with = [](const Nodes& nodes) {
    return convErrorsOf([&](HandConv& hand) {
      hand.model.mutable_graph()->clear_node();
      hand.weight("k1", {2, 3, 1, 1});
      hand.weight("w3", {3, 2});  // inputs first
      std::string before = "x";
      for (const auto& [op, constant] : nodes) {
        const bool last = &nodes.back().first == &op;
        Names inputs = {before};
        if (!constant.empty()) inputs.push_back(constant);
        auto& node = hand.node(op, inputs, last ? "logits" : before + "'");
        if (op == "AveragePool" || op == "MaxPool")
          hand.set(node, "kernel_shape", {2, 2}), hand.set(node, "strides", {2, 2});
        before += "'";
      }
    });
  };
  BOOST_TEST(
      (with({{"Conv", "k"}, {"Sign", ""}, {"Conv", "k1"}, {"GlobalAveragePool", ""}, {"Flatten", ""}}) ==
       Names{}));
  BOOST_TEST(
      (with({{"Conv", "k"}, {"Sign", ""}, {"GlobalAveragePool", ""}, {"Flatten", ""}, {"MatMul", "w3"}}) ==
       Names{}));
  BOOST_TEST((with({{"Conv", "k"},
                    {"AveragePool", ""},
                    {"Sign", ""},
                    {"GlobalAveragePool", ""},
                    {"Flatten", ""},
                    {"MatMul", "w3"}}) == Names{}));
  BOOST_TEST(
      (with({{"AveragePool", ""}, {"Conv", "k"}, {"Sign", ""}, {"Conv", "k1"}, {"GlobalAveragePool", ""}}) ==
       Names{"onnx-form"}));
  BOOST_TEST(
      (with({{"Conv", "k"}, {"Sign", ""}, {"AveragePool", ""}, {"Conv", "k1"}, {"GlobalAveragePool", ""}}) ==
       Names{"onnx-form"}));
  BOOST_TEST(
      (with({{"Conv", "k"}, {"Sign", ""}, {"GlobalAveragePool", ""}, {"Conv", "k1"}}) == Names{"onnx-form"}));
  BOOST_TEST((with({{"Conv", "k"}, {"Sign", ""}, {"Conv", "k1"}}) == Names{"onnx-structure"}));
  BOOST_TEST((with({{"Conv", "k"}, {"AveragePool", ""}, {"MaxPool", ""}, {"Sign", ""}, {"Conv", "k1"}}) ==
              Names{"onnx-form"}));
}

BOOST_AUTO_TEST_CASE(without_a_sidecar) {
  const Attempt made = attempt(Hand().bytes());
  BOOST_REQUIRE(made.imported);
  const bnn::Parsed network = parsed(*made.imported);
  BOOST_TEST(network.network.name == "model");
  BOOST_TEST(network.network.input.features == 6);
  BOOST_TEST((network.network.input.encoding == InputEncoding::Unsigned && network.network.input.bits == 8));
  BOOST_TEST(network.network.passes == 1);
  BOOST_TEST(network.weights.layers[0].scale[0] == 1 / 255.0);
  BOOST_TEST(network.weights.layers[1].scale[0] == 1);
  BOOST_TEST((made.imported->weights == 6 * 4 + 4 * 2));
  BOOST_TEST((errors(attempt(Hand().bytes(), "", {.sidecar = "/nowhere/model.toml"})).size() == 1));
  BOOST_TEST(attempt(HandConv().bytes()).imported.has_value());
}

BOOST_AUTO_TEST_CASE(sidecars) {
  const auto with = [](const std::string& text) { return errors(attempt(Hand().bytes(), text)); };
  BOOST_TEST((with("[input]\nscale = 0.5\n") == Names{}));
  BOOST_TEST((with("[input]\nencoding = \"tertiary\"\n") == Names{"unknown-value"}));
  BOOST_TEST(with("[input]\nshape = [1, 2, 3]\n").size() == 1);
  BOOST_TEST(with("[layer.fc7]\nscheme = \"deterministic\"\n").size() == 1);
  BOOST_TEST((with("[layer.fc0]\nscheme = { method = \"spinbayes\", arrays = 4, bits = 1 }\n") ==
              Names{"onnx-method"}));
  BOOST_TEST((with("[layer.fc0]\nscheme = { method = \"affine_dropout\", probability = 0.2 }\n") ==
              Names{"onnx-method"}));
  BOOST_TEST(with("[layer.fc0]\nscheme = { method = \"spindrop\", probability = 2 }\n").size() == 1);
  BOOST_TEST((with("[layer") == Names{"toml-syntax"}));
  // The image through Sign: only of bipolar pixels.
  Hand signs;
  signs.between(0, "Sign");
  BOOST_TEST((errors(attempt(signs.bytes())) == Names{"onnx-input-signs"}));
  BOOST_TEST((errors(attempt(signs.bytes(), "[input]\nbits = 4\n")) == Names{"onnx-input-signs"}));
  BOOST_TEST((errors(attempt(signs.bytes(), "[input]\nencoding = \"bipolar\"\n")) == Names{}));
}

BOOST_AUTO_TEST_CASE(operators_that_cannot_be_imported_are_named) {
  Hand hand;
  hand.between(1, "Relu");
  hand.node("GlobalMaxPool", {"s"}, "unused");
  const Attempt refused = attempt(hand.bytes());
  BOOST_TEST((errors(refused) == Names{"onnx-operator", "onnx-operator"}));
  const std::string text = refused.diags.render();
  for (const char* word :
       {"'Relu'", "the_Relu", "Sign", "'GlobalMaxPool'", "the_GlobalMaxPool", "use MaxPool"})
    BOOST_TEST(text.find(word) != std::string::npos, text << " lacks " << word);
  Hand foreign;
  foreign.between(1, "Sign").set_domain("com.example");
  BOOST_TEST((errors(attempt(foreign.bytes())) == Names{"onnx-operator"}));
}

BOOST_AUTO_TEST_CASE(branches) {
  const Names form{"onnx-form"}, branch{"onnx-branch"};
  BOOST_TEST((branchErrorsOf([](HandBranch&) {}) == Names{}));
  // Either way round; behind a second name of the signs; before the bias.
  BOOST_TEST((branchErrorsOf([](HandBranch& h) { h.at(3).mutable_input()->SwapElements(0, 1); }) == Names{}));
  BOOST_TEST(
      (branchErrorsOf([](HandBranch& h) { h.weight("b", {4}), h.between(4, "Add", {"b"}); }) == Names{}));
  // Only the signs of a layer.
  for (const char* what : {"x", "s", "nothing"})
    BOOST_TEST((branchErrorsOf([&](HandBranch& h) { h.setWeight(3, what); }) == branch), what);
  // Sums that go on in two ways.
  BOOST_TEST((branchErrorsOf([](HandBranch& h) { h.between(4, "Add", {"t"}); }) == branch));
  BOOST_TEST((branchErrorsOf([](HandBranch& h) { h.between(4, "Add", {"a"}); }) == form));
  BOOST_TEST((branchErrorsOf([](HandBranch&) {}, 3) == form));
  BOOST_TEST(
      (branchErrorsOf([](HandBranch& h) {
         h.setOutput(5, "y"), h.weight("w3", {2, 4}), h.at(5).set_input(0, "v"), h.tensor(2).set_dims(1, 4);
         for (int i = 0; i < 8; ++i) h.tensor(2).add_float_data(1);
         h.node("Add", {"y", "a"}, "logits");
       }) == Names{"onnx-structure"}));
  // A layer that pools and adds a branch, in either order.
  const auto pooled = [](HandConv& h, bool first) {
    h.weight("k2", {3, 3, 1, 1});
    h.at(2).set_input(0, "c");
    h.at(3).set_input(0, "q");
    h.node("Conv", {"a", "k2"}, "b");
    h.node("Add", {first ? "p" : "b", "a"}, first ? "q0" : "c");
    h.node("Sign", {first ? "q0" : "p"}, "q");
    if (first) h.at(2).set_input(0, "b");
  };
  BOOST_TEST((convErrorsOf([&](HandConv& h) { pooled(h, false); }) == form));
  BOOST_TEST((convErrorsOf([&](HandConv& h) { pooled(h, true); }) == form));
}

BOOST_AUTO_TEST_CASE(forms_that_cannot_be_imported) {
  const Names form{"onnx-form"};
  BOOST_TEST((errorsOf([](Hand&) {}) == Names{}));
  BOOST_TEST((errorsOf([](Hand& h) { h.tensor(0).set_float_data(5, 0.3F); }) == Names{"onnx-not-bipolar"}));
  BOOST_TEST((errorsOf([](Hand& h) { h.tensor(0).set_float_data(5, NAN); }) == Names{"onnx-not-bipolar"}));
  BOOST_TEST((errorsOf([](Hand& h) { std::ranges::fill(*h.tensor(0).mutable_float_data(), 0.0F); }) ==
              Names{"onnx-not-bipolar"}));
  BOOST_TEST((errorsOf([](Hand& h) { h.between(2, "Identity"), h.at(1).set_op_type("Identity"); }) ==
              Names{"onnx-not-binary"}));
  BOOST_TEST((errorsOf([](Hand& h) { h.setOutput(2, "z"), h.node("Sign", {"z"}, "logits"); }) ==
              Names{"onnx-structure"}));
  BOOST_TEST((errorsOf([](Hand& h) { h.setOutput(2, "z"); }) == Names{"onnx-structure"}));
  BOOST_TEST((errorsOf([](Hand& h) { h.setWeight(0, "x"); }) == Names{"onnx-branch"}));
  BOOST_TEST((errorsOf([](Hand& h) { h.setWeight(0, "nothing"); }) == form));
  BOOST_TEST((errorsOf([](Hand& h) { h.at(1).clear_output(); }) == form));
  BOOST_TEST((errorsOf([](Hand& h) {
                h.between(2, "BatchNormalization", {"w1", "w1", "w1", "w1"});
              }) == form));
  BOOST_TEST((errorsOf([](Hand& h) { h.between(1, "Pad"); }) == form));
  BOOST_TEST((errorsOf([](Hand& h) { h.between(1, "MaxPool"); }) == form));
  BOOST_TEST((errorsOf([](Hand& h) { h.weight("b", {3}), h.between(1, "Add", {"b"}); }) == form));
  BOOST_TEST((errorsOf([](Hand& h) { h.weight("b", {4}), h.between(1, "Add", {"b"}); }) == Names{}));
  BOOST_TEST((errorsOf([](Hand& h) { h.weight("b", {1}), h.between(2, "Add", {"b"}); }) == form));
  BOOST_TEST((errorsOf([](Hand& h) { h.between(1, "Softmax"); }) == form));
  BOOST_TEST((errorsOf([](Hand& h) { h.setOutput(2, "z"), h.node("Softmax", {"z"}, "logits"); }) == Names{}));
  BOOST_TEST((convErrorsOf([](HandConv& h) { Hand::set(h.at(0), "group", {2}); }) == form));
  BOOST_TEST((convErrorsOf([](HandConv& h) { Hand::set(h.at(0), "strides", {1, 2}); }) == form));
  BOOST_TEST((convErrorsOf([](HandConv& h) { Hand::set(h.at(0), "strides", {8, 8}); }) == form));
  BOOST_TEST((convErrorsOf([](HandConv& h) { Hand::set(h.at(0), "dilations", {2, 2}); }) == form));
  BOOST_TEST((convErrorsOf([](HandConv& h) { Hand::set(h.at(0), "pads", {0, 0, 1, 1}); }) == form));
  BOOST_TEST((convErrorsOf([](HandConv& h) { Hand::set(h.at(0), "pads", {2, 2, 2, 2}); }) == form));
  BOOST_TEST((convErrorsOf([](HandConv& h) { Hand::set(h.at(2), "ceil_mode", {1}); }) == form));
  BOOST_TEST((convErrorsOf([](HandConv& h) {
                h.at(2).mutable_attribute(1)->set_ints(0, 1), h.at(2).mutable_attribute(1)->set_ints(1, 1);
              }) == form));
  BOOST_TEST((convErrorsOf([](HandConv& h) { Hand::set(h.at(3), "axis", {2}); }) == form));
  BOOST_TEST((convErrorsOf([](HandConv& h) { h.at(3).set_op_type("Identity"); }) == form));
  BOOST_TEST((convErrorsOf([](HandConv& h) { h.at(1).set_op_type("Identity"); }) == form));  // flattens sums
  BOOST_TEST((convErrorsOf([](HandConv& h) {
                h.tensor(0).set_dims(1, 4), h.tensor(0).set_dims(0, 1), h.tensor(0).set_dims(2, 3),
                    h.tensor(0).set_dims(3, 2);
              }) == form));
  BOOST_TEST((convErrorsOf([](HandConv& h) { Hand::set(h.at(4), "transA", {1}); }) == form));
}

BOOST_AUTO_TEST_CASE(files_that_cannot_be_read) {
  BOOST_TEST((errorsOf([](Hand& h) { h.model.clear_graph(); }) == Names{"onnx-damaged"}));
  BOOST_TEST(
      (errorsOf([](Hand& h) { h.model.mutable_opset_import(0)->set_version(6); }) == Names{"onnx-version"}));
  BOOST_TEST((errorsOf([](Hand& h) { h.tensor(0).set_data_location(onnx::TensorProto::EXTERNAL); }) ==
              Names{"onnx-external-data"}));
  BOOST_TEST((errorsOf([](Hand& h) { h.tensor(0).add_float_data(1); }) == Names{"onnx-tensor"}));
  BOOST_TEST((errorsOf([](Hand& h) { h.tensor(0).set_raw_data("abc"); }) == Names{"onnx-tensor"}));
  BOOST_TEST((errorsOf([](Hand& h) { h.tensor(0).set_data_type(onnx::TensorProto::STRING); }) ==
              Names{"onnx-tensor"}));
  BOOST_TEST((errorsOf([](Hand& h) { h.tensor(0).set_dims(0, -6); }) == Names{"onnx-tensor"}));
  BOOST_TEST((errorsOf([](Hand& h) { h.tensor(0).set_dims(0, INT64_MAX); }) == Names{"onnx-tensor"}));
  BOOST_TEST(
      (errorsOf([](Hand& h) { *h.tensor(1).mutable_name() = std::string("w0"); }) == Names{"onnx-damaged"}));
  BOOST_TEST((errorsOf([](Hand& h) { h.setOutput(1, "s"); }) == Names{"onnx-damaged"}));
  BOOST_TEST((errorsOf([](Hand& h) { h.setOutput(1, "x"); }) == Names{"onnx-damaged"}));
  BOOST_TEST((errorsOf([](Hand& h) { h.model.mutable_graph()->add_input()->set_name("another"); }) ==
              Names{"onnx-inputs"}));
  BOOST_TEST((errorsOf([](Hand& h) { h.model.mutable_graph()->clear_output(); }) == Names{"onnx-inputs"}));
  const auto dim = [](std::int64_t size) {
    return errorsOf([size](Hand& h) {
      h.model.mutable_graph()
          ->mutable_input(0)
          ->mutable_type()
          ->mutable_tensor_type()
          ->mutable_shape()
          ->mutable_dim(1)
          ->set_dim_value(size);
    });
  };
  for (const std::int64_t size : {std::int64_t{0}, std::int64_t{-1}, INT64_MAX})
    BOOST_TEST((dim(size) == Names{"onnx-inputs"}));
  BOOST_TEST((dim(7) == Names{"onnx-form"}));
  for (const std::string text : {"", "no model", "\xFF\xFF\xFF"})
    BOOST_TEST((errors(attempt(text)) == Names{"onnx-damaged"}));
  Diagnostics diags;
  BOOST_TEST(!bnn::importOnnx("/nowhere/model.onnx", {}, diags));
  BOOST_TEST(diags.hasErrors());
}

// A file cut anywhere, and bytes changed at random: an import or a diagnosis, nothing else.
BOOST_AUTO_TEST_CASE(damaged_files) {
  const std::string whole = slurp("cnn.onnx"), sidecar = "[input]\nbits = 4\n";
  int refused = 0;
  for (std::size_t length = 0; length < whole.size(); length += length < 64 ? 1 : 37)
    refused += attempt(whole.substr(0, length), sidecar).imported ? 0 : 1;
  BOOST_TEST(refused > 100);
  std::mt19937 rng(5);
  for (int n = 0; n < 600; ++n) {
    std::string damaged = n % 2 == 0 ? whole : slurp("mlp.onnx");
    for (auto changes = 1 + rng() % 3; changes > 0; --changes)
      damaged[rng() % damaged.size()] = static_cast<char>(rng());
    (void)attempt(damaged, n % 2 == 0 ? sidecar : "[input]\nencoding = \"bipolar\"\n");
  }
}

BOOST_AUTO_TEST_SUITE_END()

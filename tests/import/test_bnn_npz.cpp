// Import of bnn-npz-1: small networks made by hand, damage to every part of them, and those of ../shared.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "folder.hpp"
#include "golden/infer.hpp"
#include "import/bnn_npz.hpp"
#include "numpy_files.hpp"
#include "plan/plan.hpp"
#include "reference/reference_network.hpp"
#include "spec/spec.hpp"

using namespace neuspin;
using test::Folder;
using test::npyWithHeader;
using Json = nlohmann::json;

namespace {

/// A .npy of integers.
std::string integers(const std::string& descr, const std::string& shape,
                     const std::vector<std::int64_t>& values) {
  std::string data;
  for (const std::int64_t value : values)
    data += test::littleEndian(static_cast<std::uint64_t>(value), descr.back() - '0');
  return npyWithHeader("{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }", data);
}

/// 1 × 3 × 3 pixels of 4 bits → convolution of two outputs (kernel 2, pool 2) → two classes.
struct Tiny {
  Json description = Json::parse(R"({
    "format": "bnn-npz-1", "name": "Tiny-Net", "method": "det", "source": "by hand\nname = \"evil\"",
    "input": {"encoding": "u4", "shape": [1, 3, 3]},
    "layers": [
      {"kind": "conv", "cin": 1, "cout": 2, "k": 2, "pad": 0, "pad_value": 0, "pool": 2, "fan_in": 4},
      {"kind": "fc", "cin": 2, "cout": 2, "k": 0, "pad": 0, "pad_value": 0, "pool": 1, "fan_in": 2}]})");
  std::map<std::string, std::string> arrays = {
      // Rows + + + + and + − − +; most significant bit first.
      {"L0_wbits", integers("|u1", "(2, 1)", {0b11110000, 0b10010000})},
      {"L0_theta", integers("<i4", "(2,)", {34, 7})},
      {"L1_wbits", integers("|u1", "(2, 1)", {0b11000000, 0b10000000})},
      {"L1_bias_q", integers("<i4", "(2,)", {5, -3})},
      // Codes 1 2 3 / 4 5 6 / 7 8 15: largest sums 34 and 6 → + and −; logits 0 + 5 and 2 − 3.
      {"vec_x", integers("|u1", "(1, 3, 3)", {16, 32, 48, 64, 80, 96, 112, 128, 255})},
      {"vec_logit_int", integers("<i8", "(1, 2)", {5, -1})},
  };

  [[nodiscard]] std::string write(const Folder& folder) const {
    std::vector<test::ZipMember> members;
    for (const auto& [name, content] : arrays) members.push_back({.name = name + ".npy", .content = content});
    (void)folder.write("tiny.npz", test::zip(members));
    return folder.write("tiny.json", description.dump());
  }

  std::optional<bnn::Imported> import(Diagnostics& diags) const {
    const Folder folder("import");
    return bnn::importBnnNpz(write(folder), {}, diags);
  }

  bnn::Imported succeed() const {
    Diagnostics diags;
    auto imported = import(diags);
    BOOST_TEST(diags.render() == "");
    BOOST_REQUIRE(imported);
    return *imported;
  }

  /// Names of all errors; each has a remedy.
  std::vector<std::string> errors() const {
    Diagnostics diags;
    const bool accepted = import(diags).has_value();
    BOOST_TEST(accepted == !diags.hasErrors());
    std::vector<std::string> names;
    for (const auto& found : diags.all()) {
      if (found.severity != Severity::Error) continue;
      names.push_back(found.name);
      BOOST_TEST(!found.hint.empty());
    }
    return names;
  }
};

NetworkSpec networkOf(const bnn::Imported& imported) {
  Diagnostics diags;
  auto network = parseNetwork(imported.files.at("network.toml"), "network.toml", diags);
  BOOST_TEST(diags.render() == "");
  BOOST_REQUIRE(network);
  return *network;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bnn_npz)

BOOST_AUTO_TEST_CASE(tiny_network) {
  const bnn::Imported imported = Tiny().succeed();
  BOOST_TEST(imported.weights == 12);
  BOOST_TEST(imported.vectors.total == 1);
  BOOST_TEST(imported.vectors.equal == 1);
  const NetworkSpec network = networkOf(imported);
  BOOST_TEST(network.name == "tiny_net");  // not what stands in the source
  BOOST_TEST((network.input.shape == Shape{1, 3, 3}));
  BOOST_TEST((network.layers.at(0).conv == ConvSpec{.kernel = 2}));
  BOOST_TEST(network.layers.at(0).pool == 2);
  Diagnostics diags;
  const auto weights = parseWeights(imported.files.at("weights.safetensors"), "w", network, diags);
  BOOST_REQUIRE(weights);
  BOOST_TEST(weights->layers[0].weight_bits[1] == 0b1001U);
  BOOST_TEST(weights->layers[0].bias[0] == -34);
}

BOOST_AUTO_TEST_CASE(vectors_show_a_difference) {
  Tiny tiny;
  tiny.arrays["vec_logit_int"] = integers("<i8", "(1, 2)", {5, -2});
  BOOST_TEST(tiny.succeed().vectors.equal == 0);
  tiny = {};
  tiny.arrays["L0_theta"] = integers("<i4", "(2,)", {35, 7});
  BOOST_TEST(tiny.succeed().vectors.equal == 0);
  tiny = {};
  tiny.arrays.erase("vec_x");
  tiny.arrays.erase("vec_logit_int");
  BOOST_TEST(tiny.succeed().vectors.total == 0);
}

BOOST_AUTO_TEST_CASE(signed_vectors_are_fed_as_pixels) {
  Tiny tiny;
  tiny.description["input"]["encoding"] = "s8";
  tiny.arrays.erase("vec_x");
  tiny.arrays["vec_v"] = integers(
      "|i1", "(2, 1, 3, 3)", {1, 2, 3, 4, 5, 6, 7, 8, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0});  // no pixel gives 0
  tiny.arrays["vec_logit_int"] = integers("<i8", "(2, 2)", {5, -1, 0, 0});
  const auto imported = tiny.succeed();
  BOOST_TEST(imported.vectors.total == 2);
  BOOST_TEST(imported.vectors.equal == 1);
  BOOST_TEST(imported.vectors.not_fed == 1);
}

BOOST_AUTO_TEST_CASE(scale_dropout_keeps_both_decisions) {
  Tiny tiny;
  tiny.description["method"] = "scaledrop";
  tiny.description["dropout_p"] = 0.25;
  tiny.description["layers"][1]["logit_scale"] = 0.004;
  tiny.arrays.erase("L0_theta");
  tiny.arrays["L0_theta_on"] = integers("<i4", "(2,)", {34, 7});
  tiny.arrays["L0_theta_off"] = integers("<i4", "(2,)", {17, 14});
  tiny.arrays["L0_scale_q"] = integers("<i4", "(2,)", {128, 512});
  tiny.arrays["L1_scale_q"] = integers("<i4", "(2,)", {100, 300});
  tiny.arrays["vec_logit_int"] = integers("<i8", "(1, 2)", {0 * 100 + 5, 2 * 300 - 3});
  const auto imported = tiny.succeed();
  BOOST_TEST(imported.vectors.equal == 1);
  const NetworkSpec network = networkOf(imported);
  BOOST_TEST((network.layers[0].scheme == Scheme{ScaleDropout{0.25}}));
  // One step of the logits is 2^-8, the power of two nearest to 0.004, whether the scale is kept or dropped.
  Diagnostics diags;
  const auto weights = parseWeights(imported.files.at("weights.safetensors"), "w", network, diags);
  BOOST_REQUIRE(weights);
  BOOST_TEST(reference::ReferenceNetwork(network, *weights).logitFraction() == 8);
  // Thresholds that no scale near scale_q/256 gives.
  tiny.arrays["L0_theta_off"] = integers("<i4", "(2,)", {34, 14});
  BOOST_TEST((tiny.errors() == std::vector<std::string>{"thresholds-contradict"}));
}

BOOST_AUTO_TEST_CASE(schemes) {
  Tiny tiny;
  const auto schemeOf = [&](std::size_t layer) { return networkOf(tiny.succeed()).layers.at(layer).scheme; };
  tiny.description["dropout_p"] = 0.1;
  tiny.description["method"] = "spindrop";
  BOOST_TEST((schemeOf(0) == Scheme{Deterministic{}}));  // pixels are not dropped
  BOOST_TEST((schemeOf(1) == Scheme{SpinDrop{0.1}}));
  tiny.description["method"] = "spatial";
  BOOST_TEST((schemeOf(1) == Scheme{SpatialDropout{0.1, 1}}));
  tiny.description["method"] = "spinbayesbin";
  for (auto& layer : tiny.description["layers"]) layer["crossbars"] = 2;
  tiny.arrays["L0_wbits"] = integers("|u1", "(2, 2, 1)", {0xF0, 0x90, 0, 0});
  tiny.arrays["L1_wbits"] = integers("|u1", "(2, 2, 1)", {0xC0, 0x80, 0, 0});
  BOOST_TEST((schemeOf(0) == Scheme{SpinBayes{2, 1}}));
  BOOST_TEST(tiny.succeed().vectors.equal == 1);
  tiny.description["method"] = "spinbayes";
  for (auto& layer : tiny.description["layers"]) layer["levels"] = 4;
  tiny.arrays["L0_codes"] = integers("|u1", "(2, 2, 4)", {2, 2, 2, 2, 2, 1, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0});
  tiny.arrays["L1_codes"] = integers("|u1", "(2, 2, 2)", {2, 2, 2, 1, 3, 3, 3, 3});
  BOOST_TEST((schemeOf(0) == Scheme{SpinBayes{2, 2}}));
  BOOST_TEST(tiny.succeed().vectors.equal == 1);
}

BOOST_AUTO_TEST_CASE(bad_descriptions) {
  const auto broken = [](const std::function<void(Json&)>& change) {
    Tiny tiny;
    change(tiny.description);
    return tiny.errors();
  };
  using Names = std::vector<std::string>;
  BOOST_TEST((broken([](Json& d) { d["format"] = "bnn-npz-2"; }) == Names{"unknown-format"}));
  BOOST_TEST((broken([](Json& d) { d["method"] = "affine"; }) == Names{"unknown-method"}));
  BOOST_TEST((broken([](Json& d) { d["method"] = "spindrop"; }) == Names{"bad-field"}));
  BOOST_TEST((broken([](Json& d) { d["input"]["encoding"] = "u9"; }) == Names{"unknown-encoding"}));
  BOOST_TEST((broken([](Json& d) { d["input"]["encoding"] = "s1"; }) == Names{"unknown-encoding"}));
  BOOST_TEST((broken([](Json& d) { d["input"]["shape"] = {1, -3, 3}; }) == Names{"bad-field"}));
  BOOST_TEST((broken([](Json& d) { d["input"]["shape"] = {65536, 65536, 65536}; }) == Names{"bad-field"}));
  BOOST_TEST((broken([](Json& d) { d["input"] = 3; }) == Names{"bad-field"}));
  BOOST_TEST((broken([](Json& d) { d["layers"] = Json::array(); }) == Names{"bad-field"}));
  BOOST_TEST((broken([](Json& d) { d["layers"][0] = "conv"; }) == Names{"bad-field"}));
  BOOST_TEST((broken([](Json& d) { d["layers"][0]["k"] = 8; }).front() == "bad-field"));
  BOOST_TEST((broken([](Json& d) { d["layers"][0]["k"] = 1e300; }).front() == "bad-field"));
  BOOST_TEST(
      (broken([](Json& d) { d["layers"][0]["cout"] = std::uint64_t{1} << 63; }) == Names{"bad-field"}));
  BOOST_TEST((broken([](Json& d) { d["layers"][0].erase("cin"); }) == Names{"bad-field"}));
  BOOST_TEST((broken([](Json& d) { d["layers"][0]["fan_in"] = 5; }) == Names{"bad-field"}));
  BOOST_TEST((broken([](Json& d) { d["layers"][0]["kind"] = "pool"; }).front() == "unknown-kind"));
  BOOST_TEST(!broken([](Json& d) { d["layers"][1]["cin"] = 3; }).empty());
  BOOST_TEST(!broken([](Json& d) { d["layers"][0]["pool"] = 3; }).empty());
  const Folder folder("import");
  for (const std::string text : {"", "[", "[1]", "nothing"}) {
    (void)Tiny().write(folder);
    Diagnostics diags;
    BOOST_TEST(!bnn::importBnnNpz(folder.write("tiny.json", text), {}, diags));
    BOOST_TEST(diags.all().front().name == "bad-json");
  }
  Diagnostics diags;
  BOOST_TEST(!bnn::importBnnNpz(folder.missing() + ".json", {}, diags));
  BOOST_TEST(diags.hasErrors());
}

BOOST_AUTO_TEST_CASE(bad_arrays) {
  const auto broken = [](const std::string& name, const std::string& content) {
    Tiny tiny;
    if (content.empty()) tiny.arrays.erase(name);
    if (!content.empty()) tiny.arrays[name] = content;
    return tiny.errors();
  };
  using Names = std::vector<std::string>;
  for (const std::string name : {"L0_wbits", "L0_theta", "L1_wbits", "L1_bias_q"})
    BOOST_TEST((broken(name, "") == Names{"missing-array"}), name);
  BOOST_TEST((broken("L0_wbits", integers("|u1", "(2, 2)", {0, 0, 0, 0})) == Names{"wrong-shape"}));
  BOOST_TEST((broken("L0_wbits", integers("<i4", "(2, 1)", {256, 0})) == Names{"bad-value"}));
  BOOST_TEST((broken("L0_theta", integers("<i8", "(2,)", {std::int64_t{1} << 50, 0})) == Names{"bad-value"}));
  BOOST_TEST((broken("L0_theta", integers("<f8", "(2,)", {0, 0})) == Names{"npy-dtype"}));
  BOOST_TEST((broken("L0_theta", integers("<i4", "(2,)", {1})) == Names{"npy-truncated"}));
  BOOST_TEST((broken("vec_x", integers("|u1", "(2,)", {1, 2})) == Names{"bad-vectors"}));
  BOOST_TEST((broken("vec_logit_int", integers("<i8", "(3, 1)", {1, 2, 3})) == Names{"bad-vectors"}));
  const Folder folder("import");
  const std::string path = Tiny().write(folder);
  (void)folder.write("tiny.npz", "no archive");
  Diagnostics diags;
  BOOST_TEST(!bnn::importBnnNpz(path, {}, diags));
  BOOST_TEST(diags.all().front().name == "npz-damaged");
}

/// Every network of ../shared: all test vectors equal. Skipped where the data are not there.
BOOST_AUTO_TEST_CASE(shared_networks) {
  const std::filesystem::path shared = std::filesystem::path(NEUSPIN_SOURCE_DIR) / "../shared";
  std::vector<std::string> names = {"data/bnn-pynq-weights/lfc_w1a1_mnist",
                                    "data/bnn-pynq-weights/cnv_w1a1_cifar10"};
  for (const char* method :
       {"det", "spindrop", "spatial", "scaledrop", "viscale", "spinbayesbin", "spinbayes"})
    names.push_back(std::string("models/fashion_cnn_") + method);
  for (const std::string& name : names) {
    const std::string file = (shared / (name + ".json")).string();
    if (!std::filesystem::exists(file)) {
      BOOST_TEST_MESSAGE(name << " skipped: no such data");
      continue;
    }
    BOOST_TEST_CONTEXT(name) {
      Diagnostics diags;
      const auto imported = bnn::importBnnNpz(file, {}, diags);
      BOOST_TEST(diags.render() == "");
      BOOST_REQUIRE(imported);
      BOOST_TEST(imported->vectors.total > 0);
      BOOST_TEST(imported->vectors.equal == imported->vectors.total);
      BOOST_TEST_MESSAGE(name << ": " << imported->vectors.equal << " of " << imported->vectors.total
                              << " equal");
    }
  }
}

/// Spatial-SpinDrop of a trained network: the same predictions under both mappings, C_in modules a layer.
/// Skipped where the data are not there.
BOOST_AUTO_TEST_CASE(shared_spatial_network_under_both_mappings) {
  const std::filesystem::path shared = std::filesystem::path(NEUSPIN_SOURCE_DIR) / "../shared";
  const std::string file = (shared / "models/fashion_cnn_spatial.json").string();
  if (!std::filesystem::exists(file)) {
    BOOST_TEST_MESSAGE(file << " skipped: no such data");
    return;
  }
  Diagnostics diags;
  const auto imported = bnn::importBnnNpz(file, {}, diags);
  BOOST_REQUIRE(imported);
  const NetworkSpec network = networkOf(*imported);
  const auto weights = parseWeights(imported->files.at("weights.safetensors"), "w", network, diags);
  BOOST_REQUIRE(weights);
  std::vector<std::vector<golden::ImageResult>> results;
  for (const int mapping : {1, 2}) {
    TargetSpec target;
    target.conv_mapping = mapping;
    const auto plan = makePlan(network, target, *weights, diags);
    BOOST_REQUIRE(plan);
    for (std::size_t i = 1; i < plan->layers.size(); ++i) {  // pixels are not dropped
      const LayerPlan& layer = plan->layers[i];
      BOOST_REQUIRE(layer.supply);
      BOOST_TEST(layer.supply->modules == plan->layers[i - 1].outputs);
    }
    std::vector<std::uint8_t> pixels;  // blots: neighbouring pixels have much in common
    for (int i = 0; i < 40 * network.input.features; ++i)
      pixels.push_back(static_cast<std::uint8_t>((i * i / 900 + i / 28 * 37) % 256));
    auto& all = results.emplace_back(40);
    golden::Infer(*plan, *weights).run(pixels, {.seed = 3, .passes = 10}, [&](auto n, const auto& result) {
      all[static_cast<std::size_t>(n)] = result;
    });
  }
  BOOST_TEST((results[0] == results[1]));
  const auto undecided = std::ranges::count_if(
      results[0], [](const auto& result) { return std::ranges::max(result.votes) < 10; });
  BOOST_TEST(undecided > 0);  // passes differ
}

BOOST_AUTO_TEST_SUITE_END()

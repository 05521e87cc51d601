// weights.safetensors: legal dtypes and values, and hostile files with what the user reads.
#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "spec/spec.hpp"
#include "support/files.hpp"

namespace {

using namespace neuspin;

/// One last layer `a`, 3 inputs, 2 outputs.
NetworkSpec network() {
  NetworkSpec spec;
  LayerSpec layer;
  layer.name = "a";
  layer.inputs = 3;
  layer.outputs = 2;
  layer.last = true;
  spec.layers = {layer};
  return spec;
}

std::string file(const std::string& header, const std::string& data) {
  const std::uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}

const std::string kWeightData("\x01\xFF\x01\xFF\x01\xFF", 6);
const std::string kWeight = R"("a.weight":{"dtype":"I8","shape":[2,3],"data_offsets":[0,6]})";

/// A second tensor of 8 bytes behind the weights.
std::string second(const std::string& name, const std::string& dtype, const std::string& shape) {
  return "{" + kWeight + ",\"" + name + R"(":{"dtype":")" + dtype + R"(","shape":)" + shape +
         R"(,"data_offsets":[6,14]}})";
}

template <typename T>
std::string raw(std::initializer_list<T> values) {
  return {reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(T)};
}

std::string findings(const std::string& bytes) {
  Diagnostics diags;
  const auto weights = parseWeights(bytes, "w", network(), diags);
  BOOST_TEST(weights.has_value() == !diags.hasErrors());
  return diags.render();
}

BOOST_AUTO_TEST_CASE(defaults) {
  Diagnostics diags;
  const auto weights = parseWeights(file("{" + kWeight + "}", kWeightData), "w", network(), diags);
  BOOST_TEST(diags.render() == "");
  BOOST_REQUIRE(weights);
  const LayerWeights& layer = weights->layers.at(0);
  BOOST_TEST(layer.words_per_row == 1);
  BOOST_TEST(layer.weight_bits == (std::vector<std::uint64_t>{0b101, 0b010}),
             boost::test_tools::per_element());
  BOOST_TEST(layer.weight(0, 0));
  BOOST_TEST(!layer.weight(1, 2));
  BOOST_TEST(layer.scale == (std::vector<double>{1, 1}), boost::test_tools::per_element());
  BOOST_TEST(layer.bias == (std::vector<double>{0, 0}), boost::test_tools::per_element());
  BOOST_TEST(std::sqrt(layer.var[0] + network().layers[0].norm_eps) == 1.0);
}

BOOST_AUTO_TEST_CASE(signs_of_every_dtype) {
  const struct {
    const char* dtype;
    std::string data;
  } kCases[] = {
      // +, −, +0, −0, smallest denormals of both signs
      {"F16", raw<std::uint16_t>({0x3C00, 0xBC00, 0x0000, 0x8000, 0x0001, 0x8001})},
      {"BF16", raw<std::uint16_t>({0x3F80, 0xBF80, 0x0000, 0x8000, 0x0001, 0x8001})},
      {"F32", raw<float>({1.5F, -1.5F, 0.0F, -0.0F, 1e-45F, -1e-45F})},
      {"F64", raw<double>({1.5, -1.5, 0.0, -0.0, 5e-324, -5e-324})},
  };
  for (const auto& [dtype, data] : kCases) {
    Diagnostics diags;
    const auto weights =
        parseWeights(file(std::string(R"({"a.weight":{"dtype":")") + dtype +
                              R"(","shape":[2,3],"data_offsets":[0,)" + std::to_string(data.size()) + "]}}",
                          data),
                     "w", network(), diags);
    BOOST_TEST(diags.render() == "");
    BOOST_REQUIRE(weights);
    BOOST_TEST(weights->layers[0].weight_bits == (std::vector<std::uint64_t>{0b101, 0b011}),
               boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(packing_of_long_rows) {
  // Every length around the 8- and 64-element steps, against one bit at a time.
  for (int inputs = 1; inputs <= 140; ++inputs) {
    NetworkSpec spec = network();
    spec.layers[0].inputs = inputs;
    std::string data;
    for (int i = 0; i < 2 * inputs; ++i) data += (i * i / 3) % 2 != 0 ? '\x01' : '\xFF';
    const std::string header = R"({"a.weight":{"dtype":"I8","shape":[2,)" + std::to_string(inputs) +
                               R"(],"data_offsets":[0,)" + std::to_string(data.size()) + "]}}";
    Diagnostics diags;
    const auto weights = parseWeights(file(header, data), "w", spec, diags);
    BOOST_REQUIRE(weights);
    const LayerWeights& layer = weights->layers[0];
    for (int o = 0; o < 2; ++o) {
      for (int i = 0; i < 64 * layer.words_per_row; ++i) {
        const bool expected = i < inputs && data[static_cast<std::size_t>(o * inputs + i)] == '\x01';
        BOOST_REQUIRE(layer.weight(o, i) == expected);
      }
    }
    for (std::size_t at = 0; at < data.size(); ++at) {
      std::string bad = data;
      bad[at] = '\x00';
      Diagnostics found;
      BOOST_REQUIRE(!parseWeights(file(header, bad), "w", spec, found));
      const std::size_t width = static_cast<std::size_t>(inputs);
      BOOST_REQUIRE(found.all()[0].message == "element [" + std::to_string(at / width) + ", " +
                                                  std::to_string(at % width) + "] is neither +1 nor -1");
    }
  }
}

BOOST_AUTO_TEST_CASE(parameters) {
  Diagnostics diags;
  const auto half = parseWeights(file("{" + kWeight +
                                          R"(,"a.scale":{"dtype":"F16","shape":[1],"data_offsets":[6,8]},)"
                                          R"("a.bias":{"dtype":"BF16","shape":[2],"data_offsets":[8,12]}})",
                                      kWeightData + raw<std::uint16_t>({0x3555, 0xC000, 0x0001})),
                                 "w", network(), diags);
  BOOST_TEST(diags.render() == "");
  BOOST_REQUIRE(half);
  BOOST_TEST(half->layers[0].scale[1] == 0x555 * std::ldexp(1.0, -12));  // one value stands for all outputs
  BOOST_TEST(half->layers[0].bias[0] == -2.0);
  BOOST_TEST(half->layers[0].bias[1] == std::ldexp(1.0, -133));
}

BOOST_AUTO_TEST_CASE(rendered_findings) {
  const std::string kLegal = file("{" + kWeight + "}", kWeightData);
  const std::string kDamaged = "  hint: the file is damaged or truncated; save it anew\n";
  const std::string kForm =
      "error: the header is not of the form that safetensors prescribes [bad-header]\n  hint: each tensor "
      "needs "
      "{\"dtype\": text, \"shape\": [integers], \"data_offsets\": [begin, end]}; save the file anew\n";
  std::string lying = kLegal;
  lying[7] = '\x7F';
  const struct {
    std::string bytes, expected;
  } kCases[] = {
      {"abc",
       "w: header length, bytes 0 … 7: error: the file has only 3 bytes [truncated]\n"
       "  hint: the file is damaged or no safetensors file; save it anew\n"},
      {lying,
       "w: header length, bytes 0 … 7: error: the header claims 9151314442816847934 bytes, the limit is "
       "100000000 "
       "[bad-header-length]\n  hint: the file is damaged or no safetensors file; save it anew\n"},
      {kLegal.substr(0, 40),
       "w: header length, bytes 0 … 7: error: the header claims 62 bytes, but only 32 follow "
       "[bad-header-length]\n"
       "  hint: the file is damaged, truncated or no safetensors file; save it anew\n"},
      {file("{nonsense", ""),
       "w: header: error: the header is not JSON: error at byte 3 of the header [bad-header]\n"
       "  hint: the file is damaged or no safetensors file; save it anew\n"},
      {file(std::string(1000000, '['), ""), "w: header: " + kForm},
      {file(R"({"a":[1]})", ""), "w: header, tensor 'a': " + kForm},
      {file(R"({"a":{"dtype":"I8"}})", ""), "w: header, tensor 'a': " + kForm},
      {file("{" + kWeight + "," + kWeight + "}", kWeightData),
       "w: header, tensor 'a.weight': error: the tensor stands twice in the header [duplicate-tensor]\n"
       "  hint: save the file anew\n"},
      {file(R"({"a.weight":{"dtype":"I8","shape":[2,-3],"data_offsets":[0,6]}})", kWeightData),
       "w: header, tensor 'a.weight': error: a number in 'shape' is not an integer from 0 to 2^64 - 1 "
       "[bad-header]\n"
       "  hint: save the file anew\n"},
      {file(R"({"a.weight":{"dtype":"I8","shape":[4294967296,4294967297],"data_offsets":[0,6]}})",
            kWeightData),
       "w: tensor 'a.weight': error: shape [4294967296, 4294967297] does not fit into the 6 bytes of data "
       "[bad-layout]\n" +
           kDamaged},
      {file(R"({"a.weight":{"dtype":"I8","shape":[2,3],"data_offsets":[0,7]}})", kWeightData),
       "w: tensor 'a.weight': error: data_offsets [0, 7] leave the 6 bytes of data [bad-layout]\n" +
           kDamaged},
      {file(R"({"a.weight":{"dtype":"I8","shape":[2,2],"data_offsets":[0,6]}})", kWeightData),
       "w: tensor 'a.weight': error: shape [2, 2] of I8 needs 4 bytes, data_offsets hold 6 [bad-layout]\n" +
           kDamaged},
      {kLegal + "x",
       "w: end of the file: error: the last 1 bytes of data belong to no tensor [unused-bytes]\n"
       "  hint: the file is damaged; save it anew\n"},
      {file("{" + kWeight + R"(,"b":{"dtype":"I8","shape":[2],"data_offsets":[5,7]}})", kWeightData + "x"),
       "w: tensor 'b': error: its data [5, 7] overlap those of another tensor [overlap]\n"
       "  hint: the file is damaged; save it anew\n"},
      {file(R"({"a.wieght":{"dtype":"I8","shape":[2,3],"data_offsets":[0,6]}})", kWeightData),
       "w: tensor 'a.weight': error: the tensor is missing [missing-tensor]\n"
       "  hint: store the weights of layer 'a' as 'a.weight' of shape [2, 3] (there is a 'a.wieght')\n"
       "w: tensor 'a.wieght': warning: no layer uses this tensor [unknown-tensor]\n"
       "  hint: did you mean 'a.weight'?\n"},
      {file(R"({"a.weight":{"dtype":"I8","shape":[3,2],"data_offsets":[0,6]}})", kWeightData),
       "w: tensor 'a.weight': error: the shape is [3, 2], layer 'a' needs [2, 3] [wrong-shape]\n"
       "  hint: transpose it: rows are outputs, columns inputs\n"},
      {file(R"({"a.weight":{"dtype":"U8","shape":[2,3],"data_offsets":[0,6]}})", kWeightData),
       "w: tensor 'a.weight': error: weights cannot be 'U8' [wrong-dtype]\n"
       "  hint: store them as I8 (+1 and -1), F32, F64, F16 or BF16 (the sign counts)\n"},
      {file(R"({"a.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}})",
            raw<float>({1, 2, 3, 4, NAN, INFINITY})),
       "w: tensor 'a.weight': error: element [1, 1] is NaN or infinite [bad-weight]\n"
       "  hint: train anew or repair the tensor\n"},
      {file(second("a.scale", "F32", "[2]"), kWeightData + raw<float>({1, INFINITY})),
       "w: tensor 'a.scale': error: element 1 is inf, legal is -1e+30 … 1e+30 [not-finite]\n"
       "  hint: train anew or repair the tensor\n"},
      {file(second("a.scale", "F64", "[1]"), kWeightData + raw<double>({1e300})),
       "w: tensor 'a.scale': error: element 0 is 1e+300, legal is -1e+30 … 1e+30 [absurd-value]\n"
       "  hint: train anew or repair the tensor\n"},
      {file(second("a.bias", "I32", "[2]"), kWeightData + raw<int>({1, 2})),
       "w: tensor 'a.bias': error: parameters cannot be 'I32' [wrong-dtype]\n"
       "  hint: store them as F32, F64, F16 or BF16\n"},
      {file(second("a.norm.bias", "F32", "[2]"), kWeightData + raw<float>({1, 2})),
       "w: layer 'a': error: the normalisation is incomplete: 'a.norm.weight', 'a.norm.running_mean', "
       "'a.norm.running_var' missing [missing-tensor]\n"
       "  hint: store all four of norm.weight, norm.bias, norm.running_mean, norm.running_var, or none\n"},
  };
  for (const auto& [bytes, expected] : kCases) BOOST_TEST(findings(bytes) == expected);
}

BOOST_AUTO_TEST_CASE(negative_variance) {
  std::string header = "{" + kWeight;
  std::string data = kWeightData;
  for (const char* name : {"weight", "bias", "running_mean", "running_var"}) {
    header += std::string(R"(,"a.norm.)") + name + R"(":{"dtype":"F32","shape":[2],"data_offsets":[)" +
              std::to_string(data.size()) + "," + std::to_string(data.size() + 8) + "]}";
    data += raw<float>({1, -1});
  }
  const std::string text = findings(file(header + "}", data));
  BOOST_TEST(text.find("element 1 is -1; with norm_eps = 1e-05") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(every_truncation_is_an_error) {
  const std::string whole = file(second("a.scale", "F32", "[2]"), kWeightData + raw<float>({1, 2}));
  BOOST_TEST(findings(whole) == "");
  for (std::size_t length = 0; length < whole.size(); ++length)
    BOOST_TEST(findings(whole.substr(0, length)) != "");
}

/// gzip of the smallest kind: the bytes as they are ("stored" blocks), CRC-32 and length behind them.
std::string stored(const std::string& plain) {
  std::string out("\x1f\x8b\x08\0\0\0\0\0\0\xff\x01", 11);
  const auto size = static_cast<std::uint16_t>(plain.size());
  out += raw<std::uint16_t>({size, static_cast<std::uint16_t>(~size)}) + plain;
  std::uint32_t crc = 0xffffffff;
  for (const char byte : plain) {
    crc ^= static_cast<std::uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return out + raw<std::uint32_t>({~crc, size});
}

BOOST_AUTO_TEST_CASE(compressed_files) {
  const std::string plain = file("{" + kWeight + "}", kWeightData);
  const std::string packed = stored(plain);
  Diagnostics diags;
  const auto weights = parseWeights(plain, "w", network(), diags);
  const auto same = parseWeights(packed, "w.gz", network(), diags);
  BOOST_REQUIRE_MESSAGE(weights && same, diags.render());
  BOOST_TEST(specSha256(network(), {}, *same) == specSha256(network(), {}, *weights));
  const auto nameOf = [](const std::string& bytes, const char* name) {
    Diagnostics found;
    BOOST_TEST(!parseWeights(bytes, name, network(), found));
    BOOST_REQUIRE(found.hasErrors());
    return found.all()[0].name;
  };
  BOOST_TEST(nameOf(plain, "w.gz") == "gzip-damaged");
  BOOST_TEST(nameOf(packed, "w") == "bad-header-length");
  BOOST_TEST(nameOf(packed + "x", "w.gz") == "gzip-trailing-bytes");
  for (std::size_t length = 1; length < packed.size(); ++length)
    BOOST_TEST(nameOf(packed.substr(0, length), "w.gz") == "gzip-truncated");
}

BOOST_AUTO_TEST_CASE(example_and_test_networks_are_legal) {
  const std::string root = std::string(NEUSPIN_SOURCE_DIR) + "/";
  std::vector<std::string> paths = {"tests/nets/optd_scaledrop/network.toml",
                                    "tests/nets/optd_det/network.toml", "tests/nets/tiny/det.toml",
                                    "tests/nets/tiny/scaledrop.toml", "tests/nets/tiny/bipolar.toml"};
  for (const auto& entry : std::filesystem::directory_iterator(root + "examples"))
    if (entry.is_directory())
      paths.push_back("examples/" + entry.path().filename().string() + "/network.toml");
  BOOST_TEST(paths.size() >= 5U + 17U);
  for (const std::string& path : paths) {
    Diagnostics diags;
    const auto spec = readNetwork(root + path, diags);
    BOOST_REQUIRE_MESSAGE(spec, diags.render());
    BOOST_TEST(readWeights(*spec, diags).has_value());
    BOOST_TEST(diags.render() == "");
  }
  Diagnostics diags;
  BOOST_TEST(readTarget(root + "examples/fashion-mlp-scaledrop/target.toml", diags).has_value());
  BOOST_TEST(diags.render() == "");
}

BOOST_AUTO_TEST_CASE(hash_sees_what_matters_only) {
  Diagnostics diags;
  const auto weights = parseWeights(file("{" + kWeight + "}", kWeightData), "w", network(), diags);
  BOOST_REQUIRE(weights);
  const std::string base = specSha256(network(), {}, *weights);
  NetworkSpec moved = network();
  moved.file = "elsewhere";
  moved.weights_file = "other";
  moved.layers[0].where.line = 9;
  TargetSpec library;
  library.library = "x.lib";
  BOOST_TEST(specSha256(moved, library, *weights) == base);
  NetworkSpec seeded = network();
  seeded.seed = 2;
  BOOST_TEST(specSha256(seeded, {}, *weights) != base);
  TargetSpec lanes;
  lanes.lanes = 3;
  BOOST_TEST(specSha256(network(), lanes, *weights) != base);
  Weights flipped = *weights;
  flipped.layers[0].weight_bits[1] ^= 1;
  BOOST_TEST(specSha256(network(), {}, flipped) != base);
  Weights shifted = *weights;
  shifted.layers[0].mean[0] = 1e-300;
  BOOST_TEST(specSha256(network(), {}, shifted) != base);
}

}  // namespace

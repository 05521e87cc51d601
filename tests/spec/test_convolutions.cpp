// Convolutions, image shapes and signed inputs of network.toml; their weights; [conv] of target.toml.
#include <boost/test/unit_test.hpp>
#include <string>

#include "spec/spec.hpp"

namespace {

using namespace neuspin;

const std::string kImage = "shape = [3, 32, 30]\nencoding = \"unsigned\"\nbits = 8\n";

std::string conv(const std::string& keys, int outputs = 8) {
  return "[[layer]]\nname = \"c" + std::to_string(outputs) +
         "\"\nkind = \"conv\"\noutputs = " + std::to_string(outputs) + "\n" + keys + "\n";
}

std::string linear(const std::string& name, int outputs, const std::string& keys = "") {
  return "[[layer]]\nname = \"" + name + "\"\nkind = \"linear\"\noutputs = " + std::to_string(outputs) +
         "\n" + keys + "\n";
}

std::string network(const std::string& input, const std::string& layers) {
  return "[network]\nname = \"n\"\nweights = \"w\"\n[input]\n" + input + "[inference]\npasses = 2\n" + layers;
}

NetworkSpec read(const std::string& text) {
  Diagnostics diags;
  auto found = parseNetwork(text, "n.toml", diags);
  BOOST_TEST(diags.render() == "");
  BOOST_REQUIRE(found);
  return *found;
}

/// Names of the errors, one after the other; each has a place in the file and a remedy.
std::string errors(const std::string& text) {
  Diagnostics diags;
  const auto found = parseNetwork(text, "n.toml", diags);
  BOOST_TEST(found.has_value() == !diags.hasErrors());
  std::string names;
  for (const auto& item : diags.all()) {
    names += (names.empty() ? "" : " ") + item.name;
    BOOST_TEST(item.where.line > 0U);
    BOOST_TEST(!item.hint.empty());
  }
  return names;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(convolutions)

BOOST_AUTO_TEST_CASE(shapes_are_derived) {
  const NetworkSpec found = read(
      network(kImage, conv("kernel = 3\npadding = 1\npool = 2", 16) +
                          conv("kernel = 5\nstride = 2\npadding = 2\npadding_value = -1\ninputs = 16", 20) +
                          linear("f", 9, "inputs = 1280") + linear("out", 10)));
  BOOST_TEST((found.input.shape == Shape{3, 32, 30}));
  BOOST_TEST(found.input.features == 2880);
  const auto& layers = found.layers;
  BOOST_TEST((layers[0].conv == ConvSpec{.kernel = 3, .padding = 1}));
  BOOST_TEST(layers[0].inputs == 27);
  BOOST_TEST(layers[0].pool == 2);
  BOOST_TEST((layers[0].out == Shape{16, 16, 15}));
  BOOST_TEST((layers[1].conv == ConvSpec{.kernel = 5, .stride = 2, .padding = 2, .pad_minus_one = true}));
  BOOST_TEST((layers[1].in == Shape{16, 16, 15}));
  BOOST_TEST((layers[1].out == Shape{20, 8, 8}));
  BOOST_TEST(layers[2].inputs == 1280);
  BOOST_TEST((layers[2].out == Shape{9, 1, 1}));
  BOOST_TEST(!layers[3].conv.has_value());
  // Rows and columns that fill no window are left out: (11 − 2)/3 + 1 = 4, pooled by 3.
  const NetworkSpec odd = read(network("shape = [1, 11, 13]\nencoding = \"bipolar\"\n",
                                       conv("kernel = 2\nstride = 3\npool = 3") + linear("out", 2)));
  BOOST_TEST((odd.layers[0].windowMap() == Shape{8, 4, 4}));
  BOOST_TEST((odd.layers[0].out == Shape{8, 1, 1}));
  // A kernel of 1 behind a linear layer is legal.
  BOOST_TEST(read(network("features = 9\nencoding = \"bipolar\"\n",
                          linear("a", 7) + conv("kernel = 1") + linear("b", 2)))
                 .layers[1]
                 .inputs == 7);
}

BOOST_AUTO_TEST_CASE(inputs) {
  const std::string layers = linear("out", 2);
  const NetworkSpec found = read(network("features = 9\nencoding = \"signed\"\nbits = 8\n", layers));
  BOOST_TEST((found.input.encoding == InputEncoding::Signed));
  BOOST_TEST(found.input.bits == 8);
  BOOST_TEST((found.input.shape == Shape{9, 1, 1}));
  BOOST_TEST(errors(network("features = 9\nencoding = \"signed\"\nbits = 1\n", layers)) == "out-of-range");
  BOOST_TEST(errors(network("features = 9\nencoding = \"signed\"\nthreshold = 3\n", layers)) == "unused-key");
  BOOST_TEST(errors(network("features = 9\nshape = [1, 3, 3]\nencoding = \"bipolar\"\n", layers)) ==
             "conflicting-keys");
  BOOST_TEST(errors(network("encoding = \"bipolar\"\n", layers)) == "missing-key");
  BOOST_TEST(errors(network("shape = 9\nencoding = \"bipolar\"\n", layers)) == "wrong-type");
  for (const char* shape :
       {"[]", "[1, 3]", "[1, 3, 3, 3]", "[1, 3, 0]", "[1, -3, 3]", "[256, 256, 2]", "[65536, 65536, 65536]"})
    BOOST_TEST(errors(network(std::string("shape = ") + shape + "\nencoding = \"bipolar\"\n", layers)) ==
                   "bad-shape",
               shape);
  // Arrays of anything else never reach toml++.
  for (const char* shape :
       {"[1, 3, 3.0]", "[1, 3, 3,]", "[1,, 3]", "[1, 3, 3", "[1, 3, [3]]", "[1, 3, \"3\"]", "[01, 3, 3]",
        "[1, 3, 0x3]", "[1, 3, 1234567890123456789]", "[1,\n3, 3]", "[--1, 3, 3]", "[1 3 3]", "[-]"})
    BOOST_TEST(errors(network(std::string("shape = ") + shape + "\nencoding = \"bipolar\"\n", layers)) ==
                   "toml-syntax",
               shape);
}

BOOST_AUTO_TEST_CASE(averages_are_read) {
  const std::string image = "shape = [3, 11, 11]\nencoding = \"bipolar\"\n";
  const NetworkSpec found =
      read(network(image, conv("kernel = 2\npool = { kind = \"average\", size = 3 }", 5) +
                              conv("kernel = 1\npool = { size = 3, kind = \"average\" }", 4)));
  BOOST_TEST((found.layers[0].pooling == Pooling::Average));
  BOOST_TEST(found.layers[0].addedWindows() == 9);
  BOOST_TEST((found.layers[0].usedWindows() == Shape{5, 9, 9}));  // of 10 × 10
  BOOST_TEST((found.layers[0].out == Shape{5, 3, 3}));
  BOOST_TEST((found.layers[1].last && found.layers[1].out == Shape{4, 1, 1}));
  BOOST_TEST(read(network(image, conv("kernel = 2\npool = 3") + linear("out", 2))).layers[0].addedWindows() ==
             1);
}

BOOST_AUTO_TEST_CASE(bad_convolutions) {
  const auto with = [](const std::string& keys) {
    return errors(network(kImage, conv(keys) + linear("out", 2)));
  };
  BOOST_TEST(with("") == "missing-key");
  BOOST_TEST(with("kernel = 8") == "out-of-range");
  BOOST_TEST(with("kernel = 0") == "out-of-range");
  BOOST_TEST(with("kernel = 3\nstride = 0") == "out-of-range");
  BOOST_TEST(with("kernel = 3\npadding = 3") == "out-of-range");
  BOOST_TEST(with("kernel = 3\npadding = -1") == "out-of-range");
  BOOST_TEST(with("kernel = 3\npadding_value = 1") == "out-of-range");
  BOOST_TEST(with("kernel = 3\npadding = 1\npadding_value = -1") == "padding-value");
  BOOST_TEST(with("kernel = 3\npool = 17") == "out-of-range");
  BOOST_TEST(with("kernel = 3\npool = \"average\"") == "wrong-type");
  BOOST_TEST(with("kernel = 3\npool = { kind = \"average\" }") == "missing-key");
  BOOST_TEST(with("kernel = 3\npool = { size = 2 }") == "missing-key");
  BOOST_TEST(with("kernel = 3\npool = { kind = \"mean\", size = 2 }") == "unknown-value");
  BOOST_TEST(with("kernel = 3\npool = { kind = \"average\", size = 0 }") == "out-of-range");
  BOOST_TEST(with("kernel = 3\npool = { kind = \"average\", size = 2, stride = 1 }") == "unknown-key");
  BOOST_TEST(with("kernel = 3\ninputs = 27") == "size-mismatch");
  BOOST_TEST(with("kernel = 3\ndilation = 2") == "unknown-key");
  for (const char* scheme : {"\"affine_dropout\", probability = 0.3", "\"subset\", noise_bits = 8"}) {
    const std::string keys = std::string("kernel = 3\nscheme = { method = ") + scheme + " }";
    BOOST_TEST(with(keys) == "");
    BOOST_TEST(with(keys + "\npool = 2") == "pool-method");
    const bool affine =
        keys.find("affine") != std::string::npos;  // the mean of a pixel's channels is that of totals
    BOOST_TEST(with(keys + "\npool = { kind = \"average\", size = 2 }") == (affine ? "" : "pool-method"));
  }
  BOOST_TEST(with("kernel = 3\nscheme = { method = \"spatial_dropout\", probability = 0.3, group = 4 }") ==
             "group-too-large");
  const std::string small = "shape = [3, 4, 5]\nencoding = \"bipolar\"\n";
  BOOST_TEST(errors(network(small, conv("kernel = 5") + linear("out", 2))) == "kernel-too-large");
  BOOST_TEST(errors(network(small, conv("kernel = 3\npool = 3") + linear("out", 2))) == "pool-too-large");
  BOOST_TEST(errors(network(small, conv("kernel = 3\npool = { kind = \"average\", size = 3 }") +
                                       linear("out", 2))) == "pool-too-large");
  BOOST_TEST(errors(network("features = 60\nencoding = \"bipolar\"\n",
                            conv("kernel = 3") + linear("out", 2))) == "kernel-too-large");
  BOOST_TEST(errors(network(small, conv("kernel = 3"))) == "conv-last");
  const std::string square = "shape = [3, 4, 4]\nencoding = \"bipolar\"\n";
  BOOST_TEST(errors(network(square, conv("kernel = 3\npool = 2"))) == "conv-last");
  BOOST_TEST(errors(network(square, conv("kernel = 2\npool = { kind = \"average\", size = 2 }"))) ==
             "");  // 3 × 3, one pool
  BOOST_TEST(errors(network(square, conv("kernel = 1\npool = { kind = \"average\", size = 2 }"))) ==
             "conv-last");
  BOOST_TEST(errors(network(small, linear("a", 4) + conv("kernel = 3\npadding = 1") + linear("out", 2))) ==
             "conv-behind-linear");
  BOOST_TEST(errors(network(small, linear("out", 2, "kernel = 3\npool = 2"))) == "unknown-key unknown-key");
  BOOST_TEST(errors(network("shape = [1, 256, 256]\nencoding = \"bipolar\"\n",
                            conv("kernel = 1", 17) + linear("out", 2))) == "map-too-large");
  // A first layer whose 0 is a code.
  const std::string coded = "shape = [3, 8, 8]\nencoding = \"signed\"\n";
  for (const char* scheme :
       {"\"spindrop\", probability = 0.1", "\"spatial_dropout\", probability = 0.1, group = 1",
        "\"spinbayes\", arrays = 2"})
    BOOST_TEST(errors(network(coded, conv(std::string("kernel = 3\nscheme = { method = ") + scheme + " }") +
                                         linear("out", 2))) == "signed-input-method",
               scheme);
  BOOST_TEST(
      errors(network(coded, conv("kernel = 3\nscheme = { method = \"scale_dropout\", probability = 0.1 }") +
                                linear("out", 2))) == "");
}

BOOST_AUTO_TEST_CASE(skip_connections) {
  const std::string same = "kernel = 3\npadding = 1";
  const auto layers = [&](const std::string& keys) {
    return conv(same, 8) + conv(same, 9) + "[[layer]]\nname = \"d\"\nkind = \"conv\"\noutputs = 8\n" + keys +
           "\n" + linear("e", 4) + linear("f", 4, "skip = \"e\"");
  };
  const NetworkSpec found = read(network(kImage, layers(same + "\nskip = \"c8\"") + linear("out", 4)));
  BOOST_TEST(found.layers[1].skip == -1);
  BOOST_TEST(found.layers[2].skip == 0);
  BOOST_TEST(found.layers[4].skip == 3);
  const auto with = [&](const std::string& keys, const std::string& last = "") {
    return errors(network(kImage, layers(keys) + linear("out", 4, last)));
  };
  BOOST_TEST(with(same + "\nskip = \"c7\"") == "unknown-layer");
  BOOST_TEST(with(same + "\nskip = \"d\"") == "unknown-layer");  // itself
  BOOST_TEST(with(same + "\nskip = \"e\"") == "unknown-layer");  // behind it
  BOOST_TEST(with(same + "\nskip = 0") == "wrong-type");
  BOOST_TEST(with(same + "\nskip = \"c9\"") == "skip-shape");
  BOOST_TEST(with("kernel = 3\nskip = \"c8\"") == "skip-shape");
  BOOST_TEST(with(same + "\npool = 2\nskip = \"c8\"") == "skip-pool");
  BOOST_TEST(with(same, "skip = \"f\"") == "skip-last");
}

BOOST_AUTO_TEST_CASE(resampling) {
  const auto schemeOf = [](const std::string& keys) {
    return read(network(kImage, conv("kernel = 3\nscheme = { method = \"spindrop\", probability = 0.1" +
                                     keys + " }") +
                                    linear("out", 2)))
        .layers[0]
        .scheme;
  };
  BOOST_TEST((schemeOf("") == Scheme{SpinDrop{0.1}}));
  BOOST_TEST((schemeOf(", resample = \"pass\"") == Scheme{SpinDrop{0.1}}));
  BOOST_TEST(
      (schemeOf(", resample = \"window\"") == Scheme{SpinDrop{.probability = 0.1, .every_window = true}}));
  const std::string scheme = "scheme = { method = \"spindrop\", probability = 0.1, resample = \"window\" }";
  BOOST_TEST(errors(network(kImage, linear("out", 2, scheme))) == "resample-window");
}

BOOST_AUTO_TEST_CASE(mapping) {
  Diagnostics diags;
  BOOST_TEST(parseTarget("[conv]\nmapping = 2\n", "t", diags)->conv_mapping == 2);
  BOOST_TEST(parseTarget("", "t", diags)->conv_mapping == 1);
  BOOST_TEST(!parseTarget("[conv]\nmapping = 3\n", "t", diags));
}

BOOST_AUTO_TEST_CASE(weights_with_and_without_window) {
  const NetworkSpec spec =
      read(network("shape = [2, 4, 4]\nencoding = \"bipolar\"\n", conv("kernel = 3", 2) + linear("out", 2)));
  // Only +1; one −1 at output 1, channel 1, ky 2, kx 0: input (1·3 + 2)·3 + 0 = 15.
  std::string ones(36 + 16, '\1');
  ones[18 + 15] = '\xff';
  const auto file = [&](const std::string& shape) {
    const std::string header = "{\"c2.weight\":{\"dtype\":\"I8\",\"shape\":" + shape +
                               ",\"data_offsets\":[0,36]},\"out.weight\":{\"dtype\":\"I8\",\"shape\":[2,8],"
                               "\"data_offsets\":[36,52]}}";
    std::string length(8, '\0');
    length[0] = static_cast<char>(header.size());
    return length + header + ones;
  };
  for (const char* shape : {"[2,2,3,3]", "[2,18]"}) {
    Diagnostics diags;
    const auto weights = parseWeights(file(shape), "w", spec, diags);
    BOOST_TEST(diags.render() == "");
    BOOST_REQUIRE(weights);
    BOOST_TEST(weights->layers[0].weight_bits[0] == (1U << 18) - 1);
    BOOST_TEST(weights->layers[0].weight_bits[1] == ((1U << 18) - 1 - (1U << 15)));
  }
  for (const char* shape : {"[18,2]", "[2,3,3,2]", "[2,9,2]", "[36]"}) {
    Diagnostics diags;
    BOOST_TEST(!parseWeights(file(shape), "w", spec, diags));
    BOOST_TEST(diags.all().front().name == "wrong-shape");
  }
}

BOOST_AUTO_TEST_CASE(identity_knows_convolutions) {
  const auto hashOf = [](const std::string& keys, int mapping,
                         const std::string& scheme = "\"deterministic\"") {
    const NetworkSpec spec =
        read(network("shape = [1, 6, 6]\nencoding = \"bipolar\"\n",
                     conv("kernel = 3\nscheme = " + scheme + "\n" + keys) + linear("out", 2)));
    TargetSpec target;
    target.conv_mapping = mapping;
    Weights weights;
    weights.layers.resize(2);
    return specSha256(spec, target, weights);
  };
  const std::string plain = hashOf("", 1);
  BOOST_TEST(hashOf("stride = 1\npadding = 0\npool = 1", 1) == plain);
  for (const char* keys : {"stride = 2", "padding = 1", "padding = 1\npadding_value = -1", "pool = 2"})
    BOOST_TEST(hashOf(keys, 1) != plain);
  BOOST_TEST(hashOf("padding = 1", 1) != hashOf("padding = 1\npadding_value = -1", 1));
  const std::string maximum = hashOf("pool = 2", 1);
  BOOST_TEST(hashOf("pool = { kind = \"max\", size = 2 }", 1) == maximum);
  BOOST_TEST(hashOf("pool = { kind = \"average\", size = 2 }", 1) != maximum);
  BOOST_TEST(hashOf("pool = { kind = \"average\", size = 1 }", 1) == plain);
  BOOST_TEST(hashOf("", 2) != plain);
  const std::string spin = "{ method = \"spindrop\", probability = 0.1";
  BOOST_TEST(hashOf("", 1, spin + " }") != hashOf("", 1, spin + ", resample = \"window\" }"));
}

BOOST_AUTO_TEST_SUITE_END()

// Schemes of network.toml and the stochastic units of target.toml: legal ones, and what the user reads about
// others.
#include <boost/test/unit_test.hpp>
#include <string>

#include "spec/spec.hpp"

namespace {

using namespace neuspin;

/// Layers a (40 → 30), b (30 → 20), c (20 → 10) with the given schemes ("" = none); b's scheme stands at
/// 16:1.
std::string network(const std::string& a, const std::string& b, const std::string& c = "") {
  const auto layer = [](const std::string& name, int outputs, const std::string& scheme) {
    return "[[layer]]\nname = \"" + name + "\"\nkind = \"linear\"\noutputs = " + std::to_string(outputs) +
           "\n" + (scheme.empty() ? "" : "scheme = " + scheme + "\n");
  };
  return "[network]\nname = \"n\"\nweights = \"w\"\n[input]\nfeatures = 40\nencoding = "
         "\"bipolar\"\n[inference]\n"
         "passes = 2\n" +
         layer("a", 30, a) + layer("b", 20, b) + layer("c", 10, c);
}

std::string errors(const std::string& text) {
  Diagnostics diags;
  const auto found = parseNetwork(text, "n.toml", diags);
  BOOST_TEST(found.has_value() == !diags.hasErrors());
  return diags.render();
}

Scheme schemeOf(const std::string& scheme) {
  Diagnostics diags;
  const auto found = parseNetwork(network("", scheme), "n.toml", diags);
  BOOST_TEST(diags.render() == "");
  return found ? found->layers.at(1).scheme : Scheme{};
}

std::string targetErrors(const std::string& text) {
  Diagnostics diags;
  const auto target = parseTarget(text, "t.toml", diags);
  BOOST_TEST(target.has_value() == !diags.hasErrors());
  return diags.render();
}

BOOST_AUTO_TEST_CASE(every_method) {
  const struct {
    std::string text;
    Scheme scheme;
  } kCases[] = {
      {"\"deterministic\"", Deterministic{}},
      {"{ method = \"deterministic\" }", Deterministic{}},
      {"{ method = \"spindrop\", probability = 0.15 }", SpinDrop{0.15, false}},
      {"{ method = \"spindrop\", probability = 0.15, rescale = true }", SpinDrop{0.15, true}},
      {"{ method = \"spatial_dropout\", probability = 0.25, group = 30 }", SpatialDropout{0.25, 30, false}},
      {"{ method = \"spatial_dropout\", probability = 0.25, group = 1, rescale = true }",
       SpatialDropout{0.25, 1, true}},
      {"{ method = \"scale_dropout\", probability = 0.2 }", ScaleDropout{0.2, false}},
      {"{ method = \"scale_dropout\", probability = 0.2, unit = \"layer\" }", ScaleDropout{0.2, false}},
      {"{ method = \"scale_dropout\", probability = 0.2, unit = \"model\" }", ScaleDropout{0.2, true}},
      {"{ method = \"affine_dropout\", probability = 0.3 }", AffineDropout{0.3}},
      {"{ method = \"subset\" }", SubsetSamples{8}},
      {"{ method = \"subset\", samples = 256 }", SubsetSamples{256}},
      {"{ method = \"subset\", noise_bits = 12 }", SubsetNoise{12}},
      {"{ method = \"spinbayes\" }", SpinBayes{8, 1}},
      {"{ method = \"spinbayes\", arrays = 3, bits = 4 }", SpinBayes{3, 4}},
  };
  for (const auto& [text, scheme] : kCases) BOOST_TEST((schemeOf(text) == scheme), text);
}

BOOST_AUTO_TEST_CASE(rendered_scheme_errors) {
  const struct {
    std::string scheme, expected;
  } kCases[] = {
      {"{ method = \"spindrop\" }",
       "n.toml:17:10: error: 'probability' is missing in scheme [missing-key]\n"
       "  hint: add `probability = <a number, 0 < probability < 1>`\n"},
      {"{ method = \"spindrop\", probability = 1 }",
       "n.toml:17:47: error: 'probability' is 1, legal is 0 < probability < 1 [out-of-range]\n"
       "  hint: choose a finite value in this range\n"},
      {"{ method = \"spindrop\", probability = \"by_parameters\" }",
       "n.toml:17:47: error: 'probability' is a string, expected a number [wrong-type]\n  hint: write a "
       "number\n"},
      {"{ method = \"spatial_dropout\", probability = 0.1, group = 31 }",
       "n.toml:17:67: error: a group of 31 inputs, but the layer has 30 [group-too-large]\n"
       "  hint: choose a group from 1 to 30\n"},
      {"{ method = \"spatial_dropout\", probability = 0.1 }",
       "n.toml:17:10: error: 'group' is missing in scheme [missing-key]\n"
       "  hint: add `group = <an integer 1 … 65536>`\n"},
      {"{ method = \"scale_dropout\", probability = \"by_size\" }",
       "n.toml:17:52: error: 'probability' cannot be 'by_size', legal is \"by_parameters\" [unknown-value]\n"
       "  hint: choose \"by_parameters\"\n"},
      {"{ method = \"scale_dropout\", probability = 0.1, unit = \"network\" }",
       "n.toml:17:64: error: 'unit' cannot be 'network', legal is \"layer\" or \"model\" [unknown-value]\n"
       "  hint: choose \"layer\" or \"model\"\n"},
      {"{ method = \"subset\", samples = 8, noise_bits = 8 }",
       "n.toml:17:57: error: 'samples' and 'noise_bits' exclude each other [conflicting-keys]\n"
       "  hint: keep 'samples' for stored samples of the scale, or 'noise_bits' for mu + sigma*eps\n"},
      {"{ method = \"subset\", samples = 1 }",
       "n.toml:17:41: error: 'samples' is 1, legal is 2 … 256 [out-of-range]\n"
       "  hint: choose a value from 2 to 256\n"},
      {"{ method = \"spinbayes\", arrays = 33, bits = 5 }",
       "n.toml:17:43: error: 'arrays' is 33, legal is 2 … 32 [out-of-range]\n"
       "  hint: choose a value from 2 to 32\n"
       "n.toml:17:54: error: 'bits' is 5, legal is 1 … 4 [out-of-range]\n"
       "  hint: choose a value from 1 to 4\n"},
      {"{ method = \"spindrop\", probability = 0.1, modules = 8 }",
       "n.toml:17:52: error: unknown key 'modules' in scheme [unknown-key]\n"
       "  hint: stochastic units belong to the hardware: see [dropout] in target.toml; 'share' there says "
       "how many "
       "bits share a unit\n"},
      {"{ method = \"affine_dropout\", probability = 0.1, rescale = true }",
       "n.toml:17:58: error: unknown key 'rescale' in scheme [unknown-key]\n"
       "  hint: remove it: 'rescale' belongs to spindrop and spatial_dropout\n"},
      {"{ method = \"spinbayes\", probability = 0.1 }",
       "n.toml:17:34: error: unknown key 'probability' in scheme [unknown-key]\n"
       "  hint: remove it: 'probability' belongs to spindrop and spatial_dropout and scale_dropout and "
       "affine_dropout\n"},
      {"{ method = \"spinbays\", arrays = 3 }",
       "n.toml:17:21: error: 'method' cannot be 'spinbays', legal is \"deterministic\" or \"spindrop\" or "
       "\"spatial_dropout\" or \"scale_dropout\" or \"affine_dropout\" or \"subset\" or \"spinbayes\" "
       "[unknown-value]\n  hint: did you mean \"spinbayes\"?\n"},
      {"\"subset\"",
       "n.toml:17:10: error: the scheme \"subset\" has parameters and is written as a table [missing-key]\n"
       "  hint: write scheme = { method = \"subset\", samples = 8 }\n"},
  };
  for (const auto& [scheme, expected] : kCases) BOOST_TEST(errors(network("", scheme)) == expected);
}

BOOST_AUTO_TEST_CASE(probability_by_parameters) {
  const std::string by = "{ method = \"scale_dropout\", probability = \"by_parameters\" }";
  Diagnostics diags;
  const auto found = parseNetwork(network(by, by, by), "n.toml", diags);
  BOOST_TEST(diags.render() == "");
  BOOST_REQUIRE(found);
  const auto p = [&](std::size_t layer) {
    return std::get<ScaleDropout>(found->layers[layer].scheme).probability;
  };
  BOOST_TEST(p(0) == 0.2);       // 40 × 30 = 1200 weights: the largest
  BOOST_TEST(p(1) == 0.161315);  // 600: 0.1 + 0.1·ln(3)/ln(6)
  BOOST_TEST(p(2) == 0.1);       // 200: the smallest
  // A layer of another scheme counts among the sizes and keeps its own probability.
  const auto mixed =
      parseNetwork(network("{ method = \"spindrop\", probability = 0.4 }", by), "n.toml", diags);
  BOOST_REQUIRE(mixed);
  BOOST_TEST(std::get<ScaleDropout>(mixed->layers[1].scheme).probability == 0.161315);
  BOOST_TEST(std::get<SpinDrop>(mixed->layers[0].scheme).probability == 0.4);
}

BOOST_AUTO_TEST_CASE(one_unit_needs_one_probability) {
  const auto shared = [](const std::string& p) {
    return "{ method = \"scale_dropout\", unit = \"model\", probability = " + p + " }";
  };
  BOOST_TEST(errors(network(shared("0.2"), "{ method = \"scale_dropout\", probability = 0.1 }",
                            shared("0.2"))) == "");
  BOOST_TEST(
      errors(network(shared("0.2"), shared("0.1"))) ==
      "n.toml:18:10: error: layer 'b' wants probability 0.1, but layer 'a' uses the same unit with 0.2 "
      "[unequal-probabilities]\n"
      "  hint: use one probability for all layers with unit = \"model\", or unit = \"layer\"\n");
  BOOST_TEST(
      errors(network(shared("\"by_parameters\""), shared("\"by_parameters\""))).find("[unequal-prob") !=
      std::string::npos);
}

BOOST_AUTO_TEST_CASE(stored_samples_count_as_weights) {
  std::string text = network("", "{ method = \"spinbayes\", arrays = 32, bits = 4 }");
  for (const char* size : {"features = 40", "outputs = 30", "outputs = 20"}) {
    text.replace(text.find(size), std::string(size).size(),
                 std::string(size).substr(0, std::string(size).find('=')) + "= 12000");
  }
  BOOST_TEST(errors(text).find("[network-too-large]") != std::string::npos);  // 1.44e8 · 128 > 2^33
}

BOOST_AUTO_TEST_CASE(units_of_the_target) {
  Diagnostics diags;
  const auto target = parseTarget(
      "[dropout]\nshare = 7\nwhiten = true\nhealth_window = 65536\ncalibration = \"startup\"\n"
      "calibration_window = 16\n",
      "t.toml", diags);
  BOOST_TEST(diags.render() == "");
  BOOST_REQUIRE(target);
  BOOST_TEST(target->share == 7);
  BOOST_TEST(target->whiten);
  BOOST_TEST(target->health_window_log2 == 16);
  BOOST_TEST((target->calibration == Calibration::Startup));
  BOOST_TEST(target->calibration_window_log2 == 4);
  const auto none = parseTarget("[dropout]\nhealth_window = 0\ncalibration = \"none\"\n", "t.toml", diags);
  BOOST_REQUIRE(none);
  BOOST_TEST(none->health_window_log2 == 0);
  BOOST_TEST((none->calibration == Calibration::None));
}

BOOST_AUTO_TEST_CASE(rendered_unit_errors) {
  const std::string kLegal = "legal are powers of two from 16 to 65536";
  BOOST_TEST(targetErrors("[dropout]\nhealth_window = 1000\n") ==
             "t.toml:2:17: error: 'health_window' is 1000, " + kLegal +
                 ", and 0 for none [not-a-power-of-two]\n" +
                 "  hint: the nearest legal values are 512 and 1024\n");
  BOOST_TEST(targetErrors("[dropout]\nhealth_window = 8\n") ==
             "t.toml:2:17: error: 'health_window' is 8, " + kLegal +
                 ", and 0 for none [not-a-power-of-two]\n" + "  hint: the nearest legal value is 16\n");
  BOOST_TEST(targetErrors("[dropout]\ncalibration_window = 40000\n") ==
             "t.toml:2:22: error: 'calibration_window' is 40000, " + kLegal + " [not-a-power-of-two]\n" +
                 "  hint: the nearest legal values are 32768 and 65536\n");
  BOOST_TEST(targetErrors("[dropout]\ncalibration_window = 0\n") ==
             "t.toml:2:22: error: 'calibration_window' is 0, legal is 16 … 65536 [out-of-range]\n"
             "  hint: choose a value from 16 to 65536\n");
  BOOST_TEST(targetErrors("[dropout]\nshare = 0\n") ==
             "t.toml:2:9: error: 'share' is 0, legal is 1 … 65536 [out-of-range]\n"
             "  hint: choose a value from 1 to 65536\n");
  BOOST_TEST(targetErrors("[dropout]\ncalibration = \"on\"\n").find("[unknown-value]") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(hash_sees_schemes_and_units) {
  NetworkSpec network;
  network.layers.resize(1);
  Weights weights;
  weights.layers.resize(1);
  const auto hash = [&](const Scheme& scheme, const TargetSpec& target = {}) {
    network.layers[0].scheme = scheme;
    return specSha256(network, target, weights);
  };
  std::vector<std::string> hashes;
  for (const Scheme& scheme :
       {Scheme{Deterministic{}}, Scheme{SpinDrop{0.1, false}}, Scheme{SpinDrop{0.1, true}},
        Scheme{SpinDrop{0.2, false}}, Scheme{SpatialDropout{0.1, 2, false}},
        Scheme{SpatialDropout{0.1, 3, false}}, Scheme{SpatialDropout{0.1, 2, true}},
        Scheme{ScaleDropout{0.1, false}}, Scheme{ScaleDropout{0.1, true}}, Scheme{AffineDropout{0.1}},
        Scheme{SubsetSamples{8}}, Scheme{SubsetNoise{8}}, Scheme{SpinBayes{8, 1}}, Scheme{SpinBayes{8, 2}},
        Scheme{SpinBayes{7, 1}}}) {
    hashes.push_back(hash(scheme));
  }
  std::vector<TargetSpec> targets(5);
  targets[0].share = 2;
  targets[1].whiten = true;
  targets[2].health_window_log2 = 0;
  targets[3].calibration = Calibration::None;
  targets[4].calibration_window_log2 = 9;
  for (const TargetSpec& target : targets) hashes.push_back(hash(Deterministic{}, target));
  weights.layers[0].scale_sigma = {0.5};
  hashes.push_back(hash(Deterministic{}));
  std::ranges::sort(hashes);
  BOOST_TEST((std::ranges::adjacent_find(hashes) == hashes.end()));
}

}  // namespace

// Configurations of every method for lock-step runs: small networks, few distinct designs.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "configurations.hpp"

namespace neuspin::testing {

/// A network.toml and a target.toml as text, the latter optional in every part. Throws with the diagnostics.
inline Configuration parseConfiguration(const std::string& name, const std::string& network,
                                        const std::string& target) {
  Diagnostics diags;
  auto parsed_network = parseNetwork(network, name + ".toml", diags);
  auto parsed_target = parseTarget(target, name + "_target.toml", diags);
  if (!parsed_network || !parsed_target) throw std::runtime_error(diags.render());
  parsed_network->name = name;
  return {name, std::move(*parsed_network), std::move(*parsed_target)};
}

/// `scheme`s of the layers as in network.toml; sizes = features, then outputs of each layer.
inline std::string networkText(const std::vector<int>& sizes, const std::vector<std::string>& schemes,
                               const std::string& encoding, int passes) {
  std::string text =
      "[network]\nname = \"net\"\nweights = \"none\"\n[input]\nfeatures = " + std::to_string(sizes[0]) +
      "\n" + encoding + "\n[inference]\npasses = " + std::to_string(passes) + "\nseed = 5\n";
  for (std::size_t i = 0; i < schemes.size(); ++i) {
    text += "[[layer]]\nname = \"fc" + std::to_string(i) +
            "\"\nkind = \"linear\"\noutputs = " + std::to_string(sizes[i + 1]) + "\nscheme = " + schemes[i] +
            "\n";
  }
  return text;
}

/// One point of the crossed structures.
struct Variation {
  std::string name;
  std::string tiling;   ///< [array], [post] lanes, [input]
  std::string form;     ///< of hidden layers
  std::string dropout;  ///< sharing, whitening, health, calibration
};

inline std::string targetText(const Variation& variation) {
  // One array table each: `form` joins [post], which the tiling leaves open at its end.
  return "[uncertainty]\nmax_passes = 11\n[dropout]\n" + variation.dropout + "[array]\n" + variation.tiling +
         "form = \"" + variation.form + "\"\n";
}

inline const std::string kWholeTiling =
    "rows = 64\ncols = 64\ngroup = 8\n[input]\nbeat = 8\n[post]\nlanes = 4\n";
inline const std::string kRaggedTiling =
    "rows = 9\ncols = 5\ngroup = 3\n[input]\nbeat = 5\n[post]\nlanes = 3\n";
/// A unit a bit, short windows so that alarms and calibrations happen within a run.
inline const std::string kUnitABit = "drive_bits = 3\nhealth_window = 16\ncalibration_window = 16\n";
inline const std::string kShared =
    "share = 7\nwhiten = true\ndrive_bits = 3\nhealth_window = 32\ncalibration = \"startup\"\n"
    "calibration_window = 16\nset_cycles = 1\nread_cycles = 2\nreset_cycles = 1\n";

/// Two tilings × two forms × sharing 1:1 and 1:7; every pair of choices occurs.
inline std::vector<Variation> pairwiseVariations() {
  return {{"whole_threshold_1", kWholeTiling, "threshold", kUnitABit},
          {"whole_multiply_7", kWholeTiling, "multiply", kShared},
          {"ragged_threshold_7", kRaggedTiling, "threshold", kShared},
          {"ragged_multiply_1", kRaggedTiling, "multiply", kUnitABit}};
}
/// All eight.
inline std::vector<Variation> allVariations() {
  std::vector<Variation> all;
  for (const auto& [tiling_name, tiling] : {std::pair{"whole", kWholeTiling}, {"ragged", kRaggedTiling}}) {
    for (const char* form : {"threshold", "multiply"}) {
      for (const auto& [share_name, share] : {std::pair{"1", kUnitABit}, {"7", kShared}}) {
        all.push_back({std::string(tiling_name) + "_" + form + "_" + share_name, tiling, form, share});
      }
    }
  }
  return all;
}

/// What the suite runs: every choice once or twice; what NEUSPIN_LOCKSTEP=full runs where a method tells only
/// pairs of choices apart.
inline std::vector<Variation> usualVariations() {
  const std::vector<Variation> pairs = pairwiseVariations();
  return everyCombination()
             ? pairs
             : std::vector{pairs[0], Variation{"ragged_multiply_7", kRaggedTiling, "multiply", kShared}};
}

inline constexpr int kMethodPasses = 11;
inline const char* const kPlanes = "encoding = \"unsigned\"\nbits = 2";
inline const char* const kSigns = "encoding = \"bipolar\"";

struct Method {
  std::string name;
  std::string scheme;
  bool forms = true;    ///< hidden layers come in both scale forms; otherwise the method has one of its own
  bool shares = false;  ///< several bits a choice, so that units can be shared
};
inline std::vector<Method> methods() {
  return {
      {"spindrop", R"({ method = "spindrop", probability = 0.2, rescale = true })", true, true},
      {"spatial", R"({ method = "spatial_dropout", probability = 0.25, group = 4 })", true, true},
      {"scale", R"({ method = "scale_dropout", probability = 0.4 })"},
      {"scale_model", R"({ method = "scale_dropout", probability = 0.4, unit = "model" })"},
      {"affine", R"({ method = "affine_dropout", probability = 0.3 })", false, true},
      {"subset", R"({ method = "subset", samples = 5 })"},
      {"noise", R"({ method = "subset", noise_bits = 4 })", false, true},
      {"spinbayes", R"({ method = "spinbayes", arrays = 3, bits = 2 })"},
  };
}

/// Combinations of tiling, form and sharing that this method tells apart, every one if asked. Where units
/// cannot be shared, each tiling and each form then still meets both sets of unit options.
inline std::vector<Variation> variationsOf(const Method& method) {
  std::vector<Variation> kept;
  for (Variation variation : method.shares&& everyCombination() ? allVariations() : usualVariations()) {
    if (!method.forms && variation.form != "threshold") {
      if (everyCombination()) continue;
      variation.form = "threshold", variation.name = "ragged_threshold_7";
    }
    kept.push_back(variation);
  }
  return kept;
}

/// Every method in all layers, at the combinations of its choices.
inline std::vector<Configuration> methodConfigurations() {
  std::vector<Configuration> result;
  for (const Method& method : methods()) {
    for (const Variation& variation : variationsOf(method)) {
      const bool ragged = variation.tiling == kRaggedTiling;
      result.push_back(
          parseConfiguration(method.name + "_" + variation.name,
                             networkText({14, 10, 8, 3}, {method.scheme, method.scheme, method.scheme},
                                         ragged ? kPlanes : kSigns, kMethodPasses),
                             targetText(variation)));
    }
  }
  return result;
}

/// SpinBayes at every combination of 2, 3, 5, 8 arrays with weights of 1, 2, 3 bits, tilings and forms: a
/// hidden layer each, half of them in a network. And selectors of 2, 3, 5 and 8 samples.
inline std::vector<Configuration> arbiterConfigurations() {
  std::vector<Configuration> result;
  for (const Variation& variation : usualVariations()) {
    for (const auto& [small, large] : {std::pair{2, 3}, {5, 8}}) {
      std::vector<std::string> schemes;
      for (const int arrays : {small, large}) {
        for (const int bits : {1, 2, 3}) {
          schemes.push_back("{ method = \"spinbayes\", arrays = " + std::to_string(arrays) +
                            ", bits = " + std::to_string(bits) + " }");
        }
      }
      schemes.emplace_back("\"deterministic\"");  // the last layer has no form
      result.push_back(parseConfiguration(
          "arbiters_" + std::to_string(small) + "_" + std::to_string(large) + "_" + variation.name,
          networkText({9, 7, 6, 7, 6, 7, 6, 3}, schemes, kPlanes, kMethodPasses), targetText(variation)));
    }
  }
  std::vector<std::string> schemes;
  for (const int samples : {2, 3, 5, 8}) {
    schemes.push_back("{ method = \"subset\", samples = " + std::to_string(samples) + " }");
  }
  result.push_back(parseConfiguration("selectors",
                                      networkText({9, 7, 6, 7, 3}, schemes, kSigns, kMethodPasses),
                                      targetText(pairwiseVariations()[2])));
  return result;
}

/// All methods in one network, in two orders: what comes first decides what is replayed.
inline std::vector<Configuration> mixedConfigurations(const std::vector<Variation>& variations) {
  std::vector<std::string> forward, backward;
  for (const Method& method : methods()) forward.push_back(method.scheme);
  forward.insert(forward.begin() + 2, R"("deterministic")");
  forward.push_back(methods()[3].scheme);  // the model's unit again
  backward.assign(forward.rbegin(), forward.rend());
  std::vector<int> sizes{10};
  for (std::size_t i = 1; i < forward.size(); ++i) sizes.push_back(5 + static_cast<int>(i % 3));
  sizes.push_back(3);
  std::vector<Configuration> result;
  for (const Variation& variation : variations) {
    const bool ragged = variation.tiling == kRaggedTiling;
    result.push_back(parseConfiguration(
        "mixed_" + variation.name,
        networkText(sizes, ragged ? backward : forward, ragged ? kSigns : kPlanes, kMethodPasses),
        targetText(variation)));
  }
  return result;
}

}  // namespace neuspin::testing

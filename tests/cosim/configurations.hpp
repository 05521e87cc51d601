// Structural configurations for the lock-step tests: small, so that each builds in seconds, and together
// crossing every choice the planner makes.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "../plan/net.hpp"
#include "spec/spec.hpp"
#include "stimulus.hpp"

namespace neuspin::testing {

/// NEUSPIN_LOCKSTEP=full in the environment: every combination of the choices of a test, which takes twice as
/// long; otherwise as many that every pair of choices occurs.
inline bool everyCombination() {
  const char* const value = std::getenv("NEUSPIN_LOCKSTEP");
  return value != nullptr && std::string_view(value) == "full";
}

struct Configuration {
  std::string name;
  NetworkSpec network;
  TargetSpec target;
};

/// How a network is cut into arrays.
enum class Tiling {
  Single,   ///< one array a layer
  Several,  ///< row and column tiles, everything divides evenly
  Ragged,   ///< nothing divides anything
};

inline TargetSpec tilingTarget(Tiling tiling) {
  TargetSpec target;
  target.max_passes = 8;
  switch (tiling) {
    case Tiling::Single:
      target.array_rows = 64, target.array_cols = 64, target.group = 8, target.lanes = 8,
      target.input_beat = 8;
      break;
    case Tiling::Several:
      target.array_rows = 16, target.array_cols = 8, target.group = 4, target.lanes = 4,
      target.input_beat = 4;
      break;
    case Tiling::Ragged:
      target.array_rows = 12, target.array_cols = 7, target.group = 3, target.lanes = 5,
      target.input_beat = 7;
      target.set_cycles = 3, target.read_cycles = 2, target.reset_cycles = 1, target.drive_bits = 3;
      break;
  }
  return target;
}

/// Three tilings × both forms × both input encodings, all stochastic.
inline std::vector<Configuration> crossedConfigurations() {
  std::vector<Configuration> result;
  for (const Tiling tiling : {Tiling::Single, Tiling::Several, Tiling::Ragged}) {
    for (const PostForm form : {PostForm::Threshold, PostForm::Multiply}) {
      for (const InputEncoding encoding : {InputEncoding::Unsigned, InputEncoding::Bipolar}) {
        const bool ragged = tiling == Tiling::Ragged;
        const std::vector<int> sizes = ragged ? std::vector{23, 17, 11, 3} : std::vector{32, 16, 16, 4};
        Configuration configuration;
        configuration.network = makeNetwork(sizes, 0.3, 3, encoding, ragged ? 3 : 4);
        configuration.target = tilingTarget(tiling);
        configuration.target.form = form;
        const char* tiling_name = ragged ? "ragged" : tiling == Tiling::Single ? "single" : "several";
        configuration.name = std::string(tiling_name) +
                             (form == PostForm::Multiply ? "_multiply" : "_threshold") +
                             (encoding == InputEncoding::Bipolar ? "_bipolar" : "_planes");
        configuration.network.name = configuration.name;
        result.push_back(std::move(configuration));
      }
    }
  }
  return result;
}

/// The structural choices the cross above leaves out.
inline std::vector<Configuration> specialConfigurations() {
  std::vector<Configuration> result;
  const auto add = [&](const std::string& name, NetworkSpec network, TargetSpec target) {
    network.name = name;
    result.push_back({name, std::move(network), std::move(target)});
  };
  add("deterministic", makeNetwork({20, 12, 5}, 0, 1), tilingTarget(Tiling::Several));

  TargetSpec replay = tilingTarget(Tiling::Ragged);
  replay.prefix_cache = false;
  add("input_replay", makeNetwork({19, 10, 3}, 0.5, 4), replay);

  // Passes start in the middle: a deterministic layer, then stochastic ones.
  NetworkSpec late = makeNetwork({16, 12, 10, 3}, 0.4, 3);
  late.layers[0].scheme = Deterministic{};
  add("late_stochastic", late, tilingTarget(Tiling::Several));
  late.layers[1].scheme = Deterministic{};
  add("only_last_stochastic", late, tilingTarget(Tiling::Single));

  // A head with as little as possible, and one layer alone.
  TargetSpec bare = tilingTarget(Tiling::Single);
  bare.smallest = 0, bare.moment2 = bare.entropy = bare.votes = bare.logits = false;
  add("bare_head", makeNetwork({9, 2}, 0.2, 2, InputEncoding::Bipolar), bare);

  TargetSpec full = tilingTarget(Tiling::Single);
  full.smallest = 8, full.ood_k = 5, full.ood_threshold = 0.4;
  add("full_head", makeNetwork({24, 8, 6}, 0.5, 8, InputEncoding::Unsigned, 8), full);

  // Slow devices: sampling is the bottleneck, and one lane, one column an array, one row a read.
  TargetSpec narrow = tilingTarget(Tiling::Single);
  narrow.group = 1, narrow.array_rows = 5, narrow.array_cols = 1, narrow.lanes = 1, narrow.input_beat = 1;
  narrow.set_cycles = 20, narrow.read_cycles = 3, narrow.reset_cycles = 9, narrow.drive_bits = 1;
  add("narrow", makeNetwork({7, 3, 2}, 0.5, 3, InputEncoding::Unsigned, 1), narrow);
  return result;
}

/// A random network on a random target: whatever the planner accepts.
inline Configuration randomConfiguration(std::uint64_t seed) {
  tb::Random random(seed);
  const auto between = [&](int low, int high) {
    return low + static_cast<int>(random.below(static_cast<std::uint32_t>(high - low + 1)));
  };
  const InputEncoding encoding = random.oneIn(2) ? InputEncoding::Bipolar : InputEncoding::Unsigned;
  std::vector<int> sizes = {between(3, 40)};
  for (int layers = between(1, 3); layers > 1; --layers) sizes.push_back(between(2, 24));
  sizes.push_back(between(2, 6));
  Configuration configuration;
  configuration.name = "random" + std::to_string(seed);
  configuration.network = makeNetwork(sizes, 0.4, between(1, 5), encoding, between(1, 6));
  configuration.network.name = configuration.name;
  for (LayerSpec& layer : configuration.network.layers) {
    if (random.oneIn(3)) layer.scheme = Deterministic{};
  }
  TargetSpec& target = configuration.target;
  target.group = between(1, 6);
  target.array_rows = target.group * between(1, 5);
  target.array_cols = between(2, 20);
  target.lanes = between(1, 9);
  target.input_beat = between(1, 9);
  target.form = random.oneIn(2) ? PostForm::Threshold : PostForm::Multiply;
  target.prefix_cache = !random.oneIn(3);
  target.max_passes = between(5, 20);
  target.set_cycles = between(1, 4), target.read_cycles = between(1, 3), target.reset_cycles = between(1, 4);
  target.drive_bits = between(1, 5);
  target.smallest = between(0, 4);
  target.ood_k = std::max(1, target.smallest);
  target.moment2 = !random.oneIn(4), target.entropy = !random.oneIn(4);
  target.votes = !random.oneIn(4), target.logits = !random.oneIn(4);
  return configuration;
}

}  // namespace neuspin::testing

// Drives a golden::Network from its ports alone: images in, results out, with stalls on both sides.
#pragma once

#include <random>
#include <stdexcept>

#include "../evaluate/random_network.hpp"
#include "../plan/net.hpp"
#include "golden/bits.hpp"
#include "golden/head_math.hpp"
#include "golden/network.hpp"
#include "oracle.hpp"

namespace neuspin::testing {

/// Network, plan and weights that belong together.
struct Design {
  NetworkSpec network;
  TargetSpec target;
  Weights weights;
  Plan plan;
};

inline Design makeDesign(const NetworkSpec& network, const TargetSpec& target, unsigned weight_seed) {
  Diagnostics diags;
  Design design{network, target, {}, {}};
  std::mt19937 rng(weight_seed);
  for (const LayerSpec& layer : network.layers)
    design.weights.layers.push_back(test::randomWeights(layer, rng));
  auto plan = makePlan(network, target, design.weights, diags);
  if (!plan) throw std::runtime_error(diags.render());
  design.plan = std::move(*plan);
  return design;
}

inline OracleOptions resetOptions(const Plan& plan, std::uint32_t seed) {
  OracleOptions options{seed, plan.passes, plan.head.ood_threshold, plan.head.ood_k, {}};
  options.units.resize(static_cast<std::size_t>(plan.units));
  const auto set = [&](const SupplyPlan& supply) {
    for (int m = 0; m < supply.modules; ++m) {
      // At 1 in the models when power comes up; the RESET that comes first may fail.
      const auto unit = static_cast<std::uint32_t>(supply.first_unit + m);
      options.units[unit] = {supply.drive_code, 0,
                             device::draw(seed, unit + (1U << 31), 0U - 1U) < supply.reset_fail};
    }
  };
  for (const LayerPlan& layer : plan.layers) {
    if (layer.supply) set(*layer.supply);
  }
  if (plan.shared) set(*plan.shared);
  return options;
}

inline std::vector<Image> randomImages(const Plan& plan, int count, unsigned seed) {
  std::mt19937 rng(seed);
  std::uniform_int_distribution<int> element(0, (1 << plan.layers.front().elem_bits) - 1);
  std::vector<Image> images(static_cast<std::size_t>(count));
  for (Image& image : images) {
    for (int i = 0; i < plan.input.features; ++i) image.push_back(static_cast<std::uint8_t>(element(rng)));
  }
  return images;
}

/// Beat `index` of an image; elements that no feature fills are noise, which must not matter.
inline golden::Bits imageBeat(const LayerPlan& layer, const Image& image, int index, std::mt19937& rng) {
  golden::Bits beat(static_cast<std::size_t>(golden::wordsFor(layer.beatBits())));
  for (int e = 0; e < layer.beat_elems; ++e) {
    const int feature = golden::streamFeature(layer, index, e);
    const std::uint32_t value =
        feature >= 0 ? image[static_cast<std::size_t>(feature)] : static_cast<std::uint32_t>(rng());
    golden::putBits(beat, e * layer.elem_bits, layer.elem_bits, value);
  }
  return beat;
}

struct Stalls {
  double in = 0, out = 0;  // probability of a cycle without valid, without ready
  unsigned seed = 1;
};

struct RunResult {
  std::vector<golden::ImageResult> images;
  std::int64_t cycles = 0;  // first accepted input beat to last accepted output beat, both counted
};

/// Throws if the stream is malformed, stalls for ever or changes an offered beat.
inline RunResult run(golden::Network& network, const Plan& plan, const std::vector<Image>& images,
                     Stalls stalls = {}) {
  const LayerPlan& first = plan.layers.front();
  std::mt19937 rng(stalls.seed);
  std::bernoulli_distribution hold_in(stalls.in), hold_out(stalls.out);
  RunResult result;
  std::vector<golden::Beat> beats;
  golden::Outputs before;
  std::size_t image = 0;
  int beat = 0;
  bool started = false;
  golden::Inputs inputs;
  inputs.in_data = imageBeat(first, images.front(), 0, rng);
  for (std::int64_t idle = 0; result.images.size() < images.size(); ++idle) {
    if (idle > 1'000'000) throw std::runtime_error("no result within a million cycles");
    inputs.in_valid = image < images.size() && !hold_in(rng);
    inputs.out_ready = !hold_out(rng);
    const golden::Outputs& outputs = network.eval(inputs);
    if (before.out_valid &&
        (!outputs.out_valid || outputs.out_data != before.out_data || outputs.out_last != before.out_last)) {
      throw std::runtime_error("an output beat that was not taken changed");
    }
    const bool accepted = inputs.in_valid && outputs.in_ready;
    started = started || accepted;
    if (started) ++result.cycles;
    before = {};
    if (outputs.out_valid && !inputs.out_ready) before = outputs;
    if (outputs.out_valid && inputs.out_ready) {
      idle = 0;
      golden::Beat taken{};
      std::copy(outputs.out_data.begin(), outputs.out_data.end(), taken.begin());
      beats.push_back(taken);
      if (outputs.out_last) {
        const auto unpacked = golden::unpackBeats(beats);
        if (!unpacked || unpacked->mean_p.size() != static_cast<std::size_t>(plan.head.classes)) {
          throw std::runtime_error("malformed output stream");
        }
        result.images.push_back(*unpacked);
        beats.clear();
      }
    }
    network.tick();
    if (accepted) {
      if (++beat == first.beatsPerImage()) {
        beat = 0;
        ++image;
      }
      if (image < images.size()) inputs.in_data = imageBeat(first, images[image], beat, rng);
    }
  }
  return result;
}

inline void writeRegister(golden::Network& network, std::uint8_t addr, std::uint32_t data) {
  golden::Inputs inputs;
  inputs.reg_we = true;
  inputs.reg_addr = addr;
  inputs.reg_wdata = data;
  network.eval(inputs);
  network.tick();
}

inline std::uint32_t readRegister(golden::Network& network, std::uint8_t addr) {
  golden::Inputs inputs;
  inputs.reg_addr = addr;
  return network.eval(inputs).reg_rdata;
}

inline void idle(golden::Network& network, int cycles) {
  for (int i = 0; i < cycles; ++i) {
    network.eval({});
    network.tick();
  }
}

/// Present value of a register, or empty if there is no such probe.
inline golden::Bits probe(const golden::Network& network, const std::string& scope,
                          const std::string& signal) {
  for (const golden::Probe& p : network.probes()) {
    if (p.scope != scope || p.signal != signal) continue;
    golden::Bits out(static_cast<std::size_t>(golden::wordsFor(p.width)), 0xDEADBEEF);
    p.read(out);
    return out;
  }
  return {};
}

}  // namespace neuspin::testing

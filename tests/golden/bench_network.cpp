// Speed of the clocked golden model on 784-512-512-10 with 256×128 arrays, group 8, 16 lanes: cycles a second
// alone, and with every probe read each cycle as the lock-step testbench does (calls, or words where there
// are).
#include <chrono>
#include <cstdio>

#include "configs.hpp"

using namespace neuspin;
using namespace neuspin::testing;

namespace {

enum class Reading { Nothing, Calls, Words };

/// Keeps the arrays busy for `cycles` clocks; returns cycles a second.
double measure(golden::Network& network, const Plan& plan, int cycles, Reading reading) {
  int words = 0;
  for (const golden::Probe& p : network.probes()) words = std::max(words, golden::wordsFor(p.width));
  golden::Bits value(static_cast<std::size_t>(words));
  std::mt19937 rng(1);
  golden::Inputs inputs;
  inputs.in_valid = inputs.out_ready = true;
  inputs.in_data.assign(static_cast<std::size_t>(golden::wordsFor(plan.layers.front().beatBits())), 0);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < cycles; ++i) {
    for (std::uint32_t& word : inputs.in_data) word = static_cast<std::uint32_t>(rng());
    network.eval(inputs);
    network.tick();
    if (reading == Reading::Nothing) continue;
    for (const golden::Probe& p : network.probes()) {
      if (reading == Reading::Words && p.word != nullptr) {
        value.front() = *p.word;
        continue;
      }
      p.read(std::span(value).first(static_cast<std::size_t>(golden::wordsFor(p.width))));
    }
  }
  return cycles / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main() {
  const std::vector<std::pair<const char*, Scheme>> schemes = {
      {"deterministic", Deterministic{}},     {"scale dropout", ScaleDropout{0.2, false}},
      {"spindrop", SpinDrop{0.2, false}},     {"spatial, groups of 8", SpatialDropout{0.2, 8, false}},
      {"affine dropout", AffineDropout{0.2}}, {"subset, 8 samples", SubsetSamples{8}},
      {"subset, noise of 8", SubsetNoise{8}}, {"spinbayes, 8 arrays of 2 bits", SpinBayes{8, 2}},
  };
  for (const auto& [name, scheme] : schemes) {
    const Design design =
        makeDesign(makeMixed({784, 512, 512, 10}, std::vector<Scheme>(3, scheme), 11), TargetSpec{}, 1);
    golden::Network network(design.plan, design.weights, 1);
    const double alone = measure(network, design.plan, 50'000, Reading::Nothing);
    const double calls = measure(network, design.plan, 10'000, Reading::Calls);
    const double words = measure(network, design.plan, 10'000, Reading::Words);
    std::printf("%-30s %5d units %6zu probes  cycles/s: %7.0f alone, %6.0f calls, %6.0f words\n", name,
                design.plan.units, network.probes().size(), alone, calls, words);
  }
}

// Speed of the clocked golden model on 784-512-512-10 with 256×128 arrays, group 8, 16 lanes: cycles a second
// alone, and with every probe read each cycle as the lock-step testbench does.
#include <chrono>
#include <cstdio>

#include "driver.hpp"

using namespace neuspin;
using namespace neuspin::testing;

namespace {

/// Keeps the arrays busy for `cycles` clocks; returns cycles a second.
double measure(golden::Network& network, const Plan& plan, int cycles, bool read_probes) {
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
    if (!read_probes) continue;
    for (const golden::Probe& p : network.probes()) {
      p.read(std::span(value).first(static_cast<std::size_t>(golden::wordsFor(p.width))));
    }
  }
  return cycles / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main() {
  for (const bool deterministic : {false, true}) {
    TargetSpec target;
    const Design design =
        makeDesign(makeNetwork({784, 512, 512, 10}, deterministic ? 0 : 0.2, 11), target, 1);
    golden::Network network(design.plan, design.weights, 1);
    const double alone = measure(network, design.plan, 100'000, false);
    const double reading = measure(network, design.plan, 20'000, true);
    std::printf("%s: %zu probes, %.0f cycles/s alone, %.0f cycles/s reading all probes, %lld images out\n",
                deterministic ? "deterministic, T = 1" : "scale dropout, T = 11", network.probes().size(),
                alone, reading, static_cast<long long>(network.progress().images_out));
  }
}

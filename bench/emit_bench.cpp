// Emission at scale: a network of LAYERS × WIDTH random weights, planned, emitted and written twice. Prints
// seconds, bytes and peak memory, and whether the two folders are equal to the byte (their manifests hold the
// SHA-256 of every file). Usage: emit_bench [LAYERS [WIDTH]]   (default 100 4096; needs about 0.5 GB under
// the temporary directory)
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "emit/emit.hpp"
#include "support/files.hpp"

namespace {

using namespace neuspin;

NetworkSpec chain(int layers, int width) {
  NetworkSpec network;
  network.name = "bench";
  network.input.features = width;
  network.passes = 11;
  for (int i = 0; i < layers; ++i) {
    LayerSpec layer;
    layer.name = fmt::format("fc{}", i);
    layer.inputs = width;
    layer.last = i + 1 == layers;
    layer.outputs = layer.last ? 10 : width;
    layer.scheme = ScaleDropout{0.2};
    network.layers.push_back(layer);
  }
  return network;
}

Weights randomWeights(const NetworkSpec& network) {
  std::mt19937_64 rng(1);
  std::normal_distribution<double> normal;
  Weights weights;
  for (const auto& spec : network.layers) {
    LayerWeights layer;
    layer.words_per_row = (spec.inputs + 63) / 64;
    const int unused = 64 * layer.words_per_row - spec.inputs;
    const auto outputs = static_cast<std::size_t>(spec.outputs);
    layer.weight_bits.resize(outputs * static_cast<std::size_t>(layer.words_per_row));
    for (std::size_t i = 0; i < layer.weight_bits.size(); ++i) {
      const bool row_end = (i + 1) % static_cast<std::size_t>(layer.words_per_row) == 0;
      layer.weight_bits[i] = rng() >> (row_end ? unused : 0);
    }
    for (std::size_t o = 0; o < outputs; ++o) {
      layer.scale.push_back(1 + 0.2 * normal(rng));
      layer.bias.push_back(0);
      layer.gamma.push_back(1);
      layer.beta.push_back(normal(rng));
      layer.mean.push_back(normal(rng));
      layer.var.push_back(spec.inputs);
    }
    weights.layers.push_back(std::move(layer));
  }
  return weights;
}

double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) {
  const int layers = argc > 1 ? std::atoi(argv[1]) : 100;
  const int width = argc > 2 ? std::atoi(argv[2]) : 4096;
  const auto network = chain(layers, width);
  const auto weights = randomWeights(network);
  const auto scratch =
      std::filesystem::temp_directory_path() / fmt::format("neuspin-emit-bench-{}", getpid());
  std::filesystem::create_directories(scratch);
  Diagnostics diags;
  std::string manifests[2];
  for (int run = 0; run < 2; ++run) {
    const auto start = std::chrono::steady_clock::now();
    const auto plan = makePlan(network, TargetSpec{}, weights, diags);
    if (!plan) break;
    const double planned = secondsSince(start);
    EmitOptions options;
    options.vector_images = 0;
    const FileSet files = emitDesign(*plan, weights, options);
    const double emitted = secondsSince(start);
    std::size_t bytes = 0;
    for (const auto& [path, text] : files) bytes += text.size();
    manifests[run] = files.at("manifest.json");
    if (!writeFolderWhole((scratch / "out").string(), files, diags)) break;
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    fmt::print(
        "{} layers x {}: plan {:.2f} s, emission {:.2f} s, writing {:.2f} s, all {:.2f} s; {} files, {:.0f} "
        "MB; peak {:.0f} MB\n",
        layers, width, planned, emitted - planned, secondsSince(start) - emitted, secondsSince(start),
        files.size(), static_cast<double>(bytes) / 1e6, static_cast<double>(usage.ru_maxrss) / 1e3);
  }
  std::filesystem::remove_all(scratch);
  fmt::print(stderr, "{}", diags.render());
  const bool equal = !manifests[1].empty() && manifests[0] == manifests[1];
  fmt::print("the two emissions are {}\n", equal ? "identical to the byte" : "DIFFERENT");
  return equal ? 0 : 1;
}

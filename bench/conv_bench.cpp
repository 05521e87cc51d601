// How fast golden::Infer computes an imported convolutional network on one core, in images a second; with
// --images and
// --labels also how many it gets right. bench/conv_torch.py runs the same network in PyTorch float, on the
// same machine.
//     conv_bench ../shared/data/bnn-pynq-weights/cnv_w1a1_cifar10.json [--images FILE --labels FILE] [--torch
//     SCRIPT]
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <random>

#include "evaluate/dataset.hpp"
#include "golden/infer.hpp"
#include "import/bnn_npz.hpp"

using namespace neuspin;

namespace {

struct Run {
  double images_per_second = 0;
  std::int64_t right = 0;
};

Run run(const golden::Infer& infer, const evaluate::Dataset& set) {
  Run result;
  const std::clock_t start = std::clock();  // processor time: other work may share the core
  infer.run(set.pixels, {.threads = 1}, [&](std::int64_t image, const golden::ImageResult& found) {
    if (!set.labels.empty()) result.right += found.argmax == set.labels[static_cast<std::size_t>(image)];
  });
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  result.images_per_second = static_cast<double>(set.images()) / seconds;
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"images a second of golden::Infer on an imported network, one core"};
  std::string file, torch, instruction_set;
  evaluate::DatasetFiles files;
  int repeats = 5;
  app.add_option("FILE", file, "bnn-npz-1 (.json or .npz)")->required();
  app.add_option("--images", files.images, "default: 512 random images");
  app.add_option("--labels", files.labels);
  app.add_option("--torch", torch, "script that runs the same in PyTorch (bench/conv_torch.py)");
  app.add_option("--instruction-set", instruction_set);
  app.add_option("--repeats", repeats)->check(CLI::Range(1, 100));
  CLI11_PARSE(app, argc, argv);
  Diagnostics diags;
  const auto imported = bnn::importBnnNpz(file, {}, diags);
  if (!imported) {
    fmt::print(stderr, "{}", diags.render());
    return 1;
  }
  fmt::print("{}: {} weights, test vectors: {} of {} equal\n", imported->name, imported->weights,
             imported->vectors.equal, imported->vectors.total);
  const auto network = parseNetwork(imported->files.at("network.toml"), "network.toml", diags);
  const auto target = parseTarget(imported->files.at("target.toml"), "target.toml", diags);
  if (!network || !target) return 1;
  const auto weights = parseWeights(imported->files.at("weights.safetensors"), "weights", *network, diags);
  if (!weights) return 1;
  const auto plan = makePlan(*network, *target, *weights, diags);
  if (!plan) return 1;
  evaluate::Dataset set{.features = network->input.features, .pixels = {}, .labels = {}};
  if (files.images.empty()) {
    std::mt19937 rng(1);
    set.pixels.resize(static_cast<std::size_t>(set.features) * 512);
    for (auto& pixel : set.pixels) pixel = static_cast<std::uint8_t>(rng());
  } else {
    auto read = files.labels.empty()
                    ? evaluate::readImages(files.images, set.features, 0, diags)
                    : evaluate::readDataset(files, set.features, plan->head.classes, 0, diags);
    if (!read) {
      fmt::print(stderr, "{}", diags.render());
      return 1;
    }
    set = std::move(*read);
    evaluate::arrangeFor(network->input.shape, set);
  }
  const golden::Infer infer(*plan, *weights, instruction_set);
  Run best;
  for (int i = 0; i < repeats; ++i) {
    const Run one = run(infer, set);
    if (one.images_per_second > best.images_per_second) best = one;
  }
  fmt::print("golden::Infer ({}, one core, best of {}): {:.0f} images/s\n",
             instruction_set.empty() ? golden::Infer::instructionSets().back() : instruction_set, repeats,
             best.images_per_second);
  if (!set.labels.empty()) {
    fmt::print("right: {} of {} = {:.2f} %\n", best.right, set.images(),
               100.0 * static_cast<double>(best.right) / static_cast<double>(set.images()));
  }
  std::fflush(stdout);
  if (torch.empty()) return 0;
  const std::string command =
      fmt::format("/usr/bin/python3 '{}' '{}' --rate {}", torch,
                  std::filesystem::path(file).replace_extension().string(), best.images_per_second);
  return std::system(command.c_str()) == 0 ? 0 : 1;
}

// Speed of golden::Infer on one core against the popcount-bound limit: how many 64-bit XOR + popcount
// operations a second a loop over resident data does with the same instructions, in the same run.
//
//   infer_bench SPEC_FOLDER [required fraction]
//
// Operations an image: words of 64 inputs times outputs times bit planes times slices of a weight, once for
// layers that no choice of a pass touches, else once a pass. "every pass" computes all of them; "shared"
// leaves out passes that chose the same as an earlier one up to that layer (the default of Infer), so its
// figure may exceed the limit. Drawing the choices and the uncertainty head count as time, not as operations.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <random>

#include "golden/infer.hpp"
#include "golden/infer_kernel.hpp"

namespace {

using namespace neuspin;
constexpr int kRepeats = 15;  // the median counts: other work on the machine disturbs single runs

/// Processor seconds of one call (not wall clock: other work may share the core).
template <typename F>
double processorSeconds(F&& call) {
  const std::clock_t start = std::clock();
  call();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + kRepeats / 2);
  return values[kRepeats / 2];
}

/// 64-bit words counted a second over data that stays in the first-level cache.
double popcountLimit(const golden::Kernel& kernel, const std::vector<std::uint64_t>& data) {
  constexpr int kRounds = 10000;
  std::uint64_t sum = 0;
  const double seconds = processorSeconds([&] {
    for (int round = 0; round < kRounds; ++round)
      sum += kernel.countMismatches(data.data(), sum, data.size());
  });
  if (sum == 0) std::abort();  // uses the result, so that the loop cannot be left out
  return static_cast<double>(data.size()) * kRounds / seconds;
}

std::int64_t wordOperations(const Plan& plan) {
  std::int64_t sum = 0;
  for (const auto& layer : plan.layers) {
    const std::int64_t words = (layer.inputs + 63) / 64;
    const bool every_pass = layer.per_pass || layer.choice == Choice::Rows || layer.choice == Choice::Array;
    sum += words * layer.windows * layer.elem_bits * layer.slices * layer.outputs *
           (every_pass ? plan.passes : 1);
  }
  return sum;
}

double imagesPerSecond(const golden::Infer& infer, const std::vector<std::uint8_t>& pixels,
                       std::int64_t images, bool reuse) {
  std::uint64_t sum = 0;
  const double seconds = processorSeconds([&] {
    infer.run(pixels, {.seed = 1, .threads = 1, .reuse_passes = reuse},
              [&](std::int64_t, const golden::ImageResult& result) { sum += result.best_p; });
  });
  if (sum == 0) std::abort();
  return static_cast<double>(images) / seconds;
}

std::optional<std::pair<Plan, Weights>> loadPlan(const std::string& folder) {
  Diagnostics diags;
  const std::filesystem::path path = folder;
  const auto network = readNetwork((path / "network.toml").string(), diags);
  const auto target = readTarget((path / "target.toml").string(), diags);
  std::optional<std::pair<Plan, Weights>> result;
  if (network && target) {
    auto weights = readWeights(*network, diags);
    if (weights) {
      if (auto plan = makePlan(*network, *target, *weights, diags))
        result.emplace(std::move(*plan), std::move(*weights));
    }
  }
  fmt::print(stderr, "{}", diags.render());
  return result;
}

int bench(const std::string& folder, double required) {
  const auto loaded = loadPlan(folder);
  if (!loaded) return 1;
  const auto& [plan, weights] = *loaded;
  constexpr std::int64_t kImages = 2000;
  std::mt19937_64 rng(1);
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(plan.input.features) * kImages);
  for (auto& pixel : pixels) pixel = static_cast<std::uint8_t>(rng());
  std::vector<std::uint64_t> data(2048);  // 16 KiB
  for (auto& word : data) word = rng();
  const auto operations = static_cast<double>(wordOperations(plan));
  fmt::print("{}: T = {}, {:.0f} word operations an image, one core, median of {} runs of {} images\n\n",
             plan.name, plan.passes, operations, kRepeats, kImages);
  fmt::print("{:<18}{:>14}{:>16}{:>14}{:>10}{:>14}\n", "instructions", "limit Gop/s", "limit images/s",
             "every pass", "of limit", "shared");
  double fraction = 0;
  for (const auto& kernel : golden::supportedKernels()) {
    const golden::Infer infer(plan, weights, kernel.name);
    // The three are measured in turn, each repeat by itself: what slows the machine down for a while slows
    // all of them.
    std::vector<double> limits, every, shared, fractions;
    for (int repeat = 0; repeat < kRepeats; ++repeat) {
      limits.push_back(popcountLimit(kernel, data));
      every.push_back(imagesPerSecond(infer, pixels, kImages, false));
      shared.push_back(imagesPerSecond(infer, pixels, kImages, true));
      fractions.push_back(every.back() * operations / limits.back());
    }
    const double limit = median(limits);
    fraction = median(fractions);
    fmt::print("{:<18}{:>14.2f}{:>16.0f}{:>14.0f}{:>9.0f}%{:>14.0f}\n", kernel.name, limit / 1e9,
               limit / operations, median(every), 100 * fraction, median(shared));
  }
  if (fraction < required) {
    fmt::print(stderr, "the fastest instruction set reaches {:.2f} of its limit, {:.2f} is required\n",
               fraction, required);
    return 2;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    fmt::print(stderr, "usage: infer_bench SPEC_FOLDER [required fraction]\n");
    return 4;
  }
  return bench(argv[1], argc == 3 ? std::atof(argv[2]) : 0.0);
}

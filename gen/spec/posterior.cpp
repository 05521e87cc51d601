#include "spec/posterior.hpp"

#include <algorithm>
#include <cmath>

#include "device/draw.hpp"

namespace neuspin::spec {
namespace {

constexpr int kBins = 4096;  // of |sample|, for the search
constexpr int kSteps = 1024;

/// Distinguishes these draws from those of the devices, which use the same seed.
constexpr std::uint32_t kPosterior = 0x504F5354;  // "POST"

/// 64 bits, so that the streams of a layer's outputs do not run into each other.
std::uint64_t streamKey(std::uint32_t seed, int layer, int array, int output) {
  const auto half = [&](std::uint32_t which) {
    const std::uint32_t key = device::draw(seed ^ kPosterior, static_cast<std::uint32_t>(layer), which);
    return std::uint64_t{
        device::draw(key, static_cast<std::uint32_t>(array), static_cast<std::uint32_t>(output))};
  };
  return half(1) << 32 | half(0);
}

/// The level nearest to `ratio` (a weight in units of one level): 1, 3, … up to `top`. 0 counts as +.
double nearestLevel(double ratio, int top) {
  return std::clamp(2 * std::floor(ratio / 2) + 1, -double(top), double(top));
}

/// How often |sample| falls into each of kBins equal parts of 0 … reach.
using Histogram = std::vector<std::int64_t>;

double binCentre(int bin, double reach) {
  return (bin + 0.5) * reach / kBins;
}

double squaredError(const Histogram& histogram, double reach, double level, int top) {
  double error = 0;
  for (int bin = 0; bin < kBins; ++bin) {
    const std::int64_t count = histogram[static_cast<std::size_t>(bin)];
    if (count == 0) continue;
    const double value = binCentre(bin, reach);
    const double miss = value - level * nearestLevel(value / level, top);
    error += static_cast<double>(count) * miss * miss;
  }
  return error;
}

/// The least-squares worth of a level once the codes are chosen.
double fitted(const Histogram& histogram, double reach, double level, int top) {
  double product = 0;
  double square = 0;
  for (int bin = 0; bin < kBins; ++bin) {
    const double value = binCentre(bin, reach);
    const double code = nearestLevel(value / level, top);
    const auto count = static_cast<double>(histogram[static_cast<std::size_t>(bin)]);
    product += count * value * code;
    square += count * code * code;
  }
  return product / square;
}

double bestLevel(const Histogram& histogram, double reach, int top) {
  double best = reach / kSteps;
  double least = squaredError(histogram, reach, best, top);
  for (int step = 2; step <= kSteps; ++step) {
    const double level = reach * step / kSteps;
    const double error = squaredError(histogram, reach, level, top);
    if (error < least) {
      least = error;
      best = level;
    }
  }
  return fitted(histogram, reach, best, top);
}

/// Calls visit(array, output, input, sample) for every sample of the layer; false if a row failed.
template <typename Visit>
bool forEachSample(const PosteriorRow& row, std::uint32_t seed, int layer, int inputs,
                   const LayerWeights& weights, Visit visit) {
  std::vector<double> mu, sigma;
  for (int o = 0; o < weights.outputs; ++o) {
    if (!row(o, mu, sigma)) return false;
    for (int n = 0; n < weights.arrays; ++n) {
      const std::uint64_t key = streamKey(seed, layer, n, o);
      for (int i = 0; i < inputs; ++i) {
        const auto at = static_cast<std::size_t>(i);
        visit(n, o, i, mu[at] + sigma[at] * gaussian(key, static_cast<std::uint32_t>(i)));
      }
    }
  }
  return true;
}

}  // namespace

double gaussian(std::uint64_t key, std::uint32_t index) {
  constexpr std::uint32_t kDraws = 6;  // two 16-bit numbers each
  constexpr std::int64_t kMean = 6 * 65535;
  std::int64_t sum = 0;
  for (std::uint32_t k = 0; k < kDraws; ++k) {
    const std::uint32_t inner = device::mix(static_cast<std::uint32_t>(key) ^ (kDraws * index + k));
    const std::uint32_t drawn = device::mix(static_cast<std::uint32_t>(key >> 32) ^ inner);
    sum += (drawn & 0xFFFF) + (drawn >> 16);
  }
  return static_cast<double>(sum - kMean) / 65536.0;
}

std::optional<double> quantisePosterior(const PosteriorRow& row, std::uint32_t seed, int layer, int inputs,
                                        LayerWeights& weights) {
  constexpr double kFarthest = 6;         // of gaussian()
  constexpr double kLeastReach = 1e-300;  // its 1024th part is still a normal number
  const int top = (1 << weights.slices) - 1;
  double reach = 0;
  std::vector<double> mu, sigma;
  for (int o = 0; o < weights.outputs; ++o) {
    if (!row(o, mu, sigma)) return std::nullopt;
    for (std::size_t i = 0; i < mu.size(); ++i)
      reach = std::max(reach, std::abs(mu[i]) + kFarthest * sigma[i]);
  }
  if (reach < kLeastReach) return 0.0;

  Histogram histogram(kBins);
  const auto count = [&](int, int, int, double sample) {
    const int bin = std::min(static_cast<int>(std::abs(sample) / reach * kBins), kBins - 1);
    ++histogram[static_cast<std::size_t>(bin)];
  };
  if (!forEachSample(row, seed, layer, inputs, weights, count)) return std::nullopt;
  const double level = bestLevel(histogram, reach, top);

  const auto slice_words = static_cast<std::size_t>(weights.outputs) * weights.words_per_row;
  weights.weight_bits.assign(slice_words * weights.slices * weights.arrays, 0);
  const auto store = [&](int n, int o, int i, double sample) {
    const auto code = static_cast<unsigned>((static_cast<int>(nearestLevel(sample / level, top)) + top) / 2);
    const std::size_t word =
        (static_cast<std::size_t>(n) * weights.slices * weights.outputs + o) * weights.words_per_row +
        static_cast<std::size_t>(i / 64);
    for (int s = 0; s < weights.slices; ++s) {
      weights.weight_bits[word + s * slice_words] |= std::uint64_t{(code >> s) & 1U} << (i % 64);
    }
  };
  if (!forEachSample(row, seed, layer, inputs, weights, store)) return std::nullopt;
  return level;
}

}  // namespace neuspin::spec

#include "plan/fold.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace neuspin::plan {

namespace {

/// value·2^frac, halves away from zero. Values beyond ±2^60 are cut to that: no width limit lets them pass.
std::int64_t rounded(double value, int frac) {
  const double limit = std::ldexp(1.0, 60);
  return std::llround(std::clamp(std::ldexp(value, frac), -limit, limit));
}

}  // namespace

double Affine::operator()(std::int64_t sum) const {
  return gamma * (a * static_cast<double>(sum) + bias - mean) / std::sqrt(var + eps) + beta + skip;
}

double Affine::slope() const {
  return gamma * a / std::sqrt(var + eps);
}

double Affine::offset() const {
  return gamma * (bias - mean) / std::sqrt(var + eps) + beta + skip;
}

int bankCount(const Scheme& scheme) {
  struct Visitor {
    int operator()(const Deterministic&) const { return 1; }
    int operator()(const SpinDrop&) const { return 1; }
    int operator()(const SpatialDropout&) const { return 1; }
    int operator()(const ScaleDropout&) const { return 2; }   // kept, dropped
    int operator()(const AffineDropout&) const { return 4; }  // bit 0: γ dropped, bit 1: β dropped
    int operator()(const SubsetSamples& s) const { return s.samples; }
    int operator()(const SubsetNoise&) const { return 1; }
    int operator()(const SpinBayes&) const { return 1; }
  };
  return std::visit(Visitor{}, scheme);
}

Affine columnAffine(const LayerSpec& layer, const LayerWeights& weights, int output, int bank, int skip_bit) {
  const auto o = static_cast<std::size_t>(output);
  Affine column{.a = weights.scale[o],
                .gamma = weights.gamma[o],
                .bias = weights.bias[o],
                .mean = weights.mean[o],
                .var = weights.var[o],
                .eps = layer.norm_eps,
                .beta = weights.beta[o]};
  if (skip_bit != 0) column.skip = skip_bit * weights.skip[o];
  const auto rescaled = [&](double probability, bool rescale) {
    if (rescale) column.a *= 1.0 / (1.0 - probability);
  };
  struct Visitor {
    Affine& column;
    const LayerWeights& weights;
    std::size_t o, bank;
    decltype(rescaled)& rescale;
    void operator()(const Deterministic&) const {}
    void operator()(const SpinDrop& s) const { rescale(s.probability, s.rescale); }
    void operator()(const SpatialDropout& s) const { rescale(s.probability, s.rescale); }
    void operator()(const ScaleDropout&) const {
      if (bank == 1) column.a = 1.0;
    }
    void operator()(const AffineDropout&) const {
      if ((bank & 1U) != 0) column.gamma = 1.0;
      if ((bank & 2U) != 0) column.beta = 0.0;
      column.mean = column.eps = 0.0;
      column.var = 1.0;
    }
    void operator()(const SubsetSamples&) const {
      column.a = weights.scale[bank * static_cast<std::size_t>(weights.outputs) + o];
    }
    void operator()(const SubsetNoise&) const { column.sigma = weights.scale_sigma[o]; }
    void operator()(const SpinBayes&) const {}
  };
  std::visit(Visitor{column, weights, o, static_cast<std::size_t>(bank), rescaled}, layer.scheme);
  column.a /= layer.addedWindows();
  return column;
}

PostEntry foldThreshold(const Affine& affine, std::int64_t max_sum) {
  // y is monotone in S, in real and in rounded arithmetic alike (each IEEE operation is), so the place where
  // the sign changes is found by bisection over the expression itself: no algebra that could round
  // differently.
  const bool falling = affine.slope() < 0;
  std::int64_t low = -max_sum;
  std::int64_t high = max_sum + 1;  // first sum that fires (rising) or no longer fires (falling)
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    const bool fires = affine(middle) >= 0;
    if (fires != falling) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  PostEntry entry;
  entry.invert = falling;
  entry.theta = low;
  return entry;
}

PostEntry foldMultiply(const Affine& affine, std::int64_t max_sum, int frac) {
  const PostEntry exact = foldThreshold(affine, max_sum);
  const double direction = std::copysign(1.0, affine.gamma);
  PostEntry entry;
  if (affine.slope() == 0) {
    entry.offset = affine(0) >= 0 ? 0 : -1;
    return entry;
  }
  const double unit = std::ldexp(1.0, frac);
  constexpr std::int64_t kLargestScale = std::int64_t{1} << 38;  // times a threshold it still fits 63 bits
  entry.scale = std::clamp(rounded(direction * affine.a, frac), -kLargestScale, kLargestScale);
  if (entry.scale == 0) entry.scale = exact.invert ? -1 : 1;
  // Offsets that decide as theta does form an interval as long as |scale|; take the one nearest to the real
  // value.
  const std::int64_t first = exact.invert ? (exact.theta - 1) * -entry.scale : -exact.theta * entry.scale;
  const std::int64_t last = first + std::abs(entry.scale) - 1;
  const double real = direction * unit *
                      (affine.bias - affine.mean +
                       (affine.beta + affine.skip) * std::sqrt(affine.var + affine.eps) / affine.gamma);
  const double limited = std::clamp(real, static_cast<double>(first), static_cast<double>(last));
  entry.offset = std::clamp(static_cast<std::int64_t>(std::llround(limited)), first, last);
  return entry;
}

PostEntry foldValue(const Affine& affine, int frac) {
  PostEntry entry;
  entry.scale = rounded(affine.slope(), frac);
  entry.offset = rounded(affine.offset(), frac);
  return entry;
}

double affineSlope(const Affine& affine) {
  return affine.gamma * affine.a;
}

PostEntry foldAffine(const Affine& affine, int frac) {
  PostEntry entry;
  entry.scale = rounded(affineSlope(affine), frac);
  entry.offset = rounded(affine.gamma * affine.bias + affine.beta + affine.skip, frac);
  return entry;
}

PostEntry foldNoise(const Affine& affine, int noise_bits, int frac) {
  PostEntry entry;
  if (affine.gamma == 0) {
    entry.offset = affine.beta + affine.skip >= 0 ? 0 : -1;
    return entry;
  }
  constexpr std::int64_t kFarthest = std::int64_t{1} << 40;
  const double direction = std::copysign(1.0, affine.gamma);
  entry.scale = rounded(direction * affine.a, frac);
  entry.sigma = rounded(direction * affine.sigma / std::sqrt(static_cast<double>(noise_bits)), frac);
  entry.offset = std::clamp(
      rounded(direction * (affine.bias - affine.mean +
                           (affine.beta + affine.skip) * std::sqrt(affine.var + affine.eps) / affine.gamma),
              frac),
      -kFarthest, kFarthest);
  return entry;
}

PostEntry foldNoiseValue(const Affine& affine, int noise_bits, int frac) {
  PostEntry entry = foldValue(affine, frac);
  entry.sigma = rounded(noiseSlope(affine, noise_bits), frac);
  return entry;
}

double noiseSlope(const Affine& affine, int noise_bits) {
  return affine.gamma * affine.sigma /
         (std::sqrt(static_cast<double>(noise_bits)) * std::sqrt(affine.var + affine.eps));
}

int fractionBits(double largest, int bits) {
  constexpr int kMost = 24;
  if (!(largest > 0)) return kMost;
  const double room = static_cast<double>((std::int64_t{1} << (bits - 1)) - 1) / largest;
  return std::clamp(std::ilogb(room), 0, kMost);
}

int signedBits(std::int64_t value) {
  const auto magnitude = static_cast<std::uint64_t>(value < 0 ? ~value : value);
  return static_cast<int>(std::bit_width(magnitude)) + 1;
}

}  // namespace neuspin::plan

#include "plan/fold.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace neuspin::plan {

double Affine::operator()(std::int64_t sum) const {
  return gamma * (a * static_cast<double>(sum) + bias - mean) / std::sqrt(var + eps) + beta;
}

double Affine::slope() const { return gamma * a / std::sqrt(var + eps); }

double Affine::offset() const { return gamma * (bias - mean) / std::sqrt(var + eps) + beta; }

Affine columnAffine(const LayerSpec& layer, const LayerWeights& weights, int output, bool dropped) {
  const auto o = static_cast<std::size_t>(output);
  return {.a = dropped ? 1.0 : weights.scale[o],
          .gamma = weights.gamma[o],
          .bias = weights.bias[o],
          .mean = weights.mean[o],
          .var = weights.var[o],
          .eps = layer.norm_eps,
          .beta = weights.beta[o]};
}

PostEntry foldThreshold(const Affine& affine, std::int64_t max_sum) {
  // y is monotone in S, in real and in rounded arithmetic alike (each IEEE operation is), so the place where the sign
  // changes is found by bisection over the expression itself: no algebra that could round differently.
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
  return {.invert = falling, .theta = low, .scale = 0, .offset = 0};
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
  entry.scale = std::llround(direction * affine.a * unit);
  if (entry.scale == 0) entry.scale = exact.invert ? -1 : 1;
  // Offsets that decide as theta does form an interval as long as |scale|; take the one nearest to the real value.
  const std::int64_t first = exact.invert ? (exact.theta - 1) * -entry.scale : -exact.theta * entry.scale;
  const std::int64_t last = first + std::abs(entry.scale) - 1;
  const double real = direction * unit *
                      (affine.bias - affine.mean + affine.beta * std::sqrt(affine.var + affine.eps) / affine.gamma);
  const double limited = std::clamp(real, static_cast<double>(first), static_cast<double>(last));
  entry.offset = std::clamp(static_cast<std::int64_t>(std::llround(limited)), first, last);
  return entry;
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

#include "plan/post.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "plan/fold.hpp"

namespace neuspin::plan {
namespace {

class PostPlanner {
 public:
  PostPlanner(LayerPlan& layer, const NetworkSpec& network, const TargetSpec& target,
              const LayerWeights& weights, std::int64_t max_sum, Diagnostics& diags)
      : layer_(layer),
        spec_(network.layers[static_cast<std::size_t>(layer.index)]),
        network_(network),
        target_(target),
        weights_(weights),
        max_sum_(max_sum),
        diags_(diags) {}

  int run() {
    planShape();
    const int frac = fraction();
    layer_.entries.resize(static_cast<std::size_t>(layer_.banks));
    for (int bank = 0; bank < layer_.banks; ++bank) {
      for (int o = 0; o < layer_.outputs; ++o) {
        const auto entry = fold(columnAffine(spec_, weights_, o, bank), frac);
        fitWidths(entry);
        layer_.entries[static_cast<std::size_t>(bank)].push_back(entry);
      }
    }
    checkWidths();
    return frac;
  }

 private:
  [[nodiscard]] bool affine() const { return std::holds_alternative<AffineDropout>(spec_.scheme); }
  [[nodiscard]] bool noise() const { return std::holds_alternative<SubsetNoise>(spec_.scheme); }
  [[nodiscard]] Location where() const { return {network_.file, 0, 0, "layer " + layer_.name}; }

  void planShape() {
    layer_.lanes = layer_.last ? 1 : std::min(target_.lanes, layer_.outputs);
    layer_.words = (layer_.outputs + layer_.lanes - 1) / layer_.lanes;
    layer_.banks = bankCount(spec_.scheme);
    layer_.cross_norm = affine() && !layer_.last;
    if (const auto* subset = std::get_if<SubsetNoise>(&spec_.scheme)) layer_.noise_bits = subset->noise_bits;
    layer_.form = noise()                            ? PostForm::Noise
                  : layer_.last || layer_.cross_norm ? PostForm::Multiply
                                                     : target_.form;
    constexpr int kMostDepth = 65536;
    if (layer_.words * layer_.banks > kMostDepth) {
      diags_.error("scale-memory-too-deep", where(),
                   fmt::format("the scale memory needs {} words, the programming bus addresses {}",
                               layer_.words * layer_.banks, kMostDepth),
                   "more post lanes ([post] lanes in the target), fewer outputs or fewer stored samples");
    }
  }

  /// The size that the fraction bits must leave room for, of one column.
  [[nodiscard]] double size(const Affine& column) const {
    if (affine()) return std::abs(affineSlope(column));
    if (layer_.form == PostForm::Noise) {
      const double bits = layer_.noise_bits;
      return layer_.last ? std::abs(column.slope()) + bits * std::abs(noiseSlope(column, layer_.noise_bits))
                         : std::abs(column.a) + std::abs(column.sigma) * std::sqrt(bits);
    }
    return layer_.last ? std::abs(column.slope()) : std::abs(column.a);
  }

  [[nodiscard]] int fraction() const {
    double largest = 0;
    for (int bank = 0; bank < layer_.banks; ++bank) {
      for (int o = 0; o < layer_.outputs; ++o)
        largest = std::max(largest, size(columnAffine(spec_, weights_, o, bank)));
    }
    return fractionBits(largest, layer_.last ? network_.logit_scale_bits : network_.scale_bits);
  }

  [[nodiscard]] PostEntry fold(const Affine& column, int frac) const {
    if (affine()) return foldAffine(column, frac);
    switch (layer_.form) {
      case PostForm::Threshold:
        return foldThreshold(column, max_sum_);
      case PostForm::Multiply:
        return layer_.last ? foldValue(column, frac) : foldMultiply(column, max_sum_, frac);
      case PostForm::Noise:
        return layer_.last ? foldNoiseValue(column, layer_.noise_bits, frac)
                           : foldNoise(column, layer_.noise_bits, frac);
    }
    return {};
  }

  void fitWidths(const PostEntry& entry) {
    layer_.theta_bits = std::max(layer_.theta_bits, signedBits(entry.theta));
    layer_.scale_bits = std::max(layer_.scale_bits, signedBits(entry.scale));
    layer_.sigma_bits = std::max(layer_.sigma_bits, signedBits(entry.sigma));
    layer_.offset_bits = std::max(layer_.offset_bits, signedBits(entry.offset));
    if (layer_.form == PostForm::Threshold) return;
    // In doubles first: absurd scales must end in a message, not in an overflow.
    constexpr double kLargest = 0x1p60;
    const double about =
        static_cast<double>(max_sum_) * (std::abs(static_cast<double>(entry.scale)) +
                                         layer_.noise_bits * std::abs(static_cast<double>(entry.sigma))) +
        std::abs(static_cast<double>(entry.offset));
    const std::int64_t reach =
        about >= kLargest ? std::int64_t{1} << 60
                          : max_sum_ * (std::abs(entry.scale) + layer_.noise_bits * std::abs(entry.sigma)) +
                                std::abs(entry.offset);
    layer_.out_bits = std::max(layer_.out_bits, signedBits(reach));
  }

  void checkWidths() {
    constexpr int kMostLogitBits = 24;    // 255 passes of a logit still add up in 32 bits
    constexpr int kMostProductBits = 40;  // N·u and its sum over N outputs stay below 64 bits
    constexpr int kMostNoiseBits = 48;    // the offset alone may need 42
    const int most = layer_.last                      ? kMostLogitBits
                     : layer_.form == PostForm::Noise ? kMostNoiseBits
                                                      : kMostProductBits;
    if (layer_.form == PostForm::Threshold || layer_.out_bits <= most) return;
    diags_.error(
        "logit-too-wide", where(),
        fmt::format("products need {} bits, at most {} are supported", layer_.out_bits, most),
        layer_.last ? "a smaller logit_scale_bits, or rescale the last layer's norm and scale tensors"
        : layer_.cross_norm || noise() ? "a smaller scale_bits, or rescale the layer's norm and scale tensors"
                                       : "a smaller scale_bits, or form = \"threshold\"");
  }

  LayerPlan& layer_;
  const LayerSpec& spec_;
  const NetworkSpec& network_;
  const TargetSpec& target_;
  const LayerWeights& weights_;
  std::int64_t max_sum_;
  Diagnostics& diags_;
};

}  // namespace

int planPost(LayerPlan& layer, const NetworkSpec& network, const TargetSpec& target,
             const LayerWeights& weights, std::int64_t max_sum, Diagnostics& diags) {
  return PostPlanner(layer, network, target, weights, max_sum, diags).run();
}

}  // namespace neuspin::plan

#include "plan/post.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "plan/fold.hpp"
#include "plan/supplies.hpp"
#include "plan/windows.hpp"

namespace neuspin::plan {
namespace {

class PostPlanner {
 public:
  PostPlanner(LayerPlan& layer, const NetworkSpec& network, const TargetSpec& target,
              const LayerWeights& weights, const SumRange& sums, Diagnostics& diags)
      : layer_(layer),
        spec_(network.layers[static_cast<std::size_t>(layer.index)]),
        network_(network),
        target_(target),
        weights_(weights),
        sums_(sums),
        diags_(diags) {}

  int run() {
    planShape();
    checkSignedInput();
    const int frac = fraction();
    layer_.entries.resize(static_cast<std::size_t>(layer_.banks));
    for (int bank = 0; bank < layer_.banks; ++bank) {
      for (int o = 0; o < layer_.outputs; ++o) {
        auto entry = fold(columnAffine(spec_, weights_, o, bank, skips() ? -1 : 0), frac);
        if (sums_.zero_code != 0) takeBackZeroCode(entry, o);
        fitWidths(entry);
        if (skips()) addSkip(entry, fold(columnAffine(spec_, weights_, o, bank, 1), frac));
        layer_.entries[static_cast<std::size_t>(bank)].push_back(entry);
      }
    }
    // Constants add modulo their width, so a step needs no more bits than they have.
    layer_.skip_bits = std::min(layer_.skip_bits, layer_.constantBits());
    checkWidths();
    return frac;
  }

 private:
  [[nodiscard]] bool affine() const { return std::holds_alternative<AffineDropout>(spec_.scheme); }
  [[nodiscard]] bool noise() const { return std::holds_alternative<SubsetNoise>(spec_.scheme); }
  [[nodiscard]] bool skips() const { return spec_.skip >= 0; }
  [[nodiscard]] Location where() const { return {network_.file, 0, 0, "layer " + layer_.name}; }

  void planShape() {
    layer_.lanes = layer_.last     ? 1
                   : layer_.window ? largestDivisor(layer_.outputs, layer_.lanes)  // no gaps within a map
                                   : std::min(layer_.lanes, layer_.outputs);
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

  // z = S + zero_code·Σw holds as long as all rows take part with the same weights.
  void checkSignedInput() {
    const Choice choice = choiceOf(spec_.scheme);
    if (sums_.zero_code == 0 || choice == Choice::None || choice == Choice::Bank) return;
    diags_.error(
        "signed-input-method", where(),
        "a signed input cannot meet dropped rows, chosen arrays or noise on the scale: its zero is a code",
        "let the first layer be deterministic or choose scales, or use an unsigned or bipolar input");
  }

  void takeBackZeroCode(PostEntry& entry, int output) const {
    std::int64_t weights = 0;
    for (int i = 0; i < layer_.inputs; ++i) weights += weights_.weight(output, i) ? 1 : -1;
    const std::int64_t shift = sums_.zero_code * weights;
    if (layer_.form == PostForm::Threshold) {
      entry.theta += shift;
    } else {
      entry.offset -= entry.scale * shift;
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
        return foldThreshold(column, sums_.largest);
      case PostForm::Multiply:
        return layer_.last ? foldValue(column, frac) : foldMultiply(column, sums_.largest, frac);
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
    const double about = static_cast<double>(sums_.largest_counted) *
                             (std::abs(static_cast<double>(entry.scale)) +
                              layer_.noise_bits * std::abs(static_cast<double>(entry.sigma))) +
                         std::abs(static_cast<double>(entry.offset));
    const std::int64_t reach =
        about >= kLargest
            ? std::int64_t{1} << 60
            : sums_.largest_counted * (std::abs(entry.scale) + layer_.noise_bits * std::abs(entry.sigma)) +
                  std::abs(entry.offset);
    layer_.out_bits = std::max(layer_.out_bits, signedBits(reach));
  }

  /// The two entries of a skip connection differ in their constant only, since the slope is that of the sum.
  void addSkip(PostEntry& entry, const PostEntry& of_one) {
    fitWidths(of_one);
    entry.skip =
        layer_.form == PostForm::Threshold ? of_one.theta - entry.theta : of_one.offset - entry.offset;
    layer_.skip_bits = std::max(layer_.skip_bits, signedBits(entry.skip));
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
  SumRange sums_;
  Diagnostics& diags_;
};

}  // namespace

int planPost(LayerPlan& layer, const NetworkSpec& network, const TargetSpec& target,
             const LayerWeights& weights, const SumRange& sums, Diagnostics& diags) {
  return PostPlanner(layer, network, target, weights, sums, diags).run();
}

}  // namespace neuspin::plan

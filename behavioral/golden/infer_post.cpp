#include "golden/infer_post.hpp"

#include <algorithm>
#include <limits>

namespace neuspin::golden {

namespace {

std::int64_t floorDivide(std::int64_t a, std::int64_t b) {
  const std::int64_t quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

/// A threshold beyond every 32-bit sum decides like the nearest 32-bit one (sums stay far from the ends: at
/// most 24 bits).
std::int32_t clampThreshold(std::int64_t theta) {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(theta, std::numeric_limits<std::int32_t>::min(),
                                                            std::numeric_limits<std::int32_t>::max()));
}

}  // namespace

PostEntry asThreshold(const PostEntry& multiply) {
  const std::int64_t scale = multiply.scale;
  const std::int64_t offset = multiply.offset;
  if (scale > 0) return {.invert = false, .theta = -floorDivide(offset, scale)};  // z >= ⌈−offset/scale⌉
  if (scale < 0) return {.invert = true, .theta = floorDivide(offset, -scale) + 1};  // z <= ⌊offset/−scale⌋
  constexpr std::int64_t kAlways = std::numeric_limits<std::int32_t>::min();
  return {.invert = offset < 0, .theta = kAlways};
}

InferPost::InferPost(const LayerPlan& plan, const Kernel& kernel)
    : kernel_(kernel),
      outputs_(plan.outputs),
      blocks_((plan.outputs + kDecideBlock - 1) / kDecideBlock),
      noisy_(plan.form == PostForm::Noise),
      cross_norm_(plan.cross_norm),
      thresholds_(!plan.last && !noisy_ && !cross_norm_),
      skips_(plan.skip.has_value()) {
  for (const auto& entries : plan.entries) banks_.push_back(makeBank(plan, entries));
}

InferPost::Bank InferPost::makeBank(const LayerPlan& plan, const std::vector<PostEntry>& entries) const {
  Bank bank;
  bank.invert.assign(static_cast<std::size_t>(blocks_), 0);
  if (!thresholds_) {
    for (const PostEntry& entry : entries) {
      bank.scale.push_back(entry.scale);
      bank.sigma.push_back(entry.sigma);
      bank.offset.push_back(entry.offset);
      bank.skip.push_back(entry.skip);
    }
    return bank;
  }
  // Outputs that do not exist must decide 0: the next layer's weights are 0 there and no bit may differ.
  bank.thresholds.assign(static_cast<std::size_t>(blocks_) * kDecideBlock,
                         std::numeric_limits<std::int32_t>::max());
  if (skips_) bank.skip_thresholds = bank.thresholds;
  for (int o = 0; o < outputs_; ++o) {
    const PostEntry& entry = entries[static_cast<std::size_t>(o)];
    const PostEntry threshold = plan.form == PostForm::Multiply ? asThreshold(entry) : entry;
    bank.thresholds[static_cast<std::size_t>(o)] = clampThreshold(threshold.theta);
    bank.invert[static_cast<std::size_t>(o / kDecideBlock)] |= static_cast<std::uint64_t>(threshold.invert)
                                                               << (o % kDecideBlock);
    if (!skips_) continue;
    PostEntry of_one = entry;
    (plan.form == PostForm::Multiply ? of_one.offset : of_one.theta) += entry.skip;
    if (plan.form == PostForm::Multiply) of_one = asThreshold(of_one);
    // Where the sum does not matter the comparison alone must give the difference (the inversion is one for
    // both).
    if (of_one.invert != threshold.invert) of_one.theta = std::numeric_limits<std::int32_t>::max();
    bank.skip_thresholds[static_cast<std::size_t>(o)] = clampThreshold(of_one.theta);
  }
  return bank;
}

/// Output o's bit is decide(o).
template <typename Decide>
void InferPost::packBits(Decide&& decide, std::uint64_t* bits) const {
  for (int b = 0; b < blocks_; ++b) {
    const int end = std::min(outputs_, (b + 1) * kDecideBlock);
    std::uint64_t word = 0;
    for (int o = b * kDecideBlock; o < end; ++o)
      word |= static_cast<std::uint64_t>(decide(static_cast<std::size_t>(o))) << (o % kDecideBlock);
    bits[b] = word;
  }
}

void InferPost::compare(const std::int32_t* sums, int bank, const std::int32_t* noise,
                        const std::uint64_t* skip, std::uint64_t* bits) const {
  const Bank& entries = banks_[static_cast<std::size_t>(bank)];
  if (!skips_) skip = nullptr;
  if (cross_norm_) return decideAgainstMean(sums, entries, skip, bits);
  if (noisy_) {
    packBits(
        [&](std::size_t o) {
          return (entries.scale[o] + entries.sigma[o] * noise[o]) * sums[o] + entries.constant(o, skip) >= 0;
        },
        bits);
    return;
  }
  kernel_.decide(sums, entries.thresholds.data(), blocks_, bits);
  if (skip == nullptr) return;
  for (int w = 0; w < blocks_; ++w) {
    std::uint64_t of_one = 0;
    kernel_.decide(sums + w * kDecideBlock, entries.skip_thresholds.data() + w * kDecideBlock, 1, &of_one);
    bits[w] = (of_one & skip[w]) | (bits[w] & ~skip[w]);
  }
}

void InferPost::decide(const std::int32_t* sums, int bank, const std::int32_t* noise,
                       const std::uint64_t* skip, std::uint64_t* bits) const {
  compare(sums, bank, noise, skip, bits);
  const std::uint64_t* inverted = falling(bank);
  for (int w = 0; w < blocks_; ++w) bits[w] ^= inverted[w];
}

/// N·u >= Σu (cim_cross_norm); u has at most 40 bits and N at most 17, so 64 bits hold everything.
void InferPost::decideAgainstMean(const std::int32_t* sums, const Bank& bank, const std::uint64_t* skip,
                                  std::uint64_t* bits) const {
  std::int64_t total = 0;
  for (std::size_t o = 0; o < static_cast<std::size_t>(outputs_); ++o)
    total += sums[o] * bank.scale[o] + bank.constant(o, skip);
  packBits(
      [&](std::size_t o) { return outputs_ * (sums[o] * bank.scale[o] + bank.constant(o, skip)) >= total; },
      bits);
}

void InferPost::logits(const std::int32_t* sums, int bank, const std::int32_t* noise,
                       std::int32_t* logits) const {
  const Bank& entries = banks_[static_cast<std::size_t>(bank)];
  for (std::size_t o = 0; o < static_cast<std::size_t>(outputs_); ++o) {
    const std::int64_t slope = noisy_ ? entries.scale[o] + entries.sigma[o] * noise[o] : entries.scale[o];
    logits[o] = static_cast<std::int32_t>(sums[o] * slope + entries.offset[o]);
  }
}

}  // namespace neuspin::golden

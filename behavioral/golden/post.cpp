#include "golden/post.hpp"

#include <bit>

namespace neuspin::golden {

ScaleMemory::ScaleMemory(const LayerPlan& layer)
    : layer_(layer),
      addr_bits_(idxBits(layer.banks * layer.words)),
      words_(static_cast<std::size_t>(layer.banks * layer.words),
             std::vector<PostEntry>(static_cast<std::size_t>(layer.lanes))),
      rdata_(static_cast<std::size_t>(layer.lanes)) {
  for (int bank = 0; bank < layer.banks; ++bank) {
    for (int o = 0; o < layer.outputs; ++o) {
      words_[static_cast<std::size_t>(bank * layer.words + o / layer.lanes)]
            [static_cast<std::size_t>(o % layer.lanes)] =
                layer.entries[static_cast<std::size_t>(bank)][static_cast<std::size_t>(o)];
    }
  }
}

PostEntry ScaleMemory::decode(std::span<const std::uint32_t> word, int lane) const {
  int at = lane * layer_.entryBits();
  const auto next = [&](int width) {
    const std::int64_t value = signExtend(getBits(word, at, width), width);
    at += width;
    return value;
  };
  PostEntry entry;
  switch (layer_.form) {
    case PostForm::Threshold:
      entry.theta = next(layer_.theta_bits);
      entry.invert = getBit(word, at);
      break;
    case PostForm::Multiply:
      entry.scale = next(layer_.scale_bits);
      entry.offset = next(layer_.offset_bits);
      break;
    case PostForm::Noise:
      entry.scale = next(layer_.scale_bits);
      entry.sigma = next(layer_.sigma_bits);
      entry.offset = next(layer_.offset_bits);
      break;
  }
  if (layer_.form == PostForm::Threshold) ++at;
  if (layer_.skip) entry.skip = next(layer_.skip_bits);
  return entry;
}

void ScaleMemory::tick(bool read, int addr, const Programming& programming) {
  if (programming.we && programming.unit == layer_.scale_prog_unit) {
    const auto at = static_cast<std::size_t>(programming.addr & static_cast<int>(lowMask(addr_bits_)));
    if (at >= words_.size()) return;
    for (int lane = 0; lane < layer_.lanes; ++lane) {
      words_[at][static_cast<std::size_t>(lane)] = decode(programming.data, lane);
    }
  } else if (read) {
    rdata_ = words_[static_cast<std::size_t>(addr)];
  }
}

LaneSum::LaneSum(const LayerPlan& layer)
    : lanes_(layer.lanes),
      sum_bits_(layer.sum_bits),
      weight_((std::int64_t{1} << layer.slices) - 1),
      sum_(static_cast<std::size_t>(layer.lanes)) {}

void LaneSum::reset() {
  std::ranges::fill(sum_, std::int64_t{0});
}

void LaneSum::tick(bool fire, std::span<const std::uint32_t> matches, std::uint32_t active) {
  if (!fire) return;
  for (std::size_t l = 0; l < sum_.size(); ++l) {
    sum_[l] = 2 * static_cast<std::int64_t>(matches[l]) - weight_ * static_cast<std::int64_t>(active);
  }
}

void LaneSum::addProbes(const ProbeScope& scope) const {
  scope.fields("sum_q", lanes_, sum_bits_, [this](int l) { return sum_[static_cast<std::size_t>(l)]; });
}

LaneNoise::LaneNoise(const LayerPlan& layer)
    : noise_bits_(layer.noise_bits), eps_(static_cast<std::size_t>(layer.lanes)) {}

void LaneNoise::reset() {
  std::ranges::fill(eps_, 0);
}

void LaneNoise::tick(bool fire, const Bits& bits) {
  if (!fire) return;
  int at = 0;
  for (int& eps : eps_) {
    eps = 2 * std::popcount(getBits(bits, at, noise_bits_)) - noise_bits_;
    at += noise_bits_;
  }
}

void LaneNoise::addProbes(const ProbeScope& scope) const {
  scope.fields("eps_q", static_cast<int>(eps_.size()), cntBits(noise_bits_) + 1,
               [this](int l) { return eps_[static_cast<std::size_t>(l)]; });
}

PostLanes::PostLanes(const LayerPlan& layer)
    : layer_(layer),
      polarity_(layer.window && layer.window->takesMaximum()),
      data_(static_cast<std::size_t>(wordsFor(layer.laneBeatBits()))),
      negative_(static_cast<std::size_t>(wordsFor(layer.lanes))) {}

void PostLanes::reset() {
  std::ranges::fill(data_, 0U);
  std::ranges::fill(negative_, 0U);
}

/// The entry where the skip bit is 1; constants keep their width.
PostEntry PostLanes::moved(PostEntry entry) const {
  std::int64_t& constant = layer_.form == PostForm::Threshold ? entry.theta : entry.offset;
  constant = signExtend(static_cast<std::uint64_t>(constant + entry.skip), layer_.constantBits());
  return entry;
}

void PostLanes::tick(bool move, const std::vector<std::int64_t>& sums, const std::vector<PostEntry>& entries,
                     const std::vector<int>& eps, const Bits* skip) {
  if (!move) return;
  for (int lane = 0; lane < layer_.lanes; ++lane) {
    const std::int64_t z = sums[static_cast<std::size_t>(lane)];
    const PostEntry& stored = entries[static_cast<std::size_t>(lane)];
    const PostEntry entry = skip != nullptr && getBit(*skip, lane) ? moved(stored) : stored;
    std::int64_t factor = entry.scale;
    if (layer_.form == PostForm::Noise) factor += entry.sigma * eps[static_cast<std::size_t>(lane)];
    const std::int64_t y = z * factor + entry.offset;
    if (layer_.lanesPutOutSums()) {
      putBits(data_, lane * layer_.out_bits, layer_.out_bits, static_cast<std::uint64_t>(y));
    } else {
      const bool bit = layer_.form == PostForm::Threshold ? (z >= entry.theta) != entry.invert : y >= 0;
      putBits(data_, lane, 1, bit ? 1 : 0);
    }
    if (!polarity_) continue;
    const bool falls = layer_.form == PostForm::Threshold ? entry.invert : entry.scale < 0;
    putBits(negative_, lane, 1, falls ? 1 : 0);
  }
}

void PostLanes::addProbes(const ProbeScope& scope) const {
  scope.packed("data_q", layer_.laneBeatBits(), data_);
  if (polarity_) scope.packed("negative_q", layer_.lanes, negative_);
}

}  // namespace neuspin::golden

#include "golden/skip_buffer.hpp"

#include "golden/control.hpp"

namespace neuspin::golden {

SkipBuffer::SkipBuffer(const LayerPlan& layer)
    : channels_(layer.outputs),
      lanes_(layer.lanes),
      words_(layer.words),
      pixels_(layer.skip->pixels),
      depth_(layer.skip->depth),
      replay_(layer.skip->replay),
      memory_(static_cast<std::size_t>(depth_), Bits(static_cast<std::size_t>(wordsFor(channels_)))),
      rdata_(static_cast<std::size_t>(wordsFor(channels_))),
      bits_(static_cast<std::size_t>(wordsFor(lanes_))) {}

void SkipBuffer::reset() {
  wr_addr_ = rd_addr_ = map_addr_ = held_ = ahead_ = pixel_ = pass_ = 0;
  valid_ = false;
  std::ranges::fill(bits_, 0U);
}

void SkipBuffer::eval(bool pixel_valid, bool fire, int word, int passes) {
  fire_ = fire;
  word_ = word;
  done_ = fire && word == words_ - 1;
  fetch_ = held_ > ahead_ && (!valid_ || done_);
  store_ = pixel_valid && held_ < depth_ && !fetch_;
  last_pass_ = !replay_ || pass_ == passes - 1;
}

void SkipBuffer::tick(const Bits& pixel) {
  if (fire_) {
    for (int lane = 0; lane < lanes_; ++lane) {
      const int channel = word_ * lanes_ + lane;
      putBits(bits_, lane, 1, channel < channels_ && getBit(rdata_, channel) ? 1 : 0);
    }
  }
  if (fetch_ || done_) valid_ = fetch_;
  if (fetch_) fetch();
  if (!store_) return;
  ++stores_;
  Bits& slot = memory_[static_cast<std::size_t>(wr_addr_)];
  for (int channel = 0; channel < channels_; ++channel)
    putBits(slot, channel, 1, getBit(pixel, channel) ? 1 : 0);
  wr_addr_ = (wr_addr_ + 1) % depth_;
  ++held_;
}

/// The pixel to be read next, and which one that is then.
void SkipBuffer::fetch() {
  ++reads_;
  rdata_ = memory_[static_cast<std::size_t>(rd_addr_)];
  const int next = (rd_addr_ + 1) % depth_;
  const bool map_end = pixel_ == pixels_ - 1;
  rd_addr_ = map_end && !last_pass_ ? map_addr_ : next;
  pixel_ = map_end ? 0 : pixel_ + 1;
  if (last_pass_) {
    --held_;
  } else {
    ahead_ = map_end ? 0 : ahead_ + 1;
  }
  if (!replay_ || !map_end) return;
  pass_ = last_pass_ ? 0 : (pass_ + 1) & static_cast<int>(lowMask(kPassBits));
  if (last_pass_) map_addr_ = next;
}

void SkipBuffer::addProbes(const ProbeScope& scope) const {
  for (const auto& [name, address] :
       {std::pair{"wr_addr_q", &wr_addr_}, {"rd_addr_q", &rd_addr_}, {"map_addr_q", &map_addr_}})
    scope.number(name, idxBits(depth_), *address);
  scope.number("held_q", cntBits(depth_), held_);
  scope.number("ahead_q", cntBits(depth_), ahead_);
  scope.number("pixel_q", idxBits(pixels_), pixel_);
  scope.number("pass_q", kPassBits, pass_);
  scope.number("valid_q", 1, valid_);
  scope.packed("bits_q", lanes_, bits_);
}

}  // namespace neuspin::golden

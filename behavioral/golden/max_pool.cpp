#include "golden/max_pool.hpp"

namespace neuspin::golden {

MaxPool::MaxPool(const LayerPlan& layer)
    : lanes_(layer.lanes),
      words_(layer.words),
      height_(layer.window->out_height),
      width_(layer.window->out_width),
      pool_(layer.window->pool),
      out_height_(height_ / pool_),
      out_width_(width_ / pool_) {
  const Bits none(static_cast<std::size_t>(wordsFor(lanes_)));
  memory_.assign(static_cast<std::size_t>(out_width_ * words_), none);
  acc_.assign(static_cast<std::size_t>(words_), none);
  rdata_ = s1_bits_ = s1_negative_ = data_ = none;
}

void MaxPool::reset() {
  word_ = x_ = xm_ = px_ = y_ = ym_ = py_ = s1_addr_ = 0;
  s1_valid_ = s1_emit_ = valid_ = false;
  for (Bits& word : acc_) std::ranges::fill(word, 0U);
  for (Bits* bits : {&s1_bits_, &s1_negative_, &data_}) std::ranges::fill(*bits, 0U);
}

Bits MaxPool::join(const Bits& a, const Bits& b, const Bits& negative) {
  Bits joined(a.size());
  for (std::size_t w = 0; w < a.size(); ++w) {
    joined[w] = ((a[w] & b[w]) & negative[w]) | ((a[w] | b[w]) & ~negative[w]);
  }
  return joined;
}

void MaxPool::tick(const Bits& data, const Bits& negative, bool valid, bool out_ready) {
  const bool out_adv = outAdvances(out_ready);
  const bool takes = valid && ready(out_ready);
  if (s1_valid_) {
    const Bits total = join(rdata_, s1_bits_, s1_negative_);
    if (!s1_emit_) memory_[static_cast<std::size_t>(s1_addr_)] = total;
    if (s1_emit_ && out_adv) data_ = total;
  }
  if (out_adv) valid_ = s1_valid_ && s1_emit_;
  if (!s1_emit_ || out_adv) s1_valid_ = false;
  if (!takes) return;
  take(data, negative);
  advanceWord();
}

void MaxPool::take(const Bits& data, const Bits& negative) {
  Bits& acc = acc_[static_cast<std::size_t>(word_)];
  const Bits part = xm_ == 0 ? data : join(acc, data, negative);
  if (px_ == out_width_ || py_ == out_height_) return;  // fills no window
  if (xm_ < pool_ - 1) {
    acc = part;
    return;
  }
  const int addr = px_ * words_ + word_;
  if (ym_ == 0) {
    memory_[static_cast<std::size_t>(addr)] = part;
    return;
  }
  rdata_ = memory_[static_cast<std::size_t>(addr)];
  s1_valid_ = true;
  s1_emit_ = ym_ == pool_ - 1;
  s1_bits_ = part;
  s1_negative_ = negative;
  s1_addr_ = addr;
}

void MaxPool::advanceWord() {
  // One step of a position, its position in a window and the window's number.
  const auto step = [this](int& at, int& within, int& window, int size) {
    const bool end = at == size - 1;
    if (end) {
      window = 0;
    } else if (within == pool_ - 1) {
      ++window;
    }
    within = end || within == pool_ - 1 ? 0 : within + 1;
    at = end ? 0 : at + 1;
    return end;
  };
  word_ = word_ == words_ - 1 ? 0 : word_ + 1;
  if (word_ == 0 && step(x_, xm_, px_, width_)) step(y_, ym_, py_, height_);
}

void MaxPool::addProbes(const ProbeScope& scope) const {
  scope.number("word_q", idxBits(words_), word_);
  scope.number("x_q", idxBits(width_), x_);
  scope.number("xm_q", idxBits(pool_), xm_);
  scope.number("px_q", cntBits(out_width_), px_);
  scope.number("y_q", idxBits(height_), y_);
  scope.number("ym_q", idxBits(pool_), ym_);
  scope.number("py_q", cntBits(out_height_), py_);
  scope.custom("acc_q", words_ * lanes_, [this](std::span<std::uint32_t> out) {
    std::ranges::fill(out, 0U);
    for (int bit = 0; bit < words_ * lanes_; ++bit) {
      putBits(out, bit, 1, getBit(acc_[static_cast<std::size_t>(bit / lanes_)], bit % lanes_) ? 1 : 0);
    }
  });
  scope.number("s1_valid_q", 1, s1_valid_);
  scope.number("s1_emit_q", 1, s1_emit_);
  scope.packed("s1_bits_q", lanes_, s1_bits_);
  scope.packed("s1_negative_q", lanes_, s1_negative_);
  scope.number("s1_addr_q", idxBits(out_width_ * words_), s1_addr_);
  scope.packed("data_q", lanes_, data_);
  scope.number("valid_q", 1, valid_);
}

}  // namespace neuspin::golden

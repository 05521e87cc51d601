#include "golden/window_buffer.hpp"

#include "golden/control.hpp"

namespace neuspin::golden {

WindowBuffer::WindowBuffer(const LayerPlan& layer)
    : channels_(layer.window->in.channels),
      elem_bits_(layer.elem_bits),
      height_(layer.window->in.height),
      width_(layer.window->in.width),
      kernel_(layer.window->kernel),
      stride_(layer.window->stride),
      padding_(layer.window->padding),
      out_height_(layer.window->out_height),
      out_width_(layer.window->out_width),
      depth_(layer.window->depth),
      pad_value_(layer.window->pad_value),
      absent_positions_(layer.window->absent),
      tap_major_(layer.window->tap_major),
      replay_(layer.replay == Replay::Input) {
  const auto words = [](int bits) { return static_cast<std::size_t>(wordsFor(bits)); };
  const int taps = kernel_ * kernel_;
  memory_.assign(static_cast<std::size_t>(depth_), Bits(words(channels_ * elem_bits_)));
  rdata_.resize(words(channels_ * elem_bits_));
  for (Bits* rows : {&window_, &rows_}) rows->resize(words(taps * channels_ * elem_bits_));
  for (Bits* flags : {&gap_, &absent_}) flags->resize(words(taps));
  reset();
}

void WindowBuffer::reset() {
  wr_addr_ = stored_ = freed_ = 0;
  oy_ = ox_ = col_ = ky_ = pass_ = 0;
  top_ = x_ = -padding_;
  image_addr_ = row_addr_ = col_addr_ = tap_addr_ = base_ = tap_index_ = 0;
  s1_valid_ = s1_real_ = s1_last_ = rows_valid_ = false;
  s1_ky_ = 0;
  for (Bits* bits : {&window_, &gap_, &rows_, &absent_}) std::ranges::fill(*bits, 0U);
}

int WindowBuffer::rowOf(int channel, int ky, int kx) const {
  if (tap_major_) return (ky * kernel_ + kx) * channels_ + channel;
  return (channel * kernel_ + ky) * kernel_ + kx;
}

WindowBuffer::Tap WindowBuffer::tap() const {
  const int y = top_ + ky_;
  const bool first = ky_ == 0 || y == 0;  // the first row of this column that can be inside
  return {y >= 0 && y < height_ && x_ >= 0 && x_ < width_, first ? base_ + clip(x_, width_) : tap_index_,
          first ? col_addr_ : tap_addr_};
}

int WindowBuffer::needed() const {
  if (replay_ && pass_ != passes_ - 1) return 0;
  const bool top_row_ends = oy_ == out_height_ - 1 || clip(top_ + stride_, height_) > clip(top_, height_);
  return base_ + (top_row_ends ? clip(x_, width_) : 0);
}

void WindowBuffer::eval(bool pixel_valid, int passes) {
  passes_ = passes;
  write_ = pixel_valid && stored_ - freed_ < depth_;
}

void WindowBuffer::tick(const Bits& pixel, bool release) {
  const bool s1_adv = s1_valid_ && (!s1_last_ || !rows_valid_ || release);
  const Tap next = tap();
  const bool at_hand = !next.real || (stored_ > next.index && !write_);
  const bool issues = at_hand && (!s1_valid_ || s1_adv);
  const bool free = freed_ < needed() && freed_ < stored_;

  // The output first, since a read changes rdata.
  if (release) rows_valid_ = false;
  if (s1_adv) insertTap();
  if (issues || s1_adv) s1_valid_ = issues;

  if (write_) {
    for (std::size_t w = 0; w < rdata_.size(); ++w) memory_[static_cast<std::size_t>(wr_addr_)][w] = pixel[w];
    wr_addr_ = wrap(wr_addr_ + 1);
    ++stored_;
    ++stores_;
  }
  if (free) ++freed_;
  if (!issues) return;
  issue(next);
  reads_ += next.real ? 1 : 0;
  if (ky_ < kernel_ - 1) {
    ++ky_;
    return;
  }
  ky_ = 0;
  if (!advanceColumn()) return;
  stored_ -= height_ * width_;  // pixels count from the next image on
  freed_ -= height_ * width_;
}

void WindowBuffer::insertTap() {
  if (s1_ky_ == 0) {  // a new column: the others move on
    for (int ky = 0; ky < kernel_; ++ky) {
      for (int kx = 0; kx < kernel_ - 1; ++kx) {
        for (int c = 0; c < channels_; ++c) {
          putBits(window_, rowOf(c, ky, kx) * elem_bits_, elem_bits_,
                  getBits(window_, rowOf(c, ky, kx + 1) * elem_bits_, elem_bits_));
        }
        putBits(gap_, ky * kernel_ + kx, 1, getBits(gap_, ky * kernel_ + kx + 1, 1));
      }
    }
  }
  const int kx = kernel_ - 1;
  for (int c = 0; c < channels_; ++c) {
    const std::uint64_t element =
        s1_real_ ? getBits(rdata_, c * elem_bits_, elem_bits_) : static_cast<std::uint64_t>(pad_value_);
    putBits(window_, rowOf(c, s1_ky_, kx) * elem_bits_, elem_bits_, element);
  }
  putBits(gap_, s1_ky_ * kernel_ + kx, 1, absent_positions_ && !s1_real_ ? 1 : 0);
  if (!s1_last_) return;
  rows_ = window_;
  absent_ = gap_;
  rows_valid_ = true;
}

void WindowBuffer::issue(const Tap& tap) {
  s1_ky_ = ky_;
  s1_real_ = tap.real;
  s1_last_ = ky_ == kernel_ - 1 && col_ == kernel_ - 1;
  if (!tap.real) return;
  rdata_ = memory_[static_cast<std::size_t>(tap.address)];
  tap_index_ = tap.index + width_;
  tap_addr_ = wrap(tap.address + width_);
}

bool WindowBuffer::advanceColumn() {
  if (col_ < kernel_ - 1) {
    ++col_;
    moveColumn(x_ + 1);
    return false;
  }
  if (ox_ < out_width_ - 1) {
    ++ox_;
    col_ = std::max(kernel_ - stride_, 0);
    moveColumn(x_ + 1 + std::max(stride_ - kernel_, 0));
    return false;
  }
  ox_ = col_ = 0;
  x_ = -padding_;
  if (oy_ == out_height_ - 1) return nextPass();
  nextBand();
  return false;
}

void WindowBuffer::moveColumn(int x) {
  col_addr_ = wrap(col_addr_ + clip(x, width_) - clip(x_, width_));
  x_ = x;
}

void WindowBuffer::nextBand() {
  const int below = clip(top_ + stride_, height_) - clip(top_, height_);
  ++oy_;
  top_ += stride_;
  row_addr_ = col_addr_ = wrap(row_addr_ + below * width_);
  base_ += below * width_;
}

bool WindowBuffer::nextPass() {
  const bool last_pass = !replay_ || pass_ == passes_ - 1;
  oy_ = 0;
  top_ = -padding_;
  base_ = 0;
  if (last_pass) image_addr_ = wrap(image_addr_ + height_ * width_);
  row_addr_ = col_addr_ = image_addr_;
  if (replay_) pass_ = last_pass ? 0 : (pass_ + 1) & static_cast<int>(lowMask(kPassBits));
  return last_pass;
}

void WindowBuffer::addProbes(const ProbeScope& scope) const {
  const int pixels = height_ * width_;
  const int count_bits = cntBits(pixels + depth_) + 1;
  const int pos_bits = cntBits(std::max(height_, width_) + 2 * padding_ + stride_ + kernel_) + 1;
  const int window_bits = kernel_ * kernel_ * channels_ * elem_bits_;
  scope.number("wr_addr_q", idxBits(depth_), wr_addr_);
  scope.number("stored_q", count_bits, stored_);
  scope.number("freed_q", count_bits, freed_);
  scope.number("oy_q", idxBits(out_height_), oy_);
  scope.number("ox_q", idxBits(out_width_), ox_);
  scope.number("col_q", idxBits(kernel_), col_);
  scope.number("ky_q", idxBits(kernel_), ky_);
  scope.number("top_q", pos_bits, top_);
  scope.number("x_q", pos_bits, x_);
  scope.number("pass_q", kPassBits, pass_);
  scope.number("image_addr_q", idxBits(depth_), image_addr_);
  scope.number("row_addr_q", idxBits(depth_), row_addr_);
  scope.number("col_addr_q", idxBits(depth_), col_addr_);
  scope.number("tap_addr_q", idxBits(depth_), tap_addr_);
  scope.number("base_q", idxBits(pixels) + 1, base_);
  scope.number("tap_index_q", idxBits(pixels) + 1, tap_index_);
  scope.number("s1_valid_q", 1, s1_valid_);
  scope.number("s1_ky_q", idxBits(kernel_), s1_ky_);
  scope.number("s1_real_q", 1, s1_real_);
  scope.number("s1_last_q", 1, s1_last_);
  scope.packed("window_q", window_bits, window_);
  scope.packed("gap_q", kernel_ * kernel_, gap_);
  scope.packed("rows_q", window_bits, rows_);
  scope.packed("absent_q", kernel_ * kernel_, absent_);
  scope.number("rows_valid_q", 1, rows_valid_);
}

}  // namespace neuspin::golden

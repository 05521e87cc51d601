#include "plan/timing_windows.hpp"

#include <algorithm>

namespace neuspin::plan {
namespace {

bool inside(int at, int size) {
  return at >= 0 && at < size;
}

/// A window keeps the columns it shares with the one before it.
int firstColumn(const WindowPlan& window, int ox) {
  return ox == 0 ? 0 : std::max(window.kernel - window.stride, 0);
}

}  // namespace

int leadingTaps(const WindowPlan& window) {
  return window.padding * window.kernel +
         window.padding;  // columns before the map, and the first one above it
}

WindowTiming::WindowTiming(const WindowPlan& window, int passes, bool two_ports)
    : window_(window), passes_(passes), two_ports_(two_ports) {
  for (int clocks = leadingTaps(window) + 1; clocks > 0; --clocks) clock(false, false);
}

int WindowTiming::spent() const {
  if (pass_ != passes_ - 1) return 0;
  const int row = std::clamp(top(), 0, window_.in.height);
  const int next_row = std::clamp(top() + window_.stride, 0, window_.in.height);
  const bool row_ends = oy_ == window_.out_height - 1 || next_row > row;
  return row * window_.in.width + (row_ends ? std::clamp(column(), 0, window_.in.width) : 0);
}

bool WindowTiming::advance() {
  if (++ky_ < window_.kernel) return false;
  ky_ = 0;
  if (++col_ < window_.kernel) return false;
  ox_ = ox_ == window_.out_width - 1 ? 0 : ox_ + 1;
  col_ = firstColumn(window_, ox_);
  if (ox_ > 0) return false;
  oy_ = oy_ == window_.out_height - 1 ? 0 : oy_ + 1;
  if (oy_ > 0) return false;
  pass_ = pass_ == passes_ - 1 ? 0 : pass_ + 1;
  return pass_ == 0;
}

void WindowTiming::clock(bool takes, bool release) {
  const bool s1_adv = s1_valid_ && (!s1_last_ || !rows_valid_ || release);
  const int y = top() + ky_;
  const bool real = inside(y, window_.in.height) && inside(column(), window_.in.width);
  const bool at_hand = !real || ((two_ports_ || !takes) && stored_ > y * window_.in.width + column());
  const bool issue = at_hand && (!s1_valid_ || s1_adv);
  const bool frees = freed_ < spent() && freed_ < stored_;

  rows_valid_ = (s1_adv && s1_last_) || (rows_valid_ && !release);
  s1_valid_ = issue || (s1_valid_ && !s1_adv);
  stored_ += takes ? 1 : 0;
  freed_ += frees ? 1 : 0;
  if (!issue) return;
  s1_last_ = ky_ == window_.kernel - 1 && col_ == window_.kernel - 1;
  if (!advance()) return;
  stored_ -= window_.in.pixels();
  freed_ -= window_.in.pixels();
}

void WindowTiming::snapshot(TimingState& state) const {
  state.insert(state.end(), {stored_, freed_, pass_, oy_, ox_, col_, ky_, s1_valid_, s1_last_, rows_valid_});
}

void PoolTiming::clock(bool accept, bool out_ready) {
  const bool out_adv = !valid_ || out_ready;
  const int pool = window_.pool;
  const bool in_window = x_ / pool < window_.out_width / pool && y_ / pool < window_.out_height / pool;
  const bool reads = accept && in_window && x_ % pool == pool - 1 && y_ % pool > 0;
  const bool done = s1_valid_ && (!s1_emit_ || out_adv);
  if (out_adv) valid_ = s1_valid_ && s1_emit_;
  s1_valid_ = reads || (s1_valid_ && !done);
  if (reads) s1_emit_ = y_ % pool == pool - 1;
  if (!accept || ++word_ < words_) return;
  word_ = 0;
  if (++x_ < window_.out_width) return;
  x_ = 0;
  if (++y_ == window_.out_height) y_ = 0;
}

void PoolTiming::snapshot(TimingState& state) const {
  state.insert(state.end(), {word_, x_, y_, s1_valid_, s1_emit_, valid_});
}

void AverageTiming::clock(bool fire, bool last_word, bool move) {
  if (move) emits_ = s1_emits_;
  s1_valid_ = fire || (s1_valid_ && !move);
  if (!fire) return;
  const int pool = window_.pool;
  const bool row_ends = x_ % pool == pool - 1, pool_ends = row_ends && y_ % pool == pool - 1;
  s1_emits_ = pool_ends;
  s1_stores_ = row_ends && !pool_ends && window_.out_width > pool;  // one pool a row stays in the accumulator
  if (!last_word || ++x_ < window_.out_width) return;
  x_ = 0;
  if (++y_ == window_.out_height) y_ = 0;
}

void AverageTiming::snapshot(TimingState& state) const {
  state.insert(state.end(), {x_, y_, s1_valid_, s1_stores_, s1_emits_, emits_});
}

WindowWork windowWork(const WindowPlan& window) {
  std::int64_t columns = 0, columns_inside = 0, rows_inside = 0;
  for (int ox = 0; ox < window.out_width; ++ox) {
    for (int col = firstColumn(window, ox); col < window.kernel; ++col) {
      ++columns;
      columns_inside += inside(ox * window.stride - window.padding + col, window.in.width) ? 1 : 0;
    }
  }
  for (int oy = 0; oy < window.out_height; ++oy) {
    for (int ky = 0; ky < window.kernel; ++ky) {
      rows_inside += inside(oy * window.stride - window.padding + ky, window.in.height) ? 1 : 0;
    }
  }
  return {columns * window.out_height * window.kernel, columns_inside * rows_inside};
}

}  // namespace neuspin::plan

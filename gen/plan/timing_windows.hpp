// Convolutions in time: cim_window_buffer, cim_max_pool and cim_avg_pool as tokens see them, clock by clock.
#pragma once

#include "plan/timing_supply.hpp"

namespace neuspin::plan {

/// Taps outside the map before the first one inside: issued after reset, while no pixel has come.
[[nodiscard]] int leadingTaps(const WindowPlan& window);

/// cim_window_buffer: pixels in, windows out. Starts as it waits for the first pixel, leading taps done.
class WindowTiming {
 public:
  /// `passes`: over one map, more than one where it is replayed. `two_ports`: a memory that is read and
  /// written in one cycle, so that a pixel that comes holds up no tap.
  WindowTiming(const WindowPlan& window, int passes, bool two_ports = false);
  [[nodiscard]] bool valid() const { return rows_valid_; }
  /// Whether a pixel on offer is taken at the coming clock.
  [[nodiscard]] bool ready() const { return stored_ - freed_ < window_.depth; }
  /// One clock: a pixel is taken, the window on offer is released.
  void clock(bool takes, bool release);
  void snapshot(TimingState& state) const;

 private:
  [[nodiscard]] int top() const { return oy_ * window_.stride - window_.padding; }
  [[nodiscard]] int column() const { return ox_ * window_.stride - window_.padding + col_; }
  /// Pixels that no later tap asks for.
  [[nodiscard]] int spent() const;
  /// To the next tap; true after the last one of the last pass.
  bool advance();

  const WindowPlan& window_;
  int passes_;
  bool two_ports_;
  int stored_ = 0, freed_ = 0;  ///< counted from the first pixel of the map being scanned
  int pass_ = 0, oy_ = 0, ox_ = 0, col_ = 0, ky_ = 0;
  bool s1_valid_ = false, s1_last_ = false, rows_valid_ = false;
};

/// cim_max_pool.
class PoolTiming {
 public:
  PoolTiming(const WindowPlan& window, int words) : window_(window), words_(words) {}
  [[nodiscard]] bool ready(bool out_ready) const {
    return !s1_valid_ || (s1_emit_ && (!valid_ || out_ready));
  }
  [[nodiscard]] bool valid() const { return valid_; }
  void clock(bool accept, bool out_ready);
  void snapshot(TimingState& state) const;

 private:
  const WindowPlan& window_;
  int words_;
  int word_ = 0, x_ = 0, y_ = 0;
  bool s1_valid_ = false, s1_emit_ = false, valid_ = false;
};

/// cim_avg_pool.
class AverageTiming {
 public:
  explicit AverageTiming(const WindowPlan& window) : window_(window) {}
  /// A word may fire: it reads no part of a pool while the word before it stores one.
  [[nodiscard]] bool ready() const {
    return !(s1_valid_ && s1_stores_ && x_ % window_.pool == 0 && y_ % window_.pool > 0);
  }
  /// Whether the beat behind the lanes is that of a whole pool.
  [[nodiscard]] bool emits() const { return emits_; }
  /// One clock: a word fires (the last one of its window), the one before moves on to the lanes.
  void clock(bool fire, bool last_word, bool move);
  void snapshot(TimingState& state) const;

 private:
  const WindowPlan& window_;
  int x_ = 0, y_ = 0;  ///< the window that fires next
  bool s1_valid_ = false, s1_stores_ = false, s1_emits_ = false, emits_ = false;
};

/// What the windows of one pass over a map ask of the buffer.
struct WindowWork {
  std::int64_t taps = 0;   ///< issued, a cycle each
  std::int64_t reads = 0;  ///< of these inside the map: they need the memory, as writing a pixel does
};
[[nodiscard]] WindowWork windowWork(const WindowPlan& window);

}  // namespace neuspin::plan

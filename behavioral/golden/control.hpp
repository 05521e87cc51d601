// cim_tile_ctrl, cim_active_counter and cim_post_ctrl: the control of one layer engine. Each has
// combinational outputs computed by eval() from its registers and inputs, and tick(), the rising edge with
// the values of the last eval().
#pragma once

#include "golden/bits.hpp"

namespace neuspin::golden {

constexpr int kPassBits = 8;  ///< width of every pass counter

class TileCtrl {
 public:
  struct Out {
    bool read = false, rows_release = false, mask_ready = false;
    bool acc_en = false, first = false, shift = false, load = false;
    int group = 0, plane = 0;
  };
  explicit TileCtrl(const LayerPlan& layer);
  void reset();
  /// mask_valid: true where neither rows nor arrays are chosen at random.
  const Out& eval(bool rows_valid, bool mask_valid, bool hold_free, int passes);
  void tick();
  [[nodiscard]] const Out& out() const { return out_; }
  void addProbes(const ProbeScope& scope) const;

 private:
  const std::vector<Step>& rom_;
  bool replay_input_;
  int mask_windows_;
  int pc_ = 0, replay_ = 0, window_ = 0;
  bool s1_valid_ = false, s1_first_ = false, s1_shift_ = false, s1_last_ = false;
  Out out_;
  bool stall_ = false, last_pass_ = false;
};

/// A, the rows that take part in a sum.
class ActiveCounter {
 public:
  ActiveCounter(int taps, int active_bits) : taps_(taps), active_bits_(active_bits) {}
  void reset();
  /// active_rows: word-line pairs driven now, over all row tiles.
  void tick(const TileCtrl::Out& ctrl, int active_rows);
  [[nodiscard]] std::uint32_t active() const { return hold_; }
  /// For the performance counters: the read of the cycle before, and its driven rows.
  [[nodiscard]] bool read() const { return read_; }
  [[nodiscard]] std::uint32_t rows() const { return read_ ? cnt_ : 0; }
  void addProbes(const ProbeScope& scope) const;

 private:
  int taps_, active_bits_;
  bool read_ = false;
  std::uint32_t cnt_ = 0, acc_ = 0, hold_ = 0;
};

class PostCtrl {
 public:
  struct Out {
    bool hold_free = false, mask_ready = false, fire = false, move = false;
    int word = 0, addr = 0;
  };
  explicit PostCtrl(const LayerPlan& layer);
  void reset();
  /// mask_valid: true, mask_bank: 0 where neither banks nor noise are drawn.
  const Out& eval(bool mask_valid, int mask_bank, int passes, bool ready);
  void tick(bool load);
  [[nodiscard]] const Out& out() const { return out_; }
  [[nodiscard]] bool valid() const { return out_valid_; }
  void addProbes(const ProbeScope& scope) const;

 private:
  int words_, mask_windows_;
  bool replay_sums_, mask_per_word_;
  bool hold_valid_ = false, s1_valid_ = false, s1_last_ = false, out_valid_ = false, out_last_ = false;
  int word_ = 0, pass_ = 0, window_ = 0;
  Out out_;
  bool out_adv_ = false, s1_adv_ = false, last_word_ = false, last_pass_ = false, release_ = false;
};

}  // namespace neuspin::golden

// The stages of the pipeline as tokens see them, clock by clock, from the equations of rtl/README.md.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "plan/plan.hpp"
#include "plan/timing_supply.hpp"
#include "plan/timing_windows.hpp"

namespace neuspin::plan {

/// Two banks filled beat by beat, drained whole: cim_row_buffer, cim_cross_norm and the two banks of the
/// head's stages.
class PingPong {
 public:
  explicit PingPong(int beats) : beats_(beats) {}
  [[nodiscard]] bool ready() const { return !full_[write_]; }
  /// Ready for a beat that comes one clock later, if until then the bank being written completes and the
  /// drained one is released, or not.
  [[nodiscard]] bool readyAfter(bool completes, bool released) const {
    const auto target = completes ? write_ ^ 1U : write_;
    return !full_[target] || (released && target == read_);
  }
  [[nodiscard]] bool valid() const { return full_[read_]; }
  /// One clock: `accept` a beat, `release` the drained bank.
  void clock(bool accept, bool release);
  void snapshot(TimingState& state) const;

 private:
  int beats_;
  int beat_ = 0;
  std::array<bool, 2> full_{};
  std::size_t write_ = 0, read_ = 0;
};

/// cim_cross_norm.
class NormTiming {
 public:
  explicit NormTiming(int words) : banks_(words), words_(words) {}
  [[nodiscard]] bool ready() const { return banks_.ready(); }
  [[nodiscard]] bool valid() const { return valid_; }
  void clock(bool accept, bool out_ready);
  void snapshot(TimingState& state) const;

 private:
  PingPong banks_;
  int words_, word_ = 0;
  bool read_valid_ = false, valid_ = false;
};

/// The row buffer and cim_skip_buffer of a skip connection.
class SkipTiming {
 public:
  /// `passes`: over one map, more than one where it is replayed.
  SkipTiming(const SkipPlan& skip, int passes) : skip_(skip), passes_(passes), rows_(skip.beats) {}
  [[nodiscard]] bool ready() const { return rows_.ready(); }
  [[nodiscard]] bool valid() const { return valid_; }
  /// One clock: a beat is taken, the pixel on offer is released.
  void clock(bool accept, bool release);
  void snapshot(TimingState& state) const;

 private:
  const SkipPlan& skip_;
  int passes_;
  PingPong rows_;
  int held_ = 0, ahead_ = 0, pixel_ = 0, pass_ = 0;
  bool valid_ = false;
};

/// A layer engine. Where its choices come from: its own supply, the model's fan-out, or (`choices_at_hand`)
/// nowhere, as if a choice were always ready. `two_ports`: of the window buffer, see WindowTiming.
class EngineTiming {
 public:
  EngineTiming(const LayerPlan& layer, const Plan& plan, std::uint32_t seed, FanoutTiming* fanout,
               bool choices_at_hand, bool two_ports = false);

  [[nodiscard]] bool ready() const { return rows_.ready(); }
  [[nodiscard]] bool valid() const {
    if (pool_) return pool_->valid();
    return norm_ ? norm_->valid() : beatValid();
  }
  [[nodiscard]] bool skipReady() const { return skip_->ready(); }
  /// `accept_skip`: a beat of the skip connection.
  void clock(bool accept, bool out_ready, bool accept_skip);
  [[nodiscard]] bool periodic() const { return !supply_ || supply_->periodic(); }
  void snapshot(TimingState& state) const;

 private:
  [[nodiscard]] bool choiceValid() const;
  /// A beat of the lanes that goes on.
  [[nodiscard]] bool beatValid() const { return out_valid_ && (!average_ || average_->emits()); }

  PingPong rows_;
  std::optional<WindowTiming> windows_;
  int steps_, words_, replay_input_, replay_sums_, choice_windows_;
  bool choice_reads_, choice_words_, choice_every_word_;
  std::optional<SupplyTiming> supply_;
  FanoutTiming* fanout_;
  int consumer_;
  std::optional<NormTiming> norm_;
  std::optional<PoolTiming> pool_;
  std::optional<AverageTiming> average_;
  std::optional<SkipTiming> skip_;
  int step_ = 0, repeat_ = 0, choice_window_ = 0, word_ = 0, pass_ = 0;
  bool read_s1_valid_ = false, read_s1_last_ = false, hold_valid_ = false, post_s1_valid_ = false,
       out_valid_ = false;
};

/// The uncertainty head.
class HeadTiming {
 public:
  explicit HeadTiming(const Plan& plan)
      : classes_(plan.head.classes), passes_(plan.passes), collect_(classes_), exps_(classes_) {}

  [[nodiscard]] bool ready() const { return collect_.ready(); }
  /// One clock with the output always ready. Returns true in a cycle that delivers the last beat of an image.
  bool clock(bool accept);
  void snapshot(TimingState& state) const;

 private:
  struct Token {
    bool valid = false, final_pass = false, last = false;
  };

  int classes_, passes_;
  PingPong collect_;
  PingPong exps_;
  int exp_class_ = 0, stats_class_ = 0, pass_ = 0;
  bool x1_valid_ = false, x1_last_ = false;
  Token a1_, a2_, rec_, r1_;
  bool summary_ = false, out_valid_ = false, out_last_ = false;
};

}  // namespace neuspin::plan

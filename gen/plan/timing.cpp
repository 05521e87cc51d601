// Planned and ideal cycles. plannedCycles follows tokens (no data) through the stages of rtl/README.md clock
// by clock: an independent statement of the schedule, judged against the clocked golden model and the RTL,
// which must take exactly as many cycles.
#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "plan/plan.hpp"

namespace neuspin {

namespace {

/// Two banks filled beat by beat, drained whole: cim_row_buffer and the two banks of the head's stages.
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
  void clock(bool accept, bool release) {
    const auto drained = read_;
    if (accept && ++beat_ == beats_) {
      beat_ = 0;
      full_[write_] = true;
      write_ ^= 1U;
    }
    if (release) {
      full_[drained] = false;
      read_ ^= 1U;
    }
  }

 private:
  int beats_;
  int beat_ = 0;
  std::array<bool, 2> full_{};
  std::size_t write_ = 0, read_ = 0;
};

/// cim_dropout_module: one bit in use, one ahead, one being drawn.
class DropoutTiming {
 public:
  explicit DropoutTiming(const TargetSpec& target)
      : busy_cycles_(target.set_cycles + target.read_cycles), reset_cycles_(target.reset_cycles) {}
  [[nodiscard]] bool valid() const { return bits_ > 0; }
  void clock(bool pop) {
    const bool push = phase_ == busy_cycles_;
    if (phase_ == 0) {
      if (bits_ < 2) phase_ = 1;
    } else {
      phase_ = phase_ == busy_cycles_ + reset_cycles_ ? 0 : phase_ + 1;
    }
    bits_ += (push ? 1 : 0) - (pop ? 1 : 0);
  }

 private:
  int busy_cycles_, reset_cycles_;
  int phase_ = 0;  ///< 0 idle, else cycle number within SET, READ, RESET
  int bits_ = 2;   ///< two bits were drawn while the design waited for its first image
};

class EngineTiming {
 public:
  EngineTiming(const LayerPlan& layer, const Plan& plan)
      : rows_(layer.beats),
        steps_(static_cast<int>(layer.schedule.size())),
        words_(layer.words),
        replay_input_(layer.replay == Replay::Input ? plan.passes : 1),
        replay_sums_(layer.replay == Replay::Sums ? plan.passes : 1),
        stochastic_(layer.stochastic()),
        mask_(plan.target) {}

  [[nodiscard]] bool ready() const { return rows_.ready(); }
  [[nodiscard]] bool valid() const { return out_valid_; }

  void clock(bool accept, bool out_ready) {
    // post side (cim_post_ctrl)
    const bool out_adv = !out_valid_ || out_ready;
    const bool s1_adv = !post_s1_valid_ || out_adv;
    const bool fire = hold_valid_ && (!stochastic_ || mask_.valid()) && s1_adv;
    const bool last_word = word_ == words_ - 1;
    const bool last_pass = pass_ == replay_sums_ - 1;
    const bool release_hold = fire && last_word && last_pass;
    const bool hold_free = !hold_valid_ || release_hold;
    // array side (cim_tile_ctrl)
    const bool stall = read_s1_valid_ && read_s1_last_ && !hold_free;
    const bool read = rows_.valid() && !stall;
    const bool load = read_s1_valid_ && read_s1_last_ && !stall;
    const bool last_step = step_ == steps_ - 1;
    const bool release_rows = read && last_step && window_ == replay_input_ - 1;

    if (out_adv) out_valid_ = post_s1_valid_;
    if (s1_adv) post_s1_valid_ = fire;
    if (fire) word_ = last_word ? 0 : word_ + 1;
    if (fire && last_word) pass_ = last_pass ? 0 : pass_ + 1;
    hold_valid_ = load || (hold_valid_ && !release_hold);
    if (stochastic_) mask_.clock(fire && last_word);
    if (!stall) read_s1_valid_ = read;
    if (read) {
      read_s1_last_ = last_step;
      step_ = last_step ? 0 : step_ + 1;
      if (last_step) window_ = window_ == replay_input_ - 1 ? 0 : window_ + 1;
    }
    rows_.clock(accept, release_rows);
  }

 private:
  PingPong rows_;
  int steps_, words_, replay_input_, replay_sums_;
  bool stochastic_;
  DropoutTiming mask_;
  int step_ = 0, window_ = 0, word_ = 0, pass_ = 0;
  bool read_s1_valid_ = false, read_s1_last_ = false, hold_valid_ = false, post_s1_valid_ = false,
       out_valid_ = false;
};

class HeadTiming {
 public:
  explicit HeadTiming(const Plan& plan)
      : classes_(plan.head.classes), passes_(plan.passes), collect_(classes_), exps_(classes_) {}

  [[nodiscard]] bool ready() const { return collect_.ready(); }

  /// One clock with the output always ready. Returns true in a cycle that delivers the last beat of an image.
  bool clock(bool accept) {
    // cim_head_result
    const bool delivered = out_valid_ && out_last_;
    const bool move = r1_.valid && !summary_;
    const bool rec_ready = !r1_.valid || move;
    // cim_head_stats: a rigid pipeline, blocked only by a record that cannot leave
    const bool advance = !(a2_.valid && a2_.final_pass && rec_.valid && !rec_ready);
    const bool stats_fire = exps_.valid() && advance;
    const bool stats_last = stats_class_ == classes_ - 1;
    // cim_head_exp
    const bool exp_fire =
        collect_.valid() && exps_.readyAfter(x1_valid_ && x1_last_, stats_fire && stats_last);
    const bool exp_last = exp_class_ == classes_ - 1;

    out_valid_ = move || summary_;
    out_last_ = summary_;
    summary_ = move && r1_.last;
    if (rec_.valid && rec_ready) {
      r1_ = rec_;
    } else if (move) {
      r1_.valid = false;
    }
    if (a2_.valid && a2_.final_pass && advance) {
      rec_ = a2_;
    } else if (rec_ready) {
      rec_.valid = false;
    }
    if (advance) {
      a2_ = a1_;
      a1_ = {stats_fire, pass_ == passes_ - 1, stats_last};
    }
    if (stats_fire) {
      stats_class_ = stats_last ? 0 : stats_class_ + 1;
      if (stats_last) pass_ = pass_ == passes_ - 1 ? 0 : pass_ + 1;
    }
    exps_.clock(x1_valid_, stats_fire && stats_last);
    x1_valid_ = exp_fire;
    if (exp_fire) {
      x1_last_ = exp_last;
      exp_class_ = exp_last ? 0 : exp_class_ + 1;
    }
    collect_.clock(accept, exp_fire && exp_last);
    return delivered;
  }

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

}  // namespace

std::int64_t plannedCycles(const Plan& plan, std::int64_t images, [[maybe_unused]] std::uint32_t seed) {
  if (images <= 0) return 0;
  std::vector<EngineTiming> engines;
  for (const auto& layer : plan.layers) engines.emplace_back(layer, plan);
  HeadTiming head(plan);
  const std::int64_t beats = images * plan.layers.front().beats;
  std::int64_t sent = 0, done = 0, cycle = 0;
  // Once the last few images came at equal distances the pipeline is periodic: the rest follows by
  // multiplication.
  constexpr std::size_t kSteady = 12;
  std::vector<std::int64_t> finished;
  std::vector<char> ready(engines.size() + 1), valid(engines.size() + 1);
  while (done < images) {
    ++cycle;
    for (std::size_t i = 0; i < engines.size(); ++i) {
      ready[i] = engines[i].ready();
      valid[i + 1] = engines[i].valid();
    }
    ready[engines.size()] = head.ready();
    valid[0] = sent < beats;
    if (valid[0] && ready[0]) ++sent;
    for (std::size_t i = 0; i < engines.size(); ++i)
      engines[i].clock(valid[i] && ready[i], ready[i + 1] != 0);
    if (!head.clock(valid[engines.size()] && ready[engines.size()])) continue;
    ++done;
    finished.push_back(cycle);
    if (finished.size() > 2 * kSteady + plan.layers.size() && sent < beats) {
      const std::int64_t step = finished.back() - finished[finished.size() - 2];
      bool steady = true;
      for (std::size_t k = 1; k <= kSteady; ++k) {
        steady &= finished[finished.size() - k] - finished[finished.size() - k - 1] == step;
      }
      if (steady) return cycle + (images - done) * step;
    }
  }
  return cycle;
}

std::int64_t prefetchCycles(const Plan& plan, [[maybe_unused]] std::uint32_t seed) {
  const TargetSpec& target = plan.target;
  return 2 * (1 + target.set_cycles + target.read_cycles + target.reset_cycles);
}

IdealCycles idealCycles(const Plan& plan) {
  IdealCycles ideal;
  const auto consider = [&](std::int64_t cycles, std::string what) {
    if (cycles > ideal.per_image) ideal = {cycles, std::move(what)};
  };
  const std::int64_t passes = plan.passes;
  consider(plan.layers.front().beats, "input stream");
  for (const auto& layer : plan.layers) {
    const bool windows_per_pass = layer.per_pass || layer.replay == Replay::Input;
    const bool words_per_pass = windows_per_pass || layer.replay == Replay::Sums;
    consider(static_cast<std::int64_t>(layer.schedule.size()) * (windows_per_pass ? passes : 1),
             "layer " + layer.name + " arrays");
    consider(layer.words * (words_per_pass ? passes : 1), "layer " + layer.name + " post lanes");
  }
  consider(plan.head.classes * passes, "uncertainty head");
  return ideal;
}

}  // namespace neuspin

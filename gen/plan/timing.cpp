// Planned and ideal cycles. plannedCycles follows tokens (no data) through the stages of rtl/README.md clock
// by clock: an independent statement of the schedule, judged against the clocked golden model and the RTL,
// which must take exactly as many cycles.
#include "plan/timing.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "plan/timing_stages.hpp"

namespace neuspin {

namespace plan {
namespace {

/// The whole pipeline, fed without pause.
class Pipeline {
 public:
  Pipeline(const Plan& plan, std::int64_t images, std::uint32_t seed, const std::vector<bool>& at_hand,
           bool two_ports = false)
      : images_(images), beats_(plan.layers.front().beatsPerImage()), head_(plan) {
    const auto atHand = [&](const SupplyPlan& supply) {
      return at_hand[static_cast<std::size_t>(supply.index)];
    };
    if (plan.shared && !atHand(*plan.shared)) fanout_.emplace(plan, seed);
    for (const auto& layer : plan.layers) {
      engines_.emplace_back(layer, plan, seed, fanout_ ? &*fanout_ : nullptr,
                            layer.supply && atHand(*layer.supply), two_ports);
      periodic_ = periodic_ && engines_.back().periodic();
      sources_.push_back(layer.skip ? static_cast<std::size_t>(layer.skip->source) + 1 : 0);
    }
    ready_.resize(engines_.size() + 1);
    valid_.resize(engines_.size() + 1);
  }
  Pipeline(const Pipeline&) = delete;  // engines hold the address of the fan-out
  Pipeline& operator=(const Pipeline&) = delete;

  std::int64_t run(bool every_clock) {
    periodic_ = periodic_ && !every_clock;
    while (done_ < images_) {
      if (clock() && periodic_) skipPeriods();
    }
    return cycle_;
  }

 private:
  /// True in a cycle that delivers an image.
  bool clock() {
    ++cycle_;
    const std::size_t count = engines_.size();
    for (std::size_t i = 0; i < count; ++i) {
      ready_[i] = engines_[i].ready();
      valid_[i + 1] = engines_[i].valid();
    }
    ready_[count] = head_.ready();
    // A fork hands on a beat when all that take it are ready.
    for (std::size_t i = 0; i < count; ++i) {
      if (sources_[i] > 0) ready_[sources_[i]] = ready_[sources_[i]] && engines_[i].skipReady();
    }
    valid_[0] = sent_ < images_ * beats_;
    if (valid_[0] && ready_[0]) ++sent_;
    const auto moves = [this](std::size_t stream) { return valid_[stream] && ready_[stream]; };
    for (std::size_t i = 0; i < count; ++i) {
      engines_[i].clock(moves(i), ready_[i + 1] != 0, sources_[i] > 0 && moves(sources_[i]));
    }
    if (fanout_) fanout_->clock();
    const bool delivered = head_.clock(valid_[count] && ready_[count]);
    if (delivered) ++done_;
    return delivered;
  }

  [[nodiscard]] TimingState snapshot() const {
    TimingState state = {sent_ - done_ * beats_};
    for (const auto& engine : engines_) engine.snapshot(state);
    head_.snapshot(state);
    if (fanout_) fanout_->snapshot(state);
    return state;
  }

  // Every register as it was some images ago: all repeats from here on, for as long as input comes. Whole
  // periods are skipped and the rest is run. The anchor moves to each power of two (Brent), so that it gets
  // behind the start-up.
  void skipPeriods() {
    TimingState state = snapshot();
    if (state == anchor_) {
      const std::int64_t period = done_ - anchor_done_;
      const std::int64_t input_left = images_ * beats_ - sent_ - 1;
      const std::int64_t periods = std::min((images_ - done_ - 1) / period, input_left / (period * beats_));
      if (periods > 0) {
        cycle_ += periods * (cycle_ - anchor_cycle_);
        done_ += periods * period;
        sent_ += periods * period * beats_;
      }
      periodic_ = false;  // nothing more to skip
    } else if (done_ == next_anchor_) {
      anchor_ = std::move(state);
      anchor_done_ = done_;
      anchor_cycle_ = cycle_;
      next_anchor_ *= 2;
    }
  }

  std::int64_t images_, beats_;
  std::optional<FanoutTiming> fanout_;
  std::vector<EngineTiming> engines_;
  HeadTiming head_;
  std::vector<char> ready_, valid_;   ///< [stream]: the input, then the output of every engine
  std::vector<std::size_t> sources_;  ///< [engine]: the stream its skip connection takes; 0 = none
  bool periodic_ = true;
  std::int64_t cycle_ = 0, sent_ = 0, done_ = 0;
  TimingState anchor_;
  std::int64_t anchor_done_ = 0, anchor_cycle_ = 0, next_anchor_ = 1;
};

/// Attempts until an arbiter accepts, on average over fair draws; 1 for masks.
double meanAttempts(const SupplyPlan& supply) {
  if (supply.choices == 0) return 1;
  constexpr int kMostAttempts = 16;
  const double rejected = 1 - supply.choices / std::ldexp(1.0, supply.modules);
  return (1 - std::pow(rejected, kMostAttempts)) / (1 - rejected);
}

/// Cycles an image once the queues' initial stock is used up.
double steadyCycles(const Plan& plan, std::uint32_t seed, const std::vector<bool>& at_hand) {
  constexpr int kSettle = 16;
  constexpr int kMeasure = 48;
  const std::int64_t from =
      kSettle + 2 * (plan.shared_depth / plan.passes + static_cast<int>(plan.layers.size()) / 8);
  return static_cast<double>(plannedCyclesWithout(plan, from + kMeasure, seed, at_hand) -
                             plannedCyclesWithout(plan, from, seed, at_hand)) /
         kMeasure;
}

}  // namespace

std::int64_t plannedCyclesWithout(const Plan& plan, std::int64_t images, std::uint32_t seed,
                                  const std::vector<bool>& at_hand, bool every_clock) {
  return images <= 0 ? 0 : Pipeline(plan, images, seed, at_hand).run(every_clock);
}

std::int64_t leastCycles(const Plan& plan, std::int64_t images, std::uint32_t seed) {
  if (images <= 0) return 0;
  return Pipeline(plan, images, seed, std::vector<bool>(static_cast<std::size_t>(plan.supplies)), true)
      .run(false);
}

std::vector<ChoiceCycles> choiceCycles(const Plan& plan, std::uint32_t seed) {
  const double per_pass = static_cast<double>(idealCycles(plan).per_image) / plan.passes;
  std::vector<ChoiceCycles> all(static_cast<std::size_t>(plan.supplies));
  const auto add = [&](const SupplyPlan& supply, const LayerPlan& layer, bool shared) {
    auto& choice = all[static_cast<std::size_t>(supply.index)];
    choice.layer = layer.index;
    choice.shared = shared;
    choice.per_pass =
        layer.choice == Choice::Noise ? layer.words * layer.windows : layer.windows / layer.mask_windows;
    choice.cycles = supply.rounds * roundCycles(supply, plan.target) * meanAttempts(supply);
    choice.available = per_pass / choice.per_pass;
  };
  for (const auto& layer : plan.layers) {
    if (layer.supply) add(*layer.supply, layer, false);
    if (layer.shared_consumer == 0) add(*plan.shared, layer, true);
  }
  const std::vector<bool> none(all.size(), false), every(all.size(), true);
  const double free = steadyCycles(plan, seed, every);
  if (steadyCycles(plan, seed, none) <= free) return all;
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto others = every;
    others[i] = false;
    all[i].slow_down = steadyCycles(plan, seed, others) / free;
  }
  return all;
}

}  // namespace plan

std::int64_t plannedCycles(const Plan& plan, std::int64_t images, std::uint32_t seed) {
  return plan::plannedCyclesWithout(plan, images, seed,
                                    std::vector<bool>(static_cast<std::size_t>(plan.supplies)));
}

std::int64_t prefetchCycles(const Plan& plan, std::uint32_t seed) {
  constexpr int kQueue = 2;
  std::int64_t longest = 0;
  const auto consider = [&](const SupplyPlan& supply, int choices) {
    plan::ArbiterDraws draws(supply, plan.target, seed);
    std::int64_t rounds = 0;
    for (int held = 0; held < choices; ++rounds) held += draws.accepted() ? 1 : 0;
    longest = std::max(longest, plan::primeCycles(plan.target) +
                                    rounds * supply.rounds * plan::roundCycles(supply, plan.target));
  };
  for (const auto& layer : plan.layers) {
    if (layer.supply) consider(*layer.supply, kQueue);
    if (layer.window) longest = std::max<std::int64_t>(longest, plan::leadingTaps(*layer.window));
  }
  if (plan.shared) consider(*plan.shared, plan.shared_depth + kQueue);
  return longest;
}

std::int64_t settleCycles(const Plan& plan) {
  std::int64_t cycles = 0;
  for (const auto& layer : plan.layers) {
    if (!layer.window) continue;
    // Nobody holds it up, so its windows of a pass take their own time, one after the other at worst.
    const plan::WindowWork work = plan::windowWork(*layer.window);
    cycles += work.taps + work.reads + layer.window->in.pixels() +
              layer.windows * (static_cast<std::int64_t>(layer.schedule.size()) + layer.words);
  }
  return cycles;
}

std::vector<StageCycles> stageCycles(const Plan& plan) {
  std::vector<StageCycles> stages;
  const std::int64_t passes = plan.passes;
  stages.push_back({-1, "input stream", plan.layers.front().beatsPerImage()});
  for (const auto& layer : plan.layers) {
    const auto add = [&](const char* what, std::int64_t cycles) {
      stages.push_back({layer.index, "layer " + layer.name + what, cycles});
    };
    const bool windows_per_pass = layer.readsEveryPass();
    const bool words_per_pass = windows_per_pass || layer.replay == Replay::Sums;
    if (layer.window) {
      const plan::WindowWork work = plan::windowWork(*layer.window);
      const std::int64_t scans = windows_per_pass ? passes : 1;
      const std::int64_t maps = layer.per_pass ? passes : 1;  // a map that is replayed arrives once
      add(" window buffer",
          std::max(work.taps * scans, work.reads * scans + layer.window->in.pixels() * maps));
    }
    const std::int64_t windows = layer.windows;
    add(" arrays",
        static_cast<std::int64_t>(layer.schedule.size()) * windows * (windows_per_pass ? passes : 1));
    add(" post lanes", layer.words * windows * (words_per_pass ? passes : 1));
    if (layer.skip) {  // its memory takes every pixel and gives it, one at a time
      const std::int64_t maps = layer.skip->replay ? 1 : words_per_pass ? passes : 1;
      add(" skip buffer", layer.skip->pixels * (maps + (words_per_pass ? passes : 1)));
    }
  }
  stages.push_back({-1, "uncertainty head", plan.head.classes * passes});
  return stages;
}

IdealCycles idealCycles(const Plan& plan) {
  IdealCycles ideal;
  for (const StageCycles& stage : stageCycles(plan)) {
    if (stage.per_image > ideal.per_image) ideal = {stage.per_image, stage.stage};
  }
  return ideal;
}

}  // namespace neuspin

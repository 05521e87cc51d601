#include "plan/timing_stages.hpp"

namespace neuspin::plan {

void PingPong::clock(bool accept, bool release) {
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

void PingPong::snapshot(TimingState& state) const {
  state.insert(state.end(), {beat_, full_[0], full_[1], static_cast<int>(write_), static_cast<int>(read_)});
}

void NormTiming::clock(bool accept, bool out_ready) {
  const bool out_adv = !valid_ || out_ready;
  const bool read_adv = !read_valid_ || out_adv;
  const bool fire = banks_.valid() && read_adv;
  const bool last = word_ == words_ - 1;
  if (out_adv) valid_ = read_valid_;
  if (read_adv) read_valid_ = fire;
  if (fire) word_ = last ? 0 : word_ + 1;
  banks_.clock(accept, fire && last);
}

void NormTiming::snapshot(TimingState& state) const {
  banks_.snapshot(state);
  state.insert(state.end(), {word_, read_valid_, valid_});
}

void SkipTiming::clock(bool accept, bool release) {
  const bool read = held_ > ahead_ && (!valid_ || release);
  const bool write = rows_.valid() && held_ < skip_.depth && !read;
  const bool last_pass = pass_ == passes_ - 1;
  rows_.clock(accept, write);
  valid_ = read || (valid_ && !release);
  held_ += (write ? 1 : 0) - (read && last_pass ? 1 : 0);
  if (!read) return;
  if (!last_pass) ++ahead_;
  if (++pixel_ < skip_.pixels) return;
  pixel_ = ahead_ = 0;
  pass_ = last_pass ? 0 : pass_ + 1;
}

void SkipTiming::snapshot(TimingState& state) const {
  rows_.snapshot(state);
  state.insert(state.end(), {held_, ahead_, pixel_, pass_, valid_});
}

EngineTiming::EngineTiming(const LayerPlan& layer, const Plan& plan, std::uint32_t seed, FanoutTiming* fanout,
                           bool choices_at_hand, bool two_ports)
    : rows_(layer.beats),
      steps_(static_cast<int>(layer.schedule.size())),
      words_(layer.words),
      replay_input_(layer.replay == Replay::Input && !layer.window ? plan.passes : 1),
      replay_sums_(layer.replay == Replay::Sums ? plan.passes : 1),
      choice_windows_(layer.choice == Choice::Noise ? 1 : layer.mask_windows),
      choice_reads_(layer.choice == Choice::Rows || layer.choice == Choice::Array),
      choice_words_(layer.choice == Choice::Bank || layer.choice == Choice::Noise),
      choice_every_word_(layer.choice == Choice::Noise),
      fanout_(layer.shared_consumer >= 0 && !choices_at_hand ? fanout : nullptr),
      consumer_(layer.shared_consumer) {
  if (layer.supply && !choices_at_hand) supply_.emplace(*layer.supply, plan.target, seed);
  if (layer.cross_norm) norm_.emplace(layer.words);
  if (layer.skip) skip_.emplace(*layer.skip, layer.skip->replay ? plan.passes : 1);
  if (!layer.window) return;
  windows_.emplace(*layer.window, layer.replay == Replay::Input ? plan.passes : 1, two_ports);
  if (layer.window->takesMaximum()) pool_.emplace(*layer.window, layer.words);
  if (layer.window->averages()) average_.emplace(*layer.window);
}

bool EngineTiming::choiceValid() const {
  if (supply_) return supply_->valid();
  return fanout_ == nullptr || fanout_->valid(consumer_);
}

void EngineTiming::clock(bool accept, bool out_ready, bool accept_skip) {
  const bool choice = choiceValid();
  // post side (cim_post_ctrl)
  const bool taken_on = pool_ ? pool_->ready(out_ready) : norm_ ? norm_->ready() : out_ready;
  const bool lanes_ready = taken_on || (average_ && !average_->emits());
  const bool out_adv = !out_valid_ || lanes_ready;
  const bool s1_adv = !post_s1_valid_ || out_adv;
  const bool start =
      (!choice_words_ || choice) && (!skip_ || skip_->valid()) && (!average_ || average_->ready());
  const bool fire = hold_valid_ && start && s1_adv;
  const bool last_word = word_ == words_ - 1;
  const bool last_pass = pass_ == replay_sums_ - 1;
  const bool release_hold = fire && last_word && last_pass;
  const bool hold_free = !hold_valid_ || release_hold;
  // array side (cim_tile_ctrl)
  const bool stall = read_s1_valid_ && read_s1_last_ && !hold_free;
  const bool rows_valid = windows_ ? windows_->valid() : rows_.valid();
  const bool read = rows_valid && (!choice_reads_ || choice) && !stall;
  const bool load = read_s1_valid_ && read_s1_last_ && !stall;
  const bool last_step = step_ == steps_ - 1;
  const bool release_rows = read && last_step && repeat_ == replay_input_ - 1;

  const bool window_ends = choice_reads_ ? read && last_step : fire && last_word;
  const bool taken = choice_every_word_ ? fire
                                        : (choice_reads_ || choice_words_) && window_ends &&
                                              choice_window_ == choice_windows_ - 1;
  if (window_ends) choice_window_ = choice_window_ == choice_windows_ - 1 ? 0 : choice_window_ + 1;
  if (supply_) supply_->clock(taken);
  if (fanout_ != nullptr && taken) fanout_->pop(consumer_);
  if (skip_) skip_->clock(accept_skip, fire && last_word);
  if (norm_) norm_->clock(beatValid() && lanes_ready, out_ready);
  if (pool_) pool_->clock(out_valid_ && lanes_ready, out_ready);
  if (average_) average_->clock(fire, last_word, post_s1_valid_ && out_adv);
  if (out_adv) out_valid_ = post_s1_valid_;
  if (s1_adv) post_s1_valid_ = fire;
  if (fire) word_ = last_word ? 0 : word_ + 1;
  if (fire && last_word) pass_ = last_pass ? 0 : pass_ + 1;
  hold_valid_ = load || (hold_valid_ && !release_hold);
  if (!stall) read_s1_valid_ = read;
  if (read) {
    read_s1_last_ = last_step;
    step_ = last_step ? 0 : step_ + 1;
    if (last_step) repeat_ = repeat_ == replay_input_ - 1 ? 0 : repeat_ + 1;
  }
  if (!windows_) {
    rows_.clock(accept, release_rows);
    return;
  }
  const bool takes_pixel = rows_.valid() && windows_->ready();
  windows_->clock(takes_pixel, release_rows);
  rows_.clock(accept, takes_pixel);
}

void EngineTiming::snapshot(TimingState& state) const {
  rows_.snapshot(state);
  if (supply_) supply_->snapshot(state);
  if (norm_) norm_->snapshot(state);
  if (windows_) windows_->snapshot(state);
  if (pool_) pool_->snapshot(state);
  if (average_) average_->snapshot(state);
  if (skip_) skip_->snapshot(state);
  state.insert(state.end(), {step_, repeat_, choice_window_, word_, pass_, read_s1_valid_, read_s1_last_,
                             hold_valid_, post_s1_valid_, out_valid_});
}

bool HeadTiming::clock(bool accept) {
  // cim_head_result
  const bool delivered = out_valid_ && out_last_;
  const bool move = r1_.valid && !summary_;
  const bool rec_ready = !r1_.valid || move;
  // cim_head_stats: a rigid pipeline, blocked only by a record that cannot leave
  const bool advance = !(a2_.valid && a2_.final_pass && rec_.valid && !rec_ready);
  const bool stats_fire = exps_.valid() && advance;
  const bool stats_last = stats_class_ == classes_ - 1;
  // cim_head_exp
  const bool exp_fire = collect_.valid() && exps_.readyAfter(x1_valid_ && x1_last_, stats_fire && stats_last);
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

void HeadTiming::snapshot(TimingState& state) const {
  collect_.snapshot(state);
  exps_.snapshot(state);
  state.insert(state.end(),
               {exp_class_, stats_class_, pass_, x1_valid_, x1_last_, summary_, out_valid_, out_last_});
  for (const Token& token : {a1_, a2_, rec_, r1_}) {
    state.insert(state.end(), {token.valid, token.final_pass, token.last});
  }
}

}  // namespace neuspin::plan

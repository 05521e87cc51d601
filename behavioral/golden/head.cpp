#include "golden/head.hpp"

namespace neuspin::golden {

HeadCollect::HeadCollect(const HeadPlan& head) : head_(head) {
  reset();
}

void HeadCollect::reset() {
  for (Bank& bank : bank_) bank = {std::vector<std::int64_t>(static_cast<std::size_t>(head_.classes)), 0, 0};
  full_ = {};
  wr_bank_ = rd_bank_ = 0;
  widx_ = 0;
}

void HeadCollect::tick(std::int64_t logit, bool valid, bool release) {
  const bool accept = valid && ready();
  if (release) {
    full_[rd_bank_] = false;
    rd_bank_ ^= 1U;
  }
  if (!accept) return;
  Bank& bank = bank_[wr_bank_];
  bank.logits[static_cast<std::size_t>(widx_)] = logit;
  if (widx_ == 0 || logit > bank.max) {
    bank.max = logit;
    bank.vote = widx_;
  }
  if (widx_ == head_.classes - 1) {
    widx_ = 0;
    full_[wr_bank_] = true;
    wr_bank_ ^= 1U;
  } else {
    ++widx_;
  }
}

HeadExp::HeadExp(const HeadPlan& head) : head_(head) {
  reset();
}

void HeadExp::reset() {
  for (Bank& bank : bank_) bank = {std::vector<Entry>(static_cast<std::size_t>(head_.classes)), 0, 0, 0};
  x1_ = {};
  full_ = {};
  wr_bank_ = rd_bank_ = 0;
  idx_ = 0;
}

void HeadExp::eval(bool set_valid, bool release) {
  const std::size_t target = x1_.valid && x1_.last ? wr_bank_ ^ 1U : wr_bank_;
  fire_ = set_valid && (!full_[target] || (release && target == rd_bank_));
  last_ = idx_ == head_.classes - 1;
}

void HeadExp::tick(const HeadCollect::Bank& set, bool release) {
  if (release) {
    full_[rd_bank_] = false;
    rd_bank_ ^= 1U;
  }
  if (x1_.valid) {
    Bank& bank = bank_[wr_bank_];
    const std::uint32_t e = expValue(head_, x1_.t);
    bank.entries[static_cast<std::size_t>(x1_.idx)] = {e, x1_.logit};
    bank.sum = x1_.idx == 0 ? e : bank.sum + e;
    if (x1_.last) {
      bank.max = x1_.max;
      bank.vote = x1_.vote;
      full_[wr_bank_] = true;
      wr_bank_ ^= 1U;
    }
  }
  x1_.valid = fire_;
  if (!fire_) return;
  const std::int64_t logit = set.logits[static_cast<std::size_t>(idx_)];
  x1_ = {true, last_, idx_, set.vote, logit, set.max, expArgument(head_, set.max - logit)};
  idx_ = last_ ? 0 : idx_ + 1;
}

HeadStats::HeadStats(const HeadPlan& head) : head_(head) {
  reset();
}

void HeadStats::reset() {
  idx_ = pass_ = 0;
  a1_ = a2_ = {};
  a1_e_ = a2_p_ = 0;
  a1_inverse_ = {};
  classes_.assign(static_cast<std::size_t>(head_.classes), {});
  sum_max_ = 0;
  rec_ = {};
}

void HeadStats::eval(bool set_valid, int passes, bool record_ready) {
  adv_ = !(a2_.valid && a2_.final && rec_.valid && !record_ready);
  fire_ = set_valid && adv_;
  last_ = idx_ == head_.classes - 1;
  final_ = pass_ == passes - 1;
}

void HeadStats::updateAccumulators() {
  ClassStatistics& statistics = classes_[static_cast<std::size_t>(a2_.idx)];
  statistics = accumulate(head_, statistics, a2_.first, a2_p_, a2_.logit, a2_.vote == a2_.idx);
  if (a2_.last && head_.logits) sum_max_ = addLogit(sum_max_, a2_.first, a2_.max);
  if (a2_.final) rec_ = {true, a2_.last, a2_.idx, statistics, sum_max_};
}

void HeadStats::tick(const HeadExp::Bank& set, bool record_ready) {
  if (record_ready) rec_.valid = false;
  if (!adv_) return;
  if (a2_.valid) updateAccumulators();
  if (a1_.valid) {
    a2_ = a1_;
    a2_p_ = probability(a1_e_, a1_inverse_);
  } else {
    a2_.valid = false;
  }
  a1_.valid = fire_;
  if (!fire_) return;
  const HeadExp::Entry& entry = set.entries[static_cast<std::size_t>(idx_)];
  a1_ = {true, pass_ == 0, final_, last_, idx_, set.vote, entry.logit, set.max};
  a1_e_ = entry.e;
  a1_inverse_ = reciprocal(head_, set.sum);
  idx_ = last_ ? 0 : idx_ + 1;
  if (last_) pass_ = final_ ? 0 : (pass_ + 1) & 255;
}

void HeadResult::reset() {
  r1_ = {};
  summary_ = {};
  sum_pending_ = false;
  sum_max_ = 0;
  data_ = {};
  valid_ = last_ = false;
}

void HeadResult::eval(bool ready) {
  out_adv_ = !valid_ || ready;
  move_ = r1_.valid && out_adv_ && !sum_pending_;
  record_ready_ = !r1_.valid || move_;
}

void HeadResult::tick(const HeadStats::Record& record, const HeadControls& controls) {
  if (out_adv_) valid_ = move_ || sum_pending_;
  if (sum_pending_ && out_adv_) {
    data_ = packSummaryBeat(summary_, sum_max_, oodFlag(head_, summary_.kth_max, controls.ood_threshold));
    last_ = true;
    sum_pending_ = false;
  }
  if (move_) {
    const auto cls = static_cast<std::uint32_t>(r1_.cls);
    data_ = packClassBeat({cls, r1_.mean, variance(head_, r1_.mean, r1_.msq), r1_.kth, r1_.votes, r1_.sum_l});
    last_ = false;
    summary_ = addClass(head_, summary_, cls, r1_.mean, r1_.kth);
    if (r1_.last) {
      sum_pending_ = true;
      sum_max_ = r1_.sum_max;
    }
  }
  if (record.valid && record_ready_) {
    const ClassStatistics& statistics = record.statistics;
    r1_ = {.valid = true,
           .last = record.last,
           .cls = record.cls,
           .mean = meanProbability(head_, statistics.sum_p, controls.passes),
           .msq = meanSquare(head_, statistics.sum_p2, controls.passes),
           .kth = kthSmallest(head_, statistics, controls.ood_k),
           .votes = statistics.votes,
           .sum_l = statistics.sum_l,
           .sum_max = record.sum_max};
  } else if (move_) {
    r1_.valid = false;
  }
}

Head::Head(const HeadPlan& head) : collect_(head), exp_(head), stats_(head), result_(head) {}

void Head::reset() {
  collect_.reset();
  exp_.reset();
  stats_.reset();
  result_.reset();
}

void Head::eval(bool out_ready, const HeadControls& controls) {
  controls_ = controls;
  result_.eval(out_ready);
  stats_.eval(exp_.setValid(), controls.passes, result_.recordReady());
  exp_.eval(collect_.setValid(), stats_.setRelease());
}

void Head::tick(std::int64_t logit, bool valid) {
  // A consumer ticks before its producer, so it sees the producer's old outputs; releases were settled by
  // eval().
  const bool release_exps = stats_.setRelease();
  const bool release_logits = exp_.setRelease();
  result_.tick(stats_.record(), controls_);
  stats_.tick(exp_.set(), result_.recordReady());
  exp_.tick(collect_.set(), release_exps);
  collect_.tick(logit, valid, release_logits);
}

}  // namespace neuspin::golden

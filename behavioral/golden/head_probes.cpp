// Which registers of the head are compared, with widths. Accumulators of a part that is left out do not
// exist.
#include <bit>

#include "golden/head.hpp"

namespace neuspin::golden {
namespace {

constexpr int kExpBits = 13;  // e: 0 … 4096
constexpr int kProbabilityBits = 12;

int setSumBits(const HeadPlan& head) {
  return kExpBits + std::bit_width(static_cast<unsigned>(head.classes - 1));
}

void addSmall(const ProbeScope& scope, const std::string& name, int slots,
              const ClassStatistics& statistics) {
  scope.fields(name, slots, kProbabilityBits,
               [&statistics](int i) { return statistics.small[static_cast<std::size_t>(i)]; });
}

}  // namespace

void HeadCollect::addProbes(const ProbeScope& scope) const {
  for (std::size_t b = 0; b < 2; ++b) {
    const Bank& bank = bank_[b];
    const std::string n = std::to_string(b);
    scope.fields("bank" + n + "_q", head_.classes, head_.logit_bits,
                 [&bank](int c) { return bank.logits[static_cast<std::size_t>(c)]; });
    scope.number("max" + n + "_q", head_.logit_bits, bank.max);
    scope.number("vote" + n + "_q", idxBits(head_.classes), bank.vote);
  }
  scope.fields("full_q", 2, 1, flagPair(full_));
  scope.number("wr_bank_q", 1, wr_bank_);
  scope.number("rd_bank_q", 1, rd_bank_);
  scope.number("widx_q", idxBits(head_.classes), widx_);
}

void HeadExp::addProbes(const ProbeScope& scope) const {
  const int index_bits = idxBits(head_.classes);
  scope.number("idx_q", index_bits, idx_);
  scope.number("x1_valid_q", 1, x1_.valid);
  scope.number("x1_last_q", 1, x1_.last);
  scope.number("x1_idx_q", index_bits, x1_.idx);
  scope.number("x1_logit_q", head_.logit_bits, x1_.logit);
  scope.number("x1_t_q", 16, x1_.t);
  scope.number("x1_max_q", head_.logit_bits, x1_.max);
  scope.number("x1_vote_q", index_bits, x1_.vote);
  for (std::size_t b = 0; b < 2; ++b) {
    const Bank& bank = bank_[b];
    const std::string n = std::to_string(b);
    const std::uint64_t logit_mask = lowMask(head_.logit_bits);
    scope.fields("ebank" + n + "_q", head_.classes, head_.logit_bits + kExpBits, [&bank, logit_mask](int c) {
      const Entry& entry = bank.entries[static_cast<std::size_t>(c)];
      return (static_cast<std::uint64_t>(entry.logit) & logit_mask) << kExpBits | entry.e;
    });
    scope.number("sum" + n + "_q", setSumBits(head_), bank.sum);
    scope.number("max" + n + "_q", head_.logit_bits, bank.max);
    scope.number("vote" + n + "_q", index_bits, bank.vote);
  }
  scope.fields("full_q", 2, 1, flagPair(full_));
  scope.number("wr_bank_q", 1, wr_bank_);
  scope.number("rd_bank_q", 1, rd_bank_);
}

void HeadStats::addSampleProbes(const ProbeScope& scope, const std::string& stage,
                                const Sample& sample) const {
  scope.number(stage + "_valid_q", 1, sample.valid);
  scope.number(stage + "_first_q", 1, sample.first);
  scope.number(stage + "_final_q", 1, sample.final);
  scope.number(stage + "_last_q", 1, sample.last);
  scope.number(stage + "_idx_q", idxBits(head_.classes), sample.idx);
  scope.number(stage + "_logit_q", head_.logit_bits, sample.logit);
  scope.number(stage + "_max_q", head_.logit_bits, sample.max);
  scope.number(stage + "_vote_q", idxBits(head_.classes), sample.vote);
}

void HeadStats::addProbes(const ProbeScope& scope) const {
  scope.number("idx_q", idxBits(head_.classes), idx_);
  scope.number("pass_q", 8, pass_);
  addSampleProbes(scope, "a1", a1_);
  scope.number("a1_e_q", kExpBits, a1_e_);
  scope.number("a1_r_q", 13, a1_inverse_.r);
  scope.number("a1_n_q", 5, a1_inverse_.n);
  addSampleProbes(scope, "a2", a2_);
  scope.number("a2_p_q", kProbabilityBits, a2_p_);

  const auto perClass = [&](const std::string& name, int width, auto member) {
    scope.fields(name, head_.classes, width,
                 [this, member](int c) { return classes_[static_cast<std::size_t>(c)].*member; });
  };
  perClass("sum_p_q", 20, &ClassStatistics::sum_p);
  if (head_.moment2) perClass("sum_p2_q", 32, &ClassStatistics::sum_p2);
  if (head_.logits) {
    perClass("sum_l_q", 32, &ClassStatistics::sum_l);
    scope.number("sum_max_q", 32, sum_max_);
  }
  if (head_.votes) perClass("votes_q", 8, &ClassStatistics::votes);
  if (const int slots = head_.smallest; slots > 0) {
    scope.fields("small_q", head_.classes * slots, kProbabilityBits, [this, slots](int i) {
      return classes_[static_cast<std::size_t>(i / slots)].small[static_cast<std::size_t>(i % slots)];
    });
  }

  scope.number("rec_valid_q", 1, rec_.valid);
  scope.number("rec_last_q", 1, rec_.last);
  scope.number("rec_class_q", idxBits(head_.classes), rec_.cls);
  scope.number("rec_sum_p_q", 20, rec_.statistics.sum_p);
  scope.number("rec_sum_p2_q", 32, rec_.statistics.sum_p2);
  scope.number("rec_sum_l_q", 32, rec_.statistics.sum_l);
  scope.number("rec_votes_q", 8, rec_.statistics.votes);
  addSmall(scope, "rec_small_q", std::max(1, head_.smallest), rec_.statistics);
  scope.number("rec_sum_max_q", 32, rec_.sum_max);
}

void HeadResult::addProbes(const ProbeScope& scope) const {
  scope.number("r1_valid_q", 1, r1_.valid);
  scope.number("r1_last_q", 1, r1_.last);
  scope.number("r1_class_q", idxBits(head_.classes), r1_.cls);
  scope.number("r1_mean_q", kProbabilityBits, r1_.mean);
  scope.number("r1_msq_q", 24, r1_.msq);
  scope.number("r1_kth_q", kProbabilityBits, r1_.kth);
  scope.number("r1_votes_q", 8, r1_.votes);
  scope.number("r1_sum_l_q", 32, r1_.sum_l);
  scope.number("r1_sum_max_q", 32, r1_.sum_max);
  scope.number("entropy_q", 16, summary_.entropy);
  scope.number("best_q", kProbabilityBits, summary_.best);
  scope.number("best_class_q", idxBits(head_.classes), summary_.best_class);
  scope.number("kth_max_q", kProbabilityBits, summary_.kth_max);
  scope.number("sum_pending_q", 1, sum_pending_);
  scope.number("sum_max_q", 32, sum_max_);
  scope.packed("data_q", 128, data_);
  scope.number("valid_q", 1, valid_);
  scope.number("last_q", 1, last_);
}

void Head::addProbes(const ProbeScope& scope) const {
  collect_.addProbes(scope.below("u_collect"));
  exp_.addProbes(scope.below("u_exp"));
  stats_.addProbes(scope.below("u_stats"));
  result_.addProbes(scope.below("u_result"));
}

}  // namespace neuspin::golden

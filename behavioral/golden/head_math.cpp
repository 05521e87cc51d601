#include "golden/head_math.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

namespace neuspin::golden {
namespace {

constexpr std::uint32_t kExpArgumentMax = 65535;
constexpr std::uint32_t kExpOctaves = 12;  // 2^-13 is below the last fraction bit
constexpr std::uint32_t kMeanSquareMax = (1U << 24) - 1;

std::uint64_t divideByPasses(const HeadPlan& head, std::uint64_t sum, int passes) {
  const std::uint64_t inverse = head.inv_t_table.at(static_cast<std::size_t>(passes));
  return (sum * inverse + 32768) >> 16;
}

}  // namespace

std::uint32_t expArgument(const HeadPlan& head, std::int64_t d) {
  const std::int64_t t = (d * head.exp_mul) >> head.exp_shift;
  return static_cast<std::uint32_t>(std::min<std::int64_t>(kExpArgumentMax, t));
}

std::uint32_t expValue(const HeadPlan& head, std::uint32_t t) {
  const std::uint32_t octaves = t >> 8;
  return octaves > kExpOctaves ? 0 : head.exp_table[t & 255] >> octaves;
}

std::uint32_t expNumerator(const HeadPlan& head, std::int64_t d) {
  return expValue(head, expArgument(head, d));
}

Reciprocal reciprocal(const HeadPlan& head, std::uint32_t sum) {
  assert(sum >= 256);
  const int n = static_cast<int>(std::bit_width(sum)) - 1;
  return {head.recip_table[(sum >> (n - 8)) & 255], n};
}

std::uint32_t probability(std::uint32_t e, const Reciprocal& inverse) {
  const std::uint32_t rounded = (e * inverse.r + (1U << (inverse.n - 1))) >> inverse.n;
  return std::min(kProbabilityMax, rounded);
}

std::uint32_t probability(const HeadPlan& head, std::uint32_t e, std::uint32_t sum) {
  return probability(e, reciprocal(head, sum));
}

ClassStatistics accumulate(const HeadPlan& head, const ClassStatistics& before, bool first, std::uint32_t p,
                           std::int64_t logit, bool won) {
  ClassStatistics after = first ? ClassStatistics{} : before;
  after.sum_p += p;
  if (head.moment2) after.sum_p2 += p * p;
  if (head.logits) after.sum_l = addLogit(before.sum_l, first, logit);
  if (head.votes && won) after.votes = (after.votes + 1) & 255;
  const auto kept = std::span(after.small).first(static_cast<std::size_t>(head.smallest));
  if (first) std::ranges::fill(kept, static_cast<std::uint16_t>(kProbabilityMax));
  auto sample = static_cast<std::uint16_t>(p);
  for (std::uint16_t& slot : kept) {
    if (sample < slot) std::swap(sample, slot);
  }
  return after;
}

std::int32_t addLogit(std::int32_t before, bool first, std::int64_t logit) {
  const std::uint32_t base = first ? 0 : static_cast<std::uint32_t>(before);
  return static_cast<std::int32_t>(base + static_cast<std::uint32_t>(logit));
}

std::uint32_t meanProbability(const HeadPlan& head, std::uint32_t sum_p, int passes) {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(kProbabilityMax, divideByPasses(head, sum_p, passes)));
}

std::uint32_t meanSquare(const HeadPlan& head, std::uint32_t sum_p2, int passes) {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(kMeanSquareMax, divideByPasses(head, sum_p2, passes)));
}

std::uint32_t variance(const HeadPlan& head, std::uint32_t mean, std::uint32_t msq) {
  const std::uint32_t square = mean * mean;
  return head.moment2 && msq > square ? msq - square : 0;
}

std::uint32_t entropyTerm(const HeadPlan& head, std::uint32_t mean) {
  return head.entropy ? head.plogp_table[mean >> 2] : 0;
}

std::uint32_t kthSmallest(const HeadPlan& head, const ClassStatistics& statistics, int ood_k) {
  if (head.smallest == 0) return 0;
  return statistics.small[static_cast<std::size_t>(std::clamp(ood_k, 1, head.smallest) - 1)];
}

Summary addClass(const HeadPlan& head, const Summary& before, std::uint32_t cls, std::uint32_t mean,
                 std::uint32_t kth) {
  const bool first = cls == 0;
  Summary after = before;
  after.entropy = ((first ? 0 : before.entropy) + entropyTerm(head, mean)) & 0xFFFF;
  if (first || mean > before.best) {
    after.best = mean;
    after.best_class = cls;
  }
  after.kth_max = first ? kth : std::max(before.kth_max, kth);
  return after;
}

bool oodFlag(const HeadPlan& head, std::uint32_t kth_max, int ood_threshold) {
  return head.smallest > 0 && static_cast<int>(kth_max) < ood_threshold;
}

Statistics::Statistics(const HeadPlan& head)
    : head_(head),
      classes_(static_cast<std::size_t>(head.classes)),
      exps_(static_cast<std::size_t>(head.classes)) {}

void Statistics::clear() {
  first_ = true;  // the next pass overwrites every accumulator
}

void Statistics::addPass(std::span<const std::int32_t> logits) {
  assert(logits.size() == classes_.size());
  const auto best = std::ranges::max_element(logits);  // the first of equals
  const auto winner = static_cast<std::size_t>(best - logits.begin());
  std::uint32_t sum = 0;
  for (std::size_t c = 0; c < classes_.size(); ++c) {
    exps_[c] = expNumerator(head_, static_cast<std::int64_t>(*best) - logits[c]);
    sum += exps_[c];
  }
  const Reciprocal inverse = reciprocal(head_, sum);
  for (std::size_t c = 0; c < classes_.size(); ++c) {
    classes_[c] =
        accumulate(head_, classes_[c], first_, probability(exps_[c], inverse), logits[c], c == winner);
  }
  if (head_.logits) sum_max_ = addLogit(sum_max_, first_, *best);
  first_ = false;
}

ImageResult Statistics::finish(int passes, int ood_threshold, int ood_k) const {
  ImageResult result;
  Summary summary;
  for (std::size_t c = 0; c < classes_.size(); ++c) {
    const ClassStatistics& statistics = classes_[c];
    const std::uint32_t mean = meanProbability(head_, statistics.sum_p, passes);
    const std::uint32_t kth = kthSmallest(head_, statistics, ood_k);
    result.mean_p.push_back(static_cast<std::uint16_t>(mean));
    result.var_p.push_back(variance(head_, mean, meanSquare(head_, statistics.sum_p2, passes)));
    result.kth_p.push_back(static_cast<std::uint16_t>(kth));
    result.votes.push_back(static_cast<std::uint16_t>(statistics.votes));
    result.sum_logit.push_back(statistics.sum_l);
    summary = addClass(head_, summary, static_cast<std::uint32_t>(c), mean, kth);
  }
  result.argmax = static_cast<std::uint16_t>(summary.best_class);
  result.best_p = static_cast<std::uint16_t>(summary.best);
  result.entropy = static_cast<std::uint16_t>(summary.entropy);
  result.kth_max = static_cast<std::uint16_t>(summary.kth_max);
  result.sum_max_logit = sum_max_;
  result.ood = oodFlag(head_, summary.kth_max, ood_threshold);
  return result;
}

Beat packClassBeat(const ClassBeat& fields) {
  return {fields.mean | (fields.var & 0xFFFF) << 16,
          (fields.var >> 16 & 0xFF) | fields.kth << 8 | fields.votes << 24,
          static_cast<std::uint32_t>(fields.sum_l), fields.cls};
}

Beat packSummaryBeat(const Summary& summary, std::int32_t sum_max, bool ood) {
  return {summary.best_class | summary.best << 16, summary.entropy | summary.kth_max << 16,
          static_cast<std::uint32_t>(sum_max), (ood ? 1U << 16 : 0) | 1U << 31};
}

std::vector<Beat> packBeats(const ImageResult& result) {
  std::vector<Beat> beats;
  for (std::size_t c = 0; c < result.mean_p.size(); ++c) {
    beats.push_back(packClassBeat({static_cast<std::uint32_t>(c), result.mean_p[c], result.var_p[c],
                                   result.kth_p[c], result.votes[c], result.sum_logit[c]}));
  }
  beats.push_back(packSummaryBeat({result.entropy, result.best_p, result.argmax, result.kth_max},
                                  result.sum_max_logit, result.ood));
  return beats;
}

std::optional<ImageResult> unpackBeats(std::span<const Beat> beats) {
  if (beats.empty()) return std::nullopt;
  ImageResult result;
  for (std::size_t c = 0; c + 1 < beats.size(); ++c) {
    const Beat& beat = beats[c];
    if (beat[3] != c) return std::nullopt;  // out of order, or a summary
    result.mean_p.push_back(static_cast<std::uint16_t>(beat[0]));
    result.var_p.push_back(beat[0] >> 16 | (beat[1] & 0xFF) << 16);
    result.kth_p.push_back(static_cast<std::uint16_t>(beat[1] >> 8));
    result.votes.push_back(static_cast<std::uint16_t>(beat[1] >> 24));
    result.sum_logit.push_back(static_cast<std::int32_t>(beat[2]));
  }
  const Beat& last = beats.back();
  if ((last[3] & ~(1U << 16)) != 1U << 31) return std::nullopt;
  result.argmax = static_cast<std::uint16_t>(last[0]);
  result.best_p = static_cast<std::uint16_t>(last[0] >> 16);
  result.entropy = static_cast<std::uint16_t>(last[1]);
  result.kth_max = static_cast<std::uint16_t>(last[1] >> 16);
  result.sum_max_logit = static_cast<std::int32_t>(last[2]);
  result.ood = (last[3] >> 16 & 1) != 0;
  return result;
}

}  // namespace neuspin::golden

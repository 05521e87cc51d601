// Constants and look-up tables of the uncertainty head. Fixed point: rtl/README.md, "Uncertainty head".
#include "plan/head_tables.hpp"

#include <cmath>
#include <numbers>

namespace neuspin::plan {

namespace {
constexpr double kOne = 4096;  // probabilities and exponentials have 12 fraction bits

template <typename F>
std::vector<std::uint32_t> table(int entries, F f) {
  std::vector<std::uint32_t> out(static_cast<std::size_t>(entries));
  for (int i = 0; i < entries; ++i)
    out[static_cast<std::size_t>(i)] = static_cast<std::uint32_t>(std::lround(f(i)));
  return out;
}
}  // namespace

HeadPlan makeHead(const TargetSpec& target, int classes, int logit_bits, int logit_frac, int max_passes) {
  HeadPlan head;
  head.classes = classes;
  head.logit_bits = logit_bits;
  head.logit_frac = logit_frac;
  // t = d·2^−frac·log2(e) in 1/256 octaves; 7 more bits keep the multiplier at 16 bits (relative error 1e-5).
  constexpr int kExtraBits = 7;
  head.exp_shift = logit_frac + kExtraBits;
  head.exp_mul = std::llround(256.0 * std::numbers::log2e * (1 << kExtraBits));
  head.max_passes = max_passes;
  head.smallest = target.smallest;
  head.moment2 = target.moment2;
  head.entropy = target.entropy;
  head.votes = target.votes;
  head.logits = target.logits;
  head.ood_threshold = static_cast<int>(std::lround(target.ood_threshold * kOne));
  if (head.ood_threshold > 4095) head.ood_threshold = 4095;
  head.ood_k = target.ood_k;
  head.exp_table = table(256, [](int i) { return kOne * std::exp2(-i / 256.0); });
  head.recip_table = table(256, [](int i) { return kOne / (1.0 + (i + 0.5) / 256.0); });
  // Entry i serves means 4i … 4i+3 (of 4096): their middle, so that many small probabilities do not add up a
  // bias.
  head.plogp_table = table(1024, [](int i) {
    const double q = (i + 0.375) / 1024.0;
    return i == 0 ? 0.0 : -q * std::log(q) * kOne;
  });
  head.inv_t_table = table(max_passes + 1, [](int t) { return t == 0 ? 0.0 : 65536.0 / t; });
  return head;
}

}  // namespace neuspin::plan

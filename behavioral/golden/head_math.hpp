// Pure integer functions of the uncertainty head (rtl/README.md, cim_head_*), shared by the clocked
// golden::Network and the clockless golden::Infer. Probabilities p, means and exponentials e have 12 fraction
// bits; 1/T has 16.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "golden/infer.hpp"
#include "plan/plan.hpp"

namespace neuspin::golden {

constexpr std::uint32_t kProbabilityMax = 4095;  ///< p and mean saturate here (1 − 2^−12)
constexpr int kMaxSmallest = 8;                  ///< upper limit of HeadPlan::smallest

// ---- one pass: softmax
// -------------------------------------------------------------------------------------

/// t, the exponent of a numerator in 1/256 octaves, saturated to 16 bits; d = largest logit − logit >= 0.
[[nodiscard]] std::uint32_t expArgument(const HeadPlan& head, std::int64_t d);
/// e ≈ 2^(−t/256), 0 … 4096; 0 from 13 octaves down.
[[nodiscard]] std::uint32_t expValue(const HeadPlan& head, std::uint32_t t);
/// expValue(expArgument(d)).
[[nodiscard]] std::uint32_t expNumerator(const HeadPlan& head, std::int64_t d);

/// 1/sum as r·2^−n (r with 12 fraction bits), n = floor(log2(sum)).
struct Reciprocal {
  std::uint32_t r = 0;
  int n = 0;
};
/// sum >= 256; a sum of numerators always holds the winner's 4096.
[[nodiscard]] Reciprocal reciprocal(const HeadPlan& head, std::uint32_t sum);
/// p ≈ e/sum, 0 … 4095, rounded to nearest before saturation.
[[nodiscard]] std::uint32_t probability(std::uint32_t e, const Reciprocal& inverse);
[[nodiscard]] std::uint32_t probability(const HeadPlan& head, std::uint32_t e, std::uint32_t sum);

// ---- over the passes
// ---------------------------------------------------------------------------------------

/// Accumulators of one class. Those of a part the head leaves out stay 0.
struct ClassStatistics {
  std::uint32_t sum_p = 0;   ///< Σ p (20 bits)
  std::uint32_t sum_p2 = 0;  ///< Σ p², with EnMoment2
  std::int32_t sum_l = 0;    ///< Σ logit, with EnLogits; wraps like the register
  std::uint32_t votes = 0;   ///< passes this class won, with EnVotes (8 bits)
  std::array<std::uint16_t, kMaxSmallest>
      small{};  ///< the HeadPlan::smallest smallest p, ascending; the others 0
  bool operator==(const ClassStatistics&) const = default;
};

/// `before` plus one pass; `first` starts anew (slots of `small` not reached yet then hold 4095).
[[nodiscard]] ClassStatistics accumulate(const HeadPlan& head, const ClassStatistics& before, bool first,
                                         std::uint32_t p, std::int64_t logit, bool won);

/// Two's complement 32-bit sum of `before` (0 if first) and a logit; wraps as the register does.
[[nodiscard]] std::int32_t addLogit(std::int32_t before, bool first, std::int64_t logit);

// ---- results
// -----------------------------------------------------------------------------------------------

/// min(4095, sum_p / T) with the 1/T table; passes indexes the table.
[[nodiscard]] std::uint32_t meanProbability(const HeadPlan& head, std::uint32_t sum_p, int passes);
/// min(2^24 − 1, sum_p2 / T), 24 fraction bits.
[[nodiscard]] std::uint32_t meanSquare(const HeadPlan& head, std::uint32_t sum_p2, int passes);
/// max(0, msq − mean²), 24 fraction bits; 0 without EnMoment2.
[[nodiscard]] std::uint32_t variance(const HeadPlan& head, std::uint32_t mean, std::uint32_t msq);
/// −mean·ln(mean), 12 fraction bits; 0 without EnEntropy.
[[nodiscard]] std::uint32_t entropyTerm(const HeadPlan& head, std::uint32_t mean);
/// The ood_k-th smallest sample, ood_k clamped to 1 … smallest; 0 if none are kept.
[[nodiscard]] std::uint32_t kthSmallest(const HeadPlan& head, const ClassStatistics& statistics, int ood_k);

/// What the result stage carries from class to class of one image.
struct Summary {
  std::uint32_t entropy = 0;     ///< Σ −p ln p, 16 bits
  std::uint32_t best = 0;        ///< largest mean
  std::uint32_t best_class = 0;  ///< lowest class of that mean
  std::uint32_t kth_max = 0;     ///< largest k-th smallest sample
  bool operator==(const Summary&) const = default;
};
/// `before` plus one class; class 0 starts anew.
[[nodiscard]] Summary addClass(const HeadPlan& head, const Summary& before, std::uint32_t cls,
                               std::uint32_t mean, std::uint32_t kth);
/// The out-of-distribution flag: never set if no samples are kept.
[[nodiscard]] bool oodFlag(const HeadPlan& head, std::uint32_t kth_max, int ood_threshold);

/// Statistics of one image over its passes, and its result; what Infer uses.
class Statistics {
 public:
  explicit Statistics(const HeadPlan& head);
  void clear();                                        ///< start a new image
  void addPass(std::span<const std::int32_t> logits);  ///< [class]
  /// passes <= head.max_passes: how many addPass calls the 1/T table divides by.
  [[nodiscard]] ImageResult finish(int passes, int ood_threshold, int ood_k) const;

 private:
  const HeadPlan& head_;
  std::vector<ClassStatistics> classes_;
  std::vector<std::uint32_t> exps_;  ///< scratch
  std::int32_t sum_max_ = 0;
  bool first_ = true;
};

// ---- output stream
// -----------------------------------------------------------------------------------------

/// 128-bit beat, word 0 lowest.
using Beat = std::array<std::uint32_t, 4>;

struct ClassBeat {
  std::uint32_t cls = 0, mean = 0, var = 0, kth = 0, votes = 0;
  std::int32_t sum_l = 0;
};
[[nodiscard]] Beat packClassBeat(const ClassBeat& fields);
[[nodiscard]] Beat packSummaryBeat(const Summary& summary, std::int32_t sum_max, bool ood);

/// All beats of one image: one a class in order, then the summary.
[[nodiscard]] std::vector<Beat> packBeats(const ImageResult& result);
/// The reverse; nullopt unless there are classes+1 beats, in order, with the summary mark on the last alone.
[[nodiscard]] std::optional<ImageResult> unpackBeats(std::span<const Beat> beats);

}  // namespace neuspin::golden

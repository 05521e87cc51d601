// The uncertainty head, stage by stage: cim_head_collect → cim_head_exp → cim_head_stats → cim_head_result.
// Each stage is evaluated from the output backwards (its consumer's release or ready), then all tick with
// their neighbours' old state.
#pragma once

#include "golden/bits.hpp"
#include "golden/head_math.hpp"

namespace neuspin::golden {

/// What the register file tells the head.
struct HeadControls {
  int passes = 1, ood_threshold = 0, ood_k = 1;
};

/// Logits of one pass, class by class; two banks.
class HeadCollect {
 public:
  struct Bank {
    std::vector<std::int64_t> logits;  ///< [class]
    std::int64_t max = 0;
    int vote = 0;  ///< lowest class that has the maximum
  };
  explicit HeadCollect(const HeadPlan& head);
  void reset();
  [[nodiscard]] bool ready() const { return !full_[wr_bank_]; }
  [[nodiscard]] bool setValid() const { return full_[rd_bank_]; }
  [[nodiscard]] const Bank& set() const { return bank_[rd_bank_]; }
  void tick(std::int64_t logit, bool valid, bool release);
  void addProbes(const ProbeScope& scope) const;

 private:
  const HeadPlan& head_;
  std::array<Bank, 2> bank_;
  std::array<bool, 2> full_{};
  std::size_t wr_bank_ = 0, rd_bank_ = 0;
  int widx_ = 0;
};

/// Softmax numerators, one class a cycle.
class HeadExp {
 public:
  struct Entry {
    std::uint32_t e = 0;
    std::int64_t logit = 0;
  };
  struct Bank {
    std::vector<Entry> entries;  ///< [class]
    std::uint32_t sum = 0;
    std::int64_t max = 0;
    int vote = 0;
  };
  explicit HeadExp(const HeadPlan& head);
  void reset();
  [[nodiscard]] bool setValid() const { return full_[rd_bank_]; }
  [[nodiscard]] const Bank& set() const { return bank_[rd_bank_]; }
  void eval(bool set_valid, bool release);
  [[nodiscard]] bool setRelease() const { return fire_ && last_; }
  /// set: the collector's present set; release: the statistics stage is done with ours.
  void tick(const HeadCollect::Bank& set, bool release);
  void addProbes(const ProbeScope& scope) const;

 private:
  struct Stage1 {
    bool valid = false, last = false;
    int idx = 0, vote = 0;
    std::int64_t logit = 0, max = 0;
    std::uint32_t t = 0;
  };
  const HeadPlan& head_;
  int idx_ = 0;
  Stage1 x1_;
  std::array<Bank, 2> bank_;
  std::array<bool, 2> full_{};
  std::size_t wr_bank_ = 0, rd_bank_ = 0;
  bool fire_ = false, last_ = false;  // of this cycle
};

/// Per-class statistics over the passes; a record per class in the last pass.
class HeadStats {
 public:
  struct Record {
    bool valid = false, last = false;
    int cls = 0;
    ClassStatistics statistics;
    std::int32_t sum_max = 0;
  };
  explicit HeadStats(const HeadPlan& head);
  void reset();
  [[nodiscard]] const Record& record() const { return rec_; }
  [[nodiscard]] int pass() const { return pass_; }
  void eval(bool set_valid, int passes, bool record_ready);
  [[nodiscard]] bool setRelease() const { return fire_ && last_; }
  void tick(const HeadExp::Bank& set, bool record_ready);
  void addProbes(const ProbeScope& scope) const;

 private:
  struct Sample {
    bool valid = false, first = false, final = false, last = false;
    int idx = 0, vote = 0;
    std::int64_t logit = 0, max = 0;
  };
  void updateAccumulators();
  void addSampleProbes(const ProbeScope& scope, const std::string& stage, const Sample& sample) const;

  const HeadPlan& head_;
  int idx_ = 0, pass_ = 0;
  Sample a1_, a2_;
  std::uint32_t a1_e_ = 0, a2_p_ = 0;
  Reciprocal a1_inverse_;
  std::vector<ClassStatistics> classes_;
  std::int32_t sum_max_ = 0;
  Record rec_;
  bool adv_ = false, fire_ = false, last_ = false, final_ = false;  // of this cycle
};

/// Means, variance, entropy, arg-max, flag: the output stream.
class HeadResult {
 public:
  explicit HeadResult(const HeadPlan& head) : head_(head) {}
  void reset();
  [[nodiscard]] bool valid() const { return valid_; }
  [[nodiscard]] bool last() const { return last_; }
  [[nodiscard]] const Beat& data() const { return data_; }
  void eval(bool ready);
  [[nodiscard]] bool recordReady() const { return record_ready_; }
  void tick(const HeadStats::Record& record, const HeadControls& controls);
  void addProbes(const ProbeScope& scope) const;

 private:
  struct Stage1 {
    bool valid = false, last = false;
    int cls = 0;
    std::uint32_t mean = 0, msq = 0, kth = 0, votes = 0;
    std::int32_t sum_l = 0, sum_max = 0;
  };
  const HeadPlan& head_;
  Stage1 r1_;
  Summary summary_;
  bool sum_pending_ = false;
  std::int32_t sum_max_ = 0;
  Beat data_{};
  bool valid_ = false, last_ = false;
  bool out_adv_ = false, move_ = false, record_ready_ = false;  // of this cycle
};

class Head {
 public:
  explicit Head(const HeadPlan& head);
  void reset();
  [[nodiscard]] bool ready() const { return collect_.ready(); }
  [[nodiscard]] const HeadResult& result() const { return result_; }
  [[nodiscard]] int pass() const { return stats_.pass(); }
  void eval(bool out_ready, const HeadControls& controls);
  void tick(std::int64_t logit, bool valid);
  void addProbes(const ProbeScope& scope) const;

 private:
  HeadCollect collect_;
  HeadExp exp_;
  HeadStats stats_;
  HeadResult result_;
  HeadControls controls_;
};

}  // namespace neuspin::golden

// cim_avg_pool: the sums of pool × pool windows, added up between the sums and the lanes.
#pragma once

#include "golden/bits.hpp"

namespace neuspin::golden {

class AvgPool {
 public:
  using Sums = std::vector<std::int64_t>;  ///< one a lane

  /// layer.window must be set and average; keeps nothing of `layer`.
  explicit AvgPool(const LayerPlan& layer);
  void reset();  ///< registers; the memory keeps its contents

  /// A word may fire: it needs the memory at most if the word before it does not.
  [[nodiscard]] bool free() const { return !(s1_valid_ && s1_store_ && fetches()); }
  /// Whether the lanes' beat is that of a whole pool.
  [[nodiscard]] bool emits() const { return emit_; }
  /// What the lanes take; `sums`: of the word that fired last.
  [[nodiscard]] Sums totals(const Sums& sums) const;

  /// Clock edge: a word fires, the one before, whose `totals` these are, moves on to the lanes.
  void tick(bool fire, int word, bool move, const Sums& totals);
  void addProbes(const ProbeScope& scope) const;

 private:
  [[nodiscard]] bool fetches() const { return out_width_ > 1 && xm_ == 0 && ym_ > 0; }
  void fire(int word);

  const int lanes_, words_, out_width_, pool_, total_bits_;
  std::vector<Sums> memory_;  ///< [pool of a row*words + word]
  Sums rdata_;
  int xm_ = 0, ym_ = 0, px_ = 0;
  bool s1_valid_ = false, s1_first_ = false, s1_fetched_ = false, s1_store_ = false, s1_emit_ = false;
  int s1_word_ = 0, s1_addr_ = 0;
  std::vector<Sums> acc_;  ///< [word]
  bool emit_ = false;
};

}  // namespace neuspin::golden

#include "golden/avg_pool.hpp"

namespace neuspin::golden {

AvgPool::AvgPool(const LayerPlan& layer)
    : lanes_(layer.lanes),
      words_(layer.words),
      out_width_(layer.window->out_width / layer.window->pool),
      pool_(layer.window->pool),
      total_bits_(layer.total_bits),
      rdata_(static_cast<std::size_t>(lanes_)),
      acc_(static_cast<std::size_t>(words_), rdata_) {
  if (out_width_ > 1) memory_.assign(static_cast<std::size_t>(out_width_ * words_), rdata_);
}

void AvgPool::reset() {
  xm_ = ym_ = px_ = s1_word_ = s1_addr_ = 0;
  s1_valid_ = s1_first_ = s1_fetched_ = s1_store_ = s1_emit_ = emit_ = false;
  for (Sums& word : acc_) std::ranges::fill(word, std::int64_t{0});
}

AvgPool::Sums AvgPool::totals(const Sums& sums) const {
  if (s1_first_) return sums;
  const Sums& before = s1_fetched_ ? rdata_ : acc_[static_cast<std::size_t>(s1_word_)];
  Sums totals;
  for (std::size_t lane = 0; lane < sums.size(); ++lane) totals.push_back(before[lane] + sums[lane]);
  return totals;
}

void AvgPool::tick(bool fire, int word, bool move, const Sums& totals) {
  if (move) {
    acc_[static_cast<std::size_t>(s1_word_)] = totals;
    if (s1_store_) memory_[static_cast<std::size_t>(s1_addr_)] = totals;
    emit_ = s1_emit_;
    s1_valid_ = false;
  }
  if (fire) this->fire(word);
}

void AvgPool::fire(int word) {
  const bool right = xm_ == pool_ - 1, bottom = ym_ == pool_ - 1;
  s1_valid_ = true;
  s1_first_ = xm_ == 0 && ym_ == 0;
  s1_fetched_ = fetches();
  s1_store_ = out_width_ > 1 && right && !bottom;
  s1_emit_ = right && bottom;
  s1_word_ = word;
  s1_addr_ = px_ * words_ + word;
  if (s1_fetched_) rdata_ = memory_[static_cast<std::size_t>(s1_addr_)];
  if (word < words_ - 1) return;
  xm_ = (xm_ + 1) % pool_;
  if (!right) return;
  px_ = (px_ + 1) % out_width_;
  if (px_ == 0) ym_ = (ym_ + 1) % pool_;
}

void AvgPool::addProbes(const ProbeScope& scope) const {
  scope.number("xm_q", idxBits(pool_), xm_);
  scope.number("ym_q", idxBits(pool_), ym_);
  scope.number("px_q", idxBits(out_width_), px_);
  scope.number("s1_valid_q", 1, s1_valid_);
  scope.number("s1_first_q", 1, s1_first_);
  scope.number("s1_fetched_q", 1, s1_fetched_);
  scope.number("s1_store_q", 1, s1_store_);
  scope.number("s1_emit_q", 1, s1_emit_);
  scope.number("s1_word_q", idxBits(words_), s1_word_);
  scope.number("s1_addr_q", idxBits(out_width_ * words_), s1_addr_);
  scope.fields("acc_q", words_ * lanes_, total_bits_, [this](int n) {
    return acc_[static_cast<std::size_t>(n / lanes_)][static_cast<std::size_t>(n % lanes_)];
  });
  scope.number("emit_q", 1, emit_);
}

}  // namespace neuspin::golden

#include "golden/cross_norm.hpp"

namespace neuspin::golden {

CrossNorm::CrossNorm(const LayerPlan& layer)
    : lanes_(layer.lanes),
      words_(layer.words),
      outputs_(layer.outputs),
      data_bits_(layer.out_bits),
      rdata_(static_cast<std::size_t>(layer.lanes)),
      data_(static_cast<std::size_t>(wordsFor(layer.lanes))) {
  for (auto& bank : memory_) bank.resize(static_cast<std::size_t>(layer.words * layer.lanes));
}

void CrossNorm::reset() {
  sum_ = {};
  full_ = {};
  wr_bank_ = rd_bank_ = r1_bank_ = 0;
  widx_ = ridx_ = 0;
  r1_valid_ = valid_ = false;
  r1_sum_ = 0;
  std::ranges::fill(data_, 0U);
}

void CrossNorm::accept(const Bits& data) {
  std::int64_t part = 0;
  for (int lane = 0; lane < lanes_; ++lane) {
    const int output = widx_ * lanes_ + lane;
    const std::int64_t u = signExtend(getBits(data, lane * data_bits_, data_bits_), data_bits_);
    memory_[wr_bank_][static_cast<std::size_t>(output)] = u;
    if (output < outputs_) part += u;
  }
  sum_[wr_bank_] = widx_ == 0 ? part : sum_[wr_bank_] + part;
  if (widx_ == words_ - 1) {
    widx_ = 0;
    full_[wr_bank_] = true;
    wr_bank_ ^= 1U;
  } else {
    ++widx_;
  }
}

void CrossNorm::compare() {
  for (int lane = 0; lane < lanes_; ++lane) {
    const bool high = outputs_ * rdata_[static_cast<std::size_t>(lane)] >= r1_sum_;
    putBits(data_, lane, 1, high ? 1 : 0);
  }
}

void CrossNorm::tick(const Bits& data, bool valid, bool ready) {
  const bool accepted = valid && this->ready();
  const bool out_adv = !valid_ || ready;
  const bool r1_adv = !r1_valid_ || out_adv;
  const bool fire = full_[rd_bank_] && r1_adv;

  // From the output to the input. The bank being read is full, the one being written is not: they differ.
  if (r1_valid_ && out_adv) compare();
  if (out_adv) valid_ = r1_valid_;
  if (r1_adv) r1_valid_ = fire;
  if (fire) {
    const auto first = memory_[rd_bank_].begin() + ridx_ * lanes_;
    std::copy(first, first + lanes_, rdata_.begin());
    r1_bank_ = rd_bank_;
    r1_sum_ = sum_[rd_bank_];
    if (ridx_ == words_ - 1) {
      ridx_ = 0;
      full_[rd_bank_] = false;
      rd_bank_ ^= 1U;
    } else {
      ++ridx_;
    }
  }
  if (accepted) accept(data);
}

void CrossNorm::addProbes(const ProbeScope& scope) const {
  const int sum_bits = data_bits_ + cntBits(outputs_);
  scope.fields("full_q", 2, 1, flagPair(full_));
  scope.number("wr_bank_q", 1, wr_bank_);
  scope.number("rd_bank_q", 1, rd_bank_);
  scope.number("widx_q", idxBits(words_), widx_);
  scope.number("ridx_q", idxBits(words_), ridx_);
  scope.number("sum0_q", sum_bits, sum_[0]);
  scope.number("sum1_q", sum_bits, sum_[1]);
  scope.number("r1_valid_q", 1, r1_valid_);
  scope.number("r1_bank_q", 1, r1_bank_);
  scope.number("r1_sum_q", sum_bits, r1_sum_);
  scope.packed("data_q", lanes_, data_);
  scope.number("valid_q", 1, valid_);
}

}  // namespace neuspin::golden

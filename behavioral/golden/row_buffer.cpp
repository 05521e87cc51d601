#include "golden/row_buffer.hpp"

namespace neuspin::golden {

RowBuffer::RowBuffer(int words, int beat_width, int vectors)
    : words_(words), beat_width_(beat_width), vectors_(vectors) {
  for (Bits& bank : bank_) bank.assign(static_cast<std::size_t>(wordsFor(words * beat_width)), 0);
}

void RowBuffer::reset() {
  for (Bits& bank : bank_) std::ranges::fill(bank, 0U);
  full_ = {};
  wr_bank_ = rd_bank_ = 0;
  widx_ = vidx_ = 0;
}

void RowBuffer::tick(const Bits& data, bool valid, bool release) {
  const bool accept = valid && ready();
  if (release) {
    full_[rd_bank_] = false;
    rd_bank_ ^= 1U;
  }
  if (!accept) return;
  for (int done = 0; done < beat_width_; done += 32) {
    const int take = std::min(32, beat_width_ - done);
    putBits(bank_[wr_bank_], widx_ * beat_width_ + done, take, data[static_cast<std::size_t>(done / 32)]);
  }
  if (!lastBeat()) {
    ++widx_;
    return;
  }
  widx_ = 0;
  vidx_ = vidx_ == vectors_ - 1 ? 0 : vidx_ + 1;
  full_[wr_bank_] = true;
  wr_bank_ ^= 1U;
}

void RowBuffer::addProbes(const ProbeScope& scope) const {
  scope.packed("bank0_q", words_ * beat_width_, bank_[0]);
  scope.packed("bank1_q", words_ * beat_width_, bank_[1]);
  scope.fields("full_q", 2, 1, flagPair(full_));
  scope.number("wr_bank_q", 1, wr_bank_);
  scope.number("rd_bank_q", 1, rd_bank_);
  scope.number("widx_q", idxBits(words_), widx_);
  scope.number("vidx_q", idxBits(vectors_), vidx_);
}

}  // namespace neuspin::golden

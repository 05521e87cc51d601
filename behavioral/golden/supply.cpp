#include "golden/supply.hpp"

namespace neuspin::golden {

MaskSupply::MaskSupply(const SupplyPlan& supply, const TargetSpec& target, std::uint32_t seed)
    : supply_(supply),
      bank_(supply, target, seed),
      cur_(static_cast<std::size_t>(wordsFor(supply.bits))),
      nxt_(cur_.size()) {}

void MaskSupply::reset() {
  bank_.reset();
  round_ = 0;
  cur_valid_ = nxt_valid_ = false;
  std::ranges::fill(cur_, 0U);
  std::ranges::fill(nxt_, 0U);
}

/// What the units drew this round into its place of nxt_; the last round may need fewer bits than there are
/// units.
void MaskSupply::putSlice() {
  const int base = round_ * supply_.modules;
  const int count = std::min(supply_.modules, supply_.bits - base);
  for (int done = 0; done < count; done += 32) {
    const int take = std::min(32, count - done);
    putBits(nxt_, base + done, take, bank_.bits(done, take));
  }
}

void MaskSupply::tick(bool mask_ready, const UnitBus& bus) {
  const bool flush = bank_.active();
  const bool want = !nxt_valid_;
  const bool pop = mask_ready && cur_valid_;
  const bool done = bank_.done();
  const bool complete = done && round_ == supply_.rounds - 1;

  if (pop && !complete) {
    std::ranges::copy(nxt_, cur_.begin());  // as it was before this round's slice
    cur_valid_ = nxt_valid_;
    nxt_valid_ = false;
  }
  if (done) {
    putSlice();
    round_ = complete ? 0 : round_ + 1;
  }
  if (complete) {
    if (pop || !cur_valid_) {
      std::ranges::copy(nxt_, cur_.begin());
      cur_valid_ = true;
    } else {
      nxt_valid_ = true;
    }
  }
  if (flush) {
    round_ = 0;
    cur_valid_ = nxt_valid_ = false;
  }
  bank_.tick(want, bus);
}

void MaskSupply::addProbes(const ProbeScope& scope) const {
  scope.number("round_q", idxBits(supply_.rounds), round_);
  scope.number("cur_valid_q", 1, cur_valid_);
  scope.packed("cur_q", supply_.bits, cur_);
  scope.number("nxt_valid_q", 1, nxt_valid_);
  scope.packed("nxt_q", supply_.bits, nxt_);
  bank_.addProbes(scope.below("u_bank"));
}

Arbiter::Arbiter(const SupplyPlan& supply, const TargetSpec& target, std::uint32_t seed)
    : supply_(supply), bank_(supply, target, seed), usage_(static_cast<std::size_t>(supply.choices)) {}

void Arbiter::reset() {
  bank_.reset();
  try_ = cur_ = nxt_ = 0;
  cur_valid_ = nxt_valid_ = false;
  std::ranges::fill(usage_, 0U);
}

std::uint32_t Arbiter::readUsage(int id, int word) const {
  const int choice = word - kUsageWord;
  if (id != supply_.first_unit || choice < 0 || choice >= supply_.choices) return 0;
  return usage_[static_cast<std::size_t>(choice)];
}

void Arbiter::tick(bool mask_ready, const UnitBus& bus) {
  const bool flush = bank_.active();
  const bool want = !nxt_valid_;
  const bool pop = mask_ready && cur_valid_;
  const bool done = bank_.done();
  const int drawn = done ? static_cast<int>(bank_.bits(0, supply_.modules)) : 0;
  const bool accept = done && (drawn < supply_.choices || try_ == kLastTry);
  const int chosen = drawn < supply_.choices ? drawn : drawn - supply_.choices;

  if (pop) ++usage_[static_cast<std::size_t>(cur_)];
  if (done) try_ = accept ? 0 : try_ + 1;
  if (accept && (pop || !cur_valid_)) {
    cur_ = chosen;
    cur_valid_ = true;
  } else if (accept) {
    nxt_ = chosen;
    nxt_valid_ = true;
  } else if (pop) {
    cur_ = nxt_;
    cur_valid_ = nxt_valid_;
    nxt_valid_ = false;
  }
  if (flush) {
    try_ = 0;
    cur_valid_ = nxt_valid_ = false;
  }
  bank_.tick(want, bus);
}

void Arbiter::addProbes(const ProbeScope& scope) const {
  const int index_bits = idxBits(supply_.choices);
  scope.number("try_q", 4, try_);
  scope.number("cur_valid_q", 1, cur_valid_);
  scope.number("cur_q", index_bits, cur_);
  scope.number("nxt_valid_q", 1, nxt_valid_);
  scope.number("nxt_q", index_bits, nxt_);
  scope.packed("usage_q", supply_.choices * 32, usage_);
  bank_.addProbes(scope.below("u_bank"));
}

MaskFanout::MaskFanout(int consumers, int depth)
    : depth_(depth),
      ring_(static_cast<std::size_t>(depth)),
      rd_(static_cast<std::size_t>(consumers)),
      count_(rd_.size()) {}

void MaskFanout::reset() {
  ring_.assign(ring_.size(), false);
  std::ranges::fill(rd_, 0);
  std::ranges::fill(count_, 0);
  wr_ = 0;
}

bool MaskFanout::ready() const {
  return std::ranges::all_of(count_, [this](int count) { return count < depth_; });
}

bool MaskFanout::bit(int consumer) const {
  return ring_[static_cast<std::size_t>(rd_[static_cast<std::size_t>(consumer)])];
}

void MaskFanout::tick(bool mask_valid, bool mask_bit, bool flush, const std::vector<bool>& take) {
  const bool push = mask_valid && ready();
  if (push) {
    ring_[static_cast<std::size_t>(wr_)] = mask_bit;
    wr_ = after(wr_);
  }
  for (std::size_t c = 0; c < rd_.size(); ++c) {
    const bool pop = take[c] && count_[c] != 0;
    if (pop) rd_[c] = after(rd_[c]);
    count_[c] += (push ? 1 : 0) - (pop ? 1 : 0);
  }
  if (!flush) return;
  wr_ = 0;
  std::ranges::fill(rd_, 0);
  std::ranges::fill(count_, 0);
}

void MaskFanout::addProbes(const ProbeScope& scope) const {
  const int consumers = static_cast<int>(rd_.size());
  scope.fields("ring_q", depth_, 1, [this](int i) { return ring_[static_cast<std::size_t>(i)]; });
  scope.number("wr_q", idxBits(depth_), wr_);
  scope.fields("rd_q", consumers, idxBits(depth_),
               [this](int c) { return rd_[static_cast<std::size_t>(c)]; });
  scope.fields("count_q", consumers, cntBits(depth_),
               [this](int c) { return count_[static_cast<std::size_t>(c)]; });
}

}  // namespace neuspin::golden

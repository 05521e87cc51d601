#include "golden/dropout.hpp"

#include "device/draw.hpp"

namespace neuspin::golden {

void MtjBit::reset() {
  state_ = set_ = false;
  event_ = 0;
}

void MtjBit::tick(bool set, bool reset_pin, std::uint32_t drive) {
  if (set && !set_) {
    const std::uint32_t drawn = device::draw(seed_, static_cast<std::uint32_t>(unit_.unit), event_);
    if (drawn < unit_.table[drive]) state_ = true;
    ++event_;
  }
  if (reset_pin) state_ = false;
  set_ = set;
}

void MtjBit::addProbes(const ProbeScope& scope) const {
  scope.number("state_q", 1, state_);
  scope.number("set_q", 1, set_);
  scope.number("event_q", 32, event_);
}

DropoutModule::DropoutModule(const DropoutUnit& unit, const TargetSpec& target, std::uint32_t seed)
    : set_cycles_(target.set_cycles),
      read_cycles_(target.read_cycles),
      reset_cycles_(target.reset_cycles),
      mtj_(unit, seed) {}

void DropoutModule::reset() {
  mtj_.reset();
  state_ = State::Idle;
  cnt_ = 0;
  cur_valid_ = cur_ = nxt_valid_ = nxt_ = false;
}

void DropoutModule::step(int cycles, State next) {
  if (cnt_ == cycles - 1) {
    state_ = next;
    cnt_ = 0;
  } else {
    ++cnt_;
  }
}

void DropoutModule::advance() {
  switch (state_) {
    case State::Idle:
      if (!nxt_valid_) {
        state_ = State::Set;
        cnt_ = 0;
      }
      break;
    case State::Set:
      step(set_cycles_, State::Read);
      break;
    case State::Read:
      step(read_cycles_, State::Reset);
      break;
    case State::Reset:
      step(reset_cycles_, State::Idle);
      break;
  }
}

void DropoutModule::tick(bool mask_ready, std::uint32_t drive) {
  const State now = state_;
  const bool push = sampled();
  const bool pop = mask_ready && cur_valid_;
  const bool bit = mtj_.bit(now == State::Read);
  advance();  // looks at nxt_valid_ as it was
  mtj_.tick(now == State::Set, now == State::Reset, drive);

  if (pop && !push) {
    cur_ = nxt_;
    cur_valid_ = nxt_valid_;
    nxt_valid_ = false;
  } else if (push && pop) {
    cur_ = nxt_valid_ ? nxt_ : bit;
    if (nxt_valid_) nxt_ = bit;
  } else if (push) {
    (cur_valid_ ? nxt_ : cur_) = bit;
    (cur_valid_ ? nxt_valid_ : cur_valid_) = true;
  }
}

void DropoutModule::addProbes(const ProbeScope& scope) const {
  scope.custom("state_q", 2,
               [this](std::span<std::uint32_t> out) { out[0] = static_cast<std::uint32_t>(state_); });
  scope.number("cnt_q", 8, cnt_);
  scope.number("cur_valid_q", 1, cur_valid_);
  scope.number("cur_q", 1, cur_);
  scope.number("nxt_valid_q", 1, nxt_valid_);
  scope.number("nxt_q", 1, nxt_);
  mtj_.addProbes(scope.below("u_mtj"));
}

}  // namespace neuspin::golden

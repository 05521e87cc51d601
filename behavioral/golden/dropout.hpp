// cim_mtj_bit and cim_dropout_module: the stochastic unit of a layer and its SET, READ, RESET sequence.
#pragma once

#include "golden/bits.hpp"

namespace neuspin::golden {

/// One stochastic junction with counter-based draws.
class MtjBit {
 public:
  MtjBit(const DropoutUnit& unit, std::uint32_t seed) : unit_(unit), seed_(seed) {}
  void reset();
  [[nodiscard]] bool bit(bool read) const { return read && state_; }
  /// drive: code of the switching probability table.
  void tick(bool set, bool reset_pin, std::uint32_t drive);
  void addProbes(const ProbeScope& scope) const;

 private:
  const DropoutUnit& unit_;
  std::uint32_t seed_;
  bool state_ = false, set_ = false;
  std::uint32_t event_ = 0;
};

/// Draws ahead: one bit in use, one waiting.
class DropoutModule {
 public:
  DropoutModule(const DropoutUnit& unit, const TargetSpec& target, std::uint32_t seed);
  void reset();
  [[nodiscard]] bool maskValid() const { return cur_valid_; }
  [[nodiscard]] bool maskBit() const { return cur_; }  ///< 1 = drop the scale
  [[nodiscard]] bool sampled() const { return state_ == State::Read && cnt_ == read_cycles_ - 1; }
  void tick(bool mask_ready, std::uint32_t drive);
  /// Also the junction's, under `<scope>.u_mtj`.
  void addProbes(const ProbeScope& scope) const;

 private:
  enum class State : std::uint8_t { Idle = 0, Set = 1, Read = 2, Reset = 3 };
  void step(int cycles, State next);
  void advance();

  int set_cycles_, read_cycles_, reset_cycles_;
  MtjBit mtj_;
  State state_ = State::Idle;
  int cnt_ = 0;
  bool cur_valid_ = false, cur_ = false, nxt_valid_ = false, nxt_ = false;
};

}  // namespace neuspin::golden

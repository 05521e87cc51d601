// The bits of one stochastic unit at a fixed drive, any of them alone: what a RESET that failed leaves behind
// is found by looking back, as far as the failures reach. UnitStream (dropout_unit.hpp) is the same bit after
// bit.
#pragma once

#include <cstdint>

#include "device/draw.hpp"

namespace neuspin::device {

/// Streams of draws of a unit beside its SET pulses.
inline constexpr std::uint32_t kReadStream = 0x40000000U, kResetStream = 0x80000000U;

/// Whether the RESET that comes first after power-up leaves a 1 in a unit: as event −1 of a unit that was
/// at 1.
[[nodiscard]] constexpr bool heldAtStart(std::uint32_t seed, std::uint32_t unit, std::uint64_t reset_fail) {
  return draw(seed, unit | kResetStream, 0xFFFFFFFFU) < reset_fail;
}

class UnitBits {
 public:
  /// Chances are round(p·2^32): a SET pulse switches, a RESET pulse leaves a 1, a read shows the other value.
  /// `first`: the first event that the drive holds for; `held`: the unit is at 1 before it.
  UnitBits(std::uint32_t seed, std::uint32_t unit, std::uint64_t switches, std::uint64_t reset_fail,
           std::uint64_t read_error, std::uint32_t first, bool held)
      : set_key_(drawKey(seed, unit)),
        read_key_(drawKey(seed, unit | kReadStream)),
        reset_key_(drawKey(seed, unit | kResetStream)),
        switches_(switches),
        reset_fail_(reset_fail),
        read_error_(read_error),
        first_(first),
        held_(held) {}

  /// From power-up on.
  UnitBits(std::uint32_t seed, std::uint32_t unit, std::uint64_t switches, std::uint64_t reset_fail,
           std::uint64_t read_error)
      : UnitBits(seed, unit, switches, reset_fail, read_error, 0, heldAtStart(seed, unit, reset_fail)) {}

  /// What the read of event `event` (not before `first`) shows.
  [[nodiscard]] bool bit(std::uint32_t event) const {
    return state(event) != (drawOf(read_key_, event) < read_error_);
  }
  /// Whether the RESET of event `event` leaves a 1.
  [[nodiscard]] bool leaves(std::uint32_t event) const { return fails(event) && state(event); }
  bool operator==(const UnitBits&) const = default;

 private:
  [[nodiscard]] bool fails(std::uint32_t event) const { return drawOf(reset_key_, event) < reset_fail_; }
  /// Between SET and RESET.
  [[nodiscard]] bool state(std::uint32_t event) const {
    while (drawOf(set_key_, event) >= switches_) {
      if (event == first_) return held_;
      if (!fails(--event)) return false;
    }
    return true;
  }

  std::uint32_t set_key_, read_key_, reset_key_;
  std::uint64_t switches_, reset_fail_, read_error_;
  std::uint32_t first_;
  bool held_;
};

}  // namespace neuspin::device

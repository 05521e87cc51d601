// Counter-based randomness, shared by every C++ model; the SystemVerilog twin is behavioral/cim_mtj_bit.sv.
// No state: any event of any device can be replayed alone (DESIGN §5).
#pragma once

#include <cstdint>

namespace neuspin::device {

/// 32-bit finaliser ("lowbias32" constants, C. Wellons, 2018).
[[nodiscard]] constexpr std::uint32_t mix(std::uint32_t x) {
  x ^= x >> 16;
  x *= 0x7feb352dU;
  x ^= x >> 15;
  x *= 0x846ca68bU;
  x ^= x >> 16;
  return x;
}

/// What is fixed of every draw of device `unit`.
[[nodiscard]] constexpr std::uint32_t drawKey(std::uint32_t seed, std::uint32_t unit) {
  return mix(mix(seed + 0x9E3779B9U) ^ unit);
}
[[nodiscard]] constexpr std::uint32_t drawOf(std::uint32_t key, std::uint32_t event) {
  return mix(key ^ event);
}

/// The draw of event number `event` (from 0) of device `unit`; uniform on 0 … 2^32 − 1.
[[nodiscard]] constexpr std::uint32_t draw(std::uint32_t seed, std::uint32_t unit, std::uint32_t event) {
  return drawOf(drawKey(seed, unit), event);
}

}  // namespace neuspin::device

// What random choices and the one port of window buffers cost in time.
#pragma once

#include <cstdint>
#include <vector>

#include "plan/plan.hpp"

namespace neuspin::plan {

/// One supply against its consumer.
struct ChoiceCycles {
  int layer = 0;  ///< that it serves; the first one for the model's shared unit
  bool shared = false;
  /// Choices a pass: 1, the windows of a convolution that draws for each, or the words of a layer with noise.
  int per_pass = 1;
  double cycles = 0;     ///< a choice takes, on average (an arbiter may reject draws)
  double available = 0;  ///< between two choices when the slowest stage never waits (idealCycles)
  /// Planned cycles an image over those with this supply's choices always at hand, long after the start. 1 =
  /// hidden.
  double slow_down = 1;
  [[nodiscard]] bool hidden() const { return slow_down <= 1; }
};

/// All supplies in the order of their index. `seed` matters where an arbiter may reject draws.
[[nodiscard]] std::vector<ChoiceCycles> choiceCycles(const Plan& plan, std::uint32_t seed);

/// As plannedCycles, with the choices of some supplies (by index) always at hand, whatever their units take.
/// `every_clock` walks through repeating images instead of skipping them: the same number, slowly.
[[nodiscard]] std::int64_t plannedCyclesWithout(const Plan& plan, std::int64_t images, std::uint32_t seed,
                                                const std::vector<bool>& at_hand, bool every_clock = false);

/// As plannedCycles, for window buffers that read and write at once: a run is not shorter, whatever stalls
/// its streams. It may be shorter than plannedCycles. A buffer's memory has one port, and a pixel that comes
/// goes first; one that comes later may meet a tap outside the map, which needs no memory, instead of one
/// that others wait for. Without window buffers the two are equal.
[[nodiscard]] std::int64_t leastCycles(const Plan& plan, std::int64_t images, std::uint32_t seed);

}  // namespace neuspin::plan

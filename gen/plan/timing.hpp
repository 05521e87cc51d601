// What random choices cost in time, for reports.
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

}  // namespace neuspin::plan

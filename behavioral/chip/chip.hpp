// A chip: one design with the frozen imperfections of a seed, as integer tables and fault lists in a Plan.
// Emitted images, golden model and testbench read that Plan, and so all see the same chip.
#pragma once

#include <cstdint>
#include <vector>

#include "chip/device_file.hpp"
#include "device/dropout_unit.hpp"
#include "plan/plan.hpp"

namespace neuspin::chip {

/// The stochastic units of one supply.
struct SupplyReport {
  int supply = 0;  ///< SupplyPlan::index
  double wanted = 0;
  int units = 0, stuck = 0;
  device::NormalFit untrimmed;  ///< P(bit = 1) at the middle drive code, trim DAC at its middle
  device::NormalFit in_use;     ///< the same as the chip is used: trimmed where it has a trim DAC
};

/// Of all arrays. Every cell has two junctions.
struct ArrayReport {
  std::int64_t arrays = 0, junctions = 0;
  std::int64_t high = 0, low = 0;  ///< read as parallel or antiparallel whatever they hold
  std::int64_t flipped = 0;        ///< hold the other state
  std::int64_t defects = 0;        ///< faulty cells before repair
  std::int64_t after_repair = 0;   ///< faulty cells that remain
};

struct Chip {
  std::uint32_t seed = 0;
  Plan plan;
  std::vector<SupplyReport> supplies;
  ArrayReport arrays;
};

/// The chip `seed` of a design. Deterministic, on every machine but for the last bit of probabilities that
/// come from the C library's exponential. threads: 0 = all cores.
[[nodiscard]] Chip makeChip(const Plan& plan, const DeviceFile& file, std::uint32_t seed, int threads = 0);

}  // namespace neuspin::chip

// Chips with faults everywhere, more than any real one: every kind in every array, units that differ, some of
// them stuck.
#pragma once

#include <random>

#include "plan/plan.hpp"

namespace neuspin::testing {

/// Each junction of every array is faulty with probability `rate`, all kinds alike.
inline void addFaults(Plan& plan, double rate, unsigned seed) {
  std::mt19937 rng(seed);
  std::bernoulli_distribution faulty(rate);
  std::uniform_int_distribution<int> kind(0, 2);
  for (LayerPlan& layer : plan.layers) {
    layer.faults.assign(layer.tiles.size(), {});
    for (auto& faults : layer.faults) {
      for (int row = 0; row < layer.array_rows; ++row) {
        for (int col = 0; col < layer.array_cols; ++col) {
          for (const bool zero : {false, true}) {
            if (faulty(rng)) faults.push_back({row, col, zero, static_cast<JunctionFault>(kind(rng))});
          }
        }
      }
    }
  }
}

/// A table of its own for every unit; one unit in eight is stuck. A RESET in eight fails, a read in sixteen
/// is wrong.
inline void spreadUnits(SupplyPlan& supply, int drive_bits, std::mt19937& rng) {
  constexpr std::uint64_t kAlways = std::uint64_t{1} << 32;
  std::uniform_int_distribution<std::uint64_t> chance(kAlways / 8, 7 * (kAlways / 8));
  supply.table_units = supply.modules;
  supply.reset_fail = kAlways / 8;
  supply.read_error = kAlways / 16;
  supply.table.clear();
  for (int module = 0; module < supply.modules; ++module) {
    const auto stuck = rng() % 16;
    for (int code = 0; code < 1 << drive_bits; ++code)
      supply.table.push_back(stuck == 0 ? 0 : stuck == 1 ? kAlways : chance(rng));
  }
}
inline void spreadUnits(Plan& plan, unsigned seed) {
  std::mt19937 rng(seed);
  if (plan.shared) spreadUnits(*plan.shared, plan.target.drive_bits, rng);
  for (LayerPlan& layer : plan.layers) {
    if (layer.supply) spreadUnits(*layer.supply, plan.target.drive_bits, rng);
  }
}

}  // namespace neuspin::testing

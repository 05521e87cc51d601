// What a design costs: stochastic units, random bits, memory bits, macros, cycles. One count for
// manifest.json, `neuspin explain` and the tests.
#pragma once

#include <cstdint>

#include "emit/supplies.hpp"
#include "plan/plan.hpp"

namespace neuspin::emit {

/// What a supply draws in a pass; means over its random rejections where it is an arbiter. Its cycles:
/// plan::choiceCycles.
struct SupplyLedger {
  int units = 0;  ///< cim_mtj_bit macros
  /// how often its consumer takes a choice (noise: once a word; SpinDrop by windows: once a window)
  std::int64_t choices_a_pass = 1;
  int bits_a_choice = 1;    ///< accepted ones
  double bits_a_pass = 0;   ///< random bits, with rejected ones
  double draws_a_pass = 0;  ///< switching attempts of the units: whitening takes two a bit
};

/// Mean number of draws until an arbiter accepts one of its `choices` numbers: 2^m/N, cut off after 16.
[[nodiscard]] double arbiterTries(int choices);

[[nodiscard]] SupplyLedger supplyLedger(const SupplyUse& use);

/// Bits the network needs (`weights` … `schedules`), and bits the macros hold.
struct BitLedger {
  std::int64_t weights = 0;  ///< of one sample
  std::int64_t scales = 0;   ///< scales and thresholds, of one sample; all banks of scale and affine dropout
  std::int64_t stored_samples = 0;  ///< weights or scales of the samples beyond the first
  std::int64_t masks = 0;           ///< registers that hold choices: the one in use, the next, shared ones
  std::int64_t norm_buffers = 0;    ///< cim_cross_norm: two vectors of u
  /// cim_window_buffer, cim_skip_buffer: pixels; cim_max_pool: a row of windows begun
  std::int64_t map_buffers = 0;
  std::int64_t schedules = 0;
  std::int64_t in_arrays = 0, in_memories = 0;  ///< of weights, of scales and buffers
  BitLedger& operator+=(const BitLedger& other);
};
[[nodiscard]] BitLedger bitLedger(const LayerPlan& layer);
/// All layers, and the model's shared unit.
[[nodiscard]] BitLedger bitLedger(const Plan& plan);

/// Macro instances.
struct MacroLedger {
  std::int64_t arrays = 0, srams = 0, mtj_bits = 0;
  MacroLedger& operator+=(const MacroLedger& other);
};
[[nodiscard]] MacroLedger macroLedger(const LayerPlan& layer);
[[nodiscard]] MacroLedger macroLedger(const Plan& plan);

}  // namespace neuspin::emit

// Multi-level cells: several junctions on one SOT track read as one conductance (SpinBayes, Bayesian sub-set
// scale).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "array/margin.hpp"

namespace neuspin::array {

enum class Stacking {
  Parallel,  ///< equal junctions side by side: M + 1 levels, k of them parallel
  Binary,    ///< areas 1 : 2 : 4 …: 2^M levels, level = binary number of parallel ones
  Series,    ///< equal junctions in series, resistances add: M + 1 levels (US 11527709)
};

struct Level {
  double mean = 0, sigma = 0;  ///< S
};

/// The levels of M = `junctions` (1 … 16) of the given spread, from lowest to highest conductance. Binary:
/// spread is that of the smallest junction, and a junction of n times the area spreads like n of them.
[[nodiscard]] std::vector<Level> cellLevels(const StateSpread& spread, int junctions, Stacking stacking);

/// Probability that a cell at a uniformly random level is read as another one, references halfway between
/// means.
[[nodiscard]] double levelMisread(std::span<const Level> levels);

/// Programs junction after junction of a track. A pulse for junction m also switches junction n to m's target
/// with probability disturb[m·M + n]. Returns the states; draws: event numbers from `event` on of the stream
/// LevelWrite of (seed, cell).
[[nodiscard]] std::vector<std::uint8_t> programTrack(std::span<const std::uint8_t> targets,
                                                     std::span<const double> disturb, std::uint32_t seed,
                                                     std::uint32_t cell, std::uint64_t event = 0);

}  // namespace neuspin::array

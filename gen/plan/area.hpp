// Area of a planned design's digital logic before anything is synthesised: a sum over its library modules,
// each linear in a few amounts that follow from their parameters (bits held, adders, words selected from).
// The coefficients are fitted to Yosys runs (area_table.cpp).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "plan/plan.hpp"

namespace neuspin::plan {

/// Terms a module has at most.
inline constexpr int kAreaTerms = 4;

/// What the size of a library module follows, and what each of it takes. Gate equivalents of the library
/// "generic" (synth/lib/generic.lib, NAND2 = 1); the amounts are those of AreaAmounts.
struct AreaModule {
  std::string_view module;
  std::array<std::string_view, kAreaTerms> terms;  ///< "" where it has fewer
  std::array<double, kAreaTerms> gates;            ///< of one of each
  std::string_view source;                         ///< where the gates come from
};
[[nodiscard]] std::span<const AreaModule> areaTable();

/// By module of the table: each of its terms, summed over the instances.
using AreaAmounts = std::map<std::string_view, std::array<double, kAreaTerms>>;

/// Of one engine, with its supply of random choices.
[[nodiscard]] AreaAmounts engineAmounts(const Plan& plan, const LayerPlan& layer);
/// Of what is outside the engines: register port, forks, the model's shared unit and its fan-out, head.
[[nodiscard]] AreaAmounts otherAmounts(const Plan& plan);

[[nodiscard]] double gateEquivalents(const AreaAmounts& amounts);

/// Gate equivalents of the logic. Macros (arrays, memories, junctions of stochastic units) are not in it.
struct Area {
  std::vector<double> engines;  ///< [layer]
  double other = 0;
  [[nodiscard]] double total() const;
};
[[nodiscard]] Area modelledArea(const Plan& plan);

}  // namespace neuspin::plan

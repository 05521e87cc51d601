// Exact IR drop along an XNOR column: bit line driven and source line grounded at the same end make a ladder.
#pragma once

#include <span>

namespace neuspin::array {

/// Conductance seen at the driven end of cells g[0] (nearest) … g[n−1], S, with `wire` Ohm a cell on each of
/// the two lines: from the far end, y = g + Y, Y = y/(1 + 2·wire·y). Sum of the cells if wire is 0.
[[nodiscard]] double ladderConductance(std::span<const double> g, double wire);

}  // namespace neuspin::array

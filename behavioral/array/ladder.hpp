// IR drop along an XNOR column: bit line driven and source line grounded at the same end make a ladder.
// Exact, and what a converter's count then is per cell.
#pragma once

#include <span>
#include <vector>

namespace neuspin::array {

/// Conductance seen at the driven end of cells g[0] (nearest) … g[n−1], S, with `wire` Ohm a cell on each of
/// the two lines: from the far end, y = g + Y, Y = y/(1 + 2·wire·y). Sum of the cells if wire is 0.
[[nodiscard]] double ladderConductance(std::span<const double> g, double wire);

/// Rows read together, and the wires before and between them.
struct GroupLadder {
  double g_p = 0, g_ap = 0;  ///< S, nominal cell
  double wire = 0;           ///< Ohm a cell on each of the two lines
  int before = 0;            ///< rows nearer to the driven end, all silent: their wires carry the current too
};

/// Conductance of a column of which only these cells may conduct, S, [row of the group]; 0 at silent rows.
[[nodiscard]] double groupConductance(const GroupLadder& ladder, std::span<const double> g);

/// Matches that a converter finds in such a column, not rounded. It compares with two columns of the same
/// array that share the word lines and have the same wires, one all antiparallel (0 matches) and one all
/// parallel (as many as rows driven). driven: 0 or 1, [row of the group]; 0 if none is.
[[nodiscard]] double exactMatches(const GroupLadder& ladder, std::span<const double> g,
                                  std::span<const int> driven);

/// The same as a sum over the driven cells: `middle` + slope[row]·(g − ḡ)/(g_p − g_ap) with ḡ = (g_p +
/// g_ap)/2.
struct LinearMatches {
  double middle = 0.5;
  std::vector<double> slope;  ///< [row of the group]
};
/// Linear at the typical read: the share `activity` (0 … 1] of `rows` rows driven, half of their cells
/// parallel. Middle and slopes are those of one standard deviation of the matches to either side, so that the
/// curve of the law pulls the mean of sums nowhere. Without wires ½ and 1, exactly.
[[nodiscard]] LinearMatches linearMatches(const GroupLadder& ladder, int rows, double activity);

}  // namespace neuspin::array

#include "array/ladder.hpp"

#include <cmath>

namespace neuspin::array {

double ladderConductance(std::span<const double> g, double wire) {
  double seen = 0;
  for (std::size_t k = g.size(); k-- > 0;) {
    const double y = g[k] + seen;
    seen = y / (1 + 2 * wire * y);
  }
  return seen;
}

double groupConductance(const GroupLadder& ladder, std::span<const double> g) {
  const double group = ladderConductance(g, ladder.wire);
  return group / (1 + 2 * ladder.wire * ladder.before * group);
}

double exactMatches(const GroupLadder& ladder, std::span<const double> g, std::span<const int> driven) {
  std::vector<double> none, all;
  int rows = 0;
  for (const int drives : driven) {
    none.push_back(drives * ladder.g_ap);
    all.push_back(drives * ladder.g_p);
    rows += drives;
  }
  if (rows == 0) return 0;
  const double least = groupConductance(ladder, none);
  return rows * (groupConductance(ladder, g) - least) / (groupConductance(ladder, all) - least);
}

LinearMatches linearMatches(const GroupLadder& ladder, int rows, double activity) {
  const auto count = static_cast<std::size_t>(rows);
  if (ladder.wire == 0) return {.middle = 0.5, .slope = std::vector<double>(count, 1.0)};
  const double step = ladder.g_p - ladder.g_ap, mean = (ladder.g_p + ladder.g_ap) / 2;
  const double driven = activity * rows;
  const auto column = [&](double cell) { return std::vector<double>(count, activity * cell); };
  const double least = groupConductance(ladder, column(ladder.g_ap)),
               range = groupConductance(ladder, column(ladder.g_p)) - least;
  LinearMatches linear{.middle = 0, .slope = std::vector<double>(count)};
  for (const double sign : {-1.0, 1.0}) {
    const auto g = column(mean + sign * step / (2 * std::sqrt(driven)));
    linear.middle += (groupConductance(ladder, g) - least) / range / 2;
    // A network of resistances: what it takes grows with a cell's conductance by the square of the share of
    // the voltage that the cell has.
    std::vector<double> taken(count);  // conductance from this cell on, without the wires before it
    double seen = 0;
    for (std::size_t k = count; k-- > 0;) {
      taken[k] = g[k] + seen;
      seen = taken[k] / (1 + 2 * ladder.wire * taken[k]);
    }
    double share = 1 / (1 + 2 * ladder.wire * ladder.before * seen);
    for (std::size_t k = 0; k < count; ++k) {
      share /= 1 + 2 * ladder.wire * taken[k];
      linear.slope[k] += driven * step * share * share / range / 2;
    }
  }
  return linear;
}

}  // namespace neuspin::array

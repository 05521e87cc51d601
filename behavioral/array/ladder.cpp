#include "array/ladder.hpp"

namespace neuspin::array {

double ladderConductance(std::span<const double> g, double wire) {
  double seen = 0;
  for (std::size_t k = g.size(); k-- > 0;) {
    const double y = g[k] + seen;
    seen = y / (1 + 2 * wire * y);
  }
  return seen;
}

}  // namespace neuspin::array

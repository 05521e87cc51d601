#include "plan/converter.hpp"

#include <cmath>

namespace neuspin::plan {

double cutCounts(int rows, int bits) {
  const CountRange range = countRange(rows, bits);
  double chance = std::ldexp(1.0, -rows), cut = 0;  // of `count` matches
  for (int count = 0; count < range.least; ++count) {
    cut += 2 * chance;  // and as many at the other end
    chance *= static_cast<double>(rows - count) / (count + 1);
  }
  return cut;
}

}  // namespace neuspin::plan

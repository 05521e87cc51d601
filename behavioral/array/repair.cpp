#include <algorithm>
#include <numeric>

#include "array/defects.hpp"

namespace neuspin::array {
namespace {

/// Lines of both directions, and the faults at their crossings.
class Allocation {
 public:
  Allocation(const DefectMap& map, int rows, int cols) : map_(map) {
    for (int d = 0; d < 2; ++d) {
      const int logical = d == 0 ? rows : cols, physical = d == 0 ? map.rows : map.cols;
      used_[d].resize(static_cast<std::size_t>(logical));
      std::iota(used_[d].begin(), used_[d].end(), 0);
      spare_[d].resize(static_cast<std::size_t>(physical - logical));
      std::iota(spare_[d].begin(), spare_[d].end(), logical);
    }
  }

  Repair run() {
    while (replaceOne(true) || replaceOne(false)) {
    }
    Repair repair{used_[0], used_[1], 0};
    for (const int row : used_[0]) repair.left += faults(0, row);
    return repair;
  }

 private:
  /// Faults of a physical line at the lines of the other direction in use.
  [[nodiscard]] int faults(int direction, int line) const {
    int count = 0;
    for (const int other : used_[1 - direction]) {
      count += (direction == 0 ? map_.faulty(line, other) : map_.faulty(other, line)) ? 1 : 0;
    }
    return count;
  }

  /// Replaces the worst line (of those that must be, if `must`) by the best spare; false if nothing gains.
  bool replaceOne(bool must) {
    int best_gain = 0, best_direction = 0;
    std::size_t best_used = 0, best_spare = 0;
    for (int d = 0; d < 2; ++d) {
      if (spare_[d].empty()) continue;
      std::size_t spare = 0;
      int fewest = -1;
      for (std::size_t k = 0; k < spare_[d].size(); ++k) {
        const int count = faults(d, spare_[d][k]);
        if (fewest < 0 || count < fewest) {
          fewest = count;
          spare = k;
        }
      }
      for (std::size_t k = 0; k < used_[d].size(); ++k) {
        const int count = faults(d, used_[d][k]);
        if (must && count <= static_cast<int>(spare_[1 - d].size())) continue;
        if (count - fewest > best_gain) {
          best_gain = count - fewest;
          best_direction = d;
          best_used = k;
          best_spare = spare;
        }
      }
    }
    if (best_gain == 0) return false;
    auto& spares = spare_[best_direction];
    used_[best_direction][best_used] = spares[best_spare];
    spares.erase(spares.begin() + static_cast<std::ptrdiff_t>(best_spare));
    return true;
  }

  const DefectMap& map_;
  std::vector<int> used_[2], spare_[2];
};

}  // namespace

Repair repairLines(const DefectMap& map, int logical_rows, int logical_cols) {
  return Allocation(map, logical_rows, logical_cols).run();
}

}  // namespace neuspin::array

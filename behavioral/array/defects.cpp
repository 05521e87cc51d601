#include "array/defects.hpp"

#include <algorithm>

#include "device/gaussian.hpp"

namespace neuspin::array {

DefectMap::DefectMap(int rows_, int cols_)
    : rows(rows_),
      cols(cols_),
      one(static_cast<std::size_t>(rows_) * static_cast<std::size_t>(cols_), Defect::None),
      zero(one),
      open_row(static_cast<std::size_t>(rows_), 0),
      open_col(static_cast<std::size_t>(cols_), 0) {}

bool DefectMap::faulty(int row, int col) const {
  return one[at(row, col)] != Defect::None || zero[at(row, col)] != Defect::None ||
         open_row[static_cast<std::size_t>(row)] != 0 || open_col[static_cast<std::size_t>(col)] != 0;
}

int DefectMap::faultyCells() const {
  int count = 0;
  for (int row = 0; row < rows; ++row) {
    for (int col = 0; col < cols; ++col) count += faulty(row, col) ? 1 : 0;
  }
  return count;
}

DefectMap drawDefects(const device::DeviceSet& set, int rows, int cols, std::uint32_t seed,
                      std::uint32_t array, double scale) {
  DefectMap map(rows, cols);
  const std::uint64_t key = device::streamKey(seed, device::Stream::Defect, array);
  const double stuck_p = scale * set.stuck_p.value, stuck_ap = stuck_p + scale * set.stuck_ap.value,
               pinhole = stuck_ap + scale * set.pinhole.value;
  const auto drawn = [&](std::uint64_t device) {
    const double u = device::streamUniform(key, device);
    if (u < stuck_p) return Defect::StuckP;
    if (u < stuck_ap) return Defect::StuckAp;
    return u < pinhole ? Defect::Pinhole : Defect::None;
  };
  for (std::size_t cell = 0; cell < map.one.size(); ++cell) {
    map.one[cell] = drawn(2 * cell);
    map.zero[cell] = drawn(2 * cell + 1);
  }
  const std::uint64_t lines = device::streamKey(seed, device::Stream::OpenLine, array);
  std::uint64_t line = 0;
  for (auto& open : map.open_row)
    open = device::streamUniform(lines, line++) < scale * set.open_row.value ? 1 : 0;
  for (auto& open : map.open_col)
    open = device::streamUniform(lines, line++) < scale * set.open_column.value ? 1 : 0;
  return map;
}

DefectMap applyRepair(const DefectMap& map, const Repair& repair) {
  DefectMap seen(static_cast<int>(repair.row.size()), static_cast<int>(repair.col.size()));
  for (int row = 0; row < seen.rows; ++row) {
    const int from_row = repair.row[static_cast<std::size_t>(row)];
    seen.open_row[static_cast<std::size_t>(row)] = map.open_row[static_cast<std::size_t>(from_row)];
    for (int col = 0; col < seen.cols; ++col) {
      const std::size_t from = map.at(from_row, repair.col[static_cast<std::size_t>(col)]);
      seen.one[seen.at(row, col)] = map.one[from];
      seen.zero[seen.at(row, col)] = map.zero[from];
    }
  }
  for (int col = 0; col < seen.cols; ++col) {
    seen.open_col[static_cast<std::size_t>(col)] =
        map.open_col[static_cast<std::size_t>(repair.col[static_cast<std::size_t>(col)])];
  }
  return seen;
}

}  // namespace neuspin::array

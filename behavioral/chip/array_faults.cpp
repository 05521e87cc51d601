#include "chip/array_faults.hpp"

#include <algorithm>
#include <cmath>

#include "array/cells.hpp"
#include "array/defects.hpp"
#include "array/sensing.hpp"
#include "device/gaussian.hpp"

namespace neuspin::chip {
namespace {

/// The array after repair with its spare lines.
array::DefectMap repairedDefects(const DeviceFile& file, int rows, int cols, std::uint32_t seed,
                                 std::uint32_t array, ArrayReport& report) {
  const ArraySettings& settings = file.arrays;
  const auto drawn = array::drawDefects(file.set, rows + settings.spare_rows, cols + settings.spare_columns, seed,
                                        array, settings.defects);
  array::Repair unrepaired;
  for (int row = 0; row < rows; ++row) unrepaired.row.push_back(row);
  for (int col = 0; col < cols; ++col) unrepaired.col.push_back(col);
  const bool spares = settings.spare_rows > 0 || settings.spare_columns > 0;
  const auto before = array::applyRepair(drawn, unrepaired);
  auto after = spares ? array::applyRepair(drawn, array::repairLines(drawn, rows, cols)) : before;
  report.defects += before.faultyCells();
  report.after_repair += after.faultyCells();
  return after;
}

bool sensesParallel(const array::CellGrid& grid, float g, double offset) {
  return array::matchProbability(grid, static_cast<double>(g), offset, 0) > 0;
}

/// An array as made and as it has aged.
class MadeArray {
 public:
  MadeArray(const DeviceFile& file, int rows, int cols, std::uint32_t seed, std::uint32_t array,
            ArrayReport& report)
      : write_failures_(file.arrays.write_failures),
        write_key_(device::streamKey(seed, device::Stream::WriteFailure, array)) {
    const ArraySettings& settings = file.arrays;
    const auto defects = repairedDefects(file, rows, cols, seed, array, report);
    array::ArrayConditions conditions;
    conditions.read = {.volts = file.set.read_voltage.value, .kelvin = file.kelvin};
    conditions.variation = settings.variation;
    const auto cells = static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols);
    // The junctions `one` are parallel where weights are 1, `zero` where they are 0.
    ones_ = array::makeCells(file.set, conditions, std::vector<std::uint8_t>(cells, 1), defects, seed, array);
    zeros_ =
        array::makeCells(file.set, conditions, std::vector<std::uint8_t>(cells, 0), defects, seed, array);
    array::ArrayConditions stored = conditions;
    stored.retention_seconds = settings.retention_seconds;
    stored.retention_kelvin = settings.retention_kelvin;
    lost_ = array::lostStates(file.set, stored, rows, cols, seed, array);
    ++report.arrays;
    report.junctions += 2 * static_cast<std::int64_t>(cells);
  }

  [[nodiscard]] const array::CellGrid& nominal() const { return ones_; }
  [[nodiscard]] std::size_t cellAt(int row, int col) const { return ones_.at(row, col); }
  [[nodiscard]] float parallel(std::size_t cell, bool zero) const {
    return zero ? zeros_.zero[cell] : ones_.one[cell];
  }
  [[nodiscard]] float antiparallel(std::size_t cell, bool zero) const {
    return zero ? ones_.zero[cell] : zeros_.one[cell];
  }
  /// Whether a junction holds the other state: lost since programming, or never written.
  [[nodiscard]] bool flipped(std::size_t cell, bool zero) const {
    const std::size_t junction = 2 * cell + (zero ? 1 : 0);
    const bool unwritten =
        write_failures_ > 0 && device::streamUniform(write_key_, junction) < write_failures_;
    return unwritten != (!lost_.empty() && lost_[junction] != 0);
  }

 private:
  double write_failures_;
  std::uint64_t write_key_;
  array::CellGrid ones_, zeros_;
  std::vector<std::uint8_t> lost_;
};

/// In units of CellCurrents: nearest, cut to 16 bits (±4 matches; a pinhole of 10 % of the area
/// conducts 2.5).
std::int16_t current(const array::CellGrid& nominal, float g) {
  constexpr double kLargest = 32767;
  const double matches = (static_cast<double>(g) - nominal.g_ap) / (nominal.g_p - nominal.g_ap);
  return static_cast<std::int16_t>(
      std::clamp(std::nearbyint(std::ldexp(matches, kCurrentFraction)), -kLargest, kLargest));
}

}  // namespace

std::vector<CellFault> drawArrayFaults(const DeviceFile& file, int rows, int cols, int group, std::uint32_t seed,
                                       std::uint32_t array, ArrayReport& report) {
  const MadeArray made(file, rows, cols, seed, array, report);
  const auto offsets = array::drawOffsets(file.set, group * cols, seed, array, file.arrays.offsets);
  std::vector<CellFault> faults;
  for (int row = 0; row < rows; ++row) {
    for (int col = 0; col < cols; ++col) {
      const std::size_t cell = made.cellAt(row, col);
      const double offset = offsets[static_cast<std::size_t>(row % group * cols + col)];
      for (const bool zero : {false, true}) {
        const bool reads_p = sensesParallel(made.nominal(), made.parallel(cell, zero), offset);
        const bool reads_ap = sensesParallel(made.nominal(), made.antiparallel(cell, zero), offset);
        if (reads_p && !reads_ap) {
          if (!made.flipped(cell, zero)) continue;
          faults.push_back({row, col, zero, JunctionFault::Flipped});
          ++report.flipped;
        } else {
          faults.push_back({row, col, zero, reads_p ? JunctionFault::High : JunctionFault::Low});
          ++(reads_p ? report.high : report.low);
        }
      }
    }
  }
  return faults;
}

DrawnCurrents drawArrayCurrents(const DeviceFile& file, int rows, int cols, int counts, std::uint32_t seed,
                                std::uint32_t array, ArrayReport& report) {
  const MadeArray made(file, rows, cols, seed, array, report);
  DrawnCurrents drawn;
  for (int row = 0; row < rows; ++row) {
    for (int col = 0; col < cols; ++col) {
      const std::size_t cell = made.cellAt(row, col);
      const auto junction = [&](bool zero) {
        const CellCurrents::Junction both{current(made.nominal(), made.parallel(cell, zero)),
                                          current(made.nominal(), made.antiparallel(cell, zero))};
        constexpr int kMiddle = 1 << (kCurrentFraction - 1);
        const bool high = both.antiparallel > kMiddle, low = both.parallel <= kMiddle;
        if (high || low) ++(high ? report.high : report.low);
        // A state that nothing shows has not flipped.
        if (both.parallel != both.antiparallel && made.flipped(cell, zero)) {
          drawn.flipped.push_back({row, col, zero, JunctionFault::Flipped});
          ++report.flipped;
        }
        return both;
      };
      const CellCurrents::Junction one = junction(false), zero = junction(true);
      drawn.currents.cells.push_back({one, zero});
    }
  }
  for (const double offset : array::drawOffsets(file.set, cols, seed, array, file.arrays.offsets))
    drawn.currents.offsets.push_back(
        static_cast<std::int32_t>(std::lround(std::ldexp(offset * counts, kCurrentFraction))));
  return drawn;
}

}  // namespace neuspin::chip

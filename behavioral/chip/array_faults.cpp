#include "chip/array_faults.hpp"

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

}  // namespace

std::vector<CellFault> drawArrayFaults(const DeviceFile& file, int rows, int cols, int group, std::uint32_t seed,
                                       std::uint32_t array, ArrayReport& report) {
  const ArraySettings& settings = file.arrays;
  const auto defects = repairedDefects(file, rows, cols, seed, array, report);
  array::ArrayConditions conditions;
  conditions.read = {.volts = file.set.read_voltage.value, .kelvin = file.kelvin};
  conditions.variation = settings.variation;
  const auto cells = static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols);
  // The junctions `one` are parallel where weights are 1, `zero` where they are 0.
  const auto ones = array::makeCells(file.set, conditions, std::vector<std::uint8_t>(cells, 1), defects, seed, array);
  const auto zeros = array::makeCells(file.set, conditions, std::vector<std::uint8_t>(cells, 0), defects, seed, array);
  const auto offsets = array::drawOffsets(file.set, group * cols, seed, array, settings.offsets);

  array::ArrayConditions stored = conditions;
  stored.retention_seconds = settings.retention_seconds;
  stored.retention_kelvin = settings.retention_kelvin;
  const auto lost = array::lostStates(file.set, stored, rows, cols, seed, array);
  const std::uint64_t write_key = device::streamKey(seed, device::Stream::WriteFailure, array);
  const auto flipped = [&](std::size_t junction) {
    const bool unwritten =
        settings.write_failures > 0 && device::streamUniform(write_key, junction) < settings.write_failures;
    return unwritten != (!lost.empty() && lost[junction] != 0);
  };

  std::vector<CellFault> faults;
  for (int row = 0; row < rows; ++row) {
    for (int col = 0; col < cols; ++col) {
      const std::size_t cell = ones.at(row, col);
      const double offset = offsets[static_cast<std::size_t>(row % group * cols + col)];
      for (const bool zero : {false, true}) {
        const auto& parallel = zero ? zeros.zero : ones.one;
        const auto& antiparallel = zero ? ones.zero : zeros.one;
        const bool reads_p = sensesParallel(ones, parallel[cell], offset);
        const bool reads_ap = sensesParallel(ones, antiparallel[cell], offset);
        if (reads_p && !reads_ap) {
          if (!flipped(2 * cell + (zero ? 1 : 0))) continue;
          faults.push_back({row, col, zero, JunctionFault::Flipped});
          ++report.flipped;
        } else {
          faults.push_back({row, col, zero, reads_p ? JunctionFault::High : JunctionFault::Low});
          ++(reads_p ? report.high : report.low);
        }
      }
    }
  }
  ++report.arrays;
  report.junctions += 2 * static_cast<std::int64_t>(cells);
  return faults;
}

}  // namespace neuspin::chip

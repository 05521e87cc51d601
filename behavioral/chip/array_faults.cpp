#include "chip/array_faults.hpp"

#include <algorithm>
#include <cmath>

#include "array/cells.hpp"
#include "array/defects.hpp"
#include "array/sensing.hpp"
#include "device/gaussian.hpp"
#include "device/resistance.hpp"

namespace neuspin::chip {
namespace {

/// The set with the rates of defects that the arrays have.
device::DeviceSet ratesOf(const DeviceFile& file) {
  device::DeviceSet set = file.set;
  const ArraySettings& settings = file.arrays;
  for (device::Constant* rate : {&set.stuck_p, &set.stuck_ap, &set.pinhole, &set.open_row, &set.open_column})
    rate->value *= settings.defects;
  if (settings.stuck_p) set.stuck_p.value = *settings.stuck_p;
  if (settings.stuck_ap) set.stuck_ap.value = *settings.stuck_ap;
  return set;
}

/// The array after repair with its spare lines.
array::DefectMap repairedDefects(const DeviceFile& file, int rows, int cols, std::uint32_t seed,
                                 std::uint32_t array, ArrayReport& report) {
  const ArraySettings& settings = file.arrays;
  const auto drawn = array::drawDefects(ratesOf(file), rows + settings.spare_rows,
                                        cols + settings.spare_columns, seed, array);
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

/// A factor (> 1) such that every junction whose resistance and TMR are within it of the nominal ones reads
/// right in both states, whatever the offset of its amplifier, of which `largest` is the largest; 1 if there
/// is none. P conducts more the smaller the resistance is, AP also the smaller the TMR.
double surelyRead(const DeviceFile& file, device::ReadPoint at, double largest) {
  const device::CellReader reader(file.set, at);
  const double g_p = reader.cell(true), g_ap = reader.cell(false);
  const double middle = (g_p + g_ap) / 2, offset = largest * (g_p - g_ap);
  constexpr double kRounding = 1 + 1e-6;  // conductances are kept as floats
  for (double factor = 2; factor > 1.01; factor -= 0.01) {
    const double weakest_p = reader.cell(true, {.ra = factor}),
                 strongest_ap = reader.cell(false, {.ra = 1 / factor, .tmr = 1 / factor});
    if (weakest_p > (middle + offset) * kRounding && strongest_ap * kRounding < middle - offset)
      return factor;
  }
  return 1;
}

}  // namespace

std::vector<CellFault> drawArrayFaults(const DeviceFile& file, int rows, int cols, int group,
                                       std::uint32_t seed, std::uint32_t array, ArrayReport& report) {
  const ArraySettings& settings = file.arrays;
  const auto defects = repairedDefects(file, rows, cols, seed, array, report);
  array::ArrayConditions conditions;
  conditions.read = {.volts = file.set.read_voltage.value, .kelvin = file.kelvin};
  conditions.variation = settings.variation;
  conditions.retention_seconds = settings.retention_seconds;
  conditions.retention_kelvin = settings.retention_kelvin;
  const auto offsets = array::drawOffsets(file.set, group * cols, seed, array, settings.offsets);
  double largest = 0;
  for (const double offset : offsets) largest = std::max(largest, std::abs(offset));
  const auto junctions = array::makeJunctions(file.set, conditions, defects, seed, array,
                                              surelyRead(file, conditions.read, largest));
  array::CellGrid nominal;  // what the reference of the sense amplifiers is built for
  nominal.g_p = junctions.g_p;
  nominal.g_ap = junctions.g_ap;
  const std::uint64_t write_key = device::streamKey(seed, device::Stream::WriteFailure, array);
  const auto flipped = [&](std::size_t junction) {
    const bool unwritten =
        settings.write_failures > 0 && device::streamUniform(write_key, junction) < settings.write_failures;
    return unwritten != (junctions.lost[junction] != 0);
  };

  std::vector<CellFault> faults;
  for (int row = 0; row < rows; ++row) {
    for (int col = 0; col < cols; ++col) {
      const double offset = offsets[static_cast<std::size_t>(row % group * cols + col)];
      const auto reads_parallel = [&](float conductance) {
        return array::matchProbability(nominal, static_cast<double>(conductance), offset, 0) > 0;
      };
      for (const bool zero : {false, true}) {
        const std::size_t junction = 2 * defects.at(row, col) + (zero ? 1 : 0);
        const bool reads_p = reads_parallel(junctions.parallel[junction]);
        const bool reads_ap = reads_parallel(junctions.antiparallel[junction]);
        if (reads_p && !reads_ap) {
          if (!flipped(junction)) continue;
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
  report.junctions += std::ssize(junctions.lost);
  return faults;
}

}  // namespace neuspin::chip

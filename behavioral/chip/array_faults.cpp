#include "chip/array_faults.hpp"

#include <algorithm>
#include <cmath>

#include "array/cells.hpp"
#include "array/defects.hpp"
#include "array/ladder.hpp"
#include "array/sensing.hpp"
#include "device/gaussian.hpp"
#include "device/resistance.hpp"
#include "plan/converter.hpp"

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

/// What a chip's junctions read at.
device::ReadPoint readPoint(const DeviceFile& file) {
  return {.volts = file.set.read_voltage.value, .kelvin = file.kelvin};
}

/// An array as made, as it was written, and as it has aged. `coarse`: see array::makeJunctions.
class MadeArray {
 public:
  MadeArray(const DeviceFile& file, int rows, int cols, std::uint32_t seed, std::uint32_t array,
            double coarse, ArrayReport& report)
      : cols_(cols),
        write_failures_(file.arrays.write_failures),
        write_key_(device::streamKey(seed, device::Stream::WriteFailure, array)) {
    const auto defects = repairedDefects(file, rows, cols, seed, array, report);
    array::ArrayConditions conditions;
    conditions.read = readPoint(file);
    conditions.variation = file.arrays.variation;
    conditions.retention_seconds = file.arrays.retention_seconds;
    conditions.retention_kelvin = file.arrays.retention_kelvin;
    states_ = array::makeJunctions(file.set, conditions, defects, seed, array, coarse);
    nominal_.g_p = states_.g_p;
    nominal_.g_ap = states_.g_ap;
    ++report.arrays;
    report.junctions += std::ssize(states_.lost);
  }

  /// What the references of the columns are built for: no cells.
  [[nodiscard]] const array::CellGrid& nominal() const { return nominal_; }
  [[nodiscard]] std::size_t junctionAt(int row, int col, bool zero) const {
    return 2 * (static_cast<std::size_t>(row) * static_cast<std::size_t>(cols_) +
                static_cast<std::size_t>(col)) +
           (zero ? 1 : 0);
  }
  [[nodiscard]] float parallel(std::size_t junction) const { return states_.parallel[junction]; }
  [[nodiscard]] float antiparallel(std::size_t junction) const { return states_.antiparallel[junction]; }
  /// Whether a junction holds the other state: lost since programming, or never written.
  [[nodiscard]] bool flipped(std::size_t junction) const {
    const bool unwritten =
        write_failures_ > 0 && device::streamUniform(write_key_, junction) < write_failures_;
    return unwritten != (states_.lost[junction] != 0);
  }

 private:
  int cols_;
  double write_failures_;
  std::uint64_t write_key_;
  array::JunctionStates states_;
  array::CellGrid nominal_;
};

/// In units of CellCurrents: nearest, cut to 16 bits (±4 matches; a pinhole of 10 % of the area
/// conducts 2.5).
std::int16_t toFixed(double matches) {
  constexpr double kLargest = 32767;
  return static_cast<std::int16_t>(
      std::clamp(std::nearbyint(std::ldexp(matches, kCurrentFraction)), -kLargest, kLargest));
}

/// What cells conduct above the reference, in matches, by their row.
class RowCurrents {
 public:
  RowCurrents(const DeviceFile& file, const array::CellGrid& nominal, int rows, const ConverterReads& reads)
      : nominal_(nominal), group_(reads.group) {
    array::GroupLadder ladder{
        .g_p = nominal.g_p, .g_ap = nominal.g_ap, .wire = file.arrays.ir_drop * file.set.wire.value};
    for (; ladder.before < rows; ladder.before += group_)
      groups_.push_back(array::linearMatches(ladder, group_, reads.activity));
  }
  [[nodiscard]] std::int16_t current(int row, float g) const {
    const array::LinearMatches& group = of(row);
    const double above = (static_cast<double>(g) - nominal_.g_ap) / (nominal_.g_p - nominal_.g_ap) - 0.5;
    return toFixed(group.middle + group.slope[static_cast<std::size_t>(row % group_)] * above);
  }
  /// Of a cell half-way between both states.
  [[nodiscard]] std::int16_t middle(int row) const { return toFixed(of(row).middle); }

 private:
  [[nodiscard]] const array::LinearMatches& of(int row) const {
    return groups_[static_cast<std::size_t>(row / group_)];
  }
  const array::CellGrid& nominal_;
  int group_;
  std::vector<array::LinearMatches> groups_;
};

}  // namespace

std::vector<CellFault> drawArrayFaults(const DeviceFile& file, int rows, int cols, int group,
                                       std::uint32_t seed, std::uint32_t array, ArrayReport& report) {
  const auto offsets = array::drawOffsets(file.set, group * cols, seed, array, file.arrays.offsets);
  double largest = 0;
  for (const double offset : offsets) largest = std::max(largest, std::abs(offset));
  const MadeArray made(file, rows, cols, seed, array, surelyRead(file, readPoint(file), largest), report);
  std::vector<CellFault> faults;
  for (int row = 0; row < rows; ++row) {
    for (int col = 0; col < cols; ++col) {
      const double offset = offsets[static_cast<std::size_t>(row % group * cols + col)];
      const auto reads_parallel = [&](float conductance) {
        return array::matchProbability(made.nominal(), static_cast<double>(conductance), offset, 0) > 0;
      };
      for (const bool zero : {false, true}) {
        const std::size_t junction = made.junctionAt(row, col, zero);
        const bool reads_p = reads_parallel(made.parallel(junction));
        const bool reads_ap = reads_parallel(made.antiparallel(junction));
        if (reads_p && !reads_ap) {
          if (!made.flipped(junction)) continue;
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

DrawnCurrents drawArrayCurrents(const DeviceFile& file, int rows, int cols, const ConverterReads& reads,
                                std::uint32_t seed, std::uint32_t array, ArrayReport& report) {
  const MadeArray made(file, rows, cols, seed, array, 1, report);
  const RowCurrents conducts(file, made.nominal(), rows, reads);
  DrawnCurrents drawn;
  for (int row = 0; row < rows; ++row) {
    const std::int16_t middle = conducts.middle(row);
    for (int col = 0; col < cols; ++col) {
      const auto junction = [&](bool zero) {
        const std::size_t at = made.junctionAt(row, col, zero);
        const CellCurrents::Junction both{conducts.current(row, made.parallel(at)),
                                          conducts.current(row, made.antiparallel(at))};
        const bool high = both.antiparallel > middle, low = both.parallel <= middle;
        if (high || low) ++(high ? report.high : report.low);
        // A state that nothing shows has not flipped.
        if (both.parallel != both.antiparallel && made.flipped(at)) {
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
        static_cast<std::int32_t>(std::lround(std::ldexp(offset * reads.counts, kCurrentFraction))));
  return drawn;
}

std::vector<std::uint32_t> readNoiseTable(const DeviceFile& file, int group) {
  const device::CellReader reader(file.set, readPoint(file));
  array::CellGrid nominal;
  nominal.g_p = reader.cell(true);
  nominal.g_ap = reader.cell(false);
  const array::NoiseLaw law = array::noiseLaw(file.set, nominal, readPoint(file));
  std::vector<std::uint32_t> table;
  for (int driven = 0; driven <= group; ++driven) {
    for (int matches = 0; matches <= group; ++matches) {
      const double dot = 2 * std::min(matches, driven) - driven;
      const double sigma = file.arrays.read_noise * std::sqrt(law.variance(driven, dot)) / 2;
      table.push_back(std::min(plan::kMostNoise, static_cast<std::uint32_t>(std::min(
                                                     1e9, std::nearbyint(sigma / plan::kNoiseUnit)))));
    }
  }
  return std::ranges::all_of(table, [](std::uint32_t sigma) { return sigma == 0; })
             ? std::vector<std::uint32_t>()
             : table;
}

}  // namespace neuspin::chip

#include "chip/axis.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "device/stt.hpp"

namespace neuspin::chip {
namespace {

/// Each of a cell's two junctions is stuck with r: one or both are in the share 1 − (1 − r)² of the cells.
DeviceFile stuckCells(const DeviceFile& file, double cells, double parallel_share) {
  DeviceFile result = file;
  const double rate = 1 - std::sqrt(1 - cells);
  result.arrays.stuck_p = rate * parallel_share;
  result.arrays.stuck_ap = rate * (1 - parallel_share);
  return result;
}

DeviceFile conductanceSpread(const DeviceFile& file, double sigma) {
  DeviceFile result = file;
  // G_P goes as D²/RA.
  const double own = std::hypot(file.set.var_ra.value, 2 * file.set.var_diameter.value);
  if (own == 0) result.set.var_ra.value = 1;
  result.arrays.variation = own == 0 ? sigma : sigma / own;
  return result;
}

DeviceFile unitSpread(const DeviceFile& file, double sigma) {
  DeviceFile result = file;
  constexpr double kNone = 1e-9;  // 0 would mean physics
  result.units.model = UnitModel::Gaussian;
  result.units.sigma_p = std::max(sigma, kNone);
  return result;
}

const std::vector<double> kStuck = {0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2};
constexpr double kMostStuck = 0.9;

const std::vector<Axis> kAxes = {
    {"stuck", "cells with a stuck junction, either state", 0, kMostStuck, false, kStuck,
     [](const DeviceFile& file, double value) { return stuckCells(file, value, 0.5); }},
    {"stuck_p", "cells with a junction stuck parallel", 0, kMostStuck, false, kStuck,
     [](const DeviceFile& file, double value) { return stuckCells(file, value, 1); }},
    {"stuck_ap", "cells with a junction stuck antiparallel", 0, kMostStuck, false, kStuck,
     [](const DeviceFile& file, double value) { return stuckCells(file, value, 0); }},
    {"conductance",
     "standard deviation of conductance, relative",
     0,
     1,
     false,
     {0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3},
     conductanceSpread},
    {"sigma_p",
     "standard deviation of the units' p",
     0,
     0.4,
     false,
     {0, 0.02, 0.05, 0.1, 0.15, 0.2},
     unitSpread},
    {"kelvin",
     "temperature in use, K",
     device::kColdest,
     device::kHottest,
     false,
     {233.15, 273.15, 300, 328.15, 358.15, 398.15},
     [](const DeviceFile& file, double value) {
       DeviceFile result = file;
       result.kelvin = value;
       return result;
     }},
    {"retention",
     "time since programming, s",
     1,
     1e12,
     true,
     {1e5, 1e6, 1e7, 1e8, 1e9, 1e10},
     [](const DeviceFile& file, double value) {
       DeviceFile result = file;
       result.arrays.retention_seconds = value;
       return result;
     }},
    {"wires",
     "resistance of a column's lines, Ohm a cell",
     0,
     1000,
     false,
     {0, 0.2, 0.5, 1, 2, 5},
     [](const DeviceFile& file, double value) {
       DeviceFile result = file;
       result.set.wire.value = value;
       result.arrays.ir_drop = 1;
       return result;
     },
     true},
    {"read_noise",
     "read noise of a cell's conductance, relative",
     0,
     1,
     false,
     {0, 0.02, 0.05, 0.1, 0.15, 0.2},
     [](const DeviceFile& file, double value) {
       DeviceFile result = file;
       result.set.read_noise.value = value;
       result.arrays.read_noise = 1;
       return result;
     },
     true},
};

}  // namespace

std::span<const Axis> axes() {
  return kAxes;
}

DeviceFile sweepChip() {
  Diagnostics diags;
  auto file =
      parseDeviceFile("set = \"stt40\"\n[units]\ntrim_bits = 8\n[arrays]\nretention_kelvin = 358.15\n",
                      "(default chip)", diags);
  if (!file) throw std::logic_error("default chip: " + diags.render());
  return *file;
}

}  // namespace neuspin::chip

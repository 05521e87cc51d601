#include "chip/axis.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "device/stt.hpp"

namespace neuspin::chip {
namespace {

/// Each of a cell's two junctions is stuck with r: one or both are in the share 1 − (1 − r)² of the cells.
void stuckCells(DeviceFile& file, double cells, double parallel_share) {
  const double rate = 1 - std::sqrt(1 - cells);
  file.arrays.stuck_p = rate * parallel_share;
  file.arrays.stuck_ap = rate * (1 - parallel_share);
}

void conductanceSpread(DeviceFile& file, double sigma) {
  // G_P goes as D²/RA.
  const double own = std::hypot(file.set.var_ra.value, 2 * file.set.var_diameter.value);
  if (own == 0) file.set.var_ra.value = 1;
  file.arrays.variation = own == 0 ? sigma : sigma / own;
}

void unitSpread(DeviceFile& file, double sigma) {
  constexpr double kNone = 1e-9;  // 0 would mean physics
  file.units.model = UnitModel::Gaussian;
  file.units.sigma_p = std::max(sigma, kNone);
}

const std::vector<double> kStuck = {0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2};
constexpr double kMostStuck = 0.9;

const std::vector<Axis> kAxes = {
    {"stuck", "cells with a stuck junction, either state", 0, kMostStuck, false, kStuck,
     [](DeviceFile& file, double value) { stuckCells(file, value, 0.5); }},
    {"stuck_p", "cells with a junction stuck parallel", 0, kMostStuck, false, kStuck,
     [](DeviceFile& file, double value) { stuckCells(file, value, 1); }},
    {"stuck_ap", "cells with a junction stuck antiparallel", 0, kMostStuck, false, kStuck,
     [](DeviceFile& file, double value) { stuckCells(file, value, 0); }},
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
     [](DeviceFile& file, double value) { file.kelvin = value; }},
    {"retention",
     "time since programming, s",
     1,
     1e12,
     true,
     {1e5, 1e6, 1e7, 1e8, 1e9, 1e10},
     [](DeviceFile& file, double value) { file.arrays.retention_seconds = value; }},
    {"wires",
     "resistance of a column's lines, Ohm a cell",
     0,
     1000,
     false,
     {0, 0.2, 0.5, 1, 2, 5},
     [](DeviceFile& file, double value) {
       file.set.wire.value = value;
       file.arrays.ir_drop = 1;
     },
     true},
    {"read_noise",
     "read noise of a cell's conductance, relative",
     0,
     1,
     false,
     {0, 0.02, 0.05, 0.1, 0.15, 0.2},
     [](DeviceFile& file, double value) {
       file.set.read_noise.value = value;
       file.arrays.read_noise = 1;
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

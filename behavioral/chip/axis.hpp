// Axes of a robustness sweep: one setting of a device file that takes one value after another.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "chip/device_file.hpp"

namespace neuspin::chip {

struct Axis {
  std::string_view name, label;  ///< of the command line; of a picture, with the unit
  double low = 0, high = 0;      ///< legal values
  bool logarithmic = false;
  std::vector<double> points;  ///< shown if none are asked for
  void (*set)(DeviceFile& file, double value) = nullptr;
  bool converters = false;  ///< only columns that sum currents show it

  /// The file with this value, all else as it is.
  [[nodiscard]] DeviceFile at(DeviceFile file, double value) const {
    set(file, value);
    return file;
  }
};

/// stuck, stuck_p, stuck_ap: share of the XNOR cells in which a junction is stuck (in either state alike,
/// parallel, antiparallel). conductance: relative standard deviation of the P conductance from junction to
/// junction; all of the set's [variation] goes with it. sigma_p: standard deviation of the units' probability
/// (without physics). kelvin: in use. retention: seconds since programming, at the file's retention_kelvin.
/// wires: Ohm a cell of each of the two lines along a column. read_noise: of a cell's conductance, relative;
/// thermal noise is what it is.
[[nodiscard]] std::span<const Axis> axes();

/// The chip of a sweep without a device file: stt40, units trimmed with 8 bits, everything else as the set
/// says; states are kept at 85 °C, so that the retention axis shows something.
[[nodiscard]] DeviceFile sweepChip();

}  // namespace neuspin::chip

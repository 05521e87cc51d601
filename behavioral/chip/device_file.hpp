// A device file (--device): which junctions a design is built of and what is wrong with them. README.md has
// the format.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "device/params.hpp"
#include "device/sot_table.hpp"
#include "support/diagnostic.hpp"

namespace neuspin::chip {

enum class UnitModel {
  Physical,  ///< junctions with process variation
  Gaussian,  ///< no physics: p ~ N(wanted, sigma_p), as trimming would leave it
  Ideal,     ///< every unit has the wanted probability; none is stuck
};

struct UnitSettings {
  UnitModel model = UnitModel::Physical;
  double sigma_p = 0.02;  ///< Gaussian
  double variation = 1;   ///< multiplies the set's [variation]
  double defects = 1;     ///< multiplies the set's rates of stuck junctions
  double errors = 1;      ///< multiplies the set's reset_fail and read_error
  int trim_bits = 0;      ///< of every unit's trim DAC; 0: untrimmed
  double trim_range = 0.3;
  double trim_kelvin = 300;
  std::shared_ptr<const device::SotTable> measured = {};  ///< P → AP, instead of a SOT set's logistic law
};

struct ArraySettings {
  double variation = 1;  ///< multiplies the set's [variation]
  double offsets = 1;    ///< multiplies the set's sensing.offset_mv
  double defects = 1;    ///< multiplies the set's [defects]
  /// Rates a junction in place of the set's times `defects`; those of the stochastic units stay.
  std::optional<double> stuck_p = {}, stuck_ap = {};
  double ir_drop = 1;         ///< multiplies the set's wires.ohm_per_cell; columns that sum currents
  double read_noise = 1;      ///< multiplies standard deviations of reads; columns that sum currents
  double write_failures = 0;  ///< rate per junction of states not written when the weights were programmed
  double retention_seconds = 0, retention_kelvin = 300;
  int spare_rows = 0, spare_columns = 0;  ///< of every array
};

struct DeviceFile {
  std::string file;
  device::DeviceSet set;   ///< with the file's overrides
  std::uint32_t seed = 1;  ///< of the (first) chip
  double kelvin = 300;     ///< in use
  UnitSettings units;
  ArraySettings arrays;
};

/// Findings: everything wrong with the file or the set that it names; nullopt after any error.
[[nodiscard]] std::optional<DeviceFile> readDeviceFile(const std::string& path, Diagnostics& diags);

/// The same of a text; paths in it are relative to the folder of `file`.
[[nodiscard]] std::optional<DeviceFile> parseDeviceFile(std::string_view text, const std::string& file,
                                                        Diagnostics& diags);

}  // namespace neuspin::chip

// Device parameter sets: every constant with its value and where it comes from. Built-in sets are files of
// sets/, embedded in the binary; a user's file has the same form.
#pragma once

#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/diagnostic.hpp"

namespace neuspin::spec {
class TableReader;
}

namespace neuspin::device {

/// How far a constant may be trusted.
enum class Source {
  Verified,    ///< read in a source that `note` names
  Computed,    ///< follows from other constants
  Literature,  ///< recalled from the literature, to be checked before it is cited
  Assumed,     ///< engineering assumption
  Measured,    ///< the user's own measurement
};
[[nodiscard]] std::string_view sourceName(Source source);

struct Constant {
  double value = std::numeric_limits<double>::quiet_NaN();
  bool given = false;  ///< else the set says nothing about it and the value is NaN
  Source source = Source::Assumed;
  std::string note;
};

/// Written by spin-transfer torque (Fokker-Planck model) or by spin-orbit torque (logistic or measured
/// table).
enum class Kind { Stt, Sot };

/// Units and legal ranges: params_fields.cpp. What a kind does not need may be absent.
struct DeviceSet {
  std::string name, description;
  Kind kind = Kind::Stt;
  // [geometry], [magnetic]: at 300 K
  Constant diameter, free_layer, ms, mu0hk, alpha, polarisation;
  Constant curie, anisotropy_exponent, polarisation_t, vcma;
  // [barrier]
  Constant ra, r_p, tmr, tmr_half, phi, tox, r_p_per_k;
  // [sot]
  Constant v50, slope, v50_back, slope_back, reference_pulse, quick_time, vc0_short, vc0_long;
  Constant attempt_time, delta_eff, r_sot, switch_back_ratio, switch_back_slope;
  Constant theta_sh, line_width, line_thickness, line_length, line_resistivity;
  // [write], [read], [sensing], [wires]
  Constant write_pulse, write_energy;
  Constant read_voltage, read_pulse, access, read_noise;
  Constant bandwidth, sense_offset, full_scale, adc_range, adc_bits, wire;
  // [retention]
  Constant delta_retention;
  // [variation]: relative standard deviations; die_share: of each, common to a die
  Constant var_diameter, var_ra, var_tmr, var_free_layer, var_hk, var_ms, die_share, gradient;
  // [dropout]
  Constant drive_range, reset_fail, read_error;
  // [defects]: rates per device
  Constant stuck_p, stuck_ap, pinhole, pinhole_area, ra_breakdown, open_row, open_column;
};

/// One key of a set's file.
struct Field {
  std::string_view table, key, unit;
  double low = 0, high = 0;
  bool stt = true, sot = true;  ///< needed by this kind
  Constant DeviceSet::*member = nullptr;
};
/// All keys, in the order of the files.
[[nodiscard]] std::span<const Field> deviceFields();

/// Names of the built-in sets, sorted.
[[nodiscard]] std::vector<std::string> builtInSets();

/// A built-in set by name, or a file if `name_or_path` ends in ".toml". Findings: everything wrong with the
/// file, "unknown-device-set", unreadable file; nullopt after any error.
[[nodiscard]] std::optional<DeviceSet> loadDeviceSet(const std::string& name_or_path, Diagnostics& diags);

/// The text of a set's file. `base = "<built-in>"` takes every constant that the text leaves out from there;
/// without it all that the kind needs must be there.
[[nodiscard]] std::optional<DeviceSet> parseDeviceSet(std::string_view text, const std::string& file,
                                                      Diagnostics& diags);

/// Constants of `set` that a table of another file gives anew: tables and keys as in a set's file. Findings:
/// as for a set.
void overrideConstants(spec::TableReader& tables, DeviceSet& set);

/// One line a constant, `table.key = value unit [source] note`, for reports.
[[nodiscard]] std::string describe(const DeviceSet& set);

}  // namespace neuspin::device

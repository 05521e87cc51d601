// Measured switching curves: the most trusted model of a SOT junction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "device/monotone_cubic.hpp"
#include "support/diagnostic.hpp"

namespace neuspin::device {

/// One row of a file of measured curves.
struct SwitchingRecord {
  std::string device, direction;
  double volts = 0, pulse_ns = 0, kelvin = 300, switched = 0;
  std::int64_t pulses = 0;  ///< that were tried
  std::uint32_t line = 0;
};

/// Reads `device,direction,V,t_p,P_sw,n_reps` and optionally `T` (K, else 300), columns in any order, header
/// first: V in volts, t_p in ns. Findings: missing, unknown or double column, a row of another length, a
/// value that is no number or out of range. Nullopt after any error.
[[nodiscard]] std::optional<std::vector<SwitchingRecord>> readSwitchingCsv(std::string_view text,
                                                                           const std::string& file,
                                                                           Diagnostics& diags);

/// P_sw(V, t_p, T) of one device and direction.
class SotTable {
 public:
  /// Curves of the records that match; they must fill a grid of (t_p, T), no V twice in a curve. `file` is
  /// for findings "no-curve", "curve-missing", "double-point".
  [[nodiscard]] static std::optional<SotTable> make(const std::vector<SwitchingRecord>& records,
                                                    std::string_view device, std::string_view direction,
                                                    const std::string& file, Diagnostics& diags);

  /// Monotone cubic in V, bilinear in (ln t_p, T): exact at measured points, constant beyond them.
  [[nodiscard]] double probability(double volts, double pulse_ns, double kelvin = 300) const;

  /// The measured points of one pulse length and temperature, ascending in V.
  struct Curve {
    double pulse_ns = 0, kelvin = 0;
    std::vector<double> volts, switched;
  };
  [[nodiscard]] const std::vector<Curve>& curves() const { return points_; }

 private:
  std::vector<double> log_pulse_, kelvin_;  // ascending
  std::vector<MonotoneCubic> curves_;       // [pulse][kelvin]
  std::vector<Curve> points_;               // as curves_
};

}  // namespace neuspin::device

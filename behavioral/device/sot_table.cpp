#include "device/sot_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace neuspin::device {
namespace {

/// Place of `value` on an ascending axis: the node at or below it and the share of the next one.
struct Place {
  std::size_t node = 0;
  double share = 0;
};

Place placeOn(const std::vector<double>& axis, double value) {
  if (value <= axis.front()) return {0, 0};
  if (value >= axis.back()) return {axis.size() - 1, 0};
  const auto next =
      static_cast<std::size_t>(std::upper_bound(axis.begin(), axis.end(), value) - axis.begin());
  return {next - 1, (value - axis[next - 1]) / (axis[next] - axis[next - 1])};
}

}  // namespace

std::optional<SotTable> SotTable::make(const std::vector<SwitchingRecord>& records, std::string_view device,
                                       std::string_view direction, const std::string& file,
                                       Diagnostics& diags) {
  const std::size_t before = diags.errorCount();
  std::map<std::pair<double, double>, std::map<double, double>> curves;  // (pulse, kelvin) → V → P
  std::set<double> pulses, kelvins;
  for (const auto& record : records) {
    if (record.device != device || record.direction != direction) continue;
    pulses.insert(record.pulse_ns);
    kelvins.insert(record.kelvin);
    if (!curves[{record.pulse_ns, record.kelvin}].emplace(record.volts, record.switched).second) {
      diags.error(
          "double-point", {file, record.line, 1, {}},
          fmt::format("a second value at {} V, {} ns, {} K", record.volts, record.pulse_ns, record.kelvin),
          "merge repeated measurements into one row");
    }
  }
  if (curves.empty()) {
    diags.error("no-curve", {file, 0, 0, {}},
                fmt::format("no row is of device '{}', direction '{}'", device, direction),
                "name a device and a direction that the file has");
    return std::nullopt;
  }
  SotTable table;
  table.kelvin_.assign(kelvins.begin(), kelvins.end());
  for (const double pulse : pulses) {
    table.log_pulse_.push_back(std::log(pulse));
    for (const double kelvin : kelvins) {
      const auto curve = curves.find({pulse, kelvin});
      if (curve == curves.end()) {
        diags.error("curve-missing", {file, 0, 0, {}}, fmt::format("no curve at {} ns, {} K", pulse, kelvin),
                    "measure every pulse length at every temperature of the file");
        continue;
      }
      std::vector<double> volts, switched;
      for (const auto& [v, p] : curve->second) {
        volts.push_back(v);
        switched.push_back(p);
      }
      table.points_.push_back({pulse, kelvin, volts, switched});
      table.curves_.emplace_back(std::move(volts), std::move(switched));
    }
  }
  if (diags.errorCount() != before) return std::nullopt;
  return table;
}

double SotTable::probability(double volts, double pulse_ns, double kelvin) const {
  const Place t = placeOn(log_pulse_, std::log(pulse_ns)), k = placeOn(kelvin_, kelvin);
  double sum = 0;
  for (const bool next_t : {false, true}) {
    for (const bool next_k : {false, true}) {
      const double weight = (next_t ? t.share : 1 - t.share) * (next_k ? k.share : 1 - k.share);
      if (weight == 0) continue;  // the next node may not exist
      sum +=
          weight * curves_[(t.node + (next_t ? 1 : 0)) * kelvin_.size() + k.node + (next_k ? 1 : 0)](volts);
    }
  }
  return sum;
}

}  // namespace neuspin::device

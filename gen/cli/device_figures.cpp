// Pictures of junctions: switching curves, units before and after trimming.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/figures.hpp"
#include "device/dropout_unit.hpp"
#include "device/fokker_planck.hpp"
#include "device/sot.hpp"
#include "device/stt.hpp"

namespace neuspin::cli {
namespace {

constexpr int kCurvePoints = 61;

std::vector<double> equalSteps(double low, double high) {
  std::vector<double> values;
  for (int n = 0; n < kCurvePoints; ++n) values.push_back(low + (high - low) * n / (kCurvePoints - 1));
  return values;
}

/// µA against P at temperatures within the models' range, by the Fokker-Planck equation.
void addSttCurves(const device::DeviceSet& set, plot::LineChart& chart) {
  constexpr double kMicro = 1e6;
  const double pulse = set.write_pulse.value * 1e-9;
  const auto room = device::sttJunction(set);
  const double half = device::halfSwitchingDrive(room.delta, pulse / room.tau_d) * room.ic0_p_ap;
  const auto amperes = equalSteps(0.5 * half, 1.6 * half);
  for (const double kelvin : {device::kColdest, 300.0, 358.15, device::kHottest}) {
    const auto junction = device::sttJunction(set, kelvin);
    const std::vector<double> taus = {pulse / junction.tau_d};
    plot::Series series{.name = fmt::format("{:g} K", kelvin), .x = {}, .y = {}, .markers = false};
    for (const double current : amperes) {
      series.x.push_back(current * kMicro);
      series.y.push_back(
          device::solveSwitching(junction.delta, current / junction.ic0_p_ap, taus).front().switched);
    }
    chart.series.push_back(std::move(series));
  }
  chart.x.label = "current, µA";
  chart.note = fmt::format("{}: P → AP, {:g} ns, Fokker-Planck, nominal junction; no measured points",
                           set.name, set.write_pulse.value);
}

/// V against P at pulse lengths around the set's.
void addSotCurves(const device::DeviceSet& set, const device::SotTable* measured, plot::LineChart& chart) {
  const double pulse = set.write_pulse.value;
  const double half = device::sotV50(set, pulse, device::Direction::PToAp);
  const auto volts = equalSteps(0.5 * half, 1.6 * half);
  for (const double factor : {0.5, 1.0, 2.0, 4.0}) {
    plot::Series series{
        .name = fmt::format("{:g} ns", factor * pulse), .x = volts, .y = {}, .markers = false};
    for (const double v : volts)
      series.y.push_back(device::sotProbability(set, v, factor * pulse, device::Direction::PToAp));
    chart.series.push_back(std::move(series));
  }
  chart.x.label = "voltage, V";
  chart.note = fmt::format(
      "{}: P → AP, logistic law through the set's fitted V50 and slope, nominal junction", set.name);
  if (measured == nullptr) {
    chart.note += "; no measured points";
    return;
  }
  for (const device::SotTable::Curve& curve : measured->curves()) {
    chart.series.push_back({.name = fmt::format("measured, {:g} ns, {:g} K", curve.pulse_ns, curve.kelvin),
                            .x = curve.volts,
                            .y = curve.switched,
                            .line = false});
  }
}

/// A histogram as the outline of its columns, counts of `values` in bins of [0, 1].
plot::Series histogram(const std::string& name, const std::vector<double>& values) {
  constexpr int kBins = 50;
  std::vector<double> counts(kBins);
  for (const double value : values)
    ++counts[static_cast<std::size_t>(std::clamp(static_cast<int>(value * kBins), 0, kBins - 1))];
  plot::Series series{.name = name, .x = {}, .y = {}, .markers = false};
  for (int bin = 0; bin < kBins; ++bin) {
    for (const int edge : {bin, bin + 1}) {
      series.x.push_back(static_cast<double>(edge) / kBins);
      series.y.push_back(counts[static_cast<std::size_t>(bin)]);
    }
  }
  series.high = series.y;
  series.low.assign(series.y.size(), 0);
  return series;
}

}  // namespace

plot::LineChart switchingChart(const device::DeviceSet& set, const device::SotTable* measured) {
  plot::LineChart chart{.title = fmt::format("switching of {}", set.name),
                        .note = {},
                        .x = {},
                        .y = {.label = "P(P → AP)", .low = 0, .high = 1},
                        .series = {}};
  if (set.kind == device::Kind::Stt) {
    addSttCurves(set, chart);
  } else {
    addSotCurves(set, measured, chart);
  }
  return chart;
}

plot::LineChart trimChart(const chip::DeviceFile& file, double p, int units) {
  const chip::UnitSettings& settings = file.units;
  const auto bank = device::makeUnits(file.set,
                                      {.probability = p,
                                       .kelvin = file.kelvin,
                                       .trim_kelvin = settings.trim_kelvin,
                                       .variation = settings.variation,
                                       .defects = settings.defects,
                                       .measured = settings.measured,
                                       .trim_bits = settings.trim_bits,
                                       .trim_range = settings.trim_range},
                                      file.seed, units);
  const auto named = [](const char* when, const device::NormalFit& fit) {
    return fmt::format("{}: {:.3f} ± {:.3f}", when, fit.mean, fit.sigma);
  };
  return {.title = fmt::format("probability of {} units of {}, wanted {:g}", units, file.set.name, p),
          .note = fmt::format(
              "chip {}, {} K, trimmed at {} K with {}", file.seed, file.kelvin, settings.trim_kelvin,
              settings.trim_bits > 0
                  ? fmt::format("{} bits over ±{:g} %", settings.trim_bits, 100 * settings.trim_range)
                  : "the 8 bits of the drive register"),
          .x = {.label = "P(1)", .low = 0, .high = 1},
          .y = {.label = "units in a bin of 0.02", .low = 0},
          .series = {histogram(named("untrimmed", bank.untrimmed), bank.untrimmed_p),
                     histogram(named("trimmed", bank.trimmed), bank.trimmed_p)}};
}

}  // namespace neuspin::cli

// The project's pictures: charts of what the commands measured, and the files they are written to.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>

#include "chip/device_file.hpp"
#include "energy/energy.hpp"
#include "evaluate/sweep.hpp"
#include "plot/chart.hpp"
#include "support/diagnostic.hpp"

namespace neuspin::cli {

using Chart = std::variant<plot::LineChart, plot::BarChart>;
/// By name of the picture, without ".svg".
using Figures = std::map<std::string, Chart>;

/// P(P → AP) against current or voltage, in the set's write pulse: an STT junction at four temperatures
/// (Fokker-Planck), a SOT junction at four pulse lengths (its logistic law). `measured`: curves of the user's
/// own, with their points.
[[nodiscard]] plot::LineChart switchingChart(const device::DeviceSet& set, const device::SotTable* measured);

/// Histograms of the units' probabilities before and after trimming: `units` of the chip `file.seed`, wanted
/// probability p.
[[nodiscard]] plot::LineChart trimChart(const chip::DeviceFile& file, double p, int units);

/// Accuracy (%) or NLL (nats) of all networks along the axis, mean and 5 % … 95 % of the chips.
[[nodiscard]] plot::LineChart accuracyChart(const evaluate::Sweep& sweep);
[[nodiscard]] plot::LineChart nllChart(const evaluate::Sweep& sweep);
/// Points of accuracy over the deterministic network; the band is that of the first gap.
[[nodiscard]] plot::LineChart gapChart(const evaluate::Sweep& sweep, const std::vector<evaluate::Gap>& gaps);

/// What a network takes for an image, with junctions and with LFSRs.
struct EnergyPair {
  std::string network;
  int passes = 0;
  energy::Breakdown junctions, lfsr;
};
/// nJ an image by kind of event.
[[nodiscard]] plot::BarChart energyChart(const std::vector<EnergyPair>& energies, const std::string& note);

/// The charts of a sweep, named <chart>-<axis>.
void addFigures(const evaluate::Sweep& sweep, const std::vector<evaluate::Gap>& gaps, Figures& figures);

/// Titles, labels and every number drawn.
[[nodiscard]] nlohmann::json toJson(const Figures& figures);
/// One SVG each into `folder`, whole or not at all; replaces a folder that neuspin wrote. False: diagnostics
/// on standard error.
[[nodiscard]] bool writeFigures(const std::string& folder, const Figures& figures);

}  // namespace neuspin::cli

#include "cli/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "evaluate/report.hpp"
#include "support/files.hpp"
#include "support/overloaded.hpp"

namespace neuspin::cli {
namespace {

using evaluate::kPercent;
constexpr double kFemtoToNano = 1e-6;

/// Kinds of events, each a colour. Every event of gen/energy is in one of them.
struct Kind {
  const char* name;
  std::vector<std::string_view> events;
};
const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = {{"array cells", {"cell_read"}},
                                        {"sense amplifiers, ADCs", {"decision", "adc_step"}},
                                        {"counters and adders", {"count_bit", "active_row", "sum_bit"}},
                                        {"thresholds, scales", {"compare_bit", "multiply_bit"}},
                                        {"SRAM", {"sram_bit"}},
                                        {"registers", {"register_bit"}},
                                        {"random bits", {"mtj_set", "mtj_read", "mtj_reset", "lfsr_bit"}},
                                        {"uncertainty head", {"head_sample", "head_result"}}};
  return all;
}

/// nJ of every kind. Throws for an event that is of none: a bar is as long as the energy.
std::vector<double> partsOf(const energy::Breakdown& breakdown) {
  std::vector<double> parts(kinds().size());
  for (const energy::Item& item : breakdown.items) {
    const auto kind = std::ranges::find_if(kinds(), [&](const Kind& one) {
      return std::ranges::find(one.events, item.event) != one.events.end();
    });
    if (kind == kinds().end()) throw std::logic_error("no kind of events has " + item.event);
    parts[static_cast<std::size_t>(kind - kinds().begin())] += item.femtojoules() * kFemtoToNano;
  }
  return parts;
}

std::string noteOf(const evaluate::Sweep& sweep) {
  const auto& chips = sweep.curves.front().points.front().chips;
  int passes = 0;
  for (const auto& curve : sweep.curves) passes = std::max(passes, curve.passes);
  return fmt::format(
      "{} chips (seeds {} … {}): mean, band 5 % … 95 %; {} images, T = {}, Monte Carlo seed {}", chips.size(),
      chips.front().chip, chips.back().chip, sweep.images, passes, sweep.curves.front().ideal.seed);
}

plot::Series seriesOf(const std::string& name, const std::vector<double>& x,
                      const std::vector<evaluate::Distribution>& over_chips, double scale, bool band) {
  plot::Series series{.name = name, .x = x, .y = {}};
  for (const evaluate::Distribution& d : over_chips) {
    series.y.push_back(scale * d.mean);
    if (!band) continue;
    series.low.push_back(scale * d.q05);
    series.high.push_back(scale * d.q95);
  }
  return series;
}

plot::LineChart curvesOf(const evaluate::Sweep& sweep, const char* figure, const std::string& label,
                         double scale) {
  plot::LineChart chart{.title = fmt::format("{} against {}", label, sweep.label),
                        .note = noteOf(sweep),
                        .x = {.label = sweep.label, .logarithmic = sweep.logarithmic},
                        .y = {.label = label},
                        .series = {}};
  for (const evaluate::SweepCurve& curve : sweep.curves) {
    std::vector<double> x;
    for (const evaluate::SweepPoint& point : curve.points) x.push_back(point.value);
    chart.series.push_back(seriesOf(curve.network, x, distributionsOf(curve, figure), scale, true));
  }
  return chart;
}

nlohmann::json jsonOf(const plot::LineChart& chart) {
  nlohmann::json series = nlohmann::json::array();
  for (const plot::Series& one : chart.series) {
    nlohmann::json entry = {{"name", one.name}, {"x", one.x}, {"y", one.y}};
    if (!one.low.empty()) entry.update({{"low", one.low}, {"high", one.high}});
    series.push_back(std::move(entry));
  }
  return {{"title", chart.title},
          {"note", chart.note},
          {"x", chart.x.label},
          {"y", chart.y.label},
          {"series", series}};
}

nlohmann::json jsonOf(const plot::BarChart& chart) {
  nlohmann::json bars = nlohmann::json::array();
  for (const auto& group : chart.groups) {
    for (const plot::Bar& bar : group) bars.push_back({{"label", bar.label}, {"parts", bar.parts}});
  }
  return {{"title", chart.title},
          {"note", chart.note},
          {"x", chart.label},
          {"parts", chart.parts},
          {"bars", bars}};
}

}  // namespace

plot::LineChart accuracyChart(const evaluate::Sweep& sweep) {
  return curvesOf(sweep, "accuracy", "accuracy, %", kPercent);
}

plot::LineChart nllChart(const evaluate::Sweep& sweep) {
  return curvesOf(sweep, "nll", "NLL, nats", 1);
}

plot::LineChart gapChart(const evaluate::Sweep& sweep, const std::vector<evaluate::Gap>& gaps) {
  plot::LineChart chart{.title = fmt::format("accuracy over {} on the same chips", gaps.front().base),
                        .note = noteOf(sweep),
                        .x = {.label = sweep.label, .logarithmic = sweep.logarithmic},
                        .y = {.label = "points of accuracy"},
                        .series = {}};
  for (const evaluate::Gap& gap : gaps) {
    const bool first = &gap == &gaps.front();
    chart.series.push_back(seriesOf(gap.network, gap.values, gap.over_chips, kPercent, first));
  }
  return chart;
}

plot::BarChart energyChart(const std::vector<EnergyPair>& energies, const std::string& note) {
  plot::BarChart chart{.title = "energy of an image, junctions beside LFSRs",
                       .note = note,
                       .label = "nJ an image",
                       .parts = {},
                       .groups = {}};
  for (const Kind& kind : kinds()) chart.parts.emplace_back(kind.name);
  for (const EnergyPair& pair : energies) {
    chart.groups.push_back({{fmt::format("{}, T = {}", pair.network, pair.passes), partsOf(pair.junctions)},
                            {"with LFSRs", partsOf(pair.lfsr)}});
  }
  return chart;
}

void addFigures(const evaluate::Sweep& sweep, const std::vector<evaluate::Gap>& gaps, Figures& figures) {
  figures.emplace("accuracy-" + sweep.axis, accuracyChart(sweep));
  figures.emplace("nll-" + sweep.axis, nllChart(sweep));
  if (!gaps.empty()) figures.emplace("gap-" + sweep.axis, gapChart(sweep, gaps));
}

nlohmann::json toJson(const Figures& figures) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [name, chart] : figures)
    json[name] = std::visit([](const auto& one) { return jsonOf(one); }, chart);
  return json;
}

bool writeFigures(const std::string& folder, const Figures& figures) {
  std::map<std::string, std::string> files;
  nlohmann::json names = nlohmann::json::array();
  for (const auto& [name, chart] : figures) {
    names.push_back(name + ".svg");
    files[name + ".svg"] = std::visit([](const auto& one) { return plot::toSvg(one); }, chart);
  }
  // Marks the folder as ours: writeFolderWhole replaces no other.
  files["manifest.json"] = nlohmann::json({{"generator", "neuspin"}, {"figures", names}}).dump(2) + "\n";
  Diagnostics diags;
  const bool written = writeFolderWhole(folder, files, diags);
  fmt::print(stderr, "{}", diags.render());
  return written;
}

}  // namespace neuspin::cli

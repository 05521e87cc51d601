#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "plot/frame.hpp"
#include "plot/ticks.hpp"

namespace neuspin::plot {
namespace {

constexpr double kRow = 22, kBar = 16, kGap = 10, kBelow = 74, kLongestLabel = 260;

double totalOf(const Bar& bar) {
  return std::accumulate(bar.parts.begin(), bar.parts.end(), 0.0);
}

}  // namespace

std::string toSvg(const BarChart& chart) {
  std::vector<double> totals = {0};
  double labels = 0, totals_width = 0;
  std::size_t bars = 0;
  for (const auto& group : chart.groups) {
    for (const Bar& bar : group) {
      if (bar.parts.size() != chart.parts.size() ||
          std::ranges::any_of(bar.parts, [](double part) { return part < 0; }))
        throw std::invalid_argument("bar '" + bar.label + "': its parts are not those of the chart");
      totals.push_back(totalOf(bar));
      labels = std::max(labels, textWidth(elide(bar.label, kTextSize, kLongestLabel), kTextSize));
      totals_width = std::max(totals_width, textWidth(tickLabel(totals.back()), kTextSize));
      ++bars;
    }
  }
  std::vector<Key> keys;
  for (const auto& part : chart.parts) keys.push_back({.name = part, .box = true});
  if (bars == 0) throw std::invalid_argument("a chart without data");
  Ruler x = rulerOver({.label = {}, .low = 0.0}, totals);
  x.from = 12 + labels + 8;
  x.to = kWidth - std::max(legendWidth(keys), totals_width + 12);
  const double bottom =
      kTop + kRow * static_cast<double>(bars) + kGap * static_cast<double>(chart.groups.size()) + 4;

  Svg svg(kWidth,
          std::max(bottom + kBelow, kTop + 30 + 19 * static_cast<double>(chart.parts.size()) + kBelow));
  drawTitle(svg, chart.title, chart.note);
  drawXAxis(svg, x, chart.label, bottom, kTop);
  double y = kTop + kGap / 2;
  for (const auto& group : chart.groups) {
    for (const Bar& bar : group) {
      svg.open("bar", bar.label);
      svg.text(x.from - 8, y + kBar - 3, elide(bar.label, kTextSize, kLongestLabel),
               {.size = kTextSize, .anchor = Anchor::End});
      double start = 0;
      for (std::size_t p = 0; p < bar.parts.size(); ++p) {
        const double end = start + bar.parts[p];
        if (bar.parts[p] > 0)
          svg.rectangle(x(start), y, x(end) - x(start), kBar, colourOf(p),
                        fmt::format("{}: {:.6g}", chart.parts[p], bar.parts[p]));
        start = end;
      }
      svg.close();
      y += kRow;
    }
    y += kGap;
  }
  svg.line(x.from, kTop, x.from, bottom);
  drawLegend(svg, x.to + 14, kTop + 10, keys);
  return svg.document();
}

}  // namespace neuspin::plot

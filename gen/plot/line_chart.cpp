#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "plot/frame.hpp"
#include "plot/ticks.hpp"

namespace neuspin::plot {
namespace {

constexpr double kHeight = 460, kBottom = kHeight - 70, kLabelColumn = 30;

void check(const Series& series) {
  const std::size_t points = series.x.size();
  const auto fits = [&](const std::vector<double>& band) { return band.empty() || band.size() == points; };
  if (series.y.size() != points || !fits(series.low) || !fits(series.high) ||
      series.low.empty() != series.high.empty())
    throw std::invalid_argument("series '" + series.name + "': its parts are not equally long");
}

void drawYAxis(Svg& svg, const Ruler& ruler, const std::vector<double>& ticks,
               const std::vector<std::string>& labels, const std::string& label, double left, double right) {
  svg.open("y-axis");
  for (std::size_t n = 0; n < ticks.size(); ++n) {
    const double y = ruler(ticks[n]);
    svg.line(left, y, right, y, kGrid);
    svg.line(left - 5, y, left, y);
    svg.text(left - 8, y + 4, labels[n], {.size = kTextSize, .anchor = Anchor::End});
  }
  svg.close();
  svg.line(left, ruler.from, left, ruler.to);
  svg.text(20, (ruler.from + ruler.to) / 2, elide(label, kTextSize, ruler.from - ruler.to),
           {.size = kTextSize, .anchor = Anchor::Middle, .upwards = true});
}

void drawSeries(Svg& svg, const Series& series, std::size_t index, const Ruler& x, const Ruler& y) {
  const std::string colour = colourOf(index);
  svg.open("series", series.name);
  if (!series.low.empty()) {
    Points band;
    for (std::size_t p = 0; p < series.x.size(); ++p) band.emplace_back(x(series.x[p]), y(series.high[p]));
    for (std::size_t p = series.x.size(); p-- > 0;) band.emplace_back(x(series.x[p]), y(series.low[p]));
    constexpr double kOpacity = 0.13;
    svg.polygon(band, colour, kOpacity);
  }
  Points line;
  for (std::size_t p = 0; p < series.x.size(); ++p) line.emplace_back(x(series.x[p]), y(series.y[p]));
  if (series.line) svg.polyline(line, {colour, 2, dashOf(index)});
  for (std::size_t p = 0; p < line.size() && series.markers; ++p)
    svg.circle(line[p].first, line[p].second, 3, colour,
               fmt::format("{:.6g}: {:.6g}", series.x[p], series.y[p]));
  svg.close();
}

}  // namespace

std::string toSvg(const LineChart& chart) {
  std::vector<double> xs, ys;
  std::vector<Key> keys;
  for (const Series& series : chart.series) {
    check(series);
    keys.push_back({.name = series.name, .line = series.line, .marker = series.markers});
    xs.insert(xs.end(), series.x.begin(), series.x.end());
    for (const auto* values : {&series.y, &series.low, &series.high})
      ys.insert(ys.end(), values->begin(), values->end());
  }
  Ruler x = rulerOver(chart.x, xs), y = rulerOver(chart.y, ys);
  y.from = kBottom;
  y.to = kTop;
  const auto ticks = ticksOf(y, 8);
  const auto labels = tickLabels(ticks);
  double widest = 0;
  for (const auto& text : labels) widest = std::max(widest, textWidth(text, kTextSize));
  x.from = kLabelColumn + widest + 10;
  x.to = kWidth - legendWidth(keys);

  Svg svg(kWidth, kHeight);
  drawTitle(svg, chart.title, chart.note);
  drawXAxis(svg, x, chart.x.label, kBottom, kTop);
  drawYAxis(svg, y, ticks, labels, chart.y.label, x.from, x.to);
  for (std::size_t s = 0; s < chart.series.size(); ++s) drawSeries(svg, chart.series[s], s, x, y);
  drawLegend(svg, x.to + 14, kTop + 10, keys);
  return svg.document();
}

}  // namespace neuspin::plot

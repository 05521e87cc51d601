#include "plot/frame.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "plot/ticks.hpp"

namespace neuspin::plot {
namespace {

constexpr std::array kColours = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                 "#E69F00", "#56B4E9", "#000000", "#7F7F7F"};
constexpr double kLegendRow = 19, kKey = 26, kLongestName = 220;

}  // namespace

std::string colourOf(std::size_t index) {
  return kColours[index % kColours.size()];
}

std::string dashOf(std::size_t index) {
  return index < kColours.size() ? "" : "6 3";
}

double Ruler::operator()(double value) const {
  const double share =
      logarithmic ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
  return from + share * (to - from);
}

Ruler rulerOver(const Scale& scale, const std::vector<double>& values) {
  if (values.empty()) throw std::invalid_argument("a chart without data");
  for (const double value : values) {
    if (!std::isfinite(value)) throw std::invalid_argument("a value that is not finite");
    if (scale.logarithmic && value <= 0) throw std::invalid_argument("a value that has no logarithm");
  }
  const auto [least, most] = std::ranges::minmax(values);
  constexpr double kMargin = 0.04;
  Ruler ruler{.low = least, .high = most, .logarithmic = scale.logarithmic};
  if (scale.logarithmic) {
    const double margin = most > least ? std::pow(most / least, kMargin) : 2;
    ruler.low /= margin;
    ruler.high *= margin;
  } else {
    const double margin = most > least ? kMargin * (most - least) : std::max(std::abs(most) * kMargin, 1e-9);
    ruler.low -= margin;
    ruler.high += margin;
  }
  ruler.low = scale.low.value_or(ruler.low);
  ruler.high = scale.high.value_or(ruler.high);
  return ruler;
}

std::vector<double> ticksOf(const Ruler& ruler, int most) {
  // Less than a decade has too few powers of ten: equal steps, on the logarithmic scale.
  if (ruler.logarithmic && ruler.high / ruler.low >= 100) return decadeTicks(ruler.low, ruler.high, most);
  return linearTicks(ruler.low, ruler.high, most);
}

void drawTitle(Svg& svg, const std::string& title, const std::string& note) {
  const double room = svg.width() - 24;
  svg.text(12, 24, elide(title, kTitleSize * 1.1, room), {.size = kTitleSize, .bold = true});
  if (!note.empty())
    svg.text(12, svg.height() - 9, elide(note, kNoteSize, room), {.size = kNoteSize, .colour = "#555555"});
}

double legendWidth(const std::vector<Key>& keys) {
  double widest = 0;
  for (const Key& key : keys)
    widest = std::max(widest, textWidth(elide(key.name, kTextSize, kLongestName), kTextSize));
  return kKey + widest + 22;
}

void drawLegend(Svg& svg, double x, double y, const std::vector<Key>& keys) {
  svg.open("legend");
  for (std::size_t n = 0; n < keys.size(); ++n) {
    const double middle = y + kLegendRow * static_cast<double>(n);
    if (keys[n].box) svg.rectangle(x, middle - 6, 16, 12, colourOf(n));
    if (keys[n].line) svg.line(x, middle, x + 20, middle, {colourOf(n), 2, dashOf(n)});
    if (keys[n].marker) svg.circle(x + 10, middle, 3, colourOf(n));
    svg.text(x + kKey, middle + 4, elide(keys[n].name, kTextSize, kLongestName), {.size = kTextSize});
  }
  svg.close();
}

void drawXAxis(Svg& svg, const Ruler& ruler, const std::string& label, double bottom, double top) {
  // As many ticks as have room for their labels; a label takes the room of the longest.
  int most = 10;
  std::vector<double> ticks;
  std::vector<std::string> labels;
  for (; most >= 2; --most) {
    ticks = ticksOf(ruler, most);
    labels = tickLabels(ticks);
    double widest = 0;
    for (const auto& text : labels) widest = std::max(widest, textWidth(text, kTextSize));
    if ((widest + 12) * static_cast<double>(ticks.size()) <= ruler.to - ruler.from) break;
  }
  svg.open("x-axis");
  for (std::size_t n = 0; n < ticks.size(); ++n) {
    const double x = ruler(ticks[n]);
    svg.line(x, bottom, x, top, kGrid);
    svg.line(x, bottom, x, bottom + 5);
    svg.text(x, bottom + 19, labels[n], {.size = kTextSize, .anchor = Anchor::Middle});
  }
  svg.close();
  svg.line(ruler.from, bottom, ruler.to, bottom);
  const double middle = (ruler.from + ruler.to) / 2;
  svg.text(middle, bottom + 38, elide(label, kTextSize, 2 * std::min(middle, svg.width() - middle) - 8),
           {.size = kTextSize, .anchor = Anchor::Middle});
}

}  // namespace neuspin::plot

// What charts have in common: title, axes, legend, note, and the way from values to pixels.
#pragma once

#include <string>
#include <vector>

#include "plot/chart.hpp"
#include "plot/svg.hpp"

namespace neuspin::plot {

inline const Stroke kGrid = {"#dddddd", 1, {}};
inline constexpr double kTop = 44;  ///< of the plot area, below the title
inline constexpr double kWidth = 820, kTextSize = 12, kTitleSize = 15, kNoteSize = 10;

/// Colours that colour-blind readers tell apart (Okabe and Ito 2008, without yellow); `index` counts up for
/// ever.
[[nodiscard]] std::string colourOf(std::size_t index);
/// Solid for the first colours, dashed when they come again.
[[nodiscard]] std::string dashOf(std::size_t index);

/// Values of one axis and where they are.
struct Ruler {
  double low = 0, high = 1;  ///< values
  double from = 0, to = 1;   ///< pixels
  bool logarithmic = false;
  [[nodiscard]] double operator()(double value) const;
};
/// Ends of an axis that holds all `values`: with a margin of 4 %, or the scale's own.
[[nodiscard]] Ruler rulerOver(const Scale& scale, const std::vector<double>& values);
[[nodiscard]] std::vector<double> ticksOf(const Ruler& ruler, int most);

/// Title, note and legend (on the right, one name a line).
void drawTitle(Svg& svg, const std::string& title, const std::string& note);
/// A name of the legend and what stands before it.
struct Key {
  std::string name;
  bool line = false, marker = false, box = false;
};
/// Pixels that a legend takes, with its margin.
[[nodiscard]] double legendWidth(const std::vector<Key>& keys);
void drawLegend(Svg& svg, double x, double y, const std::vector<Key>& keys);
/// Horizontal axis with grid lines up to `top`.
void drawXAxis(Svg& svg, const Ruler& ruler, const std::string& label, double bottom, double top);

}  // namespace neuspin::plot

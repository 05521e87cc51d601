// Charts: data in, one SVG document out. What is drawn is exactly what is given; nothing is smoothed or left
// out.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace neuspin::plot {

struct Scale {
  std::string label;
  bool logarithmic = false;
  std::optional<double> low = {}, high = {};  ///< else what the data need
};

struct Series {
  std::string name;
  std::vector<double> x, y;                 ///< equally many, finite; > 0 on logarithmic scales
  std::vector<double> low = {}, high = {};  ///< a band around y, as many; none if empty
  bool line = true, markers = true;
};

/// Lines with markers and bands over x.
struct LineChart {
  std::string title, note;  ///< note: small, below
  Scale x, y;
  std::vector<Series> series;
};
/// Throws std::invalid_argument if the data do not fit together or there are none.
[[nodiscard]] std::string toSvg(const LineChart& chart);

/// A bar of several parts, one on the other.
struct Bar {
  std::string label;
  std::vector<double> parts;  ///< [part], >= 0
};
struct BarChart {
  std::string title, note;
  std::string label;  ///< of the values
  std::vector<std::string> parts;
  std::vector<std::vector<Bar>> groups;  ///< bars of a group stand together
};
/// Horizontal bars from 0, in the order given. Throws as above.
[[nodiscard]] std::string toSvg(const BarChart& chart);

}  // namespace neuspin::plot

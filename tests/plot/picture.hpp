// An SVG document taken apart again: a chart's shapes and, through the ticks of its axes, their values.
// Parsing fails on XML that is not well-formed.
#pragma once

#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "plot/svg.hpp"

namespace neuspin::test {

struct PictureText {
  std::string text, group;
  double x = 0, y = 0, size = 0;
  std::string anchor;
  bool upwards = false;
  /// Left, right, top, bottom of the room it takes at most.
  struct Box {
    double left = 0, right = 0, top = 0, bottom = 0;
  };
  [[nodiscard]] Box box() const {
    const double width = plot::textWidth(text, size), before = anchor == "middle" ? width / 2
                                                               : anchor == "end"  ? width
                                                                                  : 0;
    if (upwards) return {x - size, x + size * 0.3, y - width + before, y + before};
    return {x - before, x - before + width, y - size, y + size * 0.3};
  }
};

struct PictureSeries {
  std::string name;
  plot::Points line, band, points;
};
struct PictureBar {
  std::string label;
  plot::Points parts;  ///< left end and width
};

struct Picture {
  double width = 0, height = 0;
  std::vector<PictureText> texts;
  std::vector<PictureSeries> series;
  std::vector<PictureBar> bars;

  [[nodiscard]] std::vector<PictureText> of(const std::string& group) const {
    std::vector<PictureText> found;
    for (const auto& text : texts) {
      if (text.group == group) found.push_back(text);
    }
    return found;
  }
};

inline plot::Points pairsOf(const std::string& text) {
  std::istringstream stream(text);
  plot::Points points;
  double x = 0, y = 0;
  char comma = 0;
  while (stream >> x >> comma >> y) points.emplace_back(x, y);
  return points;
}

inline Picture pictureOf(const std::string& svg) {
  using boost::property_tree::ptree;
  ptree document;
  std::istringstream stream(svg);
  BOOST_REQUIRE_NO_THROW(boost::property_tree::read_xml(stream, document));
  const ptree& root = document.get_child("svg");
  Picture picture{.width = root.get<double>("<xmlattr>.width"),
                  .height = root.get<double>("<xmlattr>.height"),
                  .texts = {},
                  .series = {},
                  .bars = {}};
  const auto addText = [&](const ptree& node, const std::string& group) {
    picture.texts.push_back({.text = node.data(),
                             .group = group,
                             .x = node.get<double>("<xmlattr>.x"),
                             .y = node.get<double>("<xmlattr>.y"),
                             .size = node.get<double>("<xmlattr>.font-size"),
                             .anchor = node.get<std::string>("<xmlattr>.text-anchor"),
                             .upwards = node.get_optional<std::string>("<xmlattr>.transform").has_value()});
  };
  for (const auto& [name, node] : root) {
    if (name == "text") addText(node, "");
    if (name != "g") continue;
    const auto group = node.get<std::string>("<xmlattr>.class");
    const auto title = node.get<std::string>("title", "");
    if (group == "series") picture.series.push_back({.name = title, .line = {}, .band = {}, .points = {}});
    if (group == "bar") picture.bars.push_back({.label = title, .parts = {}});
    for (const auto& [shape, child] : node) {
      if (shape == "text") addText(child, group);
      if (shape == "rect" && group == "bar")
        picture.bars.back().parts.emplace_back(child.get<double>("<xmlattr>.x"),
                                               child.get<double>("<xmlattr>.width"));
      if (group != "series") continue;
      PictureSeries& series = picture.series.back();
      if (shape == "polyline") series.line = pairsOf(child.get<std::string>("<xmlattr>.points"));
      if (shape == "polygon") series.band = pairsOf(child.get<std::string>("<xmlattr>.points"));
      if (shape == "circle")
        series.points.emplace_back(child.get<double>("<xmlattr>.cx"), child.get<double>("<xmlattr>.cy"));
    }
  }
  return picture;
}

/// From pixels to values, as a reader does it: by the first and last tick of an axis.
class Reading {
 public:
  Reading(const Picture& picture, bool x, bool logarithmic = false) : logarithmic_(logarithmic) {
    const auto ticks = picture.of(x ? "x-axis" : "y-axis");
    BOOST_REQUIRE(ticks.size() >= 2U);
    // Labels stand 4 pixels below their tick of the y axis.
    const auto at = [&](const PictureText& tick) { return x ? tick.x : tick.y - 4; };
    const auto value = [&](const PictureText& tick) {
      const double number = std::stod(tick.text);
      return logarithmic ? std::log(number) : number;
    };
    origin_ = at(ticks.front());
    offset_ = value(ticks.front());
    slope_ = (value(ticks.back()) - offset_) / (at(ticks.back()) - origin_);
  }
  [[nodiscard]] double operator()(double pixel) const {
    const double value = offset_ + (pixel - origin_) * slope_;
    return logarithmic_ ? std::exp(value) : value;
  }
  /// What a tenth of a pixel is worth at `value`.
  [[nodiscard]] double fine(double value) const {
    return 0.1 * std::abs(slope_) * (logarithmic_ ? value : 1);
  }

 private:
  bool logarithmic_;
  double origin_ = 0, offset_ = 0, slope_ = 1;
};

/// Every text lies in the picture, and no two labels of an axis or of the legend touch.
inline void checkTexts(const Picture& picture) {
  for (const auto& text : picture.texts) {
    const auto box = text.box();
    BOOST_TEST((box.left >= 0 && box.right <= picture.width && box.top >= 0 && box.bottom <= picture.height),
               "outside: " << text.text);
  }
  for (const char* group : {"x-axis", "y-axis", "legend"}) {
    const auto texts = picture.of(group);
    for (std::size_t a = 0; a < texts.size(); ++a) {
      for (std::size_t b = a + 1; b < texts.size(); ++b) {
        const auto one = texts[a].box(), other = texts[b].box();
        const bool apart = one.right <= other.left || other.right <= one.left || one.bottom <= other.top ||
                           other.bottom <= one.top;
        BOOST_TEST(apart, texts[a].text << " touches " << texts[b].text);
      }
    }
  }
}

/// The series is drawn where its numbers are.
inline void checkSeries(const Picture& picture, std::size_t index, const std::vector<double>& x,
                        const std::vector<double>& y, bool log_x = false) {
  const Reading at_x(picture, true, log_x), at_y(picture, false);
  BOOST_REQUIRE(picture.series.size() > index);
  const PictureSeries& series = picture.series[index];
  const auto& drawn = series.line.empty() ? series.points : series.line;
  BOOST_REQUIRE(drawn.size() == x.size());
  for (std::size_t p = 0; p < x.size(); ++p) {
    BOOST_TEST(std::abs(at_x(drawn[p].first) - x[p]) <= at_x.fine(x[p]),
               series.name << " x " << at_x(drawn[p].first) << " " << x[p]);
    BOOST_TEST(std::abs(at_y(drawn[p].second) - y[p]) <= at_y.fine(y[p]),
               series.name << " y " << at_y(drawn[p].second) << " " << y[p]);
  }
}

/// The same of the band: upper ends forth, lower ends back.
inline void checkBand(const Picture& picture, std::size_t index, const std::vector<double>& low,
                      const std::vector<double>& high) {
  const Reading at_y(picture, false);
  const auto& band = picture.series.at(index).band;
  BOOST_REQUIRE(band.size() == 2 * low.size());
  for (std::size_t p = 0; p < low.size(); ++p) {
    BOOST_TEST(std::abs(at_y(band[p].second) - high[p]) <= at_y.fine(high[p]));
    BOOST_TEST(std::abs(at_y(band[2 * low.size() - 1 - p].second) - low[p]) <= at_y.fine(low[p]));
  }
}

}  // namespace neuspin::test

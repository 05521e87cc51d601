// Charts read back from their SVG: every number is where the axes say, every label has room.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>

#include "picture.hpp"
#include "plot/chart.hpp"
#include "plot/ticks.hpp"

using namespace neuspin;
using namespace neuspin::plot;
using namespace neuspin::test;

namespace {

LineChart threeLines() {
  LineChart chart{
      .title = "accuracy", .note = "20 chips", .x = {.label = "cells"}, .y = {.label = "%"}, .series = {}};
  for (const double level : {88.0, 70.0, 12.5}) {
    Series series{.name = "network " + tickLabel(level), .x = {}, .y = {}};
    for (const double x : {0.0, 0.01, 0.02, 0.05, 0.2}) {
      series.x.push_back(x);
      series.y.push_back(level - 40 * x * x);
      series.low.push_back(series.y.back() - 10 * x);
      series.high.push_back(series.y.back() + 7 * x);
    }
    chart.series.push_back(series);
  }
  return chart;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(charts)

BOOST_AUTO_TEST_CASE(lines_markers_and_bands_are_where_their_numbers_are) {
  const LineChart chart = threeLines();
  const Picture picture = pictureOf(toSvg(chart));
  BOOST_REQUIRE(picture.series.size() == 3U);
  for (std::size_t s = 0; s < 3; ++s) {
    const Series& series = chart.series[s];
    BOOST_TEST(picture.series[s].name == series.name);
    checkSeries(picture, s, series.x, series.y);
    checkBand(picture, s, series.low, series.high);
    BOOST_TEST((picture.series[s].points == picture.series[s].line));
  }
  checkTexts(picture);
  for (const char* text : {"accuracy", "20 chips", "cells", "%", "network 12.5"})
    BOOST_TEST(std::ranges::count(picture.texts, text, &PictureText::text) == 1, text);
}

BOOST_AUTO_TEST_CASE(logarithmic_axis) {
  LineChart chart = threeLines();
  for (Series& series : chart.series) series.x = {1e5, 1e6, 3e6, 1e8, 1e10};
  chart.x.logarithmic = true;
  const Picture picture = pictureOf(toSvg(chart));
  checkSeries(picture, 1, chart.series[1].x, chart.series[1].y, true);
  checkTexts(picture);
}

BOOST_AUTO_TEST_CASE(odd_data_get_legible_axes) {
  const auto limits = std::numeric_limits<double>::max();
  const std::vector<std::pair<std::vector<double>, std::vector<double>>> cases = {
      {{3}, {0}},                    // one point
      {{1, 2, 3}, {7, 7, 7}},        // a level
      {{-2e-7, 1e-7}, {-1e9, 3e9}},  // tiny against huge
      {{233.15, 398.15}, {0.88401, 0.88402}},
      {{0, 1}, {limits / 1e10, limits / 2e10}},
      {{1000000, 1000001}, {5, 6}}};
  for (const auto& [x, y] : cases) {
    const LineChart chart{.title = std::string(300, 'W'),
                          .note = std::string(500, 'm'),
                          .x = {.label = std::string(200, 'x')},
                          .y = {.label = std::string(200, 'y')},
                          .series = {{.name = std::string(99, 'M'), .x = x, .y = y}}};
    const Picture picture = pictureOf(toSvg(chart));
    checkTexts(picture);
    for (const char* axis : {"x-axis", "y-axis"}) {
      std::set<std::string> labels;
      for (const auto& text : picture.of(axis)) BOOST_TEST(labels.insert(text.text).second, text.text);
      BOOST_TEST(labels.size() >= 2U);
    }
  }
}

BOOST_AUTO_TEST_CASE(many_series_stay_distinct_and_inside) {
  LineChart chart{.title = "t", .note = {}, .x = {}, .y = {}, .series = {}};
  for (int s = 0; s < 16; ++s)
    chart.series.push_back({.name = std::to_string(s), .x = {0, 1}, .y = {s + 0.0, s + 1.0}});
  const std::string svg = toSvg(chart);
  checkTexts(pictureOf(svg));
  BOOST_TEST(svg.find("stroke-dasharray") != std::string::npos);  // colours come again, dashed
}

BOOST_AUTO_TEST_CASE(data_that_cannot_be_drawn_are_refused) {
  LineChart chart = threeLines();
  chart.series[1].y.pop_back();
  BOOST_CHECK_THROW(static_cast<void>(toSvg(chart)), std::invalid_argument);
  chart = threeLines();
  chart.series[2].high.clear();
  BOOST_CHECK_THROW(static_cast<void>(toSvg(chart)), std::invalid_argument);
  chart = threeLines();
  chart.series[0].y[0] = std::nan("");
  BOOST_CHECK_THROW(static_cast<void>(toSvg(chart)), std::invalid_argument);
  chart = threeLines();
  chart.x.logarithmic = true;  // begins at 0
  BOOST_CHECK_THROW(static_cast<void>(toSvg(chart)), std::invalid_argument);
  chart.series.clear();
  BOOST_CHECK_THROW(static_cast<void>(toSvg(chart)), std::invalid_argument);
  BOOST_CHECK_THROW(static_cast<void>(toSvg(BarChart{})), std::invalid_argument);
  const BarChart bars{.title = {}, .note = {}, .label = {}, .parts = {"a", "b"}, .groups = {{{"x", {1}}}}};
  BOOST_CHECK_THROW(static_cast<void>(toSvg(bars)), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(bars_are_as_long_as_their_parts) {
  const BarChart chart{
      .title = "energy",
      .note = "n",
      .label = "nJ",
      .parts = {"cells", "SRAM", "bits"},
      .groups = {{{"one", {10, 2.5, 0}}, {"with LFSRs", {10, 2.5, 4}}}, {{"two", {0, 30, 1}}}}};
  const Picture picture = pictureOf(toSvg(chart));
  checkTexts(picture);
  const Reading value(picture, true);
  BOOST_REQUIRE(picture.bars.size() == 3U);
  std::size_t number = 0;
  for (const auto& group : chart.groups) {
    for (const Bar& bar : group) {
      const auto& drawn = picture.bars[number++];
      BOOST_TEST(drawn.label == bar.label);
      double end = 0;
      std::size_t part = 0;
      for (const double length : bar.parts) {
        if (length == 0) continue;  // nothing to draw
        BOOST_REQUIRE(part < drawn.parts.size());
        BOOST_TEST(std::abs(value(drawn.parts[part].first) - end) < 0.05);
        end += length;
        BOOST_TEST(std::abs(value(drawn.parts[part].first + drawn.parts[part].second) - end) < 0.05);
        ++part;
      }
      BOOST_TEST(drawn.parts.size() == part);
    }
  }
}

BOOST_AUTO_TEST_CASE(ticks) {
  BOOST_TEST((linearTicks(0, 1, 6) == std::vector{0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0}));
  BOOST_TEST((linearTicks(-0.3, 9.9, 5) == std::vector{0.0, 2.0, 4.0, 6.0, 8.0}));
  BOOST_TEST((decadeTicks(1e5, 1e10, 3) == std::vector{1e5, 1e7, 1e9}));
  BOOST_TEST((decadeTicks(0.9, 110, 9) == std::vector{1.0, 10.0, 100.0}));
  for (const auto& [value, label] : {std::pair(0.6000000000000001, "0.6"),
                                     {358.15, "358.15"},
                                     {1e6, "1e6"},
                                     {0.0, "0"},
                                     {2.5e-7, "2.5e-7"},
                                     {-3e9, "-3e9"},
                                     {12.0, "12"}})
    BOOST_TEST(tickLabel(value) == label);
}

BOOST_AUTO_TEST_SUITE_END()

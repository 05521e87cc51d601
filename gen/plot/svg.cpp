#include "plot/svg.hpp"

#include <fmt/format.h>

namespace neuspin::plot {
namespace {

std::string coordinates(const Points& points) {
  std::string text;
  for (const auto& [x, y] : points) text += fmt::format("{}{:.2f},{:.2f}", text.empty() ? "" : " ", x, y);
  return text;
}

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// Em widths of DejaVu Sans, rounded up by kind of character.
double widthOf(char c) {
  constexpr std::string_view kNarrow = " .,:;|!'()[]/fijlrtI-";
  constexpr std::string_view kWide = "mwMW%@", kBroad = "+=<>~#^&";
  if (kNarrow.find(c) != std::string_view::npos) return 0.42;
  if (kWide.find(c) != std::string_view::npos) return 1.0;
  if ((c >= 'A' && c <= 'Z') || kBroad.find(c) != std::string_view::npos) return 0.84;
  return static_cast<unsigned char>(c) >= 0x80U ? 1.0 : 0.65;
}

}  // namespace

std::string escape(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += static_cast<unsigned char>(c) < 0x20U ? ' ' : c;
    }
  }
  return result;
}

double textWidth(std::string_view text, double size) {
  double width = 0;
  for (const char c : text) width += continues(c) ? 0 : widthOf(c);
  return width * size;
}

std::string elide(std::string_view text, double size, double width) {
  if (textWidth(text, size) <= width) return std::string(text);
  std::string kept(text);
  while (!kept.empty() && textWidth(kept + "…", size) > width) {
    while (!kept.empty() && continues(kept.back())) kept.pop_back();
    if (!kept.empty()) kept.pop_back();
  }
  return kept + "…";
}

Svg::Svg(double width, double height) : width_(width), height_(height) {
  rectangle(0, 0, width, height, "#ffffff");
}

void Svg::open(std::string_view group, std::string_view title) {
  body_ += fmt::format("<g class=\"{}\">\n", escape(group));
  if (!title.empty()) body_ += fmt::format("<title>{}</title>\n", escape(title));
}

void Svg::close() {
  body_ += "</g>\n";
}

void Svg::text(double x, double y, std::string_view text, const TextStyle& style) {
  constexpr const char* kAnchors[] = {"start", "middle", "end"};
  body_ += fmt::format(
      "<text x=\"{:.2f}\" y=\"{:.2f}\" font-size=\"{:g}\" text-anchor=\"{}\" fill=\"{}\"{}{}>{}</text>\n", x,
      y, style.size, kAnchors[static_cast<int>(style.anchor)], style.colour,
      style.bold ? " font-weight=\"bold\"" : "",
      style.upwards ? fmt::format(" transform=\"rotate(-90 {:.2f} {:.2f})\"", x, y) : "", escape(text));
}

void Svg::line(double x1, double y1, double x2, double y2, const Stroke& stroke) {
  body_ += fmt::format(
      "<line x1=\"{:.2f}\" y1=\"{:.2f}\" x2=\"{:.2f}\" y2=\"{:.2f}\" stroke=\"{}\" "
      "stroke-width=\"{:g}\"{}/>\n",
      x1, y1, x2, y2, stroke.colour, stroke.width,
      stroke.dash.empty() ? "" : fmt::format(" stroke-dasharray=\"{}\"", stroke.dash));
}

void Svg::polyline(const Points& points, const Stroke& stroke) {
  body_ += fmt::format("<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{:g}\"{}/>\n",
                       coordinates(points), stroke.colour, stroke.width,
                       stroke.dash.empty() ? "" : fmt::format(" stroke-dasharray=\"{}\"", stroke.dash));
}

void Svg::polygon(const Points& points, std::string_view colour, double opacity) {
  body_ += fmt::format("<polygon points=\"{}\" fill=\"{}\" fill-opacity=\"{:g}\"/>\n", coordinates(points),
                       colour, opacity);
}

void Svg::titled(std::string_view shape, std::string_view title) {
  if (title.empty()) {
    body_ += fmt::format("<{}/>\n", shape);
  } else {
    body_ += fmt::format("<{0}><title>{1}</title></{2}>\n", shape, escape(title),
                         shape.substr(0, shape.find(' ')));
  }
}

void Svg::circle(double x, double y, double radius, std::string_view colour, std::string_view title) {
  titled(fmt::format("circle cx=\"{:.2f}\" cy=\"{:.2f}\" r=\"{:g}\" fill=\"{}\"", x, y, radius, colour),
         title);
}

void Svg::rectangle(double x, double y, double width, double height, std::string_view colour,
                    std::string_view title) {
  titled(fmt::format("rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\" fill=\"{}\"", x, y,
                     width, height, colour),
         title);
}

std::string Svg::document() const {
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:g}\" height=\"{1:g}\" viewBox=\"0 0 {0:g} "
      "{1:g}\" "
      "font-family=\"DejaVu Sans, Helvetica, Arial, sans-serif\">\n{2}</svg>\n",
      width_, height_, body_);
}

}  // namespace neuspin::plot

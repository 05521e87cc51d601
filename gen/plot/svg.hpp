// Pictures as SVG 1.1: the few shapes that charts need. Units are pixels, y goes down.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace neuspin::plot {

using Points = std::vector<std::pair<double, double>>;

/// Fit for XML text and attributes; control characters, which XML 1.0 does not allow, become spaces.
[[nodiscard]] std::string escape(std::string_view text);

/// Width of UTF-8 text of this font size, an upper estimate: the glyphs of DejaVu Sans, wider than other
/// sans-serif fonts.
[[nodiscard]] double textWidth(std::string_view text, double size);
/// The text, or as much of its beginning as fits with an ellipsis.
[[nodiscard]] std::string elide(std::string_view text, double size, double width);

enum class Anchor { Start, Middle, End };

struct TextStyle {
  double size = 12;
  Anchor anchor = Anchor::Start;
  bool bold = false;
  bool upwards = false;  ///< turned by 90° counter-clockwise
  std::string colour = "#222222";
};

struct Stroke {
  std::string colour = "#222222";
  double width = 1;
  std::string dash = {};  ///< as stroke-dasharray
};

class Svg {
 public:
  Svg(double width, double height);
  /// Shapes until close() belong together; `title` is what a browser shows at the pointer.
  void open(std::string_view group, std::string_view title = {});
  void close();
  void text(double x, double y, std::string_view text, const TextStyle& style = {});
  void line(double x1, double y1, double x2, double y2, const Stroke& stroke = {});
  void polyline(const Points& points, const Stroke& stroke);
  void polygon(const Points& points, std::string_view colour, double opacity);
  void circle(double x, double y, double radius, std::string_view colour, std::string_view title = {});
  void rectangle(double x, double y, double width, double height, std::string_view colour,
                 std::string_view title = {});
  [[nodiscard]] double width() const { return width_; }
  [[nodiscard]] double height() const { return height_; }
  /// The whole document.
  [[nodiscard]] std::string document() const;

 private:
  void titled(std::string_view shape, std::string_view title);
  double width_, height_;
  std::string body_;
};

}  // namespace neuspin::plot

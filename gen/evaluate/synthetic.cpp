#include "evaluate/synthetic.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "device/draw.hpp"

namespace neuspin::evaluate {

namespace {

// Any fixed values.
constexpr std::uint32_t kUniformSeed = 0x554E4946, kGaussianSeed = 0x47415553, kAngleSeed = 0x414E474C;
constexpr double kTwo32 = 4294967296.0;

std::uint32_t drawPixel(std::uint32_t seed, std::size_t image, std::size_t pixel) {
  return device::draw(seed, static_cast<std::uint32_t>(image), static_cast<std::uint32_t>(pixel));
}

std::uint8_t toPixel(double value) {
  constexpr double kWhite = 255;
  return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0, kWhite)));
}

/// One channel of one image.
struct PlaneOf {
  const ImageShape& shape;
  const std::uint8_t* pixels;
  int channel;
  [[nodiscard]] std::size_t index(int row, int col) const {
    const int plane = shape.channels_last ? (row * shape.cols + col) * shape.channels + channel
                                          : (channel * shape.rows + row) * shape.cols + col;
    return static_cast<std::size_t>(plane);
  }
  [[nodiscard]] double at(int row, int col) const {
    const bool inside = row >= 0 && row < shape.rows && col >= 0 && col < shape.cols;
    return inside ? pixels[index(row, col)] : 0;
  }
  [[nodiscard]] double between(double row, double col) const {
    const int r = static_cast<int>(std::floor(row)), c = static_cast<int>(std::floor(col));
    const double down = row - r, right = col - c;
    return (1 - down) * ((1 - right) * at(r, c) + right * at(r, c + 1)) +
           down * ((1 - right) * at(r + 1, c) + right * at(r + 1, c + 1));
  }
};

void rotatePlane(const PlaneOf& plane, double degrees, std::uint8_t* out) {
  const double angle = degrees * std::numbers::pi / 180;
  const double cosine = std::cos(angle), sine = std::sin(angle);
  const double middle_row = (plane.shape.rows - 1) / 2.0, middle_col = (plane.shape.cols - 1) / 2.0;
  for (int row = 0; row < plane.shape.rows; ++row) {
    for (int col = 0; col < plane.shape.cols; ++col) {
      const double x = col - middle_col, y = middle_row - row;  // up is positive
      const double from_x = x * cosine + y * sine, from_y = y * cosine - x * sine;
      out[plane.index(row, col)] = toPixel(plane.between(middle_row - from_y, middle_col + from_x));
    }
  }
}

}  // namespace

Dataset uniformNoise(const Dataset& set) {
  Dataset noise{.features = set.features, .pixels = set.pixels, .labels = {}, .shape = set.shape};
  const auto features = static_cast<std::size_t>(set.features);
  constexpr int kTopByte = 24;
  for (std::size_t i = 0; i < noise.pixels.size(); ++i) {
    noise.pixels[i] =
        static_cast<std::uint8_t>(drawPixel(kUniformSeed, i / features, i % features) >> kTopByte);
  }
  return noise;
}

Dataset gaussianNoise(const Dataset& set) {
  Dataset noise{.features = set.features, .pixels = set.pixels, .labels = {}, .shape = set.shape};
  const auto features = static_cast<std::size_t>(set.features);
  std::uint64_t sum = 0, squares = 0;
  for (const std::uint64_t pixel : set.pixels) {
    sum += pixel;
    squares += pixel * pixel;
  }
  const auto n = static_cast<double>(std::max<std::size_t>(1, set.pixels.size()));
  const double mean = static_cast<double>(sum) / n;
  const double deviation = std::sqrt(std::max(0.0, static_cast<double>(squares) / n - mean * mean));
  for (std::size_t i = 0; i < noise.pixels.size(); ++i) {
    // Box and Muller's transform of draws 2j and 2j + 1.
    const std::size_t image = i / features, pair = i % features * 2;
    const double radius = (drawPixel(kGaussianSeed, image, pair) + 0.5) / kTwo32;
    const double angle = drawPixel(kGaussianSeed, image, pair + 1) / kTwo32;
    const double normal = std::sqrt(-2 * std::log(radius)) * std::cos(2 * std::numbers::pi * angle);
    noise.pixels[i] = toPixel(mean + deviation * normal);
  }
  return noise;
}

Dataset rotated(const Dataset& set, const std::function<double(std::int64_t)>& degrees) {
  Dataset result = set;
  const auto features = static_cast<std::size_t>(set.features);
  for (std::int64_t image = 0; image < set.images(); ++image) {
    const std::size_t first = static_cast<std::size_t>(image) * features;
    const double angle = degrees(image);
    for (int channel = 0; channel < set.shape.channels; ++channel) {
      const PlaneOf plane{.shape = set.shape, .pixels = set.pixels.data() + first, .channel = channel};
      rotatePlane(plane, angle, result.pixels.data() + first);
    }
  }
  return result;
}

double randomAngle(std::int64_t image) {
  return (device::draw(kAngleSeed, 0, static_cast<std::uint32_t>(image)) / kTwo32 - 0.5) * 360;
}

std::vector<double> meanIntensity(const Dataset& set) {
  const auto features = static_cast<std::size_t>(set.features);
  std::vector<double> means;
  for (std::size_t first = 0; first + features <= set.pixels.size(); first += features) {
    double sum = 0;
    for (std::size_t i = 0; i < features; ++i) sum += set.pixels[first + i];
    means.push_back(sum / static_cast<double>(features));
  }
  return means;
}

}  // namespace neuspin::evaluate

#include "evaluate/dataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "support/files.hpp"

namespace neuspin::evaluate {

namespace {

constexpr const char* kFashionFolder = "/usr/share/datasets/fashion-mnist/";
/// Names that files of test sets give their arrays, likeliest first (numpy.savez, Keras, MedMNIST).
const std::vector<std::string> kImageArrays = {"images", "x_test", "test_images", "x", "arr_0"};
const std::vector<std::string> kLabelArrays = {"labels", "y_test", "test_labels", "y", "arr_0"};

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

/// Reads `path` or `path:array`, whatever its format.
std::optional<ByteArray> readArray(const std::string& name, const std::vector<std::string>& preferred,
                                   Diagnostics& diags) {
  std::string path = name, array;
  const auto colon = name.rfind(':');
  if (!exists(path) && colon != std::string::npos && exists(name.substr(0, colon))) {
    path = name.substr(0, colon);
    array = name.substr(colon + 1);
  }
  if (!exists(path)) {
    const bool packaged = path.starts_with(kFashionFolder);
    diags.error("no-dataset", partOf(path, ""), "no such file",
                packaged
                    ? "apt install dataset-fashion-mnist, or name your own files with --images and --labels"
                    : "check the path");
    return std::nullopt;
  }
  constexpr std::size_t kMostHeaders = std::size_t{1} << 20;
  const auto bytes = readFile(path, diags, kLargestData + kMostHeaders);
  if (!bytes) return std::nullopt;
  if (isZip(*bytes)) return parseNpz(*bytes, path, array, preferred, diags);
  if (isNpy(*bytes)) return parseNpy(*bytes, path, "", diags);
  return parseIdx(*bytes, path, diags);
}

ImageShape shapeOf(const std::vector<std::uint32_t>& dims) {
  const auto size = [&](std::size_t d) { return static_cast<int>(dims[d]); };
  constexpr int kMostChannels = 4;
  if (dims.size() == 3) return {.rows = size(1), .cols = size(2)};
  if (dims.size() == 4 && size(3) <= kMostChannels)
    return {.rows = size(1), .cols = size(2), .channels = size(3), .channels_last = true};
  if (dims.size() == 4 && size(1) <= kMostChannels)
    return {.rows = size(2), .cols = size(3), .channels = size(1)};
  const int side = dims.size() == 2 ? static_cast<int>(std::lround(std::sqrt(size(1)))) : 0;
  if (dims.size() == 2 && side * side == size(1)) return {.rows = side, .cols = side};
  return {};
}

void checkImages(const ByteArray& images, const std::string& file, int features, Diagnostics& diags) {
  const std::uint64_t per_image = images.data.size() / images.dims[0];
  if (images.dims.size() < 2) {
    diags.error("idx-not-images", partOf(file, "header"), "one dimension only: these are labels, not images",
                "give the image file to --images and the label file to --labels");
  } else if (per_image != static_cast<std::uint64_t>(features)) {
    diags.error("features-differ", partOf(file, "header"),
                fmt::format("{} elements an image, the network takes {}", per_image, features),
                "give images of the size the network was trained on");
  }
}

void checkLabels(const ByteArray& images, const ByteArray& labels, const DatasetFiles& files, int classes,
                 Diagnostics& diags) {
  const auto& dims = labels.dims;
  const bool column = dims.size() == 1 || (dims.size() == 2 && dims[1] == 1);
  if (!column) {
    diags.error("idx-not-labels", partOf(files.labels, "header"),
                fmt::format("{} dimensions, labels have one", dims.size()),
                "give the label file to --labels");
    return;
  }
  if (images.dims[0] != dims[0]) {
    diags.error("counts-differ", partOf(files.labels, "header"),
                fmt::format("{} labels for {} images of {}", dims[0], images.dims[0], files.images),
                "give the two files of one test set");
  }
  const auto bad = std::ranges::find_if(labels.data, [&](std::uint8_t label) { return label >= classes; });
  if (bad != labels.data.end()) {
    diags.error("label-out-of-range",
                partOf(files.labels, fmt::format("label {}", bad - labels.data.begin())),
                fmt::format("class {}, the network has {} classes", *bad, classes),
                "give the labels of the task the network was trained on");
  }
}

Dataset makeDataset(ByteArray&& images, std::vector<std::uint8_t>&& labels, int features,
                    std::int64_t limit) {
  Dataset set{.features = features,
              .pixels = std::move(images.data),
              .labels = std::move(labels),
              .shape = shapeOf(images.dims)};
  if (limit > 0 && limit < set.images()) {
    set.pixels.resize(static_cast<std::size_t>(limit) * static_cast<std::size_t>(features));
    if (!set.labels.empty()) set.labels.resize(static_cast<std::size_t>(limit));
  }
  return set;
}

}  // namespace

std::optional<DatasetFiles> defaultDataset(int features) {
  constexpr int kFashionFeatures = 784;
  if (features != kFashionFeatures) return std::nullopt;
  return DatasetFiles{.images = std::string(kFashionFolder) + "t10k-images-idx3-ubyte.gz",
                      .labels = std::string(kFashionFolder) + "t10k-labels-idx1-ubyte.gz"};
}

std::optional<Dataset> readDataset(const DatasetFiles& files, int features, int classes, std::int64_t limit,
                                   Diagnostics& diags) {
  const auto errors = diags.errorCount();
  auto images = readArray(files.images, kImageArrays, diags);
  auto labels = readArray(files.labels, kLabelArrays, diags);
  if (!images || !labels) return std::nullopt;
  checkImages(*images, files.images, features, diags);
  checkLabels(*images, *labels, files, classes, diags);
  if (diags.errorCount() != errors) return std::nullopt;
  return makeDataset(std::move(*images), std::move(labels->data), features, limit);
}

std::optional<Dataset> readImages(const std::string& file, int features, std::int64_t limit,
                                  Diagnostics& diags) {
  const auto errors = diags.errorCount();
  auto images = readArray(file, kImageArrays, diags);
  if (!images) return std::nullopt;
  checkImages(*images, file, features, diags);
  if (diags.errorCount() != errors) return std::nullopt;
  return makeDataset(std::move(*images), {}, features, limit);
}

void arrangeFor(const Shape& input, Dataset& set) {
  const ImageShape& shape = set.shape;
  if (!shape.channels_last || Shape{shape.channels, shape.rows, shape.cols} != input) return;
  const auto channels = static_cast<std::size_t>(shape.channels),
             pixels = static_cast<std::size_t>(input.pixels());
  std::vector<std::uint8_t> turned(set.pixels.size());
  for (std::size_t image = 0; image < set.pixels.size(); image += channels * pixels) {
    for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
      for (std::size_t c = 0; c < channels; ++c)
        turned[image + c * pixels + pixel] = set.pixels[image + pixel * channels + c];
    }
  }
  set.pixels = std::move(turned);
  set.shape.channels_last = false;
}

}  // namespace neuspin::evaluate

// Test sets: IDX, NPY or NPZ files of unsigned bytes that fit the network.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evaluate/idx.hpp"
#include "evaluate/npz.hpp"
#include "spec/spec.hpp"
#include "support/diagnostic.hpp"

namespace neuspin::evaluate {

/// How the features of an image lie in the plane; rows = 0: not known.
struct ImageShape {
  int rows = 0, cols = 0, channels = 1;
  bool channels_last = false;  ///< [row][col][channel], else [channel][row][col]
};

struct Dataset {
  int features = 0;
  std::vector<std::uint8_t> pixels;  ///< [image][feature]
  std::vector<std::uint8_t> labels;  ///< [image], each below the number of classes; empty: unlabelled
  ImageShape shape = {};
  [[nodiscard]] std::int64_t images() const {
    return features == 0 ? 0 : static_cast<std::int64_t>(pixels.size()) / features;
  }
};

struct DatasetFiles {
  std::string images, labels;  ///< paths; of an .npz optionally with ":array"
};

/// The test set taken when the user names none: Fashion-MNIST where Debian's package puts it, for 784
/// features.
[[nodiscard]] std::optional<DatasetFiles> defaultDataset(int features);

/// Reads both files and checks them against the network. limit: first images only, 0 = all.
/// Adds errors and returns nullopt if a file is missing or bad, or sizes or labels do not fit.
[[nodiscard]] std::optional<Dataset> readDataset(const DatasetFiles& files, int features, int classes,
                                                 std::int64_t limit, Diagnostics& diags);

/// The same without labels.
[[nodiscard]] std::optional<Dataset> readImages(const std::string& file, int features, std::int64_t limit,
                                                Diagnostics& diags);

/// Turns images that lie [row][column][channel] into [channel][row][column], the order of an input of this
/// shape. Others, and those of another shape, stay as they are.
void arrangeFor(const Shape& input, Dataset& set);

}  // namespace neuspin::evaluate

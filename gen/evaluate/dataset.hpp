// Test sets in IDX form (the format of MNIST and Fashion-MNIST), plain or gzip-compressed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/diagnostic.hpp"

namespace neuspin::evaluate {

/// An IDX file of unsigned bytes: `dims` from the slowest to the fastest index, `data` row-major,
/// product(dims) bytes.
struct Idx {
  std::vector<std::uint32_t> dims;
  std::vector<std::uint8_t> data;
};

/// Adds an error and returns nullopt unless `bytes` is, after decompression if it starts as gzip does, one
/// whole IDX file of unsigned bytes with 1 … 4 dimensions, no more and no less. `file` is the name used in
/// diagnostics.
[[nodiscard]] std::optional<Idx> parseIdx(std::string_view bytes, const std::string& file,
                                          Diagnostics& diags);

struct Dataset {
  int features = 0;
  std::vector<std::uint8_t> pixels;  ///< [image][feature]
  std::vector<std::uint8_t> labels;  ///< [image], each below the number of classes
  [[nodiscard]] std::int64_t images() const { return static_cast<std::int64_t>(labels.size()); }
};

struct DatasetFiles {
  std::string images, labels;
};

/// The test set taken when the user names none: Fashion-MNIST where Debian's package puts it, for 784
/// features.
[[nodiscard]] std::optional<DatasetFiles> defaultDataset(int features);

/// Reads both files and checks them against the network. limit: first images only, 0 = all.
/// Adds errors and returns nullopt if a file is missing or bad, or sizes or labels do not fit.
[[nodiscard]] std::optional<Dataset> readDataset(const DatasetFiles& files, int features, int classes,
                                                 std::int64_t limit, Diagnostics& diags);

}  // namespace neuspin::evaluate

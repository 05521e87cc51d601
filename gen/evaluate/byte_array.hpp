// What every reader of test data yields.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace neuspin::evaluate {

/// `dims` from the slowest to the fastest index, none 0; `data` row-major, product(dims) bytes.
struct ByteArray {
  std::vector<std::uint32_t> dims;
  std::vector<std::uint8_t> data;
};

/// The same of any integer type.
struct IntegerArray {
  std::vector<std::uint32_t> dims;
  std::vector<std::int64_t> values;
};

constexpr std::size_t kLargestData = std::size_t{1} << 29;  ///< 512 MiB: 680,000 images of 28×28
constexpr std::size_t kLargestRank = 4;

}  // namespace neuspin::evaluate

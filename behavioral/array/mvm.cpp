#include "array/mvm.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "device/gaussian.hpp"

namespace neuspin::array {
namespace {

constexpr int kBatch = 24;  // vectors worked on at once: their sums stay in the second-level cache

/// Eight rows of a byte: ±1, and −1 (all bits) where active.
struct ByteTables {
  std::array<std::array<std::int16_t, 8>, 256> sign{}, mask{};
  constexpr ByteTables() {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      for (std::size_t bit = 0; bit < 8; ++bit) {
        const bool set = ((byte >> bit) & 1) != 0;
        sign[byte][bit] = static_cast<std::int16_t>(set ? 1 : -1);
        mask[byte][bit] = static_cast<std::int16_t>(set ? -1 : 0);
      }
    }
  }
};
constexpr ByteTables kBytes;

int roundUp(int value, int multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

}  // namespace

struct MvmArray::Inputs {
  std::vector<std::int16_t> x;  // [vector][rows rounded up to pairs]
  std::vector<int> active;      // rows, of each vector
};

MvmArray::MvmArray(const CellGrid& grid, const MvmOptions& options)
    : rows_(grid.rows),
      cols_(grid.cols),
      padded_(roundUp(grid.cols, options.wire > 0 ? kLadderBlock : kBlock)),
      options_(options),
      g_p_(grid.g_p),
      g_ap_(grid.g_ap),
      radius_(static_cast<std::size_t>(padded_)),
      angle_(radius_.size()),
      offset_(radius_.size(), 0.0F) {
  if (options_.wire > 0) {
    packLadder(grid);
  } else {
    packSums(makeIntegerCells(grid));
  }
  const std::uint64_t key = device::streamKey(options_.seed, device::Stream::ReadNoise, options_.array);
  for (std::size_t col = 0; col < radius_.size(); ++col) {
    const std::uint64_t bits = device::streamBits(key, col);
    radius_[col] = static_cast<std::uint32_t>(bits >> 32U);
    angle_[col] = static_cast<std::uint32_t>(bits);
    if (col < options_.offsets.size())
      offset_[col] = static_cast<float>(2 * options_.offsets[col]);  // of half the range
  }
}

void MvmArray::packSums(const IntegerCells& cells) {
  const auto padded = static_cast<std::size_t>(padded_);
  const int pairs = (rows_ + 1) / 2;
  difference_.resize(padded * static_cast<std::size_t>(pairs) * 2);
  common_.resize(padded * static_cast<std::size_t>(rows_));
  all_common_.resize(padded);
  std::size_t cell = 0;
  for (int row = 0; row < rows_; ++row) {
    for (int col = 0; col < cols_; ++col, ++cell) {
      const int block = col / kBlock, lane = col % kBlock;
      difference_[static_cast<std::size_t>(((block * pairs + row / 2) * kBlock + lane) * 2 + row % 2)] =
          cells.difference[cell];
      common_[static_cast<std::size_t>(row) * padded + static_cast<std::size_t>(col)] = cells.common[cell];
      all_common_[static_cast<std::size_t>(col)] += cells.common[cell];
    }
  }
}

void MvmArray::packLadder(const CellGrid& grid) {
  ladder_.resize(static_cast<std::size_t>(padded_) * static_cast<std::size_t>(rows_) * 2);
  for (int row = 0; row < rows_; ++row) {
    for (int col = 0; col < cols_; ++col) {
      const int block = col / kLadderBlock, lane = col % kLadderBlock;
      float* cell = &ladder_[static_cast<std::size_t>((block * rows_ + row) * 2 * kLadderBlock + lane)];
      cell[0] = static_cast<float>(static_cast<double>(grid.zero[grid.at(row, col)]) / g_p_);
      cell[kLadderBlock] = static_cast<float>(static_cast<double>(grid.one[grid.at(row, col)]) / g_p_);
    }
  }
}

MvmArray::Inputs MvmArray::unpack(const std::uint64_t* sign, const std::uint64_t* active, int vectors) const {
  const std::size_t stride = static_cast<std::size_t>((rows_ + 1) / 2 * 2);
  Inputs inputs;
  inputs.x.resize(stride * static_cast<std::size_t>(vectors));
  inputs.active.assign(static_cast<std::size_t>(vectors), 0);
  for (int v = 0; v < vectors; ++v) {
    std::int16_t* x = &inputs.x[stride * static_cast<std::size_t>(v)];
    for (int first = 0; first < rows_; first += 8) {
      const std::size_t word = static_cast<std::size_t>(v * words() + first / 64);
      const int shift = first % 64, here = std::min(8, rows_ - first);
      const unsigned exists = 0xFFU >> (8 - here);
      const unsigned bits = static_cast<unsigned>(sign[word] >> shift) & 0xFFU;
      const unsigned on =
          (active != nullptr ? static_cast<unsigned>(active[word] >> shift) & 0xFFU : 0xFFU) & exists;
      inputs.active[static_cast<std::size_t>(v)] += std::popcount(on);
      for (int k = 0; k < here; ++k) {
        const auto bit = static_cast<std::size_t>(k);
        x[first + k] = static_cast<std::int16_t>(kBytes.sign[bits][bit] & kBytes.mask[on][bit]);
      }
    }
  }
  return inputs;
}

void MvmArray::estimateSums(const Inputs& inputs, int vectors, float* y, const MvmKernel& kernel) const {
  const auto padded = static_cast<std::size_t>(padded_);
  const int stride = (rows_ + 1) / 2 * 2;
  std::vector<std::int32_t> sums(padded * static_cast<std::size_t>(vectors));
  kernel.sums({difference_.data(), stride / 2, padded_ / kBlock}, inputs.x.data(), vectors, sums.data());
  std::vector<std::int32_t> common(padded);
  for (int v = 0; v < vectors; ++v) {
    // Σ of `common` over the active rows: from all, less the silent ones, or from none, whichever is shorter.
    const std::int16_t* x = &inputs.x[static_cast<std::size_t>(v * stride)];
    const int active = inputs.active[static_cast<std::size_t>(v)];
    const bool from_all = 2 * active >= rows_;
    const std::int32_t* base = all_common_.data();
    if (active != rows_) {
      common.assign(padded, 0);
      if (from_all) common = all_common_;
      for (int row = 0; row < rows_; ++row) {
        if ((x[row] != 0) == from_all) continue;
        const std::int16_t* line = &common_[static_cast<std::size_t>(row) * padded];
        for (std::size_t c = 0; c < padded; ++c) common[c] += from_all ? -line[c] : line[c];
      }
      base = common.data();
    }
    // A reference for all rows instead of the active ones takes each silent row for half a match and half a
    // mismatch.
    const double silent = options_.tracks_active ? 0 : (rows_ - active) * (g_p_ + g_ap_) / (g_p_ - g_ap_);
    const auto shift = static_cast<float>(silent);
    constexpr float kUnit = 1.0F / (1 << kCellFraction);
    const std::int32_t* sum = &sums[padded * static_cast<std::size_t>(v)];
    float* out = y + padded * static_cast<std::size_t>(v);
    for (std::size_t c = 0; c < padded; ++c) out[c] = static_cast<float>(sum[c] + base[c]) * kUnit - shift;
  }
}

void MvmArray::estimateLadder(const Inputs& inputs, int vectors, float* y, const MvmKernel& kernel) const {
  const auto padded = static_cast<std::size_t>(padded_);
  std::vector<double> seen(padded * static_cast<std::size_t>(vectors));
  kernel.ladder({ladder_.data(), rows_, padded_ / kLadderBlock, 2 * options_.wire * g_p_}, inputs.x.data(),
                (rows_ + 1) / 2 * 2, vectors, seen.data());
  for (int v = 0; v < vectors; ++v) {
    const auto at = static_cast<std::size_t>(v);
    const int reference = options_.tracks_active ? inputs.active[at] : rows_;
    const double unit = 2 * g_p_ / (g_p_ - g_ap_), middle = reference * (g_p_ + g_ap_) / (g_p_ - g_ap_);
    for (std::size_t c = 0; c < padded; ++c)
      y[padded * at + c] = static_cast<float>(unit * seen[padded * at + c] - middle);
  }
}

void MvmArray::readAll(const std::uint64_t* sign, const std::uint64_t* active, int vectors,
                       std::uint32_t first_event, float* y, std::int32_t* codes,
                       const MvmKernel& kernel) const {
  const auto padded = static_cast<std::size_t>(padded_), cols = static_cast<std::size_t>(cols_);
  std::vector<float> batch(padded * kBatch);
  std::vector<std::int32_t> row(padded);
  for (int first = 0; first < vectors; first += kBatch) {
    const int here = std::min(kBatch, vectors - first);
    const std::size_t word = static_cast<std::size_t>(first * words());
    const Inputs inputs = unpack(sign + word, active != nullptr ? active + word : nullptr, here);
    if (options_.wire > 0) {
      estimateLadder(inputs, here, batch.data(), kernel);
    } else {
      estimateSums(inputs, here, batch.data(), kernel);
    }
    for (int v = 0; v < here; ++v) {
      const float* estimate = &batch[padded * static_cast<std::size_t>(v)];
      const std::size_t out = cols * static_cast<std::size_t>(first + v);
      if (y != nullptr) std::copy(estimate, estimate + cols, y + out);
      if (codes == nullptr) continue;
      const int rows = inputs.active[static_cast<std::size_t>(v)];
      const double reference = std::max(1, options_.tracks_active ? rows : rows_);
      SenseJob job{radius_.data(), angle_.data(), offset_.data()};
      job.per_row_active = static_cast<float>(options_.noise.per_row * rows);
      job.per_count = static_cast<float>(options_.noise.per_count);
      job.range = static_cast<float>(options_.adc.range_sqrt_n * std::sqrt(reference));
      job.per_lsb = static_cast<float>(1 / options_.adc.lsb(reference));
      job.largest = static_cast<float>(options_.adc.largest());
      job.event = device::mix(first_event + static_cast<std::uint32_t>(first + v));
      job.noise = options_.noise.per_row > 0;
      kernel.sense(job, estimate, padded_, row.data());
      std::copy(row.begin(), row.begin() + cols_, codes + out);
    }
  }
}

void MvmArray::multiply(std::span<const std::uint64_t> sign, std::span<const std::uint64_t> active,
                        int vectors, std::uint32_t first_event, std::span<std::int32_t> codes,
                        const MvmKernel& kernel) const {
  readAll(sign.data(), active.empty() ? nullptr : active.data(), vectors, first_event, nullptr, codes.data(),
          kernel);
}

void MvmArray::multiply(std::span<const std::uint64_t> sign, std::span<const std::uint64_t> active,
                        int vectors, std::uint32_t first_event, std::span<std::int32_t> codes) const {
  multiply(sign, active, vectors, first_event, codes, mvmKernels().back());
}

void MvmArray::estimates(std::span<const std::uint64_t> sign, std::span<const std::uint64_t> active,
                         int vectors, std::span<float> y, const MvmKernel& kernel) const {
  readAll(sign.data(), active.empty() ? nullptr : active.data(), vectors, 0, y.data(), nullptr, kernel);
}

}  // namespace neuspin::array

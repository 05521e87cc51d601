#include "array/mvm.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "device/gaussian.hpp"

namespace neuspin::array {
namespace {

int roundUp(int value, int multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

}  // namespace

/// Up to kMostVectors reads, one block of columns at a time.
struct MvmArray::Batch {
  int vectors = 0;
  bool full = true;                              // every row of every vector is active
  std::vector<std::uint32_t> one, zero, active;  // WordLines; active: either of them
  std::vector<int> active_rows;                  // of each vector
  std::vector<std::int32_t> ones, zeros;         // sums, [vector][kBlock]
  std::vector<double> seen;                      // [vector][kLadderBlock]
  std::vector<float> y;                          // [vector][column of the block]
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
  const int rows = runs() * kRun;
  unit_ = std::ldexp(1.0F, -cells.fraction);
  difference_.resize(padded * static_cast<std::size_t>(rows));
  one_.resize(difference_.size());
  zero_.resize(difference_.size());
  all_zero_.resize(padded);
  std::size_t cell = 0;
  for (int row = 0; row < rows_; ++row) {
    for (int col = 0; col < cols_; ++col, ++cell) {
      const auto at = static_cast<std::size_t>((col / kBlock * rows + row) * kBlock + col % kBlock);
      difference_[at] = cells.difference[cell];
      one_[at] = static_cast<std::int16_t>(cells.common[cell] + cells.difference[cell]);
      zero_[at] = static_cast<std::int16_t>(cells.common[cell] - cells.difference[cell]);
      all_zero_[static_cast<std::size_t>(col)] += zero_[at];
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

void MvmArray::setWordLines(const std::uint64_t* sign, const std::uint64_t* active, int vectors,
                            Batch& batch) const {
  const auto size = static_cast<std::size_t>(vectors * runs());
  batch.vectors = vectors;
  batch.one.resize(size);
  batch.zero.resize(size);
  batch.active_rows.assign(static_cast<std::size_t>(vectors), 0);
  batch.full = true;
  for (int v = 0; v < vectors; ++v) {
    int& active_rows = batch.active_rows[static_cast<std::size_t>(v)];
    for (int run = 0; run < runs(); ++run) {
      const auto word = static_cast<std::size_t>(v * words() + run / 2);
      const auto at = static_cast<std::size_t>(run * vectors + v);
      const int shift = run % 2 * kRun;
      const std::uint32_t exists = ~0U >> std::max(0, (run + 1) * kRun - rows_);
      const auto on = (active != nullptr ? static_cast<std::uint32_t>(active[word] >> shift) : ~0U) & exists;
      const auto up = static_cast<std::uint32_t>(sign[word] >> shift);
      batch.one[at] = on & up;
      batch.zero[at] = on & ~up;
      active_rows += std::popcount(on);
    }
    batch.full = batch.full && active_rows == rows_;
  }
}

void MvmArray::estimateSums(int block, const MvmKernel& kernel, Batch& batch) const {
  const auto add = [&](const std::vector<std::int16_t>& cells, const std::vector<std::uint32_t>& rows,
                       std::vector<std::int32_t>& sums) {
    sums.resize(batch.y.size());
    kernel.sums(&cells[static_cast<std::size_t>(block * runs()) * kRun * kBlock], runs(), rows.data(),
                batch.vectors, sums.data());
  };
  if (batch.full) {  // all rows of zeros, and what those of ones have more: one sum instead of two
    add(difference_, batch.one, batch.ones);
    const std::int32_t* zeros = &all_zero_[static_cast<std::size_t>(block) * kBlock];
    for (std::size_t v = 0; v < batch.y.size(); v += kBlock) {
      for (std::size_t c = 0; c < kBlock; ++c)
        batch.y[v + c] = static_cast<float>(2 * batch.ones[v + c] + zeros[c]) * unit_;
    }
    return;
  }
  add(one_, batch.one, batch.ones);
  add(zero_, batch.zero, batch.zeros);
  for (std::size_t k = 0; k < batch.y.size(); ++k) {
    // A reference for all rows instead of the active ones takes each silent row for half a match and half a
    // mismatch.
    const int silent = options_.tracks_active ? 0 : rows_ - batch.active_rows[k / kBlock];
    const auto shift = static_cast<float>(silent * (g_p_ + g_ap_) / (g_p_ - g_ap_));
    batch.y[k] = static_cast<float>(batch.ones[k] + batch.zeros[k]) * unit_ - shift;
  }
}

void MvmArray::estimateLadder(int block, const MvmKernel& kernel, Batch& batch) const {
  const float* cells =
      &ladder_[static_cast<std::size_t>(block) * static_cast<std::size_t>(rows_) * 2 * kLadderBlock];
  batch.seen.resize(batch.y.size());
  kernel.ladder({cells, rows_, 2 * options_.wire * g_p_},
                {batch.one.data(), batch.zero.data(), batch.vectors}, batch.seen.data());
  const double unit = 2 * g_p_ / (g_p_ - g_ap_), row = (g_p_ + g_ap_) / (g_p_ - g_ap_);
  for (std::size_t k = 0; k < batch.y.size(); ++k) {
    const int reference = options_.tracks_active ? batch.active_rows[k / kLadderBlock] : rows_;
    batch.y[k] = static_cast<float>(unit * batch.seen[k] - reference * row);
  }
}

SenseRead MvmArray::senseOf(int active_rows, std::uint32_t event) const {
  const double reference = std::max(1, options_.tracks_active ? active_rows : rows_);
  SenseRead read;
  read.per_row_active = static_cast<float>(options_.noise.per_row * active_rows);
  read.per_count = static_cast<float>(options_.noise.per_count);
  read.range = static_cast<float>(options_.adc.range_sqrt_n * std::sqrt(reference));
  read.per_lsb = static_cast<float>(1 / options_.adc.lsb(reference));
  read.largest = static_cast<float>(options_.adc.largest());
  read.event = device::mix(event);
  read.noise = options_.noise.per_row > 0;
  return read;
}

void MvmArray::readAll(const std::uint64_t* sign, const std::uint64_t* active, int vectors,
                       std::uint32_t first_event, float* y, std::int32_t* codes,
                       const MvmKernel& kernel) const {
  Batch batch;
  std::vector<SenseRead> reads;
  std::vector<std::int32_t> row(static_cast<std::size_t>(block()));
  for (int first = 0; first < vectors; first += kMostVectors) {
    const int here = std::min(kMostVectors, vectors - first);
    const auto word = static_cast<std::size_t>(first * words());
    setWordLines(sign + word, active != nullptr ? active + word : nullptr, here, batch);
    batch.y.resize(static_cast<std::size_t>(here * block()));
    reads.clear();
    for (int v = 0; v < here; ++v)
      reads.push_back(senseOf(batch.active_rows[static_cast<std::size_t>(v)],
                              first_event + static_cast<std::uint32_t>(first + v)));
    for (int column = 0; column < cols_; column += block()) {
      if (options_.wire > 0) {
        estimateLadder(column / block(), kernel, batch);
      } else {
        estimateSums(column / block(), kernel, batch);
      }
      const int count = std::min(block(), cols_ - column);
      const SenseColumns columns{&radius_[static_cast<std::size_t>(column)],
                                 &angle_[static_cast<std::size_t>(column)],
                                 &offset_[static_cast<std::size_t>(column)]};
      for (int v = 0; v < here; ++v) {
        const float* estimate = &batch.y[static_cast<std::size_t>(v * block())];
        const auto out = static_cast<std::ptrdiff_t>(first + v) * cols_ + column;
        if (y != nullptr) std::copy_n(estimate, count, y + out);
        if (codes == nullptr) continue;
        kernel.sense(columns, reads[static_cast<std::size_t>(v)], estimate, block(), row.data());
        std::copy_n(row.begin(), count, codes + out);
      }
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

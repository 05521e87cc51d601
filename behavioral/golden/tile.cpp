#include "golden/tile.hpp"

#include <bit>

namespace neuspin::golden {
namespace {

/// Ones of a byte; arithmetic on bytes alone, so that compilers make vector code of a loop over columns.
constexpr std::uint8_t countOnes(std::uint8_t x) {
  x = static_cast<std::uint8_t>(x - (x >> 1 & 0x55));
  x = static_cast<std::uint8_t>((x & 0x33) + (x >> 2 & 0x33));
  return static_cast<std::uint8_t>((x + (x >> 4)) & 0x0F);
}

/// Transposes an 8×8 bit matrix (row r in byte r): recursive exchange of off-diagonal quarters.
constexpr std::uint64_t transpose8(std::uint64_t x) {
  std::uint64_t t = (x ^ (x >> 7)) & 0x00AA00AA00AA00AAULL;
  x ^= t ^ (t << 7);
  t = (x ^ (x >> 14)) & 0x0000CCCC0000CCCCULL;
  x ^= t ^ (t << 14);
  t = (x ^ (x >> 28)) & 0x00000000F0F0F0F0ULL;
  return x ^ t ^ (t << 28);
}

}  // namespace

void WordLines::clear() {
  std::ranges::fill(wl, std::uint8_t{0});
  std::ranges::fill(wlb, std::uint8_t{0});
}

int WordLines::active() const {
  int count = 0;
  for (std::size_t s = 0; s < wl.size(); ++s)
    count += std::popcount(static_cast<std::uint8_t>(wl[s] | wlb[s]));
  return count;
}

Array::Array(int rows, int cols, int group)
    : rows_(rows), cols_(cols), group_(group), slices_(static_cast<std::size_t>((group + 7) / 8)) {
  const auto columns = static_cast<std::size_t>(cols);
  weights_.assign(static_cast<std::size_t>(rows / group) * slices_ * columns, 0);
  sense_.assign(slices_ * columns, 0);
}

std::size_t Array::byteOf(int row, int col) const {
  const std::size_t slice =
      static_cast<std::size_t>(row / group_) * slices_ + static_cast<std::size_t>(row % group_ / 8);
  return slice * static_cast<std::size_t>(cols_) + static_cast<std::size_t>(col);
}

void Array::setFaults(std::span<const CellFault> faults) {
  for (Faults* junction : {&one_, &zero_}) {
    for (Plane* plane : {&junction->flipped, &junction->high, &junction->low})
      plane->assign(weights_.size(), 0);
  }
  for (const CellFault& cell : faults) {
    Faults& junction = cell.zero ? zero_ : one_;
    Plane& plane = cell.fault == JunctionFault::Flipped ? junction.flipped
                   : cell.fault == JunctionFault::High  ? junction.high
                                                        : junction.low;
    plane[byteOf(cell.row, cell.col)] |= bitOf(cell.row);
  }
}

void Array::setWeight(int row, int col, bool bit) {
  std::uint8_t& byte = weights_[byteOf(row, col)];
  byte = static_cast<std::uint8_t>(bit ? byte | bitOf(row) : byte & ~bitOf(row));
}

void Array::writeRow(int row, std::span<const std::uint32_t> data) {
  if (row >= rows_) return;
  for (int c = 0; c < cols_; ++c) {
    setWeight(row, c, getBit(data, c));
    if (one_.flipped.empty()) continue;
    for (Plane* flipped : {&one_.flipped, &zero_.flipped})
      (*flipped)[byteOf(row, c)] &= static_cast<std::uint8_t>(~bitOf(row));
  }
}

void Array::read(int group, const WordLines& lines) {
  const auto columns = static_cast<std::size_t>(cols_);
  for (std::size_t s = 0; s < slices_; ++s) {
    const std::uint8_t wl = lines.wl[s];
    const std::uint8_t wlb = lines.wlb[s];
    const std::size_t first = (static_cast<std::size_t>(group) * slices_ + s) * columns;
    const std::uint8_t* weights = &weights_[first];
    std::uint8_t* sense = &sense_[s * columns];
    if (!one_.high.empty()) {
      const auto reads = [first](unsigned state, const Faults& junction, std::size_t c) {
        return ((state ^ junction.flipped[first + c]) | junction.high[first + c]) &
               ~unsigned{junction.low[first + c]};
      };
      for (std::size_t c = 0; c < columns; ++c) {
        const unsigned stored = weights[c];
        sense[c] =
            static_cast<std::uint8_t>((wl & reads(stored, one_, c)) | (wlb & reads(~stored, zero_, c)));
      }
      continue;
    }
    for (std::size_t c = 0; c < columns; ++c) {
      sense[c] = static_cast<std::uint8_t>((wl & weights[c]) | (wlb & ~weights[c]));
    }
  }
}

ColumnCounters::ColumnCounters(int cols, int sense_cols, int acc_bits)
    : cols_(cols), sense_cols_(sense_cols), acc_bits_(acc_bits) {
  // Whole blocks, so that packing needs no edge case; columns past cols_ stay 0.
  const auto blocks = static_cast<std::size_t>((cols + kBlockColumns - 1) / kBlockColumns);
  for (Register* reg : {&acc_, &hold_}) {
    reg->value.assign(blocks * kBlockColumns, 0);
    reg->planes.assign(blocks, {});
  }
}

void ColumnCounters::reset() {
  for (Register* reg : {&acc_, &hold_}) {
    std::ranges::fill(reg->value, 0U);
    reg->changed();
  }
}

/// What the new counts are added to.
void ColumnCounters::makeBase(bool first, bool shift) {
  const std::uint32_t keep = first ? 0 : ~0U;
  const int shift_by = shift ? 1 : 0;
  const auto columns = static_cast<std::size_t>(cols_);
  std::uint32_t* acc = acc_.value.data();
  for (std::size_t c = 0; c < columns; ++c) acc[c] = (acc[c] & keep) << shift_by;
}

void ColumnCounters::finish(bool load) {
  const auto mask = static_cast<std::uint32_t>(lowMask(acc_bits_));
  const auto columns = static_cast<std::size_t>(cols_);
  std::uint32_t* acc = acc_.value.data();
  for (std::size_t c = 0; c < columns; ++c) acc[c] &= mask;
  acc_.changed();
  if (load) {
    hold_.value = acc_.value;
    hold_.changed();
  }
}

void ColumnCounters::accumulateCodes(std::span<const std::uint32_t> codes, bool first, bool shift,
                                     bool load) {
  makeBase(first, shift);
  const auto columns = std::min(codes.size(), static_cast<std::size_t>(cols_));
  for (std::size_t c = 0; c < columns; ++c) acc_.value[c] += codes[c];
  finish(load);
}

void ColumnCounters::accumulate(std::span<const std::uint8_t> sense, bool first, bool shift, bool load) {
  makeBase(first, shift);
  const auto columns = static_cast<std::size_t>(cols_);
  std::uint32_t* acc = acc_.value.data();
  for (std::size_t at = 0; at < sense.size(); at += static_cast<std::size_t>(sense_cols_)) {
    const std::uint8_t* bits = &sense[at];
    for (std::size_t c = 0; c < columns; ++c) acc[c] += countOnes(bits[c]);
  }
  finish(load);
}

void ColumnCounters::rebuildPlanes(const Register& reg) const {
  const auto bytes = static_cast<std::size_t>((acc_bits_ + 7) / 8);
  for (std::size_t block = 0; block < reg.planes.size(); ++block) {
    const std::uint32_t* value = &reg.value[block * kBlockColumns];
    Planes planes{};
    for (std::size_t b = 0; b < bytes; ++b) {
      for (std::size_t eight = 0; eight < 8; ++eight) {
        std::uint64_t square = 0;  // byte b of eight columns
        for (std::size_t c = 0; c < 8; ++c)
          square |= std::uint64_t{value[8 * eight + c] >> (8 * b) & 255} << (8 * c);
        square = transpose8(square);
        for (std::size_t k = 0; k < 8; ++k) planes[8 * b + k] |= (square >> (8 * k) & 255) << (8 * eight);
      }
    }
    reg.planes[block] = planes;
  }
  reg.planes_current = true;
}

void ColumnCounters::readBlock(const Register& reg, std::size_t block, std::span<std::uint32_t> out) const {
  if (!reg.planes_current) rebuildPlanes(reg);
  const Planes& planes = reg.planes[block];
  const auto count = static_cast<std::size_t>(acc_bits_);
  const int columns = blockColumns(block);
  if (columns == kBlockColumns) {  // two words a plane
    for (std::size_t k = 0; k < count; ++k) {
      out[2 * k] = static_cast<std::uint32_t>(planes[k]);
      out[2 * k + 1] = static_cast<std::uint32_t>(planes[k] >> 32);
    }
    return;
  }
  std::ranges::fill(out, 0U);
  for (std::size_t k = 0; k < count; ++k) putBits(out, static_cast<int>(k) * columns, columns, planes[k]);
}

void ColumnCounters::addProbes(const ProbeScope& scope) const {
  for (std::size_t block = 0; block < acc_.planes.size(); ++block) {
    const ProbeScope instance = scope.below("u_columns.gen_block[" + std::to_string(block) + "].u_block");
    const int width = acc_bits_ * blockColumns(block);
    instance.custom("acc_q", width,
                    [this, block](std::span<std::uint32_t> out) { readBlock(acc_, block, out); });
    instance.custom("hold_q", width,
                    [this, block](std::span<std::uint32_t> out) { readBlock(hold_, block, out); });
  }
}

}  // namespace neuspin::golden

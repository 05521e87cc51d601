#include "golden/adc_array.hpp"

#include <stdexcept>

#include "plan/converter.hpp"

namespace neuspin::golden {

AdcArray::AdcArray(int rows, int cols, int group, int adc_bits)
    : rows_(rows),
      cols_(cols),
      group_(group),
      adc_bits_(adc_bits),
      one_(at(rows, 0), 0),
      zero_(at(rows, 0), 1),
      sums_(static_cast<std::size_t>(cols)),
      codes_(static_cast<std::size_t>(cols)) {}

void AdcArray::setCurrents(const CellCurrents& currents) {
  currents_ = &currents;
}

void AdcArray::setNoise(const ReadNoise& noise, std::uint32_t seed, std::uint32_t column) {
  noise_ = &noise;
  event_ = {.seed = seed, .column = column};
}

void AdcArray::flip(std::span<const CellFault> faults) {
  for (const CellFault& fault : faults) {
    if (fault.fault != JunctionFault::Flipped)
      throw std::logic_error("a stuck junction of an array with converters is one of CellCurrents");
    (fault.zero ? zero_ : one_)[at(fault.row, fault.col)] ^= 1;
  }
}

void AdcArray::setWeight(int row, int col, bool bit) {
  one_[at(row, col)] = bit ? 1 : 0;
  zero_[at(row, col)] = bit ? 0 : 1;
}

void AdcArray::writeRow(int row, std::span<const std::uint32_t> data) {
  if (row >= rows_) return;
  for (int c = 0; c < cols_; ++c) setWeight(row, c, getBit(data, c));
}

void AdcArray::reset() {
  std::ranges::fill(codes_, 0U);
  event_.read = 0;
}

/// Adds what one driven row conducts in every column.
void AdcArray::conduct(int row, bool input) {
  const std::uint8_t* parallel = &(input ? one_ : zero_)[at(row, 0)];
  const auto columns = static_cast<std::size_t>(cols_);
  if (currents_ == nullptr) {
    for (std::size_t c = 0; c < columns; ++c) sums_[c] += std::int32_t{parallel[c]} << kCurrentFraction;
    return;
  }
  const CellCurrents::Cell* cells = &currents_->cells[at(row, 0)];
  for (std::size_t c = 0; c < columns; ++c) {
    const CellCurrents::Junction& junction = input ? cells[c].one : cells[c].zero;
    sums_[c] += parallel[c] != 0 ? junction.parallel : junction.antiparallel;
  }
}

void AdcArray::read(int group, const WordLines& lines) {
  if (currents_ == nullptr) {
    std::ranges::fill(sums_, 0);
  } else {
    std::ranges::copy(currents_->offsets, sums_.begin());
  }
  for (int r = 0; r < group_; ++r) {
    const auto byte = static_cast<std::size_t>(r / 8);
    const bool wl = (lines.wl[byte] >> (r % 8) & 1) != 0, wlb = (lines.wlb[byte] >> (r % 8) & 1) != 0;
    if (wl || wlb) conduct(group * group_ + r, wl);
  }
  const int driven = lines.active();
  if (noise_ != nullptr) addReadNoise(*noise_, group_, driven, event_, sums_);
  ++event_.read;
  const plan::CountRange range = plan::countRange(driven, adc_bits_);
  for (std::size_t c = 0; c < sums_.size(); ++c)
    codes_[c] = static_cast<std::uint32_t>(plan::countOf(sums_[c], range));
}

}  // namespace neuspin::golden

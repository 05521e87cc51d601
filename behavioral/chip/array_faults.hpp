// What one array shows of its junctions. Sense amplifiers: junctions that cannot be told apart any more, and
// states that are not what was written. Converters: what every junction conducts, and the same states.
#pragma once

#include <cstdint>
#include <vector>

#include "chip/chip.hpp"

namespace neuspin::chip {

/// Faults of array number `array` (rows × cols, `group` rows sensed at once) of the chip `seed`, sorted by
/// row and column; adds to `report`. A junction reads as parallel if its cell conducts more than the middle
/// between the two nominal states, moved by the offset of its sense amplifier.
[[nodiscard]] std::vector<CellFault> drawArrayFaults(const DeviceFile& file, int rows, int cols, int group,
                                                     std::uint32_t seed, std::uint32_t array,
                                                     ArrayReport& report);

struct DrawnCurrents {
  CellCurrents currents;
  std::vector<CellFault> flipped;  ///< sorted by row and column
};
/// How an array with converters is read.
struct ConverterReads {
  int group = 1;
  int counts = 1;  ///< steps of a converter's range, what an offset of the full scale is worth in matches
  double activity = 1;  ///< share of a group's rows that is typically driven
};
/// The same array where its columns sum currents, IR drop of the typical read in them
/// (array::linearMatches). `report` counts a junction as high or low if both its states are on one side of
/// the middle.
[[nodiscard]] DrawnCurrents drawArrayCurrents(const DeviceFile& file, int rows, int cols,
                                              const ConverterReads& reads, std::uint32_t seed,
                                              std::uint32_t array, ArrayReport& report);

/// Standard deviations of a read of such arrays, ReadNoise::sigma; empty if all round to 0.
[[nodiscard]] std::vector<std::uint32_t> readNoiseTable(const DeviceFile& file, int group);

}  // namespace neuspin::chip

// What the sense amplifiers of one array see: junctions that cannot be told apart any more, and states that are not what
// was written.
#pragma once

#include <cstdint>
#include <vector>

#include "chip/chip.hpp"

namespace neuspin::chip {

/// Faults of array number `array` (rows × cols, `group` rows sensed at once) of the chip `seed`, sorted by row and column;
/// adds to `report`. A junction reads as parallel if its cell conducts more than the middle between the two nominal
/// states, moved by the offset of its sense amplifier.
[[nodiscard]] std::vector<CellFault> drawArrayFaults(const DeviceFile& file, int rows, int cols, int group,
                                                     std::uint32_t seed, std::uint32_t array, ArrayReport& report);

}  // namespace neuspin::chip

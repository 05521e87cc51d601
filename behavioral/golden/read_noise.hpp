// Read noise of columns that sum currents (rtl/README.md, cim_array_adc), for both golden models. Stateless:
// any read of any column can be replayed alone.
#pragma once

#include <cstdint>
#include <span>

#include "device/draw.hpp"
#include "plan/converter.hpp"

namespace neuspin::golden {

/// Streams of draws of the columns, beside those of the units.
inline constexpr std::uint32_t kColumnStream = 0xC0000000U;

/// Which read it is, of one array.
struct ReadEvent {
  std::uint32_t seed = 0;    ///< of the stochastic devices
  std::uint32_t column = 0;  ///< number on the chip of the array's first column
  std::uint32_t read = 0;    ///< reads of the array before it, since reset
};

/// Adds the noise of one read to what the columns conduct, [column].
inline void addReadNoise(const ReadNoise& noise, int group, int driven, const ReadEvent& event,
                         std::span<std::int32_t> currents) {
  const std::uint32_t* sigma = noise.sigma.data() + static_cast<std::ptrdiff_t>(driven) * (group + 1);
  for (std::size_t c = 0; c < currents.size(); ++c) {
    const std::uint32_t key =
        device::drawKey(event.seed, kColumnStream + event.column + static_cast<std::uint32_t>(c));
    const int matches = plan::countOf(currents[c], {0, driven});
    currents[c] += plan::readNoise(sigma[matches], device::drawOf(key, 2 * event.read),
                                   device::drawOf(key, 2 * event.read + 1));
  }
}

}  // namespace neuspin::golden

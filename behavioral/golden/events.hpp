// What the clocked model has done: the events that cost energy. Counted, not compared: the registers that
// cause them are.
#pragma once

#include <cstdint>
#include <vector>

namespace neuspin::golden {

/// Of one layer engine.
struct LayerEvents {
  std::int64_t beats = 0;        ///< taken from the stream
  std::int64_t reads = 0;        ///< groups read, by all tiles of the array set in use at once
  std::int64_t driven_rows = 0;  ///< word-line pairs with a line up in these reads, over the row tiles
  std::int64_t words = 0;        ///< that went through the post lanes
  std::int64_t pixels_stored = 0, pixels_read = 0;  ///< of cim_window_buffer's memory
  std::int64_t skips_stored = 0, skips_read = 0;    ///< pixels of cim_skip_buffer's memory
};

/// Since the model was made; resets do not clear them.
struct Events {
  std::vector<LayerEvents> layers;
  std::vector<std::int64_t>
      draws;  ///< [supply] SET pulses of its units, each with its READ and RESET (not the RESET after reset)
  std::int64_t samples = 0;  ///< bits read, of all supplies: what register SAMPLES counts
};

}  // namespace neuspin::golden

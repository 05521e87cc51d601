// Convolutions: the windows of a layer, the buffer that forms them and the order in which a map streams.
#pragma once

#include <optional>
#include <vector>

#include "plan/plan.hpp"

namespace neuspin::plan {

/// Windows of a convolution; all but the depth, which planDepths chooses. `first`: the layer reads the image.
[[nodiscard]] WindowPlan planWindow(const LayerSpec& layer, const InputSpec& input, bool first,
                                    const TargetSpec& target);

/// Pixels of the smallest window buffer that does not wait for a pixel which finds no room (rtl/README.md,
/// cim_window_buffer); `replay`: the map is kept for all passes.
[[nodiscard]] int smallestDepth(const WindowPlan& window, bool replay);

/// Chooses the depth of every window buffer. A map that is replayed has room for two. Otherwise the smallest
/// depth serves an engine that has time to wait, once an image, for the first rows of the next map; an engine
/// that would become the slowest one by that also keeps those rows.
void planDepths(Plan& plan);

/// Pixels of the smallest skip buffer that does not deadlock (rtl/README.md, cim_skip_buffer), of layer
/// `layer` with its source and replay planned; nullopt if a window is complete before the pixel that is added
/// to it has come.
[[nodiscard]] std::optional<int> smallestSkipDepth(const Plan& plan, const LayerPlan& layer);

/// Plans the skip connections. A map that is replayed has room for two; other buffers hold what the smallest
/// one does and the pixels that come, at the average rate, while the last one needed is on its way to the
/// lanes.
void planSkips(Plan& plan, const NetworkSpec& network, Diagnostics& diags);

/// Deepens the skip buffers of an otherwise finished plan where its cycles an image are more than with
/// endless ones: each to the smallest depth that costs no cycle.
void growSkips(Plan& plan);

/// Logical number of every element of a map in the order in which it streams: pixel by pixel, its channels
/// together.
[[nodiscard]] std::vector<int> streamOrder(const Shape& map);

/// The largest divisor of n that is at most `limit` (at least 1).
[[nodiscard]] int largestDivisor(int n, int limit);

}  // namespace neuspin::plan

#include "plan/windows.hpp"

#include <algorithm>
#include <cstdint>

namespace neuspin::plan {
namespace {

/// Pixels that must have come before the first window of a map is complete.
int pixelsToFirstWindow(const WindowPlan& window) {
  const int rows_before = std::min(window.kernel - window.padding, window.in.height) - 1;
  return rows_before * window.in.width + std::min(window.kernel - window.padding, window.in.width);
}

}  // namespace

WindowPlan planWindow(const LayerSpec& layer, const InputSpec& input, bool first, const TargetSpec& target) {
  const ConvSpec& conv = *layer.conv;
  WindowPlan window;
  window.in = layer.in;
  window.kernel = conv.kernel;
  window.stride = conv.stride;
  window.padding = conv.padding;
  window.out_height = layer.usedWindows().height;
  window.out_width = layer.usedWindows().width;
  window.tap_major = target.conv_mapping == 2;
  window.pool = layer.pool;
  // A 0 among one-bit inputs is a row that takes no part; among planes it is the code of 0.
  const bool planes = first && input.encoding != InputEncoding::Bipolar;
  window.absent = conv.padding > 0 && !conv.pad_minus_one && !planes;
  if (planes && input.encoding == InputEncoding::Signed) window.pad_value = std::int64_t{1} << (input.bits - 1);
  return window;
}

int smallestDepth(const WindowPlan& window, bool replay) {
  const int width = window.in.width;
  const int last_column =
      std::min(width - 1, (window.out_width - 1) * window.stride - window.padding + window.kernel - 1);
  int depth = 1;
  for (int band = 0; band < window.out_height; ++band) {
    const int top = band * window.stride - window.padding;
    const int first_row = std::max(0, top);
    const int last_row = std::min(window.in.height - 1, top + window.kernel - 1);
    const bool given_up_on_the_way =
        band == window.out_height - 1 || std::max(0, top + window.stride) > first_row;
    int held = (last_row - first_row) * width + (given_up_on_the_way ? 1 : last_column + 1);
    if (replay) held = last_row * width + last_column + 1;
    depth = std::max(depth, held);
  }
  return depth;
}

void planDepths(Plan& plan) {
  const std::int64_t limit = idealCycles(plan).per_image;
  for (std::size_t i = 0; i < plan.layers.size(); ++i) {
    auto& layer = plan.layers[i];
    if (!layer.window) continue;
    WindowPlan& window = *layer.window;
    const bool replay = layer.replay == Replay::Input;
    window.min_depth = smallestDepth(window, replay);
    window.depth = window.min_depth;
    if (replay) {
      window.depth = std::max(window.depth, 2 * window.in.pixels());
      continue;
    }
    // Cycles between two pixels from before, while it is not the one that waits.
    std::int64_t pixel_cycles = layer.beats;
    if (i > 0) {
      const auto& before = plan.layers[i - 1];
      const std::int64_t pool = before.window ? before.window->pool : 1;
      pixel_cycles = std::max<std::int64_t>(static_cast<std::int64_t>(before.schedule.size()), before.words) * pool * pool;
    }
    const std::int64_t passes = layer.per_pass ? plan.passes : 1;
    const std::int64_t window_cycles = std::max<std::int64_t>(static_cast<std::int64_t>(layer.schedule.size()), layer.words);
    const int ahead = pixelsToFirstWindow(window);
    if (passes * (layer.windows * window_cycles + ahead * pixel_cycles) > limit) window.depth += ahead;
  }
}

std::vector<int> streamOrder(const Shape& map) {
  std::vector<int> order;
  order.reserve(static_cast<std::size_t>(map.elements()));
  for (int pixel = 0; pixel < map.pixels(); ++pixel) {
    for (int c = 0; c < map.channels; ++c) order.push_back(c * map.pixels() + pixel);
  }
  return order;
}

int largestDivisor(int n, int limit) {
  int divisor = std::min(n, limit);
  while (n % divisor != 0) --divisor;
  return divisor;
}

}  // namespace neuspin::plan

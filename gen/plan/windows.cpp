#include "plan/windows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace neuspin::plan {
namespace {

/// Pixels that must have come before the first window of a map is complete.
int pixelsToFirstWindow(const WindowPlan& window) {
  const int rows_before = std::min(window.kernel - window.padding, window.in.height) - 1;
  return rows_before * window.in.width + std::min(window.kernel - window.padding, window.in.width);
}

int divideUp(std::int64_t a, std::int64_t b) {
  return static_cast<int>((a + b - 1) / b);
}

/// Pixels of its input map that a convolution needs to put out its first `outputs` pixels.
int pixelsOfWindows(const WindowPlan& window, int outputs) {
  const int width = window.out_width / window.pool;
  const int y = (outputs - 1) / width * window.pool + window.pool - 1;
  const int x = (outputs - 1) % width * window.pool + window.pool - 1;
  // Of a window, and of the last one of the band above: where a map's last row is reached, that one reaches
  // further.
  const auto reach = [&](int oy, int ox) {
    const int row = std::min(window.in.height, oy * window.stride - window.padding + window.kernel) - 1;
    const int column = std::min(window.in.width, ox * window.stride - window.padding + window.kernel) - 1;
    return row * window.in.width + column + 1;
  };
  return y == 0 ? reach(0, x) : std::max(reach(y, x), reach(y - 1, window.out_width - 1));
}

/// Cycles a pixel takes at most from the input of an engine to the window that it completes, on offer behind
/// it.
std::int64_t latency(const LayerPlan& layer) {
  constexpr int kRegisters = 8;
  const int taps = layer.window ? layer.window->taps() : 0;
  return layer.beats + taps + static_cast<std::int64_t>(layer.schedule.size()) + layer.words + kRegisters;
}

/// Pixels that a skip buffer never holds more of: as many as find room in the engines between, two maps of a
/// window buffer (or of its replay) and the registers of each. The fork then waits for the engines.
int endlessSkipDepth(const LayerPlan& layer) {
  constexpr int kRegisters = 8;
  return (layer.index - layer.skip->source + 1) * (2 * layer.skip->pixels + kRegisters);
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
  window.pooling = layer.pooling;
  // A 0 among one-bit inputs is a row that takes no part; among planes it is the code of 0.
  const bool planes = first && input.encoding != InputEncoding::Bipolar;
  window.absent = conv.padding > 0 && !conv.pad_minus_one && !planes;
  if (planes && input.encoding == InputEncoding::Signed)
    window.pad_value = std::int64_t{1} << (input.bits - 1);
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
      pixel_cycles = std::max<std::int64_t>(static_cast<std::int64_t>(before.schedule.size()), before.words) *
                     pool * pool;
    }
    const std::int64_t passes = layer.per_pass ? plan.passes : 1;
    const std::int64_t window_cycles =
        std::max<std::int64_t>(static_cast<std::int64_t>(layer.schedule.size()), layer.words);
    const int ahead = pixelsToFirstWindow(window);
    if (passes * (layer.windows * window_cycles + ahead * pixel_cycles) > limit) window.depth += ahead;
  }
}

std::optional<int> smallestSkipDepth(const Plan& plan, const LayerPlan& layer) {
  const SkipPlan& skip = *layer.skip;
  int most = 0;
  for (int pixel = 0; pixel < skip.pixels; ++pixel) {
    int needed = pixel + 1;  // pixels of the map between two layers
    for (int k = layer.index; k > skip.source; --k) {
      const auto& through = plan.layers[static_cast<std::size_t>(k)];
      const auto& before = plan.layers[static_cast<std::size_t>(k - 1)];
      if (through.window) {
        needed = pixelsOfWindows(*through.window, needed);
      } else {
        needed = before.window ? before.window->windows() / (before.window->pool * before.window->pool) : 1;
      }
    }
    if (needed <= pixel) return std::nullopt;
    most = std::max(most, needed - pixel);
  }
  if (skip.replay) return skip.pixels;
  constexpr int kElsewhere = 3;  // two in the row buffer, one on offer
  return std::max(1, most - kElsewhere);
}

void planSkips(Plan& plan, const NetworkSpec& network, Diagnostics& diags) {
  for (auto& layer : plan.layers) {
    const LayerSpec& spec = network.layers[static_cast<std::size_t>(layer.index)];
    if (spec.skip < 0) continue;
    const auto& source = plan.layers[static_cast<std::size_t>(spec.skip)];
    SkipPlan& skip = layer.skip.emplace();
    skip.source = spec.skip;
    skip.beat_bits = source.lanes;
    skip.beats = source.words;
    skip.pixels = spec.out.pixels();
    skip.replay = layer.putsOutEveryPass() && !source.putsOutEveryPass();
  }
  const std::int64_t limit = idealCycles(plan).per_image;
  for (auto& layer : plan.layers) {
    if (!layer.skip) continue;
    SkipPlan& skip = *layer.skip;
    const auto smallest = smallestSkipDepth(plan, layer);
    if (!smallest) {
      diags.error("skip-too-late", {network.file, 0, 0, "layer " + layer.name},
                  fmt::format("windows are complete before layer '{}' has put out what is added to them",
                              plan.layers[static_cast<std::size_t>(skip.source)].name),
                  "use less padding or stride between the two layers");
      continue;
    }
    skip.min_depth = *smallest;
    if (skip.replay) {
      skip.depth = 2 * skip.pixels;
      continue;
    }
    std::int64_t cycles = 0;
    for (int k = skip.source + 1; k <= layer.index; ++k)
      cycles += latency(plan.layers[static_cast<std::size_t>(k)]);
    const std::int64_t pixels = std::int64_t{skip.pixels} * (layer.putsOutEveryPass() ? plan.passes : 1);
    skip.depth = skip.min_depth + divideUp(cycles * pixels, limit);
  }
}

void growSkips(Plan& plan) {
  std::vector<SkipPlan*> skips;
  std::vector<int> planned;
  for (LayerPlan& layer : plan.layers) {
    if (!layer.skip) continue;
    skips.push_back(&*layer.skip);
    planned.push_back(layer.skip->depth);
  }
  if (skips.empty()) return;
  const auto cycles = [&plan] {
    constexpr int kSettle = 8, kMeasure = 16;
    return plannedCycles(plan, kSettle + kMeasure, plan.seed) - plannedCycles(plan, kSettle, plan.seed);
  };
  const std::int64_t as_planned = cycles();
  for (LayerPlan& layer : plan.layers) {
    if (layer.skip) layer.skip->depth = endlessSkipDepth(layer);
  }
  const std::int64_t endless = cycles();
  if (as_planned <= endless) {
    for (std::size_t i = 0; i < skips.size(); ++i) skips[i]->depth = planned[i];
    return;
  }
  for (std::size_t i = 0; i < skips.size(); ++i) {
    int slow = planned[i] - 1, enough = std::max(planned[i], skips[i]->depth);
    while (enough - slow > 1) {
      skips[i]->depth = slow + (enough - slow) / 2;
      (cycles() <= endless ? enough : slow) = skips[i]->depth;
    }
    skips[i]->depth = enough;
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

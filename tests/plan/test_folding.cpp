// Windows, the depth of their buffers, and folding to a wanted rate.
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "net.hpp"
#include "plan/area.hpp"
#include "plan/folding.hpp"
#include "plan/windows.hpp"

namespace neuspin::testing {
namespace {

/// conv (in → channels, K, stride 1, padding) of a map, then logits.
NetworkSpec convolution(const Shape& map, int channels, ConvSpec conv, int pool = 1) {
  NetworkSpec network = makeNetwork({map.elements(), channels, 4}, 0.0, 1, InputEncoding::Bipolar);
  network.input.shape = map;
  network.layers[0].conv = conv;
  network.layers[0].pool = pool;
  deriveShapes(network);
  return network;
}

/// The definition, one band and column after the other: what must be held when a pixel is read.
int heldPixels(const WindowPlan& w, bool replay) {
  int most = 1;
  for (int oy = 0; oy < w.out_height; ++oy) {
    for (int ox = 0; ox < w.out_width; ++ox) {
      for (int kx = ox == 0 ? 0 : std::max(w.kernel - w.stride, 0); kx < w.kernel; ++kx) {
        const int x = ox * w.stride - w.padding + kx;
        if (x < 0 || x >= w.in.width) continue;
        // The oldest pixel that this or a later column still reads, with later bands in mind.
        int oldest = w.in.pixels();
        for (int by = oy; by < w.out_height; ++by) {
          const int from = by == oy ? x : 0;
          const int top = std::max(0, by * w.stride - w.padding);
          // Pixels leave in the order they came: none behind the first needed one.
          oldest = std::min(oldest, top * w.in.width + from);
        }
        const int bottom = std::min(w.in.height - 1, oy * w.stride - w.padding + w.kernel - 1);
        most = std::max(most, bottom * w.in.width + x + 1 - (replay ? 0 : oldest));
      }
    }
  }
  return most;
}

BOOST_AUTO_TEST_SUITE(folding_and_windows)

BOOST_AUTO_TEST_CASE(smallest_depth_is_what_the_scan_holds) {
  int judged = 0;
  for (int height = 1; height <= 7; ++height) {
    for (int width = 1; width <= 6; ++width) {
      for (int kernel = 1; kernel <= 5; ++kernel) {
        for (int stride = 1; stride <= 4; ++stride) {
          for (int padding = 0; padding < kernel; ++padding) {
            WindowPlan w;
            w.in = {1, height, width};
            w.kernel = kernel, w.stride = stride, w.padding = padding;
            if (height + 2 * padding < kernel || width + 2 * padding < kernel) continue;
            w.out_height = (height + 2 * padding - kernel) / stride + 1;
            w.out_width = (width + 2 * padding - kernel) / stride + 1;
            for (const bool replay : {false, true}) {
              BOOST_TEST(plan::smallestDepth(w, replay) == heldPixels(w, replay),
                         height << " x " << width << ", K " << kernel << ", S " << stride << ", P " << padding
                                << ": " << plan::smallestDepth(w, replay) << " planned, "
                                << heldPixels(w, replay) << " held");
              ++judged;
            }
          }
        }
      }
    }
  }
  BOOST_TEST(judged > 1000);
}

BOOST_AUTO_TEST_CASE(mappings_cover_every_input_once) {
  for (const int mapping : {1, 2}) {
    TargetSpec target;
    target.conv_mapping = mapping;
    target.array_rows = 8, target.group = 4, target.array_cols = 3, target.lanes = 4;
    const Plan plan = planOf(convolution({11, 5, 6}, 6, {.kernel = 3, .padding = 1}), target);
    const LayerPlan& layer = plan.layers[0];
    BOOST_TEST(layer.windows == 30);
    BOOST_TEST(layer.row_tiles == (mapping == 1 ? 13 : 18));  // ⌈99/8⌉; 9 taps × ⌈11/8⌉
    std::vector<int> seen(99);
    for (int r = 0; r < layer.row_tiles; ++r) {
      const TilePlan& tile = layer.tile(r, 0);
      BOOST_TEST(tile.rows_used >= 1);
      for (int i = 0; i < tile.rows_used; ++i)
        ++seen.at(static_cast<std::size_t>(layer.inputOfRow(tile.row_base + i)));
      if (mapping == 2) {
        // One kernel position a tile.
        BOOST_TEST(layer.inputOfRow(tile.row_base) % 9 ==
                   layer.inputOfRow(tile.row_base + tile.rows_used - 1) % 9);
      }
    }
    for (const int times : seen) BOOST_TEST(times == 1);
    BOOST_TEST(layer.lanes == 3);  // the largest divisor of 6 channels up to 4
  }
}

BOOST_AUTO_TEST_CASE(maps_stream_pixel_by_pixel) {
  const std::vector<int> order = plan::streamOrder({2, 2, 3});
  BOOST_TEST(order == (std::vector{0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11}), boost::test_tools::per_element());
}

// Row tiles by hand, or where the largest group is too slow: every row once, no array without rows, never
// fewer than the rows need.
BOOST_AUTO_TEST_CASE(more_row_tiles) {
  TargetSpec target;
  target.array_rows = 64, target.array_cols = 64, target.group = 4;
  const NetworkSpec network = convolution({16, 10, 10}, 24, {.kernel = 3});  // 144 rows, 64 windows
  for (const int mapping : {1, 2}) {
    target.conv_mapping = mapping;
    const int most = mapping == 1 ? 36 : 9 * 4;  // of one group each
    for (int tiles = 1; tiles <= 50; ++tiles) {
      target.layers["fc0"].tiles = tiles;
      const Plan plan = planOf(network, target);
      const LayerPlan& layer = plan.layers[0];
      std::vector<int> seen(144);
      for (int r = 0; r < layer.row_tiles; ++r) {
        const TilePlan& tile = layer.tile(r, 0);
        BOOST_TEST(tile.rows_used >= 1);
        for (int i = 0; i < tile.rows_used; ++i)
          ++seen.at(static_cast<std::size_t>(layer.inputOfRow(tile.row_base + i)));
      }
      for (const int times : seen) BOOST_TEST(times == 1);
      BOOST_TEST(layer.row_tiles >= (mapping == 1 ? 3 : 9));
      BOOST_TEST(layer.row_tiles <= std::min(most, mapping == 1 ? std::max(tiles, 3) : 9 * tiles));
      if (tiles == 50) BOOST_TEST(layer.row_tiles == most);
    }
  }
  target = {};
  target.array_rows = 256, target.array_cols = 64;
  target.cycles_per_image = 100;  // a window has one cycle: 64 rows at once are not enough for it
  Diagnostics diags;
  const auto plan = makePlan(network, target, makeWeights(network, 1), diags);
  BOOST_REQUIRE(plan);
  BOOST_TEST(plan->layers[0].row_tiles == 3);
  BOOST_TEST(plan->layers[0].group == 48);
  BOOST_TEST(plan->layers[0].groups == 1);
}

BOOST_AUTO_TEST_CASE(a_wanted_rate_is_met_with_as_little_as_possible) {
  TargetSpec target;
  target.array_rows = 64, target.array_cols = 64;
  const NetworkSpec network = convolution({16, 10, 10}, 24, {.kernel = 3});
  for (const std::int64_t cycles : {60000, 9216, 5000, 1500, 400}) {
    target.cycles_per_image = cycles;
    Diagnostics diags;
    const auto plan = makePlan(network, target, makeWeights(network, 1), diags);
    BOOST_REQUIRE(plan);
    const LayerPlan& conv = plan->layers[0];
    const std::int64_t needed = static_cast<std::int64_t>(conv.schedule.size()) * conv.windows;
    BOOST_TEST(idealCycles(*plan).per_image <=
               std::max<std::int64_t>(cycles, 964));  // the window buffer's own time
    BOOST_TEST(needed <= cycles);
    if (conv.group > 1) {
      // One row a read less is too slow.
      TargetSpec slower = target;
      slower.cycles_per_image = 0;
      slower.layers["fc0"] = {conv.group - 1, conv.lanes};
      slower.group = 1;
      const Plan by_hand = planOf(network, slower);
      BOOST_TEST(static_cast<std::int64_t>(by_hand.layers[0].schedule.size()) * conv.windows > cycles);
    }
  }
  target.cycles_per_image = 10;
  Diagnostics diags;
  BOOST_REQUIRE(makePlan(network, target, makeWeights(network, 1), diags));
  BOOST_TEST(diags.render().find("folding-not-reached") != std::string::npos);
  target.layers["nobody"] = {2, 2};
  BOOST_TEST(!makePlan(network, target, makeWeights(network, 1), diags));
  BOOST_TEST(diags.render().find("unknown-layer") != std::string::npos);
}

/// The smallest folding that takes at most `cycles` an image.
Plan foldedFor(const NetworkSpec& network, TargetSpec target, std::int64_t cycles) {
  target.gate_equivalents = 0;
  target.cycles_per_image = cycles;
  return planOf(network, target);
}

double areaOf(const Plan& plan) {
  return plan::modelledArea(plan).total();
}

BOOST_AUTO_TEST_CASE(the_fastest_rate_that_fits_is_found) {
  constexpr double kGateCycles = 1e9;
  const auto fold = [](std::int64_t cycles) -> plan::Folded {
    const std::int64_t reached = std::clamp<std::int64_t>(cycles, 100, 100'000);
    return {reached, kGateCycles / static_cast<double>(reached)};
  };
  for (const std::int64_t wanted : {100, 101, 124, 126, 999, 54'321, 99'999, 100'000}) {
    const auto search = plan::searchArea(fold, kGateCycles / static_cast<double>(wanted));
    BOOST_TEST(search.found);
    BOOST_TEST(search.cycles == wanted);
  }
  const auto none = plan::searchArea(fold, 9'999);
  BOOST_TEST(!none.found);
  BOOST_TEST(none.smallest == 10'000);
  BOOST_TEST(none.cycles == 100'000);
  BOOST_TEST(plan::searchArea(fold, 1e8).cycles == 100);
}

/// Lanes with multipliers: what folding saves most on.
struct Multipliers {
  NetworkSpec network = makeNetwork({64, 96, 64, 10}, 0.0, 1, InputEncoding::Bipolar);
  TargetSpec target;
  Weights weights = makeWeights(network, 1);
  Plan fastest, slowest;
  Multipliers() {
    target.array_rows = 64, target.array_cols = 128, target.form = PostForm::Multiply;
    fastest = foldedFor(network, target, 10);  // ten classes
    slowest = foldedFor(network, target, 1000);
  }
};

BOOST_FIXTURE_TEST_CASE(a_wanted_area_is_kept_as_fast_as_possible, Multipliers) {
  BOOST_REQUIRE(areaOf(fastest) > areaOf(slowest) + 10'000);
  std::int64_t before = 1000;
  for (const double part : {0.02, 0.1, 0.3, 0.6, 0.9}) {
    target.gate_equivalents =
        static_cast<std::int64_t>(areaOf(slowest) + part * (areaOf(fastest) - areaOf(slowest)));
    Diagnostics diags;
    const auto plan = makePlan(network, target, weights, diags);
    BOOST_REQUIRE(plan);
    BOOST_TEST(diags.render().find("area-not-reached") == std::string::npos);
    BOOST_TEST(areaOf(*plan) <= static_cast<double>(target.gate_equivalents));
    const std::int64_t cycles = idealCycles(*plan).per_image;
    BOOST_TEST(cycles <= before);
    BOOST_TEST(areaOf(foldedFor(network, target, cycles - 1)) > static_cast<double>(target.gate_equivalents));
    BOOST_TEST(plan->spec_sha256 == specSha256(network, target, weights));
    before = cycles;
  }
  BOOST_TEST(before < 30);
  // Room for everything: no engine is made faster than the slowest one needs.
  target.gate_equivalents = 100'000'000;
  const Plan roomy = planOf(network, target);
  BOOST_TEST(idealCycles(roomy).per_image == 10);
  BOOST_TEST(areaOf(roomy) <= areaOf(fastest));
  // By hand goes first.
  target.layers["fc1"] = {64, 64, 0};
  BOOST_TEST(planOf(network, target).layers[1].lanes == 64);
}

BOOST_FIXTURE_TEST_CASE(an_area_that_cannot_be_had_is_said, Multipliers) {
  double smallest = areaOf(slowest);
  for (std::int64_t cycles = 10; cycles <= 100; ++cycles)
    smallest = std::min(smallest, areaOf(foldedFor(network, target, cycles)));
  target.gate_equivalents = 100;
  Diagnostics diags;
  const auto plan = makePlan(network, target, weights, diags);
  BOOST_REQUIRE(plan);
  BOOST_TEST(areaOf(*plan) <= 1.01 * smallest);
  BOOST_TEST(diags.render().find("area-not-reached") != std::string::npos);
  BOOST_TEST(diags.render().find("the smallest folding takes about " +
                                 std::to_string(std::llround(areaOf(*plan)))) != std::string::npos,
             diags.render());
  // Both wanted: the rate, and what the area would allow.
  target.cycles_per_image = 12;
  const Plan fast = foldedFor(network, target, 12), slow = foldedFor(network, target, 40);
  target.gate_equivalents = std::llround(areaOf(slow)) + 1;
  Diagnostics both;
  const auto kept = makePlan(network, target, weights, both);
  BOOST_REQUIRE(kept);
  BOOST_TEST(areaOf(*kept) <= areaOf(fast));
  BOOST_TEST(idealCycles(*kept).per_image <= 12);
  const std::string text = both.render();
  BOOST_TEST(text.find("at 12 cycles an image") != std::string::npos, text);
  const auto at = text.find("accept ");
  BOOST_REQUIRE(at != std::string::npos);
  const std::int64_t allowed = std::stoll(text.substr(at + 7));
  BOOST_TEST(allowed > 12);
  BOOST_TEST(allowed <= 40);
  // Both can be had: the smallest folding of the rate.
  target.gate_equivalents = std::llround(areaOf(fast)) + 1;
  Diagnostics none;
  const auto had = makePlan(network, target, weights, none);
  BOOST_REQUIRE(had);
  BOOST_TEST(areaOf(*had) <= areaOf(fast));
  BOOST_TEST(none.render().find("area-not-reached") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace neuspin::testing

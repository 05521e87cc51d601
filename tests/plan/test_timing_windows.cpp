// Convolutions in time: cases worked out by hand from rtl/README.md. Random ones are judged against the
// clocked golden model in tests/golden.
#include <boost/test/unit_test.hpp>

#include "plan/timing.hpp"
#include "plan/timing_windows.hpp"
#include "small_convolution.hpp"

using namespace neuspin;
using namespace neuspin::testing;

BOOST_AUTO_TEST_SUITE(timing_windows)

BOOST_AUTO_TEST_CASE(ideal_cycles_by_hand) {
  // 6 × 5 windows, of which the pool of 2 takes 6 × 4 = 24 a pass; 2 · 9 rows in one array, 8 a step, 3
  // planes: 9 steps a window, and one word.
  const auto ideal = [](int passes, bool stochastic, int lanes, int beat) {
    TargetSpec target;
    target.lanes = lanes;
    target.input_beat = beat;
    const Scheme scheme = stochastic ? Scheme{ScaleDropout{0.2, false}} : Scheme{Deterministic{}};
    return idealCycles(planOf(smallConvolution(scheme, passes), target));
  };
  BOOST_TEST(ideal(1, false, 16, 8).per_image == 24 * 9);
  BOOST_TEST(ideal(1, false, 16, 8).bottleneck == "layer conv arrays");
  BOOST_TEST(ideal(7, true, 16, 8).per_image == 7 * 24 * 9);
  // Bipolar inputs, all rows in one step: the buffer issues (3 + 3) columns of 3 taps for each of 6 rows of
  // windows, 108 taps; inside the map are 5 of 6 columns and 16 of 18 rows, 80 reads, and 30 pixels come.
  NetworkSpec network = smallConvolution(Deterministic{}, 1);
  network.input.encoding = InputEncoding::Bipolar;
  network.input.bits = 1;
  TargetSpec target;
  target.group = 18;
  target.array_rows = 36;
  IdealCycles buffer = idealCycles(planOf(network, target));
  BOOST_TEST(buffer.per_image == 80 + 30);
  BOOST_TEST(buffer.bottleneck == "layer conv window buffer");
  // Without padding 4 × 3 windows, 4 × 2 pooled: 4 · 4 · 3 = 48 taps, all inside, and 30 pixels.
  network.layers[0].conv->padding = 0;
  deriveShapes(network);
  BOOST_TEST(idealCycles(planOf(network, target)).per_image == 48 + 30);
  // Replayed, the pixels come once.
  network.layers[0].scheme = ScaleDropout{0.2, false};
  network.passes = 5;
  BOOST_TEST(idealCycles(planOf(network, target)).per_image == 5 * 48 + 30);
  // Behind a layer that repeats they come every pass.
  LayerSpec second = network.layers[0];
  second.name = "second";
  second.scheme = Deterministic{};
  second.conv = ConvSpec{.kernel = 1};
  second.pool = 1;
  network.layers[0].pool = 1;
  network.layers.insert(network.layers.begin() + 1, second);
  deriveShapes(network);
  const Plan plan = planOf(network, target);
  BOOST_TEST(plan::windowWork(*plan.layers[1].window).taps == 12);
  BOOST_TEST(plan::windowWork(*plan.layers[1].window).reads == 12);
  // An input stream that is slower than the rest: 2 channels one by one.
  TargetSpec slow = target;
  slow.input_beat = 1;
  network.passes = 1;
  network.layers[0].scheme = Deterministic{};
  network.layers[0].conv = ConvSpec{.kernel = 1, .stride = 4};
  deriveShapes(network);
  const auto stream = idealCycles(planOf(network, slow));
  BOOST_TEST(stream.per_image == 60);
  BOOST_TEST(stream.bottleneck == "input stream");
}

BOOST_AUTO_TEST_CASE(one_window_by_hand) {
  // A 1 × 1 × 1 map, kernel 1, one output, logits of 2 classes. The pixel comes in cycle 1 and is written in
  // 2, its tap is issued in 3 and inserted in 4. The window is on offer in 5: read, accumulated in 6, fires
  // in 7 and is on offer in
  // 9. The last layer reads it in 10, and 16 cycles later the summary leaves (test_timing.cpp).
  NetworkSpec network = smallConvolution(Deterministic{}, 1);
  network.input.shape = {1, 1, 1};
  network.input.encoding = InputEncoding::Bipolar;
  network.input.bits = 1;
  network.layers[0].conv = ConvSpec{.kernel = 1};
  network.layers[0].outputs = 1;
  network.layers[0].pool = 1;
  network.layers[1].outputs = 2;
  deriveShapes(network);
  BOOST_TEST(plannedCycles(planOf(network, TargetSpec{}), 1, 1) == 26);
}

BOOST_AUTO_TEST_CASE(padding_before_the_first_pixel_is_done_before) {
  // Kernel 2, padding 1: after reset the two taps of the column before the map, and the one above its first
  // column, need no pixel: 3 cycles.
  NetworkSpec network = smallConvolution(Deterministic{}, 1);
  network.layers[0].conv = ConvSpec{.kernel = 2, .padding = 1};
  network.layers[0].pool = 1;
  deriveShapes(network);
  const Plan padded = planOf(network, TargetSpec{});
  BOOST_TEST(prefetchCycles(padded, 1) == 3);
  network.layers[0].scheme = SpinDrop{0.2};  // its queue takes longer
  BOOST_TEST(prefetchCycles(planOf(network, TargetSpec{}), 1) == 3 + 12);
  network.layers[0].scheme = Deterministic{};
  network.layers[0].conv->padding = 0;
  deriveShapes(network);
  BOOST_TEST(prefetchCycles(planOf(network, TargetSpec{}), 1) == 0);
}

BOOST_AUTO_TEST_CASE(averages_wait_where_rows_of_pools_meet) {
  // One lane, 24 words a window, hence the slowest stage. A word that fetches the total of the pool's rows
  // above waits a cycle for the word before it to store another's: with pools of 2 at the end of every second
  // row only, with pools of 3 (rows 0 to 2 of a pool) behind rows 0 and 1 and between the two pools of row 1.
  // One pool a row needs no memory.
  const auto cycles = [](int width, int height, int pool) {
    NetworkSpec network = smallConvolution(Deterministic{}, 1);
    network.input.shape = {1, height, width};
    network.input.encoding = InputEncoding::Bipolar;
    network.input.bits = 1;
    network.layers[0].conv = ConvSpec{.kernel = 1};
    network.layers[0].outputs = 24;
    network.layers[0].pool = pool;
    network.layers[0].pooling = Pooling::Average;
    deriveShapes(network);
    TargetSpec target;
    target.lanes = 1;
    const Plan plan = planOf(network, target);
    BOOST_TEST(idealCycles(plan).per_image == width * height * 24);
    return static_cast<double>(plannedCycles(plan, 20, 1) - plannedCycles(plan, 10, 1)) / 10;
  };
  BOOST_TEST(cycles(4, 4, 2) == 16 * 24 + 2);
  BOOST_TEST(cycles(6, 6, 3) == 36 * 24 + 6);
  BOOST_TEST(cycles(3, 6, 3) == 18 * 24);
}

BOOST_AUTO_TEST_CASE(choices_of_every_window_cost_time) {
  const auto choicesOf = [](bool every_window) {
    TargetSpec target;
    target.set_cycles = 30;
    const Plan plan = planOf(smallConvolution(SpinDrop{0.2, false, every_window}, 5), target);
    return plan::choiceCycles(plan, 1).front();
  };
  BOOST_TEST(choicesOf(false).per_pass == 1);
  BOOST_TEST(choicesOf(false).hidden());
  BOOST_TEST(choicesOf(true).per_pass == 24);
  BOOST_TEST(choicesOf(true).available == 9.0);
  BOOST_TEST(choicesOf(true).slow_down == 34.0 / 9, boost::test_tools::tolerance(0.05));
}

BOOST_AUTO_TEST_SUITE_END()

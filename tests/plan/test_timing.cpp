// plannedCycles against closed forms where they exist; the RTL and the golden model judge the rest (tests/cosim).
#include <boost/test/unit_test.hpp>

#include "net.hpp"

using namespace neuspin;
using namespace neuspin::testing;

BOOST_AUTO_TEST_SUITE(timing)

BOOST_AUTO_TEST_CASE(steady_state_is_the_slowest_stage) {
  TargetSpec target;
  target.array_rows = 64;
  target.lanes = 8;
  const auto plan = planOf(makeNetwork({100, 96, 64, 10}, 0.2, 11), target);
  const auto ideal = idealCycles(plan);
  const std::int64_t images = 40;
  const auto step = static_cast<double>(plannedCycles(plan, images + 1) - plannedCycles(plan, 1)) / images;
  BOOST_TEST(step >= static_cast<double>(ideal.per_image));
  BOOST_TEST(step <= 1.05 * static_cast<double>(ideal.per_image));
}

BOOST_AUTO_TEST_CASE(extrapolation_equals_simulation) {
  // 1000 images end in the periodic part; the first differences must continue exactly.
  const auto plan = planOf(makeNetwork({30, 20, 5}, 0.2, 7), TargetSpec{});
  const auto step = plannedCycles(plan, 1000) - plannedCycles(plan, 999);
  BOOST_TEST(plannedCycles(plan, 2000) - plannedCycles(plan, 1000) == 1000 * step);
  BOOST_TEST(plannedCycles(plan, 0) == 0);
}

BOOST_AUTO_TEST_CASE(one_image_through_one_layer_by_hand) {
  // 8 features in one beat, 1 step, 2 classes, T = 1: beat at cycle 1, read 2, accumulate+load 3, post fires 4 and 5,
  // out register 6 and 7 (accepted by the head), exponentials 8 and 9 (+1), statistics 10 and 11 → records processed
  // 12, 13, result 13, 14 → class beats leave 15, 16, summary 17.
  TargetSpec target;
  target.input_beat = 8;
  const auto plan = planOf(makeNetwork({8, 2}, 0, 1, InputEncoding::Bipolar), target);
  BOOST_TEST(plannedCycles(plan, 1) == 17);
}

BOOST_AUTO_TEST_CASE(slow_dropout_modules_show) {
  auto network = makeNetwork({64, 16, 2}, 0.2, 20);
  TargetSpec target;
  target.lanes = 16;
  const auto fast = plannedCycles(planOf(network, target), 10);
  target.set_cycles = 40;
  const auto slow = plannedCycles(planOf(network, target), 10);
  BOOST_TEST(slow > fast);
  BOOST_TEST(slow >= 10 * 20 * 43 - 200);  // every pass waits for 1 + 40 + 1 + 2 cycles, but for the prefetched bits
}

BOOST_AUTO_TEST_SUITE_END()

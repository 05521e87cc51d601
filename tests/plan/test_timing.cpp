// plannedCycles against closed forms where they exist; the RTL and the golden model judge the rest
// (tests/cosim).
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
  const auto step =
      static_cast<double>(plannedCycles(plan, images + 1, 1) - plannedCycles(plan, 1, 1)) / images;
  BOOST_TEST(step >= static_cast<double>(ideal.per_image));
  BOOST_TEST(step <= 1.05 * static_cast<double>(ideal.per_image));
}

BOOST_AUTO_TEST_CASE(extrapolation_equals_simulation) {
  // 1000 images end in the periodic part; the first differences must continue exactly.
  const auto plan = planOf(makeNetwork({30, 20, 5}, 0.2, 7), TargetSpec{});
  const auto step = plannedCycles(plan, 1000, 1) - plannedCycles(plan, 999, 1);
  BOOST_TEST(plannedCycles(plan, 2000, 1) - plannedCycles(plan, 1000, 1) == 1000 * step);
  BOOST_TEST(plannedCycles(plan, 0, 1) == 0);
}

BOOST_AUTO_TEST_CASE(one_image_through_one_layer_by_hand) {
  // 8 features in one beat, 1 step, 2 classes, T = 1, from the equations of rtl/README.md. Beat in cycle 1;
  // bank full and read in 2; accumulate and load in 3; post fires in 4, 5; its output register is valid in 6,
  // 7; the head's bank is full in 8: numerators fire in 8, 9 and are written in 9, 10; that bank is full in
  // 11: statistics fire in 11, 12, accumulate in 13, 14; records are valid in 14, 15; means in 15, 16; class
  // beats in 16, 17; the summary in 18.
  TargetSpec target;
  target.input_beat = 8;
  const auto plan = planOf(makeNetwork({8, 2}, 0, 1, InputEncoding::Bipolar), target);
  BOOST_TEST(plannedCycles(plan, 1, 1) == 18);
}

BOOST_AUTO_TEST_CASE(slow_dropout_modules_show) {
  auto network = makeNetwork({64, 16, 2}, 0.2, 20);
  TargetSpec target;
  target.lanes = 16;
  const auto fast = plannedCycles(planOf(network, target), 10, 1);
  target.set_cycles = 40;
  const auto slow = plannedCycles(planOf(network, target), 10, 1);
  BOOST_TEST(slow > fast);
  BOOST_TEST(slow >=
             10 * 20 * 43 - 200);  // every pass waits for 1 + 40 + 1 + 2 cycles, but for the prefetched bits
}

BOOST_AUTO_TEST_SUITE_END()

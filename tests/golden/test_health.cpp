// Monitor and calibrator of stochastic units against the contract page, and results after a calibration.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "check.hpp"
#include "supplies.hpp"

using namespace neuspin;
using namespace neuspin::testing;
using namespace neuspin::golden;

namespace {

SupplyPlan monitored(int modules, int run_cutoff, int low, int high) {
  SupplyPlan supply = maskPlan(modules, modules);
  supply.run_cutoff = run_cutoff;
  supply.ones_low = low;
  supply.ones_high = high;
  return supply;
}

/// Positions at which the bits raise an alarm, in a window of 16.
std::vector<int> alarms(const SupplyPlan& supply, const std::string& bits) {
  UnitMonitor monitor(supply, 4);
  std::vector<int> at;
  for (std::size_t i = 0; i < bits.size(); ++i) {
    BOOST_TEST(monitor.unit() == static_cast<int>(i) / 16 % supply.modules);
    if (monitor.alarm(bits[i] == '1')) at.push_back(static_cast<int>(i));
    monitor.tick(bits[i] == '1');
  }
  return at;
}

using Positions = std::vector<int>;

}  // namespace

BOOST_AUTO_TEST_SUITE(health)

BOOST_AUTO_TEST_CASE(runs_as_long_as_the_cutoff) {
  const SupplyPlan supply = monitored(2, 4, 0, 16);
  BOOST_TEST((alarms(supply, "0101110111000101") == Positions{}));
  BOOST_TEST((alarms(supply, "0101111000011111") == Positions{6, 10, 14, 15}));
  // A run does not go on in the next window, which is another unit's.
  BOOST_TEST((alarms(supply,
                     "0101010101010111"
                     "1110101010101010"
                     "0000000000000000") == Positions{35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47}));
}

BOOST_AUTO_TEST_CASE(ones_of_a_whole_window) {
  const SupplyPlan supply = monitored(1, 255, 5, 8);
  BOOST_TEST((alarms(supply, "0101010000000001") == Positions{15}));  // 4
  BOOST_TEST((alarms(supply, "0101010000000101") == Positions{}));    // 5
  BOOST_TEST((alarms(supply, "0101010101010101") == Positions{}));    // 8
  BOOST_TEST((alarms(supply, "1101010101010101") == Positions{15}));  // 9
  BOOST_TEST((alarms(supply,
                     "0000000000000000"
                     "0101010101010101"
                     "1111111111111111") == Positions{15, 47}));
}

BOOST_AUTO_TEST_CASE(runs_count_to_255) {
  SupplyPlan supply = monitored(1, 255, 0, 512);
  UnitMonitor monitor(supply, 9);
  for (int i = 0; i < 512; ++i) {
    BOOST_TEST(monitor.alarm(true) == (i >= 254));
    monitor.tick(true);
  }
}

BOOST_AUTO_TEST_CASE(a_stuck_unit_raises_its_alarm_until_it_is_cleared) {
  SupplyPlan supply = monitored(3, 14, 0, 16);
  supply.table_units = 3;
  supply.table = {0, kHalf, 0, kAlways, 0, kHalf};
  TargetSpec target = plainTarget();
  target.health_window_log2 = 4;
  Bank bank(supply, target, 4);
  const testing::Registers<Bank> reg(bank);
  const auto rounds = [&](int count) {
    for (int done = 0; done < count; bank.tick(true, {})) done += bank.done() ? 1 : 0;
  };
  rounds(16 + 13);
  BOOST_TEST(!bank.alarm());
  rounds(1);  // the fourteenth draw of the window of unit 1
  BOOST_TEST(bank.alarm());
  BOOST_TEST(bank.read(6, 2) == 1U);
  BOOST_TEST(bank.read(5, 2) == 0U);
  rounds(40);
  BOOST_TEST(bank.read(6, 2) == 1U);
  bank.tick(true, {5, 2, true, 0, false});
  BOOST_TEST(bank.alarm());
  bank.tick(true, {6, 2, true, 0, false});
  BOOST_TEST(!bank.alarm());
  // In the very cycle in which the alarm is raised again, the clear wins.
  for (int i = 0; i < 2000 && !bank.alarm(); ++i) bank.tick(true, {6, 2, true, 0, false});
  BOOST_TEST(!bank.alarm());
  rounds(48);
  BOOST_TEST(bank.alarm());
}

BOOST_AUTO_TEST_CASE(both_draws_of_a_whitened_pair_are_monitored) {
  SupplyPlan supply = monitored(1, 255, 5, 11);
  supply.whiten = true;
  supply.table = {0, kAlways};
  TargetSpec target = plainTarget();
  target.health_window_log2 = 4;
  Bank bank(supply, target, 4);
  int rounds = 0;
  while (!bank.alarm()) {
    rounds += bank.done() ? 1 : 0;
    bank.tick(true, {});
    BOOST_REQUIRE(rounds <= 8);
  }
  BOOST_TEST(rounds == 8);
}

namespace {

struct Calibrated {
  std::vector<int> codes;  // tried
  int code = 0, residual = 0;
};

/// The loop on a unit that switches counts[code] times in every window of 16, of which `target` are wanted.
Calibrated calibrate(const std::vector<int>& counts, int start, int target) {
  SupplyPlan supply = maskPlan(1, 1);
  supply.calibration_target = target;
  TargetSpec spec = plainTarget();
  spec.drive_bits = 3;
  spec.calibration_window_log2 = 4;
  UnitCalibrator loop(supply, spec);
  loop.tick(true, true, false, false, true, start);
  Calibrated result{{}, start, 0};
  for (int draw = 0; loop.active(); ++draw) {
    if (draw > 1000) throw std::runtime_error("no end");
    if (!loop.want(true)) {
      loop.tick(false, true, false, false, true, result.code);
      continue;
    }
    if (draw % 16 == 0) result.codes.push_back(result.code);
    const bool bit = draw % 16 < counts[static_cast<std::size_t>(result.code)];
    const auto write = loop.tick(false, false, true, bit, true, result.code);
    BOOST_TEST(write.enable == (draw % 16 == 15));
    if (!write.enable) continue;
    result.code = write.code;
    result.residual = write.residual;
  }
  return result;
}

void checkCalibrated(const Calibrated& got, const std::vector<int>& codes, int code, int residual) {
  BOOST_TEST(got.codes == codes, boost::test_tools::per_element());
  BOOST_TEST(got.code == code);
  BOOST_TEST(got.residual == residual);
}

}  // namespace

BOOST_AUTO_TEST_CASE(calibrator_steps_to_the_wanted_number) {
  const std::vector<int> counts{1, 2, 4, 7, 8, 10, 13, 15};
  checkCalibrated(calibrate(counts, 4, 8), {4}, 4, 0);              // at once
  checkCalibrated(calibrate(counts, 1, 7), {1, 2, 3}, 3, 0);        // upwards
  checkCalibrated(calibrate(counts, 6, 8), {6, 5, 4}, 4, 0);        // downwards
  checkCalibrated(calibrate(counts, 3, 9), {3, 4, 5}, 4, -1);       // turned round: the first of the nearest
  checkCalibrated(calibrate(counts, 4, 12), {4, 5, 6}, 6, 1);       // turned round at the nearest
  checkCalibrated(calibrate(counts, 6, 6), {6, 5, 4, 3, 2}, 3, 1);  // one step back
  checkCalibrated(calibrate(counts, 6, 16), {6, 7}, 7, -1);         // the last code is not enough
  checkCalibrated(calibrate(counts, 1, 0), {1, 0}, 0, 1);           // nor the first
  checkCalibrated(calibrate({9, 6, 5, 2, 8, 8, 8, 8}, 2, 7), {2, 3, 4}, 4, 1);  // curves need not rise
  checkCalibrated(calibrate({9, 9, 9, 9, 9, 8, 9, 12}, 7, 3), {7, 6, 5, 4, 3, 2, 1, 0}, 5,
                  5);  // best on the way
}

BOOST_AUTO_TEST_CASE(units_that_cannot_be_trimmed_are_passed_over) {
  SupplyPlan supply = maskPlan(4, 4);
  TargetSpec target = plainTarget();
  target.calibration = Calibration::Startup;
  UnitCalibrator loop(supply, target);
  for (int unit = 0; unit < 4; ++unit) {
    BOOST_TEST((loop.active() && loop.unit() == unit && !loop.want(false)));
    loop.tick(false, false, false, false, false, 0);  // not before the sequencer is idle
    BOOST_TEST(loop.unit() == unit);
    loop.tick(false, true, false, false, false, 0);
  }
  BOOST_TEST(!loop.active());
}

BOOST_AUTO_TEST_CASE(the_bank_calibrates_one_unit_after_the_other) {
  SupplyPlan supply = maskPlan(3, 3);
  supply.table_units = 3;
  TargetSpec target = plainTarget();
  target.drive_bits = 2;
  target.calibration = Calibration::Command;
  target.calibration_window_log2 = 6;
  supply.calibration_target = 32;
  supply.drive_code = 2;
  const auto part = [](int tenth) { return kAlways / 10 * static_cast<unsigned>(tenth); };
  supply.table = {part(1), part(2), part(5), part(9),  //
                  part(2), part(5), part(8), part(9),  //
                  part(1), part(2), part(3), part(5)};
  MaskSupply queue(supply, plainTarget(), 6);  // without a loop
  for (int i = 0; i < 100; ++i) queue.tick(false, {.calibrate = true});
  BOOST_TEST(queue.valid());

  MaskSupply with(supply, target, 6);
  const testing::Registers<MaskSupply> reg(with);
  for (int i = 0; i < 100; ++i) with.tick(false, {});
  BOOST_TEST((with.valid() && reg("nxt_valid_q") == 1));
  with.tick(false, {.calibrate = true});
  BOOST_TEST((with.bank().active() && with.valid()));
  with.tick(false, {});
  BOOST_TEST(!with.valid());
  std::vector<std::uint32_t> events(3);
  int sampled = 0;
  for (int unit = 0; with.bank().active(); with.tick(false, {})) {
    const int now = static_cast<int>(reg("u_bank.gen_calibrator.u_calibrator.unit_q"));
    if (now != unit) {  // the others did not draw
      BOOST_TEST(now == unit + 1);
      unit = now;
    }
    for (int m = 0; m < 3; ++m) {
      const auto at = static_cast<std::size_t>(m);
      const auto event = reg("u_bank.gen_unit[" + std::to_string(m) + "].u_unit.u_mtj.event_q");
      if (event != events[at] && sampled > 0) BOOST_TEST(m == unit);
      events[at] = event;
    }
    BOOST_TEST((with.bank().sampled() <= 1 && !with.valid() && !with.bank().done()));
    sampled += with.bank().sampled();
  }
  BOOST_TEST(sampled % 64 == 0);
  // Near the half each: unit 1 went down, unit 2 up. With 64 draws the residual may be a few off.
  BOOST_TEST(with.bank().read(5, 0) == 2U);
  BOOST_TEST(with.bank().read(6, 0) == 1U);
  BOOST_TEST(with.bank().read(7, 0) == 3U);
  for (int unit = 5; unit < 8; ++unit) {
    BOOST_TEST(std::abs(static_cast<std::int32_t>(with.bank().read(unit, 1))) < 16);
  }
  std::vector<UnitState> states(8);
  with.bank().putUnitStates(states);
  for (int m = 0; m < 3; ++m) {
    const auto at = static_cast<std::size_t>(m);
    BOOST_TEST(states[at + 5].first_draw == events[at]);
    BOOST_TEST(states[at + 5].drive_code == static_cast<int>(with.bank().read(5 + m, 0)));
  }
}

namespace {

/// Every scheme in one network, on units that are off their probability, each in its own way.
Design offDesign(Calibration calibration, bool whiten, int share) {
  TargetSpec target = makeTarget(16, 8, 4, 4, 8, PostForm::Threshold, true);
  target.calibration = calibration;
  target.calibration_window_log2 = 5;
  target.health_window_log2 = 4;
  target.whiten = whiten;
  target.share = share;
  Design design = makeDesign(
      makeMixed({20, 18, 16, 14, 12, 10, 9, 8, 5},
                {ScaleDropout{0.3, true}, SpinDrop{0.4, false}, SpinBayes{3, 2}, SubsetSamples{5},
                 AffineDropout{0.4}, SubsetNoise{3}, SpatialDropout{0.2, 3, false}, ScaleDropout{0.3, true}},
                4),
      target, 9);
  std::mt19937 rng(share);
  const auto shift = [&](SupplyPlan& supply) {
    supply.table.clear();
    supply.table_units = supply.modules;
    for (int m = 0; m < supply.modules; ++m) {
      const double off = 0.6 * static_cast<double>(rng() % 3) - 0.6;  // logits: two codes and a half
      for (int code = 0; code < 16; ++code) {
        const double logit =
            std::log(supply.probability / (1 - supply.probability)) + off + 0.25 * (code - 8);
        supply.table.push_back(static_cast<std::uint64_t>(4294967296.0 / (1 + std::exp(-logit))));
      }
    }
  };
  for (LayerPlan& layer : design.plan.layers) {
    if (layer.supply) shift(*layer.supply);
  }
  shift(*design.plan.shared);
  return design;
}

void waitForCalibration(golden::Network& network) {
  for (int cycle = 0; readRegister(network, 14) != 0; ++cycle) {
    if (cycle > 1'000'000) throw std::runtime_error("calibration does not end");
    idle(network, 1);
  }
}

void checkFromUnitStates(const Design& design, golden::Network& network, std::uint32_t seed) {
  auto options = resetOptions(design.plan, seed);
  const auto at_reset = options.units;
  options.units = network.unitStates();
  int moved = 0;
  for (std::size_t u = 0; u < options.units.size(); ++u)
    moved += options.units[u].drive_code != at_reset[u].drive_code ? 1 : 0;
  BOOST_TEST(moved > 3);
  const auto images = randomImages(design.plan, 5, 5);
  const auto results = run(network, design.plan, images, {0.2, 0.3, 4}).images;
  checkAgainstOracle(design, images, options, results);
  BOOST_TEST((network.unitStates() == options.units));  // of the last calibration still
  BOOST_TEST((inferAll(design, images, seed, options.units) == results));
}

}  // namespace

BOOST_DATA_TEST_CASE(results_after_a_calibration_follow_the_codes_it_found,
                     boost::unit_test::data::make({false, true}) * boost::unit_test::data::make({1, 7}),
                     whiten, share) {
  const Design at_start = offDesign(Calibration::Startup, whiten, share);
  golden::Network network(at_start.plan, at_start.weights, 21);
  BOOST_TEST(readRegister(network, 14) == 1U);
  waitForCalibration(network);
  checkFromUnitStates(at_start, network, 21);

  const Design on_command = offDesign(Calibration::Command, whiten, share);
  golden::Network other(on_command.plan, on_command.weights, 22);
  BOOST_TEST(readRegister(other, 14) == 0U);
  for (const int wait : {0, 3, 7, 300}) {  // in the midst of a round, and with full queues
    const auto images = randomImages(on_command.plan, 3, 8);
    run(other, on_command.plan, images);
    idle(other, wait);
    writeRegister(other, 14, 0);
    waitForCalibration(other);
    checkFromUnitStates(on_command, other, 22);
  }
}

BOOST_AUTO_TEST_SUITE_END()

// Stochastic units and their bank against the contract page.
#include <boost/test/unit_test.hpp>

#include "device/dropout_unit.hpp"
#include "supplies.hpp"

using namespace neuspin;
using namespace neuspin::testing;
using namespace neuspin::golden;

namespace {

/// Ticks until a round is done and returns the outcome of unit `module`; throws if none comes.
bool nextOutcome(Bank& bank, int module = 0, const UnitBus& bus = {}) {
  for (int i = 0; i < 1000; ++i) {
    const bool done = bank.done();
    const bool bit = (bank.bits(module, 1) & 1) != 0;
    bank.tick(true, bus);
    if (done) return bit;
  }
  throw std::runtime_error("no round was done");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bank)

BOOST_AUTO_TEST_CASE(sequence_of_one_round) {
  TargetSpec target = plainTarget();
  target.set_cycles = 2;
  target.read_cycles = 3;
  target.reset_cycles = 4;
  const SupplyPlan supply = maskPlan(3, 3);
  Bank bank(supply, target, 1);
  const testing::Registers<Bank> reg(bank);
  for (int cycle = 0; cycle < 5; ++cycle) bank.tick(false, {});  // the RESET that comes first
  // Idle 0, SET 1–2, READ 3–5, RESET 6–9, and idle again.
  const std::vector<unsigned> states{0, 1, 1, 2, 2, 2, 3, 3, 3, 3, 0, 0};
  for (std::size_t cycle = 0; cycle < states.size(); ++cycle) {
    BOOST_TEST(reg("u_sequencer.state_q") == states[cycle]);
    BOOST_TEST(bank.done() == (cycle == 5));
    BOOST_TEST(bank.sampled() == (cycle == 5 ? 3 : 0));
    BOOST_TEST(reg("gen_unit[2].u_unit.u_mtj.set_q") == (cycle == 2 || cycle == 3 ? 1U : 0U));
    BOOST_TEST(reg("gen_unit[2].u_unit.u_mtj.event_q") == (cycle >= 2 ? 1U : 0U));
    bank.tick(cycle == 0, {});  // wanted only once
  }
}

BOOST_AUTO_TEST_CASE(whitening_takes_two_draws_a_round) {
  SupplyPlan supply = maskPlan(2, 2);
  supply.whiten = true;
  Bank bank(supply, plainTarget(), 8);
  prime(bank);
  const testing::Registers<Bank> reg(bank);
  std::vector<int> done, sampled;
  for (int cycle = 0; cycle < 26; ++cycle) {
    if (bank.done()) done.push_back(cycle);
    if (bank.sampled() > 0) sampled.push_back(cycle);
    const auto before = reg("gen_unit[1].u_unit.u_mtj.state_q");
    const bool keeps = cycle == 3 || cycle == 15;
    bank.tick(cycle != 6, {});  // the second half of a round starts by itself
    if (keeps) BOOST_TEST(reg("gen_unit[1].u_unit.white_q") == before);
    BOOST_TEST(reg("u_sequencer.half_q") == (cycle % 12 >= 3 && cycle % 12 < 9 ? 1U : 0U));
  }
  BOOST_TEST(sampled == (std::vector<int>{3, 9, 15, 21}), boost::test_tools::per_element());
  BOOST_TEST(done == (std::vector<int>{9, 21}), boost::test_tools::per_element());

  Bank again(supply, plainTarget(), 8);
  for (int k = 0; k < 100; ++k) {
    BOOST_TEST(nextOutcome(again, 1) == (fairDraw(8, 6, 2 * k) != fairDraw(8, 6, 2 * k + 1)));
  }
}

BOOST_AUTO_TEST_CASE(junctions_switch_on_draws_strictly_below_the_table) {
  SupplyPlan supply = maskPlan(1, 1);
  const std::uint64_t first = device::draw(3, 5, 0);
  for (const bool above : {false, true}) {
    supply.table = {0, above ? first + 1 : first};
    Bank bank(supply, plainTarget(), 3);
    BOOST_TEST(nextOutcome(bank) == above);
  }
}

BOOST_AUTO_TEST_CASE(units_may_have_tables_of_their_own) {
  SupplyPlan supply = maskPlan(3, 3);
  supply.table_units = 3;
  supply.table = {0, 0, 0, kAlways, 0, kHalf};
  Bank bank(supply, plainTarget(), 3);
  for (int k = 0; k < 40; ++k) {
    while (!bank.done()) bank.tick(true, {});
    BOOST_TEST(bank.bits(0, 3) == (2U | (fairDraw(3, 7, k) ? 4U : 0U)));
    bank.tick(true, {});
  }
}

// Junctions are non-volatile and antiparallel at power-up: no draw, and no calibration, before a RESET of
// all.
BOOST_AUTO_TEST_CASE(a_reset_of_all_units_comes_first) {
  TargetSpec target = plainTarget();
  target.calibration = Calibration::Startup;
  SupplyPlan supply = maskPlan(3, 3);
  supply.table = {0, 0};
  Bank bank(supply, target, 1);
  const testing::Registers<Bank> reg(bank);
  const auto state = [&](int m) { return reg("gen_unit[" + std::to_string(m) + "].u_unit.u_mtj.state_q"); };
  // Idle 0, RESET 1–2, idle 3, and then the calibration of unit 0 starts.
  const std::vector<unsigned> states{0, 3, 3, 0, 1, 1, 2};
  for (const bool again : {false, true}) {
    for (std::size_t cycle = 0; cycle < states.size(); ++cycle) {
      BOOST_TEST(reg("u_sequencer.state_q") == states[cycle]);
      BOOST_TEST(reg("u_sequencer.primed_q") == (cycle >= 3 ? 1U : 0U));
      BOOST_TEST(reg("cal_round_q") == (cycle >= 4 ? 1U : 0U));
      for (int m = 0; m < 3; ++m) BOOST_TEST(state(m) == (cycle < 2 && !again ? 1U : 0U));
      BOOST_TEST(bank.sampled() == (cycle == 6 ? 1 : 0));
      bank.tick(true, {});
    }
    BOOST_TEST(bank.draws() == (again ? 2 : 1));  // the first RESET is no draw
    bank.reset();
  }
}

BOOST_AUTO_TEST_CASE(reset_leaves_the_junctions_alone) {
  SupplyPlan supply = maskPlan(1, 1);
  supply.table = {0, kAlways};
  Bank bank(supply, plainTarget(), 1);
  const testing::Registers<Bank> reg(bank);
  while (!bank.done()) bank.tick(true, {});
  bank.reset();
  BOOST_TEST(reg("gen_unit[0].u_unit.u_mtj.state_q") == 1U);
  BOOST_TEST(reg("gen_unit[0].u_unit.u_mtj.event_q") == 0U);
  prime(bank);
  BOOST_TEST(reg("gen_unit[0].u_unit.u_mtj.state_q") == 0U);
}

// The first RESET fails as any other; the first bits, and UnitState, show it.
BOOST_AUTO_TEST_CASE(the_first_reset_may_fail) {
  SupplyPlan supply = maskPlan(40, 40);
  supply.table = {0, kHalf / 4};
  supply.reset_fail = kHalf;
  Bank bank(supply, plainTarget(), 3);
  prime(bank);
  std::vector<UnitState> states(45);
  bank.putUnitStates(states);
  while (!bank.done()) bank.tick(true, {});
  const auto bits = std::uint64_t{bank.bits(32, 8)} << 32 | bank.bits(0, 32);
  int failed = 0;
  for (int m = 0; m < 40; ++m) {
    const auto unit = static_cast<std::uint32_t>(5 + m);
    const bool held = device::draw(3, unit + (1U << 31), 0xFFFFFFFFU) < kHalf;
    const bool switches = device::draw(3, unit, 0) < kHalf / 4;
    BOOST_TEST(states[unit].held == held);
    BOOST_TEST((bits >> m & 1) == (held || switches ? 1U : 0U));
    failed += held ? 1 : 0;
    const device::UnitModel model{supply.table, 1, supply.reset_fail, 0};
    BOOST_TEST(device::UnitStream(model, 1, 3, unit).next() == (held || switches));
  }
  BOOST_TEST((failed > 10 && failed < 30));
}

// devices.md, acceptance test 9: neighbours correlate by (1 − p)·eps; and every bit is that of the physics
// library's stream.
BOOST_AUTO_TEST_CASE(reset_failures_and_read_errors) {
  constexpr double kEps = 0.25;
  SupplyPlan supply = maskPlan(1, 1);
  supply.reset_fail = kHalf / 2;
  Bank bank(supply, plainTarget(), 3);
  device::UnitModel unit{supply.table, 1, supply.reset_fail, 0};
  device::UnitStream stream(unit, 1, 3, 5);
  constexpr int kBits = 200000;
  std::int64_t ones = 0, pairs = 0, wrong = 0;
  bool last = false;
  for (int k = 0; k < kBits; ++k) {
    const bool bit = nextOutcome(bank);
    wrong += bit != stream.next() ? 1 : 0;
    ones += bit ? 1 : 0;
    pairs += bit && last ? 1 : 0;
    last = bit;
  }
  BOOST_TEST(wrong == 0);
  const double mean = static_cast<double>(ones) / kBits;
  BOOST_TEST(mean == 0.5 / (1 - 0.5 * kEps), boost::test_tools::tolerance(0.01));
  const double correlation = (static_cast<double>(pairs) / kBits - mean * mean) / (mean * (1 - mean));
  BOOST_TEST(std::abs(correlation - 0.5 * kEps) < 3 / std::sqrt(double{kBits}));

  supply.read_error = kHalf / 8;
  unit.read_error = supply.read_error;
  Bank errors(supply, plainTarget(), 4);
  device::UnitStream shown(unit, 1, 4, 5);
  for (int k = 0; k < 1000; ++k) wrong += nextOutcome(errors) != shown.next() ? 1 : 0;
  BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_CASE(outcomes_of_many_units_are_packed_in_order) {
  const SupplyPlan supply = maskPlan(70, 70);
  Bank bank(supply, plainTarget(), 4);
  while (!bank.done()) bank.tick(true, {});
  for (const int first : {0, 32, 38}) {
    for (int i = 0; i < 32; ++i) {
      BOOST_TEST((bank.bits(first, 32) >> i & 1) == (fairDraw(4, 5 + first + i, 0) ? 1U : 0U));
    }
  }
  BOOST_TEST(bank.bits(64, 6) < 64U);
}

BOOST_AUTO_TEST_CASE(drive_codes_are_written_over_the_unit_bus) {
  SupplyPlan supply = maskPlan(2, 2);
  supply.table = {0, kAlways};
  Bank bank(supply, plainTarget(), 9);
  BOOST_TEST(bank.read(5, 0) == 1U);
  BOOST_TEST(bank.read(7, 0) == 0U);  // no such unit
  BOOST_TEST(bank.read(4, 0) == 0U);
  const auto write = [&](int id, int word, std::uint32_t data) {
    while (!bank.done()) bank.tick(true, {});  // between two rounds
    bank.tick(true, {id, word, true, data, false});
  };
  BOOST_TEST(nextOutcome(bank, 1));
  write(6, 0, 0xFFFE);  // cut to the width of the register
  BOOST_TEST(bank.read(6, 0) == 0U);
  BOOST_TEST(!nextOutcome(bank, 1));
  BOOST_TEST(nextOutcome(bank, 0));
  write(6, 1, 1);  // residual: read only
  BOOST_TEST(bank.read(6, 1) == 0U);
  write(7, 0, 1);  // another bank's
  BOOST_TEST(!nextOutcome(bank, 1));
  write(6, 0, 1);
  BOOST_TEST(nextOutcome(bank, 1));
  bank.reset();
  BOOST_TEST(bank.read(6, 0) == 1U);
}

BOOST_AUTO_TEST_CASE(registers_of_parts_left_out_are_not_listed) {
  const SupplyPlan supply = maskPlan(2, 2);
  TargetSpec target = plainTarget();
  const Bank bare(supply, target, 1);
  const testing::Registers<Bank> of_bare(bare);
  target.health_window_log2 = 6;
  target.calibration = Calibration::Command;
  const Bank full(supply, target, 1);
  const testing::Registers<Bank> of_full(full);
  for (const std::string name : {"gen_monitor.u_monitor.run_q", "gen_calibrator.u_calibrator.seen_q"}) {
    BOOST_TEST(!of_bare.has(name));
    BOOST_TEST(of_full.has(name));
  }
  for (const std::string name :
       {"cal_round_q", "u_sequencer.half_q", "gen_unit[1].u_unit.residual_q", "gen_unit[1].u_unit.white_q",
        "gen_unit[1].u_unit.alarm_q", "gen_unit[0].u_unit.u_mtj.state_q"}) {
    BOOST_TEST(of_bare.has(name));
  }
  BOOST_TEST(!of_bare.has("gen_unit[2].u_unit.alarm_q"));
}

BOOST_AUTO_TEST_CASE(the_junction_is_read_only_while_asked_and_cleared_by_reset) {
  SupplyPlan supply = maskPlan(1, 1);
  supply.table = {0, kAlways};
  Bank bank(supply, plainTarget(), 1);
  prime(bank);
  const testing::Registers<Bank> reg(bank);
  // Switches at the end of the first SET cycle, is cleared at the end of the first RESET cycle.
  for (int cycle = 0; cycle < 8; ++cycle) {
    BOOST_TEST(reg("gen_unit[0].u_unit.u_mtj.state_q") == (cycle >= 2 && cycle <= 4 ? 1U : 0U));
    bank.tick(cycle == 0, {});
  }
}

BOOST_AUTO_TEST_SUITE_END()

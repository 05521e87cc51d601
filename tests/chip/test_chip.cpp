// What a chip's plan holds: repeatable, as rare and as spread as the device file says, and nothing where it
// says nothing.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <random>
#include <tuple>

#include "../evaluate/random_network.hpp"
#include "../plan/net.hpp"
#include "array/cells.hpp"
#include "array/ladder.hpp"
#include "array/sensing.hpp"
#include "chip/array_faults.hpp"
#include "chip/chip.hpp"
#include "device/lifetime.hpp"
#include "device/resistance.hpp"
#include "device/stt.hpp"
#include "plan/converter.hpp"

using namespace neuspin;

namespace {

chip::DeviceFile parsed(const std::string& text) {
  Diagnostics diags;
  const auto file = chip::parseDeviceFile(text, "device.toml", diags);
  BOOST_REQUIRE_MESSAGE(file.has_value(), diags.render());
  return *file;
}

const std::string kNoFaults =
    "set = \"stt40\"\n[units]\nmodel = \"ideal\"\n[arrays]\nvariation = 0\noffsets = 0\ndefects = 0\nir_drop "
    "= 0\nread_noise = 0\n";

Plan planOf(const Scheme& scheme, int share = 1, Sensing sensing = Sensing::Bit) {
  NetworkSpec network = testing::makeNetwork({40, 24, 5}, 0, 4, InputEncoding::Unsigned, 4);
  for (LayerSpec& layer : network.layers) layer.scheme = scheme;
  TargetSpec target;
  target.array_rows = 32, target.array_cols = 16, target.group = 8, target.lanes = 4, target.input_beat = 8;
  target.share = share;
  target.sensing = sensing;
  std::mt19937 rng(3);
  Weights weights;
  for (const LayerSpec& layer : network.layers) weights.layers.push_back(test::randomWeights(layer, rng));
  Diagnostics diags;
  auto plan = makePlan(network, target, weights, diags);
  BOOST_REQUIRE_MESSAGE(plan.has_value(), diags.render());
  return *plan;
}

std::vector<CellFault> draw(const chip::DeviceFile& file, int rows, int cols, chip::ArrayReport& report,
                            std::uint32_t seed = 1) {
  return chip::drawArrayFaults(file, rows, cols, 8, seed, 0, report);
}

/// Within five standard deviations of a binomial count.
void checkCount(std::int64_t count, std::int64_t tries, double rate) {
  const double mean = static_cast<double>(tries) * rate;
  BOOST_TEST(std::abs(static_cast<double>(count) - mean) <= 5 * std::sqrt(mean * (1 - rate)) + 1e-9,
             count << " of " << tries << ", expected " << mean);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(chips)

BOOST_AUTO_TEST_CASE(without_imperfections_the_plan_is_the_design) {
  const Plan plan = planOf(SpinDrop{0.25, false});
  const auto chip = chip::makeChip(plan, parsed(kNoFaults), 3);
  BOOST_TEST(chip.plan.chip == "stt40 3");
  for (std::size_t l = 0; l < plan.layers.size(); ++l) {
    const LayerPlan& layer = chip.plan.layers[l];
    BOOST_REQUIRE(layer.faults.size() == layer.tiles.size());
    for (const auto& faults : layer.faults) BOOST_TEST(faults.empty());
    BOOST_TEST((layer.supply->table == plan.layers[l].supply->table));
    BOOST_TEST(layer.supply->table_units == 1);
  }
}

BOOST_AUTO_TEST_CASE(a_chip_is_its_seed) {
  const Plan plan = planOf(SpinDrop{0.25, false}, 3);
  const auto file = parsed("set = \"sot_meas_a\"\n[arrays]\ndefects = 100\n");
  const auto one = chip::makeChip(plan, file, 7, 1), same = chip::makeChip(plan, file, 7),
             other = chip::makeChip(plan, file, 8);
  for (std::size_t l = 0; l < plan.layers.size(); ++l) {
    const auto& layer = one.plan.layers[l];
    BOOST_TEST((layer.faults == same.plan.layers[l].faults));
    BOOST_TEST((layer.faults != other.plan.layers[l].faults));
    BOOST_TEST((layer.supply->table == same.plan.layers[l].supply->table));
    BOOST_TEST((layer.supply->table != other.plan.layers[l].supply->table));
    BOOST_TEST(layer.supply->table_units == layer.supply->modules);
    BOOST_TEST(layer.supply->table.size() ==
               static_cast<std::size_t>(layer.supply->modules << plan.target.drive_bits));
  }
  // Units of different supplies are different junctions.
  const auto& first = one.plan.layers[0].supply->table;
  const auto& second = one.plan.layers[1].supply->table;
  BOOST_TEST(!std::equal(second.begin(), second.end(), first.begin()));
}

BOOST_AUTO_TEST_CASE(trimming_narrows_the_units) {
  const Plan plan = planOf(SpinDrop{0.2, false});
  for (const std::string set : {"stt40", "sot_meas_a"}) {
    const auto raw = chip::makeChip(plan, parsed("set = \"" + set + "\"\n[units]\ndefects = 0\n"), 5);
    const auto trimmed =
        chip::makeChip(plan, parsed("set = \"" + set + "\"\n[units]\ndefects = 0\ntrim_bits = 8\n"), 5);
    BOOST_REQUIRE(raw.supplies.size() == 2U);
    for (std::size_t s = 0; s < 2; ++s) {
      BOOST_TEST(raw.supplies[s].in_use.sigma > 0.05);
      BOOST_TEST(raw.supplies[s].untrimmed.sigma == raw.supplies[s].in_use.sigma,
                 boost::test_tools::tolerance(1e-6));
      BOOST_TEST(trimmed.supplies[s].untrimmed.sigma == raw.supplies[s].untrimmed.sigma,
                 boost::test_tools::tolerance(1e-6));
      // 8 bits over ±30 %: half a step moves p by at most 0.01 (devices.md §1.7).
      BOOST_TEST(std::abs(trimmed.supplies[s].in_use.lowest - 0.2) < 0.011, set);
      BOOST_TEST(std::abs(trimmed.supplies[s].in_use.highest - 0.2) < 0.011, set);
    }
    // The drive codes still move p, up with the drive.
    const SupplyPlan& supply = *trimmed.plan.layers[0].supply;
    const int codes = 1 << plan.target.drive_bits;
    for (int unit = 0; unit < supply.modules; ++unit) {
      BOOST_TEST(supply.threshold(unit, 0, codes) < supply.threshold(unit, codes / 2, codes));
      BOOST_TEST(supply.threshold(unit, codes / 2, codes) < supply.threshold(unit, codes - 1, codes));
    }
  }
}

BOOST_AUTO_TEST_CASE(units_fail_as_their_set_says) {
  const Plan plan = planOf(SpinDrop{0.2, false});
  const std::string set =
      "set = \"stt40\"\n[override.dropout]\nreset_fail = { value = 0.125, source = \"assumed\" }\n"
      "read_error = { value = 0.0625, source = \"assumed\" }\n[units]\ndefects = 0\ntrim_bits = 8\n";
  const auto chip = chip::makeChip(plan, parsed(set), 5);
  BOOST_TEST(chip.plan.layers[0].supply->reset_fail == 1U << 29);
  BOOST_TEST(chip.plan.layers[0].supply->read_error == 1U << 28);
  // Trimmed to what they deliver.
  BOOST_TEST(chip.supplies[0].in_use.mean == 0.2, boost::test_tools::tolerance(0.05));
  const SupplyPlan& supply = *chip.plan.layers[0].supply;
  BOOST_TEST(
      std::ldexp(static_cast<double>(supply.threshold(0, supply.drive_code, 1 << plan.target.drive_bits)),
                 -32) < 0.19);
  const auto without = chip::makeChip(plan, parsed(set + "errors = 0\n"), 5);
  BOOST_TEST(without.plan.layers[0].supply->reset_fail == 0U);
  BOOST_TEST(without.plan.layers[0].supply->read_error == 0U);
  BOOST_TEST(plan.layers[0].supply->reset_fail == 0U);
}

BOOST_AUTO_TEST_CASE(trimming_cold_does_not_help_hot) {
  const Plan plan = planOf(SpinDrop{0.5, false});
  const std::string units = "[units]\ndefects = 0\ntrim_bits = 8\ntrim_kelvin = ";
  const std::string hot = "set = \"stt40\"\n[chip]\nkelvin = 358\n" + units;
  BOOST_TEST(chip::makeChip(plan, parsed(hot + "358\n"), 1).supplies[0].in_use.mean == 0.5,
             boost::test_tools::tolerance(0.02));
  BOOST_TEST(chip::makeChip(plan, parsed(hot + "300\n"), 1).supplies[0].in_use.mean > 0.8);
}

BOOST_AUTO_TEST_CASE(gaussian_units_are_gaussian_and_stuck_ones_stuck) {
  const Plan plan = planOf(SubsetNoise{6});
  const auto file = parsed(
      "set = \"stt40\"\n[override.defects]\nstuck_p = { value = 0.1, source = \"assumed\" }\n"
      "stuck_ap = { value = 0.2, source = \"assumed\" }\n[units]\nmodel = \"gaussian\"\nsigma_p = 0.03\n");
  int units = 0, never = 0, always = 0;
  double squares = 0;
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    const auto chip = chip::makeChip(plan, file, seed);
    int stuck = 0;
    for (const LayerPlan& layer : chip.plan.layers) {
      for (int unit = 0; unit < layer.supply->modules; ++unit) {
        const auto chance =
            layer.supply->threshold(unit, layer.supply->drive_code, 1 << plan.target.drive_bits);
        ++units;
        if (chance == 0) ++never;
        if (chance == std::uint64_t{1} << 32) ++always;
        const double off = std::ldexp(static_cast<double>(chance), -32) - 0.5;
        if (std::abs(off) < 0.4) squares += off * off;
        stuck += std::abs(off) == 0.5 ? 1 : 0;
      }
    }
    BOOST_TEST(stuck == chip.supplies[0].stuck + chip.supplies[1].stuck);
  }
  checkCount(never, units, 0.1);
  checkCount(always, units, 0.2);
  BOOST_TEST(std::sqrt(squares / (units - never - always)) == 0.03, boost::test_tools::tolerance(0.1));
}

BOOST_AUTO_TEST_CASE(stuck_junctions_read_the_same_for_ever) {
  const auto file = parsed(
      "set = \"stt40\"\n[override.defects]\nstuck_p = { value = 0.02, source = \"assumed\" }\n"
      "stuck_ap = { value = 0.05, source = \"assumed\" }\npinhole = { value = 0, source = \"assumed\" }\n"
      "open_row = { value = 0, source = \"assumed\" }\nopen_column = { value = 0, source = \"assumed\" }\n");
  chip::ArrayReport report;
  const auto faults = draw(file, 200, 150, report);
  checkCount(report.high, report.junctions, 0.02);
  checkCount(report.low, report.junctions, 0.05);
  BOOST_TEST(report.flipped == 0);
  BOOST_TEST(static_cast<std::int64_t>(faults.size()) == report.high + report.low);
  BOOST_TEST(std::ranges::is_sorted(faults, [](const CellFault& a, const CellFault& b) {
    return std::tuple(a.row, a.col, a.zero) < std::tuple(b.row, b.col, b.zero);
  }));
  const auto zeros = std::ranges::count_if(faults, &CellFault::zero);
  checkCount(zeros, static_cast<std::int64_t>(faults.size()), 0.5);
}

BOOST_AUTO_TEST_CASE(rates_of_the_arrays_leave_the_units_alone) {
  // Instead of the set's rates, and not multiplied; the other defects are.
  const auto file = parsed(
      "set = \"stt40\"\n[arrays]\nvariation = 0\noffsets = 0\ndefects = 0\nstuck_p = 0.06\nstuck_ap = 0.1\n");
  chip::ArrayReport report;
  static_cast<void>(draw(file, 200, 150, report));
  checkCount(report.high, report.junctions, 0.06);
  checkCount(report.low, report.junctions, 0.1);
  const auto chip = chip::makeChip(planOf(SpinDrop{0.25, false}), file, 3);
  BOOST_TEST(chip.arrays.high > 100);
  for (const chip::SupplyReport& supply : chip.supplies) BOOST_TEST(supply.stuck <= 1);  // 2e-4 a unit
}

BOOST_AUTO_TEST_CASE(an_open_line_reads_low) {
  const auto file = parsed(
      "set = \"stt40\"\n[override.defects]\nopen_row = { value = 0.1, source = \"assumed\" }\n"
      "stuck_p = { value = 0, source = \"assumed\" }\nstuck_ap = { value = 0, source = \"assumed\" }\n"
      "pinhole = { value = 0, source = \"assumed\" }\nopen_column = { value = 0, source = \"assumed\" }\n");
  chip::ArrayReport report;
  const auto faults = draw(file, 100, 16, report);
  BOOST_TEST(report.low > 0);
  BOOST_TEST(report.low % 32 == 0);  // whole rows of 16 cells
  BOOST_TEST(report.high == 0);
  for (const CellFault& fault : faults) BOOST_TEST((fault.fault == JunctionFault::Low));
}

BOOST_AUTO_TEST_CASE(spare_lines_repair) {
  const std::string rates = "set = \"stt40\"\n[arrays]\ndefects = 5\n";
  chip::ArrayReport without, with;
  static_cast<void>(draw(parsed(rates), 64, 64, without));
  static_cast<void>(draw(parsed(rates + "spare_rows = 6\nspare_columns = 6\n"), 64, 64, with));
  BOOST_TEST(without.after_repair == without.defects);
  BOOST_TEST(without.defects > 5);
  BOOST_TEST(with.defects > with.after_repair);
  BOOST_TEST(with.after_repair < without.defects / 2);
  BOOST_TEST(with.high + with.low <= 2 * with.after_repair);
}

BOOST_AUTO_TEST_CASE(states_are_lost_with_time_and_temperature) {
  // 10 years at 358 K with a barrier of 40: a known share of all states.
  const std::string arrays = "[arrays]\nvariation = 0\noffsets = 0\ndefects = 0\n";
  const std::string set =
      "set = \"stt40\"\n[override.retention]\ndelta = { value = 40, source = \"assumed\" }\n";
  chip::ArrayReport fresh, old, hot;
  static_cast<void>(draw(parsed(set + arrays), 100, 100, fresh));
  BOOST_TEST(fresh.flipped == 0);
  static_cast<void>(draw(parsed(set + arrays + "retention_seconds = 3e5\n"), 100, 100, old));
  static_cast<void>(
      draw(parsed(set + arrays + "retention_seconds = 3e5\nretention_kelvin = 310\n"), 100, 100, hot));
  const auto nominal = parsed(set + arrays);
  const double share = device::retentionLoss(40, 0, 3e5, device::sttJunction(nominal.set, 300).tau_d);
  BOOST_TEST(share > 0.0005);
  BOOST_TEST(share < 0.9);
  checkCount(old.flipped, old.junctions, share);
  BOOST_TEST(hot.flipped > old.flipped);
}

BOOST_AUTO_TEST_CASE(failed_writes_flip) {
  chip::ArrayReport report;
  const auto faults = draw(
      parsed("set = \"stt40\"\n[arrays]\nvariation = 0\noffsets = 0\ndefects = 0\nwrite_failures = 0.03\n"),
      100, 100, report);
  checkCount(report.flipped, report.junctions, 0.03);
  for (const CellFault& fault : faults) BOOST_TEST((fault.fault == JunctionFault::Flipped));
}

// Most junctions are told right without working out their conductance; the faults are those of all
// conductances.
BOOST_AUTO_TEST_CASE(faults_are_those_of_every_junction) {
  constexpr int kRows = 256, kCols = 128, kGroup = 8;
  int found = 0;
  for (const char* settings : {"variation = 1\n", "variation = 1.5\noffsets = 40\n", "variation = 2\n",
                               "variation = 2.5\noffsets = 0\n", "variation = 3\noffsets = 30\n",
                               "variation = 6\noffsets = 0\n", "variation = 2\noffsets = 150\n",
                               "variation = 2.5\nretention_seconds = 1e9\nretention_kelvin = 380\n",
                               "variation = 0\noffsets = 120\ndefects = 300\n"}) {
    for (const char* kelvin : {"300", "398"}) {
      const auto file =
          parsed("set = \"stt40\"\n[chip]\nkelvin = " + std::string(kelvin) + "\n[arrays]\n" + settings);
      chip::ArrayReport report;
      const auto faults = chip::drawArrayFaults(file, kRows, kCols, kGroup, 7, 2, report);
      array::ArrayConditions conditions;
      conditions.read = {.volts = file.set.read_voltage.value, .kelvin = file.kelvin};
      conditions.variation = file.arrays.variation;
      conditions.retention_seconds = file.arrays.retention_seconds;
      conditions.retention_kelvin = file.arrays.retention_kelvin;
      const auto defects = array::drawDefects(file.set, kRows, kCols, 7, 2, file.arrays.defects);
      const auto all = array::makeJunctions(file.set, conditions, defects, 7, 2);
      const auto offsets = array::drawOffsets(file.set, kGroup * kCols, 7, 2, file.arrays.offsets);
      std::vector<CellFault> expected;
      for (std::size_t j = 0; j < all.lost.size(); ++j) {
        const int row = static_cast<int>(j / 2) / kCols, col = static_cast<int>(j / 2) % kCols;
        const double middle =
            (all.g_p + all.g_ap) / 2 -
            offsets[static_cast<std::size_t>(row % kGroup * kCols + col)] * (all.g_p - all.g_ap);
        const bool p = static_cast<double>(all.parallel[j]) > middle,
                   ap = static_cast<double>(all.antiparallel[j]) > middle;
        if (p && !ap && all.lost[j] == 0) continue;
        expected.push_back({row, col, j % 2 == 1,
                            p && !ap ? JunctionFault::Flipped
                            : p      ? JunctionFault::High
                                     : JunctionFault::Low});
      }
      BOOST_TEST(faults.size() == expected.size(), settings << kelvin);
      for (std::size_t f = 0; f < std::min(faults.size(), expected.size()); ++f)
        BOOST_REQUIRE((faults[f] == expected[f]));
      found += static_cast<int>(faults.size());
    }
  }
  BOOST_TEST(found > 1000);
}

BOOST_AUTO_TEST_CASE(variation_and_offsets_make_junctions_unreadable) {
  const std::string set = "set = \"stt40\"\n[arrays]\ndefects = 0\n";
  chip::ArrayReport nominal, spread, offset;
  static_cast<void>(draw(parsed(set), 100, 100, nominal));
  BOOST_TEST(nominal.high + nominal.low == 0);  // a margin of seven standard deviations
  static_cast<void>(draw(parsed(set + "variation = 5\n"), 100, 100, spread));
  BOOST_TEST(spread.high + spread.low > 100);
  static_cast<void>(draw(parsed(set + "offsets = 100\n"), 100, 100, offset));
  // 100 · 2 mV of 0.5 V full scale is 0.4 of the step: past half a step, one way or the other, in 21 % of the
  // amplifiers.
  BOOST_TEST(offset.high > 0);
  BOOST_TEST(offset.low > 0);
  const double share = static_cast<double>(offset.high + offset.low) / static_cast<double>(offset.junctions);
  BOOST_TEST(share > 0.12);
  BOOST_TEST(share < 0.3);
}

BOOST_AUTO_TEST_CASE(without_imperfections_currents_are_ideal) {
  const Plan plan = planOf(SpinDrop{0.25, false}, 1, Sensing::Adc);
  const auto chip = chip::makeChip(plan, parsed(kNoFaults), 3);
  for (const LayerPlan& layer : chip.plan.layers) {
    BOOST_REQUIRE(layer.currents.size() == layer.tiles.size());
    BOOST_TEST(!layer.noise.has_value());
    for (const CellCurrents& currents : layer.currents) {
      BOOST_TEST(currents.cells.size() == static_cast<std::size_t>(layer.array_rows * layer.array_cols));
      for (const CellCurrents::Cell& cell : currents.cells) BOOST_TEST((cell == CellCurrents::Cell{}));
      BOOST_TEST((currents.offsets == std::vector<std::int32_t>(static_cast<std::size_t>(layer.array_cols))));
    }
    for (const auto& faults : layer.faults) BOOST_TEST(faults.empty());
  }
}

// Spread by hand: with only RA varying by 3 %, a parallel junction moves by σ·(1 + 1/TMR) matches, TMR as the
// array sees it.
BOOST_AUTO_TEST_CASE(currents_spread_as_their_junctions) {
  const std::string nothing = "{ value = 0, source = \"assumed\" }\n";
  std::string text = "set = \"stt40\"\n[override.variation]\n";
  for (const device::Field& field : device::deviceFields()) {
    if (field.table == "variation")
      text += std::string(field.key) + " = " +
              (field.key == "ra" ? "{ value = 0.03, source = \"assumed\" }\n" : nothing);
  }
  const auto file = parsed(text + "[arrays]\ndefects = 0\nir_drop = 0\n");
  chip::ArrayReport report;
  const auto drawn = chip::drawArrayCurrents(file, 96, 100, {.group = 8, .counts = 8}, 1, 0, report);
  double sum = 0, squares = 0, low_squares = 0;
  for (const CellCurrents::Cell& cell : drawn.currents.cells) {
    const double off = cell.one.parallel - 8192.0;
    sum += off;
    squares += off * off;
    low_squares += static_cast<double>(cell.one.antiparallel) * cell.one.antiparallel;
  }
  const double sigma = std::sqrt(squares / 9600);
  BOOST_TEST(std::abs(sum / 9600) < sigma);  // a die has an offset of half a sigma of its own
  // The access transistor shares the change, so less than 3 % of (1 + 1/TMR) = 5/3 … 2.
  BOOST_TEST(sigma > 0.02 * 8192);
  BOOST_TEST(sigma < 0.075 * 8192);
  BOOST_TEST(low_squares < squares);
  BOOST_TEST(drawn.flipped.empty());
  BOOST_TEST(report.high + report.low == 0);
}

// σ of all matches and of none differ as their conductances do; σ grows with the root of the rows.
BOOST_AUTO_TEST_CASE(reads_are_as_noisy_as_their_cells) {
  const std::string set =
      "set = \"stt40\"\n[override.sensing]\nbandwidth_hz = { value = 1, source = \"assumed\" }\n[arrays]\n";
  const auto file = parsed(set);
  const auto table = chip::readNoiseTable(file, 8);
  BOOST_REQUIRE(table.size() == 81U);
  const device::CellReader reader(file.set, {.volts = file.set.read_voltage.value, .kelvin = 300});
  const double g_p = reader.cell(true), g_ap = reader.cell(false);
  const auto sigma = [&](int driven, int matches) {
    return table[static_cast<std::size_t>(9 * driven + matches)] * plan::kNoiseUnit;
  };
  const double cell = file.set.read_noise.value / (g_p - g_ap);
  for (const int driven : {1, 4, 8}) {
    BOOST_TEST(sigma(driven, 0) == cell * g_ap * std::sqrt(driven), boost::test_tools::tolerance(0.001));
    BOOST_TEST(sigma(driven, driven) == cell * g_p * std::sqrt(driven), boost::test_tools::tolerance(0.001));
  }
  BOOST_TEST(sigma(8, 4) == cell * std::sqrt(4 * (g_p * g_p + g_ap * g_ap)),
             boost::test_tools::tolerance(0.001));
  BOOST_TEST(sigma(0, 0) == 0);
  const auto twice = chip::readNoiseTable(parsed(set + "read_noise = 2\n"), 8);
  BOOST_TEST(std::abs(static_cast<double>(twice[80]) - 2.0 * table[80]) <= 1);
  BOOST_TEST(chip::readNoiseTable(parsed(set + "read_noise = 0\n"), 8).empty());
  // Columns are numbered over all arrays.
  const auto chip = chip::makeChip(planOf(SpinBayes{3, 1}, 1, Sensing::Adc), file, 3);
  std::uint32_t next = 0;
  for (const LayerPlan& layer : chip.plan.layers) {
    BOOST_TEST(layer.noise.value().sigma.size() ==
               static_cast<std::size_t>((layer.group + 1) * (layer.group + 1)));
    for (std::size_t tile = 0; tile < layer.tiles.size();
         ++tile, next += static_cast<std::uint32_t>(layer.array_cols))
      BOOST_TEST(layer.noiseColumn(tile) == next);
  }
}

// IR drop is in the currents: far groups are bent up more, and what a whole read adds up to is what the exact
// ladder finds, within what linearMatches is off by.
BOOST_AUTO_TEST_CASE(currents_hold_the_wires) {
  const std::string set = "set = \"stt40\"\n[arrays]\nvariation = 0\noffsets = 0\ndefects = 0\n";
  constexpr int kRows = 256, kGroup = 8;
  chip::ArrayReport report;
  const auto file = parsed(set), twice = parsed(set + "ir_drop = 2\n");
  const auto draw = [&](const chip::DeviceFile& of, double activity) {
    return chip::drawArrayCurrents(of, kRows, 2, {kGroup, kGroup, activity}, 1, 0, report).currents.cells;
  };
  const auto cells = draw(file, 1);
  const device::CellReader reader(file.set, {.volts = file.set.read_voltage.value, .kelvin = 300});
  array::GroupLadder ladder{.g_p = reader.cell(true), .g_ap = reader.cell(false), .wire = 1};
  double before = 0.499;
  for (; ladder.before < kRows; ladder.before += kGroup) {
    const std::vector<int> driven(kGroup, 1);
    std::vector<double> half;
    double sum = 0;
    for (std::size_t row = 0; row < kGroup; ++row) {
      const bool parallel = row % 2 == 0;
      half.push_back(parallel ? ladder.g_p : ladder.g_ap);
      const auto& junction = cells[2 * (static_cast<std::size_t>(ladder.before) + row)].one;
      sum += (parallel ? junction.parallel : junction.antiparallel) / 8192.0;
    }
    BOOST_TEST(std::abs(sum - array::exactMatches(ladder, half, driven)) < 0.06);
    BOOST_TEST(sum / kGroup > before);
    before = sum / kGroup;
  }
  BOOST_TEST(before > 0.54);
  BOOST_TEST(
      (cells ==
       draw(parsed(set + "[override.wires]\nohm_per_cell = { value = 1, source = \"assumed\" }\n"), 1)));
  BOOST_TEST(draw(twice, 1).back().one.antiparallel > cells.back().one.antiparallel);
  BOOST_TEST(draw(file, 0.5).back().one.antiparallel < cells.back().one.antiparallel);
  BOOST_TEST(report.high + report.low == 0);
}

BOOST_AUTO_TEST_CASE(stuck_junctions_conduct_the_same_in_both_states) {
  const auto file = parsed(
      "set = \"stt40\"\n[override.defects]\nstuck_p = { value = 0.02, source = \"assumed\" }\n"
      "stuck_ap = { value = 0.05, source = \"assumed\" }\npinhole = { value = 0, source = \"assumed\" }\n"
      "open_row = { value = 0, source = \"assumed\" }\nopen_column = { value = 0, source = \"assumed\" }\n"
      "[arrays]\nvariation = 0\noffsets = 2\nwrite_failures = 0.03\nir_drop = 0\n");
  chip::ArrayReport report;
  const auto drawn = chip::drawArrayCurrents(file, 200, 150, {.group = 8, .counts = 8}, 1, 0, report);
  std::int64_t high = 0, low = 0;
  for (const CellCurrents::Cell& cell : drawn.currents.cells) {
    for (const CellCurrents::Junction& junction : {cell.one, cell.zero}) {
      high += junction == CellCurrents::Junction{8192, 8192} ? 1 : 0;
      low += junction == CellCurrents::Junction{0, 0} ? 1 : 0;
    }
  }
  BOOST_TEST(high == report.high);
  BOOST_TEST(low == report.low);
  checkCount(high, report.junctions, 0.02);
  checkCount(low, report.junctions, 0.05);
  checkCount(report.flipped, report.junctions - high - low, 0.03);
  BOOST_TEST(report.flipped == std::ssize(drawn.flipped));
  // Offsets: offset_mv of the full scale, which is worth `counts` matches; twice as large with offsets = 2.
  double squares = 0;
  for (const std::int32_t offset : drawn.currents.offsets) squares += static_cast<double>(offset) * offset;
  const double wanted = 2 * file.set.sense_offset.value * 1e-3 / file.set.full_scale.value * 8 * 8192;
  BOOST_TEST(std::sqrt(squares / 150) == wanted, boost::test_tools::tolerance(0.3));
}

BOOST_AUTO_TEST_SUITE_END()

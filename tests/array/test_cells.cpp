// Frozen conductances: exact dot products of ideal cells, and what variation, defects, time and temperature
// do to them.
#include <algorithm>
#include <set>

#include "array/margin.hpp"
#include "array_fixture.hpp"
#include "device/gaussian.hpp"

using namespace neuspin;
using namespace neuspin::array;

BOOST_AUTO_TEST_SUITE(cells)

BOOST_AUTO_TEST_CASE(ideal_cells_give_the_exact_dot_product_whatever_rows_are_silent) {
  constexpr int kRows = 200, kCols = 7;
  Random random(1);
  const auto weights = random.weights(kRows, kCols);
  const CellGrid grid = makeCells(plainSet(1e6), {}, weights, DefectMap(kRows, kCols), 1, 0);
  BOOST_TEST(std::abs(grid.g_p / grid.g_ap - 2.5) < 1e-9);
  for (const double silent : {0.0, 0.3, 1.0}) {
    const auto x = random.input(kRows, silent);
    for (int col = 0; col < kCols; ++col) {
      const double y = dotEstimate(grid, columnConductance(grid, col, x), activeRows(x));
      BOOST_TEST(std::abs(y - dot(weights, kCols, col, x)) < 1e-4);  // conductances are floats
    }
  }
}

BOOST_AUTO_TEST_CASE(a_reference_that_ignores_silent_rows_is_off_by_a_known_amount) {
  constexpr int kRows = 100;
  Random random(2);
  const auto weights = random.weights(kRows, 1);
  const CellGrid grid = makeCells(plainSet(1e6), {}, weights, DefectMap(kRows, 1), 1, 0);
  const auto x = random.input(kRows, 0.2);
  const double g = columnConductance(grid, 0, x);
  const double lost = dotEstimate(grid, g, kRows) - dotEstimate(grid, g, activeRows(x));
  BOOST_TEST(std::abs(lost + (kRows - activeRows(x)) * (1.5 + 2) / 1.5) < 1e-9);  // −(TMR + 2)/TMR a row
}

BOOST_AUTO_TEST_CASE(residual_of_five_per_cent) {
  // Two arrays at ±V, every conductance off by a normal 5 %, 1e4 columns of 1024 rows, TMR 150 %.
  constexpr int kRows = 1024, kColumns = 10000;
  constexpr double kP = 1, kAp = 0.4, kSigma = 0.05;
  const std::uint64_t key = device::streamKey(1, device::Stream::Ra, 0);
  std::vector<double> ideal, read;
  std::uint64_t index = 0;
  int flips = 0;
  for (int c = 0; c < kColumns; ++c) {
    double product = 0, error = 0;
    for (int row = 0; row < kRows; ++row) {
      const bool match = (device::streamBits(key + 1, index) & 1U) != 0;  // sign of x·w
      const double p = kP * kSigma * static_cast<double>(device::streamNormal(key, index++));
      const double ap = kAp * kSigma * static_cast<double>(device::streamNormal(key, index++));
      product += match ? 1 : -1;
      error += (match ? p - ap : ap - p) / (kP - kAp);
    }
    ideal.push_back(product);
    read.push_back(product + error);
    flips += product * (product + error) < 0 ? 1 : 0;
  }
  BOOST_TEST(std::abs(fitLine(ideal, read).residual / std::sqrt(kRows) - 0.0898) < 0.001);
  BOOST_TEST(std::abs(flips / static_cast<double>(kColumns) - 0.017) < 0.004);
  BOOST_TEST(std::abs(spreadResidual(kSigma, 1.5, false) - 0.0898) < 5e-5);
  BOOST_TEST(std::abs(signFlip(0.0898, kRows) - 0.017) < 5e-4);
}

BOOST_AUTO_TEST_CASE(residual_of_frozen_junctions) {
  // 1e4 products of 500 frozen columns. Conductance of a junction ∝ D²: 2.5 % in ln D is 5 % in conductance.
  constexpr int kRows = 1024, kCols = 500, kInputs = 20;
  device::DeviceSet set = plainSet(1e6);
  set.var_diameter.value = 0.025;
  Random random(3);
  const auto weights = random.weights(kRows, kCols);
  const CellGrid grid = makeCells(set, {}, weights, DefectMap(kRows, kCols), 1, 0);
  std::vector<double> ideal, differential, single;
  int flips = 0, signs = 0;
  for (int k = 0; k < kInputs; ++k) {
    const auto x = random.input(kRows);
    std::vector<double> up(kCols), total(kCols);  // Σ x(one − zero) and Σ(one + zero), over the step
    for (int row = 0; row < kRows; ++row) {
      for (int col = 0; col < kCols; ++col) {
        const double one = static_cast<double>(grid.one[grid.at(row, col)]);
        const double zero = static_cast<double>(grid.zero[grid.at(row, col)]);
        up[static_cast<std::size_t>(col)] +=
            x[static_cast<std::size_t>(row)] * (one - zero) / (grid.g_p - grid.g_ap);
        total[static_cast<std::size_t>(col)] += (one + zero - grid.g_p - grid.g_ap) / (grid.g_p - grid.g_ap);
      }
    }
    for (int col = 0; col < kCols; ++col) {
      const int exact = dot(weights, kCols, col, x);
      const double two_sided = up[static_cast<std::size_t>(col)];
      ideal.push_back(exact);
      differential.push_back(two_sided);  // two arrays at ±V, subtracted
      single.push_back(two_sided + total[static_cast<std::size_t>(col)]);
      signs += exact != 0 ? 1 : 0;
      flips += exact * two_sided < 0 ? 1 : 0;
    }
  }
  const double root = std::sqrt(static_cast<double>(kRows));
  const LineFit two = fitLine(ideal, differential), one = fitLine(ideal, single);
  BOOST_TEST(std::abs(two.residual / root - 0.0898) < 0.002);
  BOOST_TEST(std::abs(one.residual / root - 0.127) <
             0.006);  // sqrt 2 more; its column offsets are only 500 draws
  BOOST_TEST(std::abs(static_cast<double>(flips) / static_cast<double>(ideal.size()) - 0.017) < 0.004);
  BOOST_TEST(signs > 9000);
  // The single-ended column itself is what columnConductance and dotEstimate compute.
  Random again(3);
  again.weights(kRows, kCols);
  const auto x = again.input(kRows);
  for (int col = 0; col < 20; ++col) {
    const double y = dotEstimate(grid, columnConductance(grid, col, x), kRows);
    BOOST_TEST(std::abs(y - single[static_cast<std::size_t>(col)]) < 1e-3);
  }
}

BOOST_AUTO_TEST_CASE(a_chip_is_its_seed) {
  Diagnostics diags;
  const auto set = device::loadDeviceSet("stt40", diags);
  Random random(4);
  const auto weights = random.weights(30, 20);
  const auto make = [&](std::uint32_t seed, std::uint32_t array) {
    return makeCells(*set, {}, weights, DefectMap(30, 20), seed, array);
  };
  const CellGrid a = make(1, 0), b = make(1, 0);
  BOOST_TEST((a.one == b.one && a.zero == b.zero));
  BOOST_TEST((a.one != make(2, 0).one));
  BOOST_TEST((a.one != make(1, 1).one));
  // Junctions of the same state differ: 600 values, hardly any twice (floats).
  const std::set<float> values(a.one.begin(), a.one.end());
  BOOST_TEST(values.size() > 590U);
}

BOOST_AUTO_TEST_CASE(defects_change_their_cells_only) {
  const device::DeviceSet set = plainSet(1e6);
  const std::vector<std::uint8_t> weights(12, 1);  // 3 x 4, all ones: `one` is P, `zero` AP
  DefectMap map(3, 4);
  map.one[map.at(0, 0)] = Defect::StuckAp;
  map.zero[map.at(0, 1)] = Defect::StuckP;
  map.zero[map.at(0, 2)] = Defect::StuckAp;  // where it would be anyway
  map.one[map.at(1, 0)] = Defect::Pinhole;
  map.open_row[2] = 1;
  map.open_col[3] = 1;
  const CellGrid grid = makeCells(set, {}, weights, map, 1, 0);
  const auto g_p = static_cast<float>(grid.g_p), g_ap = static_cast<float>(grid.g_ap);
  const auto pinhole = static_cast<float>(grid.g_p * 5 / 3.448);  // 5 % of the area is metal
  for (int row = 0; row < 3; ++row) {
    for (int col = 0; col < 4; ++col) {
      float one = g_p, zero = g_ap;
      if (row == 0 && col == 0) one = g_ap;
      if (row == 0 && col == 1) zero = g_p;
      if (row == 1 && col == 0) one = pinhole;
      if (row == 2 || col == 3) one = zero = 0;
      BOOST_TEST(std::abs(grid.one[grid.at(row, col)] / grid.g_p - static_cast<double>(one) / grid.g_p) <
                 1e-3);
      BOOST_TEST(std::abs(grid.zero[grid.at(row, col)] / grid.g_p - static_cast<double>(zero) / grid.g_p) <
                 1e-3);
    }
  }
}

BOOST_AUTO_TEST_CASE(junctions_are_those_of_the_cells) {
  // Whatever the weights, cells take their conductances from the junctions' two states; a lost state is the
  // other one.
  Diagnostics diags;
  device::DeviceSet set = *device::loadDeviceSet("stt40", diags);
  set.delta_retention.value = 38;
  set.stuck_p.value = set.stuck_ap.value = set.pinhole.value = 0.1;
  set.open_row.value = 0.1;
  ArrayConditions conditions;
  conditions.retention_seconds = 1e6;
  const DefectMap map = drawDefects(set, 40, 30, 2, 3);
  Random random(9);
  const auto weights = random.weights(40, 30);
  for (const double variation : {0.0, 1.0}) {
    conditions.variation = variation;
    const JunctionStates states = makeJunctions(set, conditions, map, 2, 3);
    const CellGrid grid = makeCells(set, conditions, weights, map, 2, 3);
    int lost = 0;
    for (std::size_t cell = 0; cell < weights.size(); ++cell) {
      for (const bool zero : {false, true}) {
        const std::size_t junction = 2 * cell + (zero ? 1 : 0);
        const bool written = (weights[cell] != 0) != zero, parallel = written != (states.lost[junction] != 0);
        BOOST_TEST((zero ? grid.zero : grid.one)[cell] ==
                   (parallel ? states.parallel : states.antiparallel)[junction]);
        lost += states.lost[junction];
        if ((zero ? map.zero : map.one)[cell] == Defect::None && !map.open_row[cell / 30] &&
            !map.open_col[cell % 30]) {
          BOOST_TEST(states.parallel[junction] > states.antiparallel[junction]);
          if (variation == 0) BOOST_TEST(states.parallel[junction] == static_cast<float>(grid.g_p));
        }
      }
    }
    BOOST_TEST(lost > 100);
    BOOST_TEST(lost < 2300);
  }
}

BOOST_AUTO_TEST_CASE(coarse_junctions_are_within_their_factor) {
  Diagnostics diags;
  const device::DeviceSet set = *device::loadDeviceSet("stt40", diags);
  const device::CellReader reader(set, {});
  const DefectMap map(512, 256);
  const JunctionStates exact = makeJunctions(set, {}, map, 4, 1);
  for (const double coarse : {1.1, 1.12, 1.14, 1.17, 1.2, 1.25, 1.3}) {
    const JunctionStates quick = makeJunctions(set, {}, map, 4, 1, coarse);
    const auto weakest = static_cast<float>(reader.cell(true, {.ra = coarse})),
               strongest = static_cast<float>(reader.cell(true, {.ra = 1 / coarse}));
    int nominal = 0, outside = 0;
    for (std::size_t j = 0; j < exact.lost.size(); ++j) {
      const bool is_nominal = quick.parallel[j] == static_cast<float>(quick.g_p);
      nominal += is_nominal ? 1 : 0;
      if (!is_nominal) {
        BOOST_REQUIRE(quick.parallel[j] == exact.parallel[j]);
        BOOST_REQUIRE(quick.antiparallel[j] == exact.antiparallel[j]);
      } else if (exact.parallel[j] < weakest || exact.parallel[j] > strongest) {
        ++outside;
      }
    }
    BOOST_TEST(outside == 0, coarse);
    BOOST_TEST(nominal > 100000, coarse);
  }
}

BOOST_AUTO_TEST_CASE(retention_flips_states) {
  device::DeviceSet set = plainSet(1e6);
  set.delta_retention.value = 40;
  ArrayConditions conditions;
  conditions.retention_seconds = 1e5;  // Γ(0)t: sqrt(40/π)e^{−40}/0.933 ns · 1e5 s = 1.62e-3·… see below
  const std::vector<std::uint8_t> weights(40000, 1);
  const auto lost = [&] {
    const CellGrid grid = makeCells(set, conditions, weights, DefectMap(200, 200), 1, 0);
    return std::ranges::count_if(
        grid.one, [&](float g) { return static_cast<double>(g) < (grid.g_p + grid.g_ap) / 2; });
  };
  // P = 1 − exp(−t/tau_D·sqrt(Δ/π)·e^{−Δ}), written out: tau_D = 0.933 ns.
  const double rate = std::sqrt(40 / 3.14159265) * std::exp(-40.0) / 0.9343e-9;
  const double expected = 40000 * -std::expm1(-1e5 * rate);
  BOOST_TEST(std::abs(static_cast<double>(lost()) - expected) < 4 * std::sqrt(expected) + 0.01 * expected);
  conditions.retention_seconds = 0;
  BOOST_TEST(lost() == 0);
}

BOOST_AUTO_TEST_CASE(heat_lowers_the_tmr) {
  Diagnostics diags;
  const auto set = device::loadDeviceSet("stt40", diags);
  const std::vector<std::uint8_t> weights(4, 1);
  ArrayConditions hot;
  hot.read.kelvin = 398;
  const CellGrid a = makeCells(*set, {}, weights, DefectMap(2, 2), 1, 0),
                 b = makeCells(*set, hot, weights, DefectMap(2, 2), 1, 0);
  BOOST_TEST(b.g_p / b.g_ap < a.g_p / a.g_ap);
  BOOST_TEST(b.g_p > a.g_p);
}

BOOST_AUTO_TEST_SUITE_END()

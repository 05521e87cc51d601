// Dropout units: what untrimmed and trimmed chips deliver, and the bits of one unit.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "device/constants.hpp"
#include "device/dropout_unit.hpp"
#include "device/gaussian.hpp"
#include "device/unit_bits.hpp"
#include "device/unit_physics.hpp"

using namespace neuspin;
using namespace neuspin::device;

namespace {

constexpr double kTwo32 = 4294967296.0;

DeviceSet builtIn(const char* name) {
  Diagnostics diags;
  const auto set = loadDeviceSet(name, diags);
  BOOST_REQUIRE_MESSAGE(set, diags.render());
  return *set;
}

/// stt40 with a pulse of ten tau_D and only the barrier's current spread, as the estimates to compare with
/// assume.
DeviceSet perfect(const char* name) {
  DeviceSet set = builtIn(name);
  for (auto* sigma :
       {&set.var_diameter, &set.var_ra, &set.var_tmr, &set.var_free_layer, &set.var_hk, &set.var_ms,
        &set.die_share, &set.gradient, &set.reset_fail, &set.read_error, &set.stuck_p, &set.stuck_ap}) {
    sigma->value = 0;
  }
  return set;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(units)

BOOST_AUTO_TEST_CASE(without_variation_the_middle_code_delivers_what_is_wanted) {
  for (const char* name : {"stt40", "sot_meas_a", "sot_nvram", "sot_macrospin"}) {
    for (const double p : {0.1, 0.5, 0.8}) {
      UnitDesign design;
      design.probability = p;
      design.drive_bits = 4;
      const auto bank = makeUnits(perfect(name), design, 1, 1);
      const UnitModel& unit = bank.units[0];
      BOOST_REQUIRE(unit.table.size() == 16U);
      BOOST_TEST(unit.trimmed_code == 8);
      BOOST_TEST(std::abs(static_cast<double>(unit.table[8]) / kTwo32 - p) < 1e-4, name);
      BOOST_TEST(std::ranges::is_sorted(unit.table));
      BOOST_TEST(unit.table.front() < unit.table.back());
      BOOST_TEST(unit.table.back() <= std::uint64_t{1} << 32);
    }
  }
}

BOOST_AUTO_TEST_CASE(measured_curves_drive_the_units) {
  Diagnostics diags;
  const auto rows = readSwitchingCsv(
      "device,direction,V,t_p,P_sw,n_reps\nA,up,0.7,0.75,0,99\nA,up,0.8,0.75,0.25,99\nA,up,0.9,0.75,0.75,99\n"
      "A,up,1.0,0.75,1,99\n",
      "x.csv", diags);
  BOOST_REQUIRE_MESSAGE(rows, diags.render());
  UnitDesign design;
  design.probability = 0.25;
  design.drive_bits = 4;
  design.measured = std::make_shared<const SotTable>(*SotTable::make(*rows, "A", "up", "x.csv", diags));
  DeviceSet set = perfect("sot_meas_a");
  const UnitModel unit = makeUnits(set, design, 1, 1).units[0];
  BOOST_TEST(std::abs(static_cast<double>(unit.table[8]) / kTwo32 - 0.25) < 1e-8);  // 0.8 V
  const double up = 0.8 * (1 + 0.15 * 5 / 8);
  BOOST_TEST(std::abs(static_cast<double>(unit.table[13]) / kTwo32 - design.measured->probability(up, 0.75)) <
             1e-8);
  set.var_hk.value = 0.04;  // the axis stretches: most units leave 0.25
  BOOST_TEST(makeUnits(set, design, 1, 200).untrimmed.sigma > 0.1);
}

BOOST_AUTO_TEST_CASE(untrimmed_spread_of_stt) {
  // 10 ns are 10.7 tau_D, where volume moves p by -3.6 d ln V (current and barrier together). A slope of 3.6
  // of a cumulative normal, Phi(9.02 x), gives the standard deviation sqrt(asin(s^2/(1 + s^2))/2 pi) for x of
  // standard deviation s/9.02.
  DeviceSet set = perfect("stt40");
  UnitDesign design;
  design.drive_bits = 6;
  set.var_diameter.value = 0.077 / 2;  // Delta ∝ D²
  const auto volume = makeUnits(set, design, 3, 2000);
  BOOST_TEST(std::abs(volume.untrimmed.sigma - 0.230) < 0.012);
  set.var_diameter.value = 0.05 / 2;
  const auto narrow = makeUnits(set, design, 3, 2000);
  BOOST_TEST_MESSAGE("stt40, 10 ns, untrimmed sigma_p: " << volume.untrimmed.sigma << " (volume 7.7 %), "
                                                         << narrow.untrimmed.sigma << " (volume 5 %)");
  BOOST_TEST(std::abs(narrow.untrimmed.sigma - 0.164) < 0.008);
  BOOST_TEST(narrow.untrimmed.lowest < 0.1);
  BOOST_TEST(narrow.untrimmed.highest > 0.9);
  // Trimmed: one code is 2·15 %/64 of the drive, so p within 3.2·0.47 %/2.
  BOOST_TEST(narrow.trimmed.sigma < 0.01);
  BOOST_TEST(std::abs(narrow.trimmed.mean - 0.5) < 0.002);
}

BOOST_AUTO_TEST_CASE(eight_bits_trim_a_real_process_to_two_per_cent) {
  for (const char* name : {"stt40", "sot_meas_a"}) {
    DeviceSet set = builtIn(name);
    set.stuck_p.value = set.stuck_ap.value = set.die_share.value = 0;
    set.drive_range.value = 0.3;  // wide enough for every unit of this seed
    UnitDesign design;
    design.probability = 0.2;
    const auto bank = makeUnits(set, design, 1, 300);
    BOOST_TEST_MESSAGE(name << ", wanted p = 0.2, 300 units: untrimmed " << bank.untrimmed.mean << " +- "
                            << bank.untrimmed.sigma << " (KS distance from normal " << bank.untrimmed.distance
                            << "), trimmed with 8 bits over +-30 %: " << bank.trimmed.mean << " +- "
                            << bank.trimmed.sigma << ", " << bank.trimmed.lowest << " ... "
                            << bank.trimmed.highest);
    BOOST_TEST(bank.untrimmed.sigma > 0.1, name);
    BOOST_TEST(bank.trimmed.lowest > 0.18, name << " " << bank.trimmed.lowest);
    BOOST_TEST(bank.trimmed.highest < 0.22, name << " " << bank.trimmed.highest);
    // Four bits do not.
    design.drive_bits = 4;
    BOOST_TEST(makeUnits(set, design, 1, 300).trimmed.sigma > 0.02, name);
  }
}

BOOST_AUTO_TEST_CASE(trimmed_cold_used_hot) {
  DeviceSet set = builtIn("stt40");
  set.drive_range.value = 0.4;  // 15 % cannot make up for 58 K
  UnitDesign design;
  design.kelvin = 358;
  const auto hot = makeUnits(set, design, 1, 50);
  design.kelvin = 300;
  const auto room = makeUnits(set, design, 1, 50);
  BOOST_TEST(std::abs(room.trimmed.mean - 0.5) < 0.02);
  BOOST_TEST_MESSAGE("stt40 trimmed at 300 K, used at 358 K: p = " << hot.trimmed.mean << " instead of "
                                                                   << room.trimmed.mean);
  BOOST_TEST(hot.trimmed.mean > room.trimmed.mean + 0.1);  // lower barrier and current: switches more often
  for (std::size_t k = 0; k < 50; ++k) BOOST_TEST(hot.units[k].trimmed_code == room.units[k].trimmed_code);
  design.kelvin = design.trim_kelvin = 358;
  BOOST_TEST(std::abs(makeUnits(set, design, 1, 50).trimmed.mean - 0.5) < 0.02);
}

BOOST_AUTO_TEST_CASE(gaussian_units) {
  UnitDesign design;
  design.probability = 0.3;
  design.drive_bits = 4;
  design.sigma_p = 0.05;
  const auto bank = makeUnits(perfect("stt40"), design, 1, 20000);
  BOOST_TEST(std::abs(bank.untrimmed.mean - 0.3) < 0.002);
  BOOST_TEST(std::abs(bank.untrimmed.sigma / 0.05 - 1) < 0.02);
  BOOST_TEST(bank.untrimmed.distance < 0.012);  // normal: 1.6/sqrt(20000) at most
  design.sigma_p = 0.4;
  const auto wide = makeUnits(perfect("stt40"), design, 1, 20000);
  BOOST_TEST(std::abs(wide.untrimmed.lowest - 0.01) < 1e-8);
  BOOST_TEST(std::abs(wide.untrimmed.highest - 0.99) < 1e-8);
  BOOST_TEST(wide.untrimmed.distance > 0.05);
}

BOOST_AUTO_TEST_CASE(stuck_units) {
  DeviceSet set = builtIn("stt40");
  set.stuck_p.value = 0.05;
  set.stuck_ap.value = 0.02;
  UnitDesign design;
  design.drive_bits = 2;
  const auto bank = makeUnits(set, design, 1, 4000);
  int zeros = 0, ones = 0;
  for (const auto& unit : bank.units) {
    const auto all = [&](std::uint64_t value) {
      return std::ranges::all_of(unit.table, [&](auto t) { return t == value; });
    };
    zeros += all(0) ? 1 : 0;
    ones += all(std::uint64_t{1} << 32) ? 1 : 0;
    if (all(0) || all(std::uint64_t{1} << 32)) {
      UnitStream stream(unit, 2, 1, 1);
      const bool first = all(0) ? false : true;
      for (int k = 0; k < 50; ++k) BOOST_TEST(stream.next() == first);
    }
  }
  BOOST_TEST(std::abs(zeros - 200) < 56);
  BOOST_TEST(std::abs(ones - 80) < 36);
  BOOST_TEST(bank.stuck == zeros + ones);
}

BOOST_AUTO_TEST_CASE(chips_are_reproducible_and_differ) {
  const DeviceSet set = builtIn("sot_meas_a");
  const UnitDesign design;
  const auto a = makeUnits(set, design, 1, 20), b = makeUnits(set, design, 1, 20),
             c = makeUnits(set, design, 2, 20);
  for (std::size_t k = 0; k < 20; ++k) {
    BOOST_TEST(a.units[k].table == b.units[k].table);
    BOOST_TEST(a.units[k].table != c.units[k].table);
  }
  // More units do not move the first ones.
  BOOST_TEST(makeUnits(set, design, 1, 40).units[19].table == a.units[19].table);
}

BOOST_AUTO_TEST_CASE(reset_failure_correlates_neighbours) {
  constexpr int kBits = 10000000;
  constexpr double kP = 0.3, kEps = 0.05;
  UnitModel unit;
  unit.table.assign(4, static_cast<std::uint64_t>(kP * kTwo32));
  unit.reset_fail = static_cast<std::uint64_t>(kEps * kTwo32);
  UnitStream stream(unit, 1, 11, 5);
  std::int64_t ones = 0, pairs = 0, pairs2 = 0;
  bool last = false, last2 = false;
  for (int k = 0; k < kBits; ++k) {
    const bool bit = stream.next();
    ones += bit ? 1 : 0;
    pairs += bit && last ? 1 : 0;
    pairs2 += bit && last2 ? 1 : 0;
    last2 = last;
    last = bit;
  }
  const double mean = static_cast<double>(ones) / kBits;
  const double stationary = deliveredProbability(kP, kEps, 0);
  const double wanted = (1 - kP) * kEps;
  const double sigma = 1 / std::sqrt(static_cast<double>(kBits));
  BOOST_TEST(std::abs(stationary - kP / (1 - wanted)) < 1e-12);
  BOOST_TEST(std::abs(mean - stationary) <
             3 * std::sqrt(stationary * (1 - stationary) * (1 + wanted) / (1 - wanted)) * sigma);
  const auto correlation = [&](std::int64_t both) {
    return (static_cast<double>(both) / kBits - mean * mean) / (mean * (1 - mean));
  };
  BOOST_TEST(std::abs(correlation(pairs) - wanted) < 3 * sigma);
  BOOST_TEST(std::abs(correlation(pairs2) - wanted * wanted) < 3 * sigma);
}

// Any bit alone is that of the stream, before and after a change of the drive.
BOOST_AUTO_TEST_CASE(bits_alone_are_those_of_the_stream) {
  for (const double eps : {0.0, 0.001, 0.3, 0.97}) {
    UnitModel unit;
    for (const double p : {0.02, 0.4, 0.0, 1.0}) unit.table.push_back(static_cast<std::uint64_t>(p * kTwo32));
    unit.reset_fail = static_cast<std::uint64_t>(eps * kTwo32);
    unit.read_error = static_cast<std::uint64_t>(eps / 2 * kTwo32);
    for (std::size_t code = 0; code < unit.table.size(); ++code) {
      UnitStream stream(unit, static_cast<int>(code), 7, 21);
      const UnitBits bits(7, 21, unit.table[code], unit.reset_fail, unit.read_error);
      int wrong = 0;
      for (std::uint32_t event = 0; event < 5000; ++event) {
        const bool bit = stream.next();
        wrong += bit != bits.bit(event) ? 1 : 0;
        if (event != 1234) continue;
        // From here on with what the RESET has left, as if the drive had changed.
        const UnitBits later(7, 21, unit.table[code], unit.reset_fail, unit.read_error, event + 1,
                             bits.leaves(event));
        for (std::uint32_t after = event + 1; after < event + 300; ++after)
          wrong += later.bit(after) != bits.bit(after) ? 1 : 0;
      }
      BOOST_TEST(wrong == 0, "eps " << eps << ", code " << code);
    }
  }
}

BOOST_AUTO_TEST_CASE(read_errors_flip_the_bit_not_the_state) {
  UnitModel unit;
  unit.table.assign(2, static_cast<std::uint64_t>(0.2 * kTwo32));
  unit.read_error = static_cast<std::uint64_t>(0.1 * kTwo32);
  UnitStream stream(unit, 0, 3, 9);
  int ones = 0;
  constexpr int kBits = 1000000;
  for (int k = 0; k < kBits; ++k) ones += stream.next() ? 1 : 0;
  BOOST_TEST(std::abs(deliveredProbability(0.2, 0, 0.1) - 0.26) < 1e-12);
  BOOST_TEST(std::abs(static_cast<double>(ones) / kBits - 0.26) < 4 * std::sqrt(0.26 * 0.74 / kBits));
}

BOOST_AUTO_TEST_CASE(an_ideal_unit_draws_as_the_golden_model_does) {
  UnitModel unit;
  unit.table.assign(2, static_cast<std::uint64_t>(0.37 * kTwo32));
  UnitStream stream(unit, 1, 99, 7);
  for (std::uint32_t e = 0; e < 1000; ++e) BOOST_TEST(stream.next() == (draw(99, 7, e) < unit.table[1]));
}

BOOST_AUTO_TEST_CASE(normal_fit) {
  const double values[] = {1, 2, 3, 4, 5};
  const NormalFit fit = fitNormal(values);
  BOOST_TEST(fit.mean == 3);
  BOOST_TEST(std::abs(fit.sigma - std::sqrt(2.5)) < 1e-12);
  BOOST_TEST(fit.lowest == 1);
  BOOST_TEST(fit.highest == 5);
  // Largest step: at 1, the normal has 0.1029 where 0 and 0.2 are observed; at 2: 0.2635 against 0.2 and 0.4.
  BOOST_TEST(std::abs(fit.distance - 0.1365) < 1e-3);
  BOOST_TEST(fitNormal({}).sigma == 0);
}

BOOST_AUTO_TEST_SUITE_END()

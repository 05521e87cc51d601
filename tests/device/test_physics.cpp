// Junction constants, conductance with bias and temperature, retention and read disturb, against
// reference/devices.md §1.
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "device/constants.hpp"
#include "device/lifetime.hpp"
#include "device/resistance.hpp"
#include "device/stt.hpp"

using namespace neuspin;
using namespace neuspin::device;

namespace {

DeviceSet builtIn(const char* name) {
  Diagnostics diags;
  const auto set = loadDeviceSet(name, diags);
  BOOST_REQUIRE_MESSAGE(set, diags.render());
  return *set;
}

bool near(double value, double wanted, double relative) {
  return std::abs(value / wanted - 1) < relative;
}

/// Within 5 % of a value that is printed with two digits; with one digit: rounds to it.
bool agrees(double value, double printed) {
  const double unit = std::pow(10, std::floor(std::log10(printed)));
  const bool one_digit = std::abs(printed / unit - std::round(printed / unit)) < 1e-9;
  return near(value, printed, 0.05) || (one_digit && std::abs(value - printed) <= unit / 2);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(physics)

BOOST_AUTO_TEST_CASE(stt40_is_consistent) {
  const DeviceSet set = builtIn("stt40");
  const SttJunction junction = sttJunction(set);
  BOOST_TEST(near(junction.delta, 60, 0.005));
  BOOST_TEST(near(junction.ic0_p_ap, 68e-6, 0.02));
  BOOST_TEST(near(junction.ic0_ap_p, 32e-6, 0.02));
  BOOST_TEST(near(junction.tau_d, 0.933e-9, 0.005));
  BOOST_TEST(near(set.r_p.value, set.ra.value / (kPi / 4 * std::pow(set.diameter.value * 1e-3, 2)), 1e-3));
}

BOOST_AUTO_TEST_CASE(macrospin_set_is_consistent) {
  const DeviceSet set = builtIn("sot_macrospin");
  BOOST_TEST(near(sttJunction(set).delta, 23.7, 0.005));
  BOOST_TEST(near(set.r_p.value, set.ra.value / (kPi / 4 * std::pow(set.diameter.value * 1e-3, 2)), 1e-3));
  BOOST_TEST(std::abs(vcmaDelta(set, 0.1) + 2.0) < 0.05);
  BOOST_TEST(vcmaDelta(builtIn("sot_meas_a"), 0.1) == 0);
}

BOOST_AUTO_TEST_CASE(barrier_and_current_follow_variation_and_temperature) {
  const DeviceSet set = builtIn("stt40");
  const SttJunction nominal = sttJunction(set);
  Shift wide;
  wide.diameter = 1.02;
  BOOST_TEST(near(sttJunction(set, 300, wide).delta / nominal.delta, 1.02 * 1.02, 1e-9));
  BOOST_TEST(near(sttJunction(set, 300, wide).ic0_p_ap / nominal.ic0_p_ap, 1.02 * 1.02, 1e-9));
  Shift hard;
  hard.hk = 1.1;
  BOOST_TEST(near(nominal.tau_d / sttJunction(set, 300, hard).tau_d, 1.1, 1e-9));
  // Hotter: lower barrier (more than by kT alone, since the anisotropy falls), lower current, monotone over
  // the range.
  double delta = 1e9, current = 1;
  for (double kelvin = kColdest; kelvin <= kHottest; kelvin += 15) {
    const SttJunction junction = sttJunction(set, kelvin);
    BOOST_TEST(junction.delta < delta);
    BOOST_TEST(junction.ic0_p_ap < current);
    BOOST_TEST(junction.delta > 0);
    delta = junction.delta;
    current = junction.ic0_p_ap;
  }
  // K_eff(358 K) by hand: Ki/tF = 152000 + 628319 J/m³, m = 0.95110.
  const double m = (1 - std::pow(358 / 1120.0, 1.5)) / (1 - std::pow(300 / 1120.0, 1.5));
  const double k = (152000 + 628318.5) * std::pow(m, 2.2) - 628318.5 * m * m;
  BOOST_TEST(near(sttJunction(set, 358).delta, nominal.delta * k / 152000 * 300 / 358, 1e-5));
}

BOOST_AUTO_TEST_CASE(bias) {
  const DeviceSet set = builtIn("stt40");
  // TMR loses 3.8 % at 0.1 V; Brinkman's coefficients 5.9 and 16 per V².
  BOOST_TEST(near(CellReader(set, {}).tmr(0.1), set.tmr.value / 1.04, 1e-9));
  const auto rise = [](const DeviceSet& s) {
    return CellReader(s, {0, 300}).junction(true, 0.1) / CellReader(s, {0, 300}).junction(true, 0) - 1;
  };
  BOOST_TEST(near(rise(set), 0.059, 0.01));
  BOOST_TEST(near(rise(builtIn("sot_macrospin")), 0.16, 0.02));
  BOOST_TEST(rise(builtIn("sot_meas_a")) == 0);
  BOOST_TEST(near(1 / CellReader(set, {0, 300}).junction(true, 0), set.r_p.value, 1e-12));
  BOOST_TEST(near(CellReader(set, {0, 300}).junction(true, 0) / CellReader(set, {0, 300}).junction(false, 0),
                  2.5, 1e-9));
  // The form with the angle ends in the same two states.
  for (const double volts : {0.0, 0.1, 0.4}) {
    BOOST_TEST(near(angleResistance(set, volts, 1), set.r_p.value, 1e-12));
    BOOST_TEST(
        near(angleResistance(set, volts, -1), set.r_p.value * (1 + CellReader(set, {}).tmr(volts)), 1e-9));
  }
}

BOOST_AUTO_TEST_CASE(temperature_of_the_conductance) {
  const DeviceSet set = builtIn("stt40");
  BOOST_TEST(near(CellReader(set, {0, 300}).tmr(0), 1.5, 1e-9));
  const double p = std::sqrt(1.5 / 3.5) * (1 - 2e-5 * std::pow(400, 1.5)) / (1 - 2e-5 * std::pow(300, 1.5));
  BOOST_TEST(near(CellReader(set, {0, 398}).tmr(0), 2 * p * p / (1 - p * p), 0.01));
  BOOST_TEST(CellReader(set, {0, 398}).tmr(0) < CellReader(set, {0, 300}).tmr(0));
  BOOST_TEST(near(CellReader(set, {0, 300}).junction(true, 0) / CellReader(set, {0, 350}).junction(true, 0),
                  0.985, 1e-6));
}

BOOST_AUTO_TEST_CASE(access_transistor) {
  DeviceSet set = builtIn("stt40");
  set.phi.given = false;  // the figures to compare with leave Brinkman's term out
  set.r_p.value = 4000;
  const ReadPoint zero{0, 300};
  const double on = CellReader(set, zero).cell(true), off = CellReader(set, zero).cell(false);
  BOOST_TEST(near(on / off - 1, 1.0, 1e-9));  // TMR 150 % seen through 2 kOhm: 100 %
  // Match and mismatch current at 0.1 V. The junction sees only its share of the voltage, so TMR loses a
  // little less.
  const ReadPoint read{0.1, 300};
  const struct {
    double r_p, match, mismatch, tolerance;
  } rows[] = {{4e3, 16.7e-6, 8.5e-6, 0.02}, {50e3, 1.92e-6, 0.81e-6, 0.01}, {1e6, 100e-9, 41e-9, 0.01}};
  for (const auto& row : rows) {
    set.r_p.value = row.r_p;
    BOOST_TEST(near(0.1 * CellReader(set, read).cell(true), row.match, row.tolerance), row.r_p);
    BOOST_TEST(near(0.1 * CellReader(set, read).cell(false), row.mismatch, row.tolerance), row.r_p);
    // Kirchhoff: the junction at its own voltage carries what the cell carries.
    const double g = CellReader(set, read).cell(false), share = 0.1 * (1 - g * set.access.value);
    BOOST_TEST(near(CellReader(set, {0, 300}).junction(false, share) * share, 0.1 * g, 1e-7), row.r_p);
  }
}

BOOST_AUTO_TEST_CASE(pinholes) {
  const DeviceSet set = builtIn("stt40");
  const struct {
    double area, ra, tmr;
  } rows[] = {{0.01, 4.59, 1.36}, {0.05, 3.45, 0.98}, {0.10, 2.63, 0.71}};
  for (const auto& row : rows) {
    const Shift shift = withPinhole(set, {}, row.area);
    BOOST_TEST(near(5 * shift.ra, row.ra, 0.005), row.area);
    BOOST_TEST(near(1.5 * shift.tmr, row.tmr, 0.01), row.area);
  }
  BOOST_TEST(withPinhole(set, {}, 1).tmr == 0);
}

BOOST_AUTO_TEST_CASE(read_disturb_table) {
  const double tau_d = sttJunction(builtIn("stt40")).tau_d;
  const double i[] = {0.1, 0.2, 0.3, 0.4};
  const double at60[] = {1.6e-20, 3.8e-16, 2.5e-12, 4.9e-9}, at40[] = {1.5e-13, 1.1e-10, 3.7e-8, 5.4e-6};
  for (int k = 0; k < 4; ++k) {
    BOOST_TEST(near(readDisturb(60, i[k], 5e-9, tau_d), at60[k], 0.05), "60 " << i[k]);
    BOOST_TEST(near(readDisturb(40, i[k], 5e-9, tau_d), at40[k], 0.05), "40 " << i[k]);
  }
}

BOOST_AUTO_TEST_CASE(retention_table) {
  const double tau_d = sttJunction(builtIn("stt40")).tau_d;
  const struct {
    double delta, cv, cold, hot;  // hot: only kT rises, Delta·300/358
  } rows[] = {{60, 0, 1.3e-8, 2e-4},
              {60, 0.05, 1.1e-6, 3.6e-3},
              {60, 0.077, 1.4e-4, 2.6e-2},
              {70, 0.077, 5e-7, 3e-4},
              {80, 0.077, 2e-9, 2.6e-6}};
  for (const auto& row : rows) {
    const double cold = retentionLoss(row.delta, row.cv, 10 * kYear, tau_d);
    const double hot = retentionLoss(row.delta * 300 / 358, row.cv, 10 * kYear, tau_d);
    BOOST_TEST(agrees(cold, row.cold), row.delta << " " << row.cv << ": " << cold);
    BOOST_TEST(agrees(hot, row.hot), row.delta << " " << row.cv << ": " << hot);
  }
  BOOST_TEST(retentionLoss(5, 0, kYear, tau_d) == 1);
}

BOOST_AUTO_TEST_SUITE_END()

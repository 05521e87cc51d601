// SOT switching. The measured curves behind sot_meas_a are not ours to ship, so the table is tested on an
// invented file, and the maximum-likelihood fit on binomial data drawn here from a known law (seeds stated).
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "device/gaussian.hpp"
#include "device/sot.hpp"

using namespace neuspin;
using namespace neuspin::device;

namespace {

// Invented. Two pulse lengths at two temperatures of device X; not monotone at 0.98 V, as measured data may
// be.
constexpr const char* kCsv = R"(# synthetic
device,direction,V,t_p,P_sw,n_reps,T
X,P->AP,0.80,0.75,0.02,100,300
X,P->AP,0.85,0.75,0.11,100,300
X,P->AP,0.90,0.75,0.55,100,300
X,P->AP,0.95,0.75,0.93,100,300
X,P->AP,0.98,0.75,0.92,100,300
X,P->AP,1.05,0.75,1.00,100,300
X,P->AP,0.70,3,0.04,100,300
X,P->AP,0.80,3,0.60,100,300
X,P->AP,0.90,3,0.99,100,300
X,P->AP,0.80,0.75,0.05,100,350
X,P->AP,0.90,0.75,0.70,100,350
X,P->AP,0.70,3,0.10,100,350
X,P->AP,0.85,3,0.90,100,350
X,AP->P,0.9,0.75,0.4,100,300
)";

DeviceSet builtIn(const char* name) {
  Diagnostics diags;
  const auto set = loadDeviceSet(name, diags);
  BOOST_REQUIRE_MESSAGE(set, diags.render());
  return *set;
}

std::vector<SwitchingRecord> records(std::string_view text) {
  Diagnostics diags;
  auto found = readSwitchingCsv(text, "x.csv", diags);
  BOOST_REQUIRE_MESSAGE(found, diags.render());
  return *found;
}

/// Counts of a logistic law with `pulses` a point, drawn pulse by pulse.
std::vector<BinomialPoint> drawCounts(double v50, double beta, int points, int pulses, std::uint32_t seed) {
  std::vector<BinomialPoint> data;
  const std::uint64_t key = streamKey(seed, Stream::UnitProbability, 0);
  std::uint64_t index = 0;
  for (int k = 0; k < points; ++k) {
    const double volts = v50 + (k - (points - 1) / 2.0) * 0.25 / points;
    const double p = 1 / (1 + std::exp(-beta * (volts - v50)));
    BinomialPoint point{volts, pulses, 0};
    for (int n = 0; n < pulses; ++n) point.switched += streamUniform(key, index++) < p ? 1 : 0;
    data.push_back(point);
  }
  return data;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sot)

BOOST_AUTO_TEST_CASE(table_returns_the_points_exactly) {
  Diagnostics diags;
  const auto rows = records(kCsv);
  const auto table = SotTable::make(rows, "X", "P->AP", "x.csv", diags);
  BOOST_REQUIRE_MESSAGE(table, diags.render());
  int points = 0;
  for (const auto& row : rows) {
    if (row.direction != "P->AP") continue;
    BOOST_TEST(table->probability(row.volts, row.pulse_ns, row.kelvin) == row.switched, "line " << row.line);
    ++points;
  }
  BOOST_TEST(points == 13);
  BOOST_TEST(rows[3].line == 6U);
}

BOOST_AUTO_TEST_CASE(table_interpolates_without_wiggles) {
  Diagnostics diags;
  const auto table = SotTable::make(records(kCsv), "X", "P->AP", "x.csv", diags);
  BOOST_REQUIRE(table);
  double before = 0;
  for (double v = 0.8; v <= 0.95; v += 0.001) {  // rising points: rising curve
    const double p = table->probability(v, 0.75);
    BOOST_TEST(p >= before);
    before = p;
  }
  for (double v = 0.95; v <= 0.98; v += 0.001) {
    BOOST_TEST(table->probability(v, 0.75) <= 0.93);
    BOOST_TEST(table->probability(v, 0.75) >= 0.92);
  }
  // Constant outside, in every variable.
  BOOST_TEST(table->probability(0.1, 0.75) == 0.02);
  BOOST_TEST(table->probability(2.0, 0.75) == 1.0);
  BOOST_TEST(table->probability(0.90, 0.1) == 0.55);
  BOOST_TEST(table->probability(0.80, 30) == 0.60);
  BOOST_TEST(table->probability(0.90, 0.75, 400) == 0.70);
  // Bilinear in (ln t, T): the middle of both.
  const double middle = table->probability(0.8, 1.5, 325);
  const double mean = (table->probability(0.8, 0.75, 300) + table->probability(0.8, 3, 300) +
                       table->probability(0.8, 0.75, 350) + table->probability(0.8, 3, 350)) /
                      4;
  BOOST_TEST(std::abs(middle - mean) < 1e-12);
}

BOOST_AUTO_TEST_CASE(monotone_cubic_reproduces_a_straight_line_and_is_smooth) {
  const MonotoneCubic line({0, 1, 3, 4}, {1, 3, 7, 9});
  for (double x = 0; x <= 4; x += 0.125) BOOST_TEST(std::abs(line(x) - (1 + 2 * x)) < 1e-12);
  const MonotoneCubic curve({0, 1, 2, 3}, {0, 0.1, 0.9, 1});
  for (const double x : {1.0, 2.0}) {  // equal slopes on both sides of a node
    BOOST_TEST(std::abs((curve(x + 1e-5) - curve(x)) - (curve(x) - curve(x - 1e-5))) < 1e-8);
  }
}

BOOST_AUTO_TEST_CASE(bad_files_are_refused) {
  const struct {
    const char* text;
    const char* name;
    std::uint32_t line;
  } cases[] = {{"device,direction,V,t_p,P_sw\n", "missing-column", 1},
               {"device,direction,V,t_p,P_sw,n_reps,colour\n", "unknown-column", 1},
               {"device,direction,V,V,t_p,P_sw,n_reps\n", "double-column", 1},
               {"device,direction,V,t_p,P_sw,n_reps\n\nA,x,1,1,0.5\n", "wrong-length", 3},
               {"device,direction,V,t_p,P_sw,n_reps\nA,x,1,1,1.5,100\n", "bad-number", 2},
               {"device,direction,V,t_p,P_sw,n_reps\nA,x,1,1,nan,100\n", "bad-number", 2},
               {"device,direction,V,t_p,P_sw,n_reps\nA,x,1 V,1,0.5,100\n", "bad-number", 2},
               {"device,direction,V,t_p,P_sw,n_reps\n", "no-curve", 2},
               {"", "no-curve", 1}};
  for (const auto& c : cases) {
    Diagnostics diags;
    BOOST_TEST(!readSwitchingCsv(c.text, "f.csv", diags));
    BOOST_REQUIRE(!diags.all().empty());
    BOOST_TEST(diags.all()[0].name == c.name, c.text);
    BOOST_TEST(diags.all()[0].where.line == c.line, c.text);
    BOOST_TEST(!diags.all()[0].hint.empty());
  }
  Diagnostics diags;
  BOOST_TEST(!SotTable::make(records(kCsv), "Y", "P->AP", "x.csv", diags));
  auto twice = records(kCsv);
  twice.push_back(twice[0]);
  BOOST_TEST(!SotTable::make(twice, "X", "P->AP", "x.csv", diags));
  auto hole = records(kCsv);
  hole.push_back({"X", "P->AP", 0.8, 9, 300, 0.5, 100, 16});
  BOOST_TEST(!SotTable::make(hole, "X", "P->AP", "x.csv", diags));
  BOOST_REQUIRE(diags.all().size() == 3U);
  BOOST_TEST(diags.all()[0].name == "no-curve");
  BOOST_TEST(diags.all()[1].name == "double-point");
  BOOST_TEST(diags.all()[2].name == "curve-missing");
}

BOOST_AUTO_TEST_CASE(maximum_likelihood_recovers_the_law) {
  // The law of junction A, P → AP, as its maximum-likelihood fit states it: V50 = 897.4 mV, 40.7/V.
  constexpr double kV50 = 0.8974, kBeta = 40.7;
  // One large experiment: within the acceptance tolerances of the fit on the measured file.
  const auto large = fitLogistic(drawCounts(kV50, kBeta, 12, 40000, 1));
  BOOST_REQUIRE(large.converged);
  BOOST_TEST(std::abs(large.v50 - kV50) < 0.5e-3);
  BOOST_TEST(std::abs(large.beta / 4 - kBeta / 4) < 0.2);
  BOOST_TEST(large.freedom == 10);
  // Experiments of 100 pulses a point, as measured: errors and deviance as stated by the fit.
  double z_v50 = 0, z_beta = 0, deviance = 0;
  constexpr int kExperiments = 400;
  for (std::uint32_t seed = 100; seed < 100 + kExperiments; ++seed) {
    const auto fit = fitLogistic(drawCounts(kV50, kBeta, 12, 100, seed));
    BOOST_REQUIRE(fit.converged);
    z_v50 += std::pow((fit.v50 - kV50) / fit.v50_error, 2) / kExperiments;
    z_beta += std::pow((fit.beta - kBeta) / fit.beta_error, 2) / kExperiments;
    deviance += fit.deviance / fit.freedom / kExperiments;
  }
  // Mean squares of 400 standard normals: 1 ± 0.07.
  BOOST_TEST(std::abs(z_v50 - 1) < 0.25);
  BOOST_TEST(std::abs(z_beta - 1) < 0.25);
  BOOST_TEST(std::abs(deviance - 1) < 0.15);
}

BOOST_AUTO_TEST_CASE(fit_of_exact_proportions_is_exact_and_separable_data_do_not_converge) {
  std::vector<BinomialPoint> exact;
  for (double v = 0.7; v < 1.1; v += 0.05) exact.push_back({v, 1000, 1000 / (1 + std::exp(-20 * (v - 0.9)))});
  const auto fit = fitLogistic(exact);
  BOOST_TEST(fit.converged);
  BOOST_TEST(std::abs(fit.v50 - 0.9) < 1e-9);
  BOOST_TEST(std::abs(fit.beta - 20) < 1e-7);
  BOOST_TEST(std::abs(fit.deviance) < 1e-8);
  const BinomialPoint step[] = {{0.7, 10, 0}, {0.8, 10, 0}, {0.9, 10, 10}, {1.0, 10, 10}};
  BOOST_TEST(!fitLogistic(step).converged);
}

BOOST_AUTO_TEST_CASE(operating_point_and_pulse_length) {
  const DeviceSet set = builtIn("sot_meas_a");
  const double v50 = sotV50(set, 0.75, Direction::PToAp);
  BOOST_TEST(std::abs(v50 - 0.8974) < 1e-4);
  BOOST_TEST(std::abs(sotV50(set, 0.75, Direction::ApToP) - 0.948) < 1e-4);
  BOOST_TEST(std::abs(sotProbability(set, v50, 0.75, Direction::PToAp) - 0.5) < 1e-12);
  for (const double pulse : {0.3, 0.75, 2.0, 20.0}) {  // relative slope 9.1 at every pulse length
    const double at = sotV50(set, pulse, Direction::PToAp), h = 1e-5;
    const double slope = (sotProbability(set, at * (1 + h), pulse, Direction::PToAp) -
                          sotProbability(set, at * (1 - h), pulse, Direction::PToAp)) /
                         (2 * h);
    BOOST_TEST(std::abs(slope - 9.1) < 1e-3, pulse);
  }
  // Both branches of the maximum. Short: 0.53844·(1 + 0.5/0.2); around 2.5 ns: 0.857·(1 − ln(2.5/ln 2)/4.91).
  BOOST_TEST(std::abs(sotV50(set, 0.2, Direction::PToAp) - 1.88454) < 1e-4);
  DeviceSet slow = set;
  slow.quick_time.value = 0.1;
  BOOST_TEST(std::abs(sotV50(slow, 2.5, Direction::PToAp) - 0.857 * (1 - std::log(2.5 / 0.693147) / 4.91)) <
             1e-5);
  // A wider spread of the free layer moves V50.
  Shift shift;
  shift.free_layer = 1.02;
  BOOST_TEST(std::abs(sotProbability(set, v50 * 1.02, 0.75, Direction::PToAp, shift) - 0.5) < 1e-12);
}

BOOST_AUTO_TEST_CASE(switching_back_at_high_voltage) {
  const DeviceSet set = builtIn("sot_meas_a");
  const auto p = [&](double volts, bool back) {
    return sotProbability(set, volts, 0.75, Direction::PToAp, {}, {back});
  };
  BOOST_TEST(p(2.5, false) > 0.999);
  BOOST_TEST(p(2.5, true) < 0.01);
  BOOST_TEST(std::abs(p(0.8974 * 1.8, true) - 0.5) < 1e-3);
  BOOST_TEST(std::abs(p(0.9, true) - p(0.9, false)) < 1e-6);
}

BOOST_AUTO_TEST_CASE(macrospin_threshold_is_for_scaling_only) {
  const DeviceSet set = builtIn("sot_macrospin");
  BOOST_TEST(std::abs(*leeThreshold(set, 0) - 91e-6) < 0.5e-6);
  BOOST_TEST(std::abs(*leeThreshold(set, 0.02) - 73e-6) < 1e-6);
  BOOST_TEST(!leeThreshold(builtIn("sot_meas_a"), 0));
  const double line = set.line_resistivity.value * 1e-8 * set.line_length.value * 1e-9 /
                      (set.line_width.value * set.line_thickness.value * 1e-18);
  BOOST_TEST(std::abs(line / set.r_sot.value - 1) < 1e-3);
  BOOST_TEST(std::abs(*leeThreshold(set, 0) * line / set.v50.value - 1) < 1e-3);
}

BOOST_AUTO_TEST_SUITE_END()

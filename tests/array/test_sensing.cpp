// Read noise, offsets, converter, and the digital sense amplifier.
#include <algorithm>

#include "array/sensing.hpp"
#include "array_fixture.hpp"

using namespace neuspin;
using namespace neuspin::array;

namespace {

CellGrid nominal(const device::DeviceSet& set, int rows, int cols, const std::vector<std::uint8_t>& weights) {
  return makeCells(set, {}, weights, DefectMap(rows, cols), 1, 0);
}

/// Kolmogorov-Smirnov p-value of two samples (asymptotic).
double sameDistribution(std::vector<double> a, std::vector<double> b) {
  std::ranges::sort(a);
  std::ranges::sort(b);
  double distance = 0;
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (a[i] <= b[j]) {
      ++i;
    } else {
      ++j;
    }
    distance = std::max(distance, std::abs(static_cast<double>(i) / static_cast<double>(a.size()) -
                                           static_cast<double>(j) / static_cast<double>(b.size())));
  }
  const double n = static_cast<double>(a.size()) * static_cast<double>(b.size()) /
                   static_cast<double>(a.size() + b.size());
  const double t = distance * (std::sqrt(n) + 0.12 + 0.11 / std::sqrt(n));
  double p = 0;
  for (int k = 1; k < 100; ++k) p += 2 * (k % 2 == 1 ? 1 : -1) * std::exp(-2 * k * k * t * t);
  return std::clamp(p, 0.0, 1.0);
}

double varianceOf(const std::vector<double>& values) {
  double mean = 0, sum = 0;
  for (const double v : values) mean += v / static_cast<double>(values.size());
  for (const double v : values) sum += (v - mean) * (v - mean);
  return sum / static_cast<double>(values.size());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sensing)

BOOST_AUTO_TEST_CASE(one_draw_a_column_is_distributed_as_one_a_cell) {
  constexpr int kRows = 64, kSamples = 400000;
  device::DeviceSet set = plainSet(1e6);
  set.read_noise.value = 0.05;
  set.bandwidth.value = 1;  // no thermal noise
  Random random(7);
  const auto weights = random.weights(kRows, 1);
  const CellGrid grid = nominal(set, kRows, 1, weights);
  const NoiseLaw law = noiseLaw(set, grid, {});
  for (const double silent : {0.0, 0.25}) {
    const auto x = random.input(kRows, silent);
    const int active = activeRows(x), y = dot(weights, 1, 0, x);
    std::vector<double> per_cell, aggregated;
    for (int k = 0; k < kSamples; ++k) {
      double g = 0;
      for (std::size_t row = 0; row < kRows; ++row) {
        if (x[row] == 0) continue;
        const double cell = static_cast<double>(x[row] > 0 ? grid.one[row] : grid.zero[row]);
        g += cell * (1 + 0.05 * random.normal());
      }
      per_cell.push_back(dotEstimate(grid, g, active));
      aggregated.push_back(y + std::sqrt(law.variance(active, y)) * random.normal());
    }
    // devices.md §5.5: KS on 1e5 samples; equal variances within 1 %, three standard errors of 4e5.
    const auto first = [](const std::vector<double>& all) {
      return std::vector<double>(all.begin(), all.begin() + 100000);
    };
    BOOST_TEST(sameDistribution(first(per_cell), first(aggregated)) > 0.01);
    BOOST_TEST(std::abs(varianceOf(per_cell) / varianceOf(aggregated) - 1) < 0.01);
    BOOST_TEST(std::abs(varianceOf(per_cell) / law.variance(active, y) - 1) < 0.007);
  }
}

BOOST_AUTO_TEST_CASE(the_law_holds_for_varied_cells_too) {
  // With 9 % spread of conductance the true variance, relative²·Σg², is within 1.5 % of the law's, column by
  // column.
  constexpr int kRows = 512, kCols = 40;
  device::DeviceSet set = plainSet(1e6);
  set.var_diameter.value = 0.045;
  set.read_noise.value = 0.05;
  set.bandwidth.value = 1;
  Random random(8);
  const auto weights = random.weights(kRows, kCols);
  const CellGrid grid = nominal(set, kRows, kCols, weights);
  const NoiseLaw law = noiseLaw(set, grid, {});
  const auto x = random.input(kRows);
  for (int col = 0; col < kCols; ++col) {
    double squares = 0;
    for (int row = 0; row < kRows; ++row) {
      const double g = static_cast<double>(
          x[static_cast<std::size_t>(row)] > 0 ? grid.one[grid.at(row, col)] : grid.zero[grid.at(row, col)]);
      squares += g * g;
    }
    const double exact = 4 * 0.05 * 0.05 * squares / std::pow(grid.g_p - grid.g_ap, 2);
    const double y = dotEstimate(grid, columnConductance(grid, col, x), kRows);
    BOOST_TEST(std::abs(law.variance(kRows, y) / exact - 1) < 0.03, col);
  }
}

BOOST_AUTO_TEST_CASE(thermal_noise_table) {
  // devices.md §1.8 states it in matches (half a unit of the dot product), at 100 MHz and 1 GHz.
  const struct {
    double r_p, at_100_mhz_128, at_1_ghz_128, at_100_mhz_1024, at_1_ghz_1024;
  } rows[] = {{4e3, 0.02, 0.06, 0.06, 0.18}, {50e3, 0.05, 0.15, 0.14, 0.43}, {1e6, 0.21, 0.66, 0.59, 1.86}};
  for (const auto& row : rows) {
    device::DeviceSet set = plainSet(row.r_p);
    set.access.value = 2000;
    set.tmr_half.value = 0.5;
    set.read_noise.value = 0;
    const CellGrid grid = nominal(set, 1, 1, {1});
    const auto matches = [&](double hertz, int n) {
      set.bandwidth.value = hertz;
      return std::sqrt(noiseLaw(set, grid, {}).variance(n, 0)) / 2;
    };
    BOOST_TEST(std::abs(matches(1e8, 128) - row.at_100_mhz_128) < 0.006);
    BOOST_TEST(std::abs(matches(1e9, 128) - row.at_1_ghz_128) < 0.02 * row.at_1_ghz_128 + 0.005);
    BOOST_TEST(std::abs(matches(1e8, 1024) - row.at_100_mhz_1024) < 0.006);
    BOOST_TEST(std::abs(matches(1e9, 1024) - row.at_1_ghz_1024) < 0.02 * row.at_1_ghz_1024 + 0.005);
  }
}

BOOST_AUTO_TEST_CASE(converter) {
  const Adc adc{6, 3.5};
  BOOST_TEST(adc.largest() == 31);
  BOOST_TEST(std::abs(adc.lsb(1024) - 112.0 / 31) < 1e-12);
  BOOST_TEST(adc.convert(0, 1024) == 0);
  BOOST_TEST(adc.convert(1e9, 1024) == 31);
  BOOST_TEST(adc.convert(-1e9, 1024) == -31);
  BOOST_TEST(adc.convert(112, 1024) == 31);
  BOOST_TEST(adc.convert(0.5 * adc.lsb(1024), 1024) == 0);  // halves to even
  BOOST_TEST(adc.convert(1.5 * adc.lsb(1024), 1024) == 2);
  BOOST_TEST(adc.convert(10, 256) == adc.convert(20, 1024));  // the range follows sqrt(rows)
  // Error of six bits at N = 1024: 0.033 of the standard deviation of the products.
  Random random(9);
  double squares = 0;
  constexpr int kSamples = 100000;
  for (int k = 0; k < kSamples; ++k) {
    const double y = 32 * random.normal();
    const double error = adc.convert(y, 1024) * adc.lsb(1024) - y;
    squares += error * error / kSamples;
  }
  BOOST_TEST(std::abs(std::sqrt(squares) / 32 - 0.033) < 0.001);
}

BOOST_AUTO_TEST_CASE(offsets_are_frozen) {
  Diagnostics diags;
  const auto set = device::loadDeviceSet("stt40", diags);
  const auto offsets = drawOffsets(*set, 100000, 1, 0);
  BOOST_TEST(std::abs(std::sqrt(varianceOf(offsets)) / (2e-3 / 0.5) - 1) < 0.01);
  BOOST_TEST(offsets == drawOffsets(*set, 100000, 1, 0));
  BOOST_TEST(offsets != drawOffsets(*set, 100000, 2, 0));
  BOOST_TEST(drawOffsets(*set, 3, 1, 0, 0) == std::vector<double>(3, 0.0));
}

BOOST_AUTO_TEST_CASE(digital_sense_amplifier) {
  const device::DeviceSet set = plainSet(1e4);
  const CellGrid grid = nominal(set, 1, 1, {1});
  BOOST_TEST(matchProbability(grid, grid.g_p, 0, 0) == 1);
  BOOST_TEST(matchProbability(grid, grid.g_ap, 0, 0) == 0);
  BOOST_TEST(matchProbability(grid, grid.g_p, -0.6, 0) == 0);  // an offset beyond half the step
  BOOST_TEST(matchProbability(grid, (grid.g_p + grid.g_ap) / 2, 0, 0.05) == 0.5);
  // Half a step is 0.3·g_p = 6 sigma of 5 % of g_p.
  BOOST_TEST(std::abs(matchProbability(grid, grid.g_p, 0, 0.05) - (1 - 9.87e-10)) < 1e-11);
  BOOST_TEST(matchProbability(grid, grid.g_p, 0.1, 0.1) > matchProbability(grid, grid.g_p, 0, 0.1));
}

BOOST_AUTO_TEST_SUITE_END()

// Sense margins (reference/methods.md §7.2), and multi-level cells.
#include "array/margin.hpp"
#include "array/multilevel.hpp"
#include "array_fixture.hpp"

using namespace neuspin::array;

namespace {

constexpr StateSpread kSetA{0.1357, 0.0055, 0.0532, 0.0025};  // mS assumed, TMR 155 %
// Set B is stated in kOhm: R_P 18.5433 ± 0.6198, R_AP 25.3997 ± 0.9318; TMR 37 %.
constexpr StateSpread kSetB{1 / 18.5433, 0.6198 / (18.5433 * 18.5433), 1 / 25.3997,
                            0.9318 / (25.3997 * 25.3997)};

/// Two significant digits, or one where the table prints one.
bool rounds(double value, double printed, double relative) {
  return std::abs(value / printed - 1) < relative;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(margin)

BOOST_AUTO_TEST_CASE(sense_margin_table) {
  const int rows[] = {1, 2, 4, 8, 16, 32, 64};
  const double a[] = {2e-14, 1e-8, 1e-5, 1.1e-3, 1.7e-2, 8.8e-2, 0.23};
  const double b[] = {1e-5, 1.4e-3, 2.5e-2, 0.12, 0.27, 0.43, 0.58};
  const double tolerance[] = {0.45, 0.45, 0.45, 0.05,
                              0.05, 0.05, 0.05};  // the first three are printed with one digit
  for (int k = 0; k < 7; ++k) {
    BOOST_TEST(rounds(codeMisread(kSetA, rows[k]), a[k], tolerance[k]), "A, " << rows[k]);
    BOOST_TEST(rounds(codeMisread(kSetB, rows[k]), b[k], k == 0 ? 0.45 : 0.06), "B, " << rows[k]);
  }
}

BOOST_AUTO_TEST_CASE(sense_margin_by_drawing) {
  Random random(1);
  constexpr int kRows = 16, kSamples = 200000;
  int misread = 0;
  for (int s = 0; s < kSamples; ++s) {
    int k = 0;
    double g = 0;
    for (int row = 0; row < kRows; ++row) {
      const bool parallel = random.uniform() < 0.5;
      k += parallel ? 1 : 0;
      g += parallel ? kSetA.p + kSetA.p_sigma * random.normal() : kSetA.ap + kSetA.ap_sigma * random.normal();
    }
    const double level = (g - kRows * kSetA.ap) / (kSetA.p - kSetA.ap);
    const int code = std::clamp(static_cast<int>(std::lround(level)), 0, kRows);
    misread += code != k ? 1 : 0;
  }
  const double p = codeMisread(kSetA, kRows);
  BOOST_TEST(std::abs(static_cast<double>(misread) / kSamples - p) < 4 * std::sqrt(p / kSamples));
}

BOOST_AUTO_TEST_CASE(sign_flips_by_drawing) {
  Random random(2);
  constexpr int kRows = 1024, kSamples = 40000;
  int flips = 0;
  for (int s = 0; s < kSamples; ++s) {
    int y = 0;
    for (const auto x : random.input(kRows)) y += x;
    flips += y * (y + 0.0898 * 32 * random.normal()) < 0 ? 1 : 0;
  }
  const double p = signFlip(0.0898, kRows);
  BOOST_TEST(std::abs(static_cast<double>(flips) / kSamples - p) < 4 * std::sqrt(p / kSamples));
}

BOOST_AUTO_TEST_CASE(levels_of_stacked_junctions) {
  const StateSpread spread{1.0, 0.05, 0.4, 0.02};
  const auto parallel = cellLevels(spread, 3, Stacking::Parallel);
  BOOST_REQUIRE(parallel.size() == 4U);
  for (std::size_t k = 0; k < 4; ++k) {
    BOOST_TEST(std::abs(parallel[k].mean - (1.2 + 0.6 * static_cast<double>(k))) <
               1e-12);  // spacing G_P − G_AP
    const double in_p = static_cast<double>(k), in_ap = static_cast<double>(3 - k);
    BOOST_TEST(std::abs(parallel[k].sigma - std::sqrt(in_p * 0.0025 + in_ap * 0.0004)) < 1e-12);
  }
  const auto binary = cellLevels(spread, 3, Stacking::Binary);
  BOOST_REQUIRE(binary.size() == 8U);
  BOOST_TEST(std::abs(binary[5].mean - (5 * 1.0 + 2 * 0.4)) < 1e-12);
  const auto series = cellLevels(spread, 2, Stacking::Series);
  BOOST_REQUIRE(series.size() == 3U);
  BOOST_TEST(std::abs(series[1].mean - 1 / (1 + 2.5)) < 1e-12);
  // Drawn: the middle level of the series cell.
  Random random(3);
  double sum = 0, squares = 0;
  constexpr int kSamples = 200000;
  for (int s = 0; s < kSamples; ++s) {
    const double g = 1 / (1 / (1 + 0.05 * random.normal()) + 1 / (0.4 + 0.02 * random.normal()));
    sum += g;
    squares += g * g;
  }
  const double mean = sum / kSamples, sigma = std::sqrt(squares / kSamples - mean * mean);
  BOOST_TEST(std::abs(mean / series[1].mean - 1) < 0.005);
  BOOST_TEST(std::abs(sigma / series[1].sigma - 1) < 0.03);
}

BOOST_AUTO_TEST_CASE(level_misread_by_drawing) {
  const auto levels = cellLevels({1.0, 0.25, 0.4, 0.1}, 3, Stacking::Parallel);
  Random random(4);
  int misread = 0;
  constexpr int kSamples = 200000;
  for (int s = 0; s < kSamples; ++s) {
    const std::size_t k = static_cast<std::size_t>(s) % 4;
    const double g = levels[k].mean + levels[k].sigma * random.normal();
    std::size_t nearest = 0;
    for (std::size_t n = 1; n < 4; ++n) {
      if (std::abs(g - levels[n].mean) < std::abs(g - levels[nearest].mean)) nearest = n;
    }
    misread += nearest != k ? 1 : 0;
  }
  const double p = levelMisread(levels);
  BOOST_TEST(p > 0.1);
  BOOST_TEST(std::abs(static_cast<double>(misread) / kSamples - p) < 4 * std::sqrt(p / kSamples));
}

BOOST_AUTO_TEST_CASE(write_interference) {
  const std::uint8_t targets[] = {1, 0, 1, 0};
  const std::vector<double> none(16, 0.0);
  for (std::uint32_t cell = 0; cell < 20; ++cell) {
    const auto states = programTrack(targets, none, 1, cell);
    BOOST_TEST(std::equal(states.begin(), states.end(), targets));
  }
  // 2 %: junction n is wrong if a later pulse of another target was the last to disturb it.
  const std::vector<double> corner(16, 0.02);
  int first = 0, last = 0;
  constexpr int kCells = 50000;
  for (std::uint32_t cell = 0; cell < kCells; ++cell) {
    const auto states = programTrack(targets, corner, 1, cell);
    first += states[0] != targets[0] ? 1 : 0;
    last += states[3] != targets[3] ? 1 : 0;
  }
  // Junction 0 (target 1) sees pulses of 0, 1, 0: the last disturbance decides.
  const double wrong = 0.02 + 0.98 * 0.98 * 0.02;
  BOOST_TEST(std::abs(static_cast<double>(first) / kCells - wrong) < 4 * std::sqrt(wrong / kCells));
  BOOST_TEST(last == 0);
}

BOOST_AUTO_TEST_SUITE_END()

// The fast array: equal to the slow one, equal on every instruction set, and noisy in the way the law says.
#include <algorithm>
#include <span>

#include "array/ladder.hpp"
#include "array/mvm.hpp"
#include "array_fixture.hpp"

using namespace neuspin;
using namespace neuspin::array;

namespace {

struct Bench {
  device::DeviceSet set;
  std::vector<std::uint8_t> weights;
  CellGrid grid;
  std::vector<std::vector<std::int8_t>> x;
  std::vector<std::uint64_t> sign, active;
};

Bench makeBench(int rows, int cols, int vectors, double silent, std::uint32_t seed) {
  Diagnostics diags;
  Bench bench;
  bench.set = *device::loadDeviceSet("stt40", diags);
  bench.set.r_p.value = 1e6;
  bench.set.stuck_p.value = bench.set.pinhole.value = 0.01;
  Random random(seed);
  bench.weights = random.weights(rows, cols);
  bench.grid = makeCells(bench.set, {}, bench.weights, drawDefects(bench.set, rows, cols, seed, 0), seed, 0);
  const auto words = static_cast<std::size_t>((rows + 63) / 64);
  for (int v = 0; v < vectors; ++v) {
    bench.x.push_back(random.input(rows, silent));
    const std::size_t base = bench.sign.size();
    bench.sign.resize(base + words);
    bench.active.resize(base + words);
    for (std::size_t row = 0; row < bench.x.back().size(); ++row) {
      const std::int8_t value = bench.x.back()[row];
      // The sign of a silent row must not matter: leave it set.
      if (value >= 0) bench.sign[base + row / 64] |= std::uint64_t{1} << (row % 64);
      if (value != 0) bench.active[base + row / 64] |= std::uint64_t{1} << (row % 64);
    }
    // Nor bits beyond the last row.
    if (rows % 64 != 0) {
      bench.sign.back() |= ~std::uint64_t{0} << (rows % 64);
      bench.active.back() |= ~std::uint64_t{0} << (rows % 64);
    }
  }
  return bench;
}

std::vector<std::int32_t> read(const MvmArray& array, const Bench& bench, int vectors, std::uint32_t event,
                               const MvmKernel& kernel) {
  std::vector<std::int32_t> codes(static_cast<std::size_t>(vectors * array.cols()));
  array.multiply(bench.sign, bench.active, vectors, event, codes, kernel);
  return codes;
}

constexpr std::pair<int, int> kSizes[] = {{1, 1},     {7, 5},    {64, 16},  {65, 17},
                                          {200, 128}, {129, 70}, {256, 100}};

}  // namespace

BOOST_AUTO_TEST_SUITE(mvm)

// Few vectors go row by row, many through tables.
BOOST_AUTO_TEST_CASE(estimates_are_the_sums_of_integer_cells) {
  for (const auto& [rows, cols] : kSizes) {
    for (const auto& [vectors, silent] : {std::pair{3, 0.0}, {3, 0.2}, {3, 0.8}, {12, 0.0}, {12, 0.3}}) {
      const Bench bench = makeBench(rows, cols, vectors, silent, 3);
      const MvmArray array(bench.grid, {});
      const double step = bench.grid.g_p - bench.grid.g_ap, common = bench.grid.g_p + bench.grid.g_ap;
      const double unit = std::ldexp(1.0, -makeIntegerCells(bench.grid).fraction);
      const auto fixed = [&](double value) { return static_cast<int>(std::nearbyint(value / unit)); };
      std::vector<float> y(static_cast<std::size_t>(vectors * cols));
      array.estimates(bench.sign, bench.active, vectors, y, mvmKernels().back());
      for (int v = 0; v < vectors; ++v) {
        const auto& x = bench.x[static_cast<std::size_t>(v)];
        for (int col = 0; col < cols; ++col) {
          int sum = 0;
          for (int row = 0; row < rows; ++row) {
            const int input = x[static_cast<std::size_t>(row)];
            const double one = static_cast<double>(bench.grid.one[bench.grid.at(row, col)]);
            const double zero = static_cast<double>(bench.grid.zero[bench.grid.at(row, col)]);
            sum += input * fixed((one - zero) / step);
            if (input != 0) sum += fixed((one + zero - common) / step);
          }
          const float fast = y[static_cast<std::size_t>(v * cols + col)];
          BOOST_TEST(static_cast<double>(fast) == sum * unit, rows << "x" << cols << " " << col);
          // And within the rounding of cells to integers of the real column.
          const double real = dotEstimate(bench.grid, columnConductance(bench.grid, col, x), activeRows(x));
          BOOST_TEST(std::abs(static_cast<double>(fast) - real) < rows * unit + 1e-3);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(integer_cells_of_ideal_junctions_are_whole) {
  Random random(1);
  for (const auto& [rows, fraction] : {std::pair{2, 13}, {20, 10}, {200, 9}}) {
    const auto weights = random.weights(rows, 30);
    const CellGrid grid = makeCells(plainSet(1e6), {}, weights, DefectMap(rows, 30), 1, 0);
    const IntegerCells cells = makeIntegerCells(grid);
    BOOST_TEST(cells.fraction == fraction);
    for (std::size_t k = 0; k < weights.size(); ++k) {
      BOOST_TEST(cells.difference[k] == (weights[k] != 0 ? 1 : -1) << fraction);
      BOOST_TEST(cells.common[k] == 0);
    }
  }
}

// However far junctions are from nominal: the unit grows until a run of rows fits, and no further.
BOOST_AUTO_TEST_CASE(runs_of_integer_cells_fit_16_bits) {
  for (const double factor : {1.0, 3.0, 50.0, 3000.0}) {
    Bench bench = makeBench(100, 9, 9, 0.1, 11);
    for (int row = 40; row < 60; ++row) bench.grid.one[bench.grid.at(row, 5)] *= static_cast<float>(factor);
    const IntegerCells cells = makeIntegerCells(bench.grid);
    int largest = 0;
    for (int col = 0; col < 9; ++col) {
      for (int first = 0; first < 100; first += kRun) {
        int sum = 0;
        for (int row = first; row < std::min(100, first + kRun); ++row) {
          const std::size_t cell = bench.grid.at(row, col);
          sum += std::abs(cells.difference[cell]) + std::abs(cells.common[cell]);
        }
        largest = std::max(largest, sum);
      }
    }
    BOOST_TEST(largest <= 32767, factor);
    BOOST_TEST(largest >= 16384 - kRun, factor);
    const MvmArray array(bench.grid, {});
    std::vector<float> y(81);
    array.estimates(bench.sign, bench.active, 9, y, mvmKernels().back());
    for (int v = 0; v < 9; ++v) {
      const auto& x = bench.x[static_cast<std::size_t>(v)];
      const double real = dotEstimate(bench.grid, columnConductance(bench.grid, 5, x), activeRows(x));
      BOOST_TEST(std::abs(static_cast<double>(y[static_cast<std::size_t>(v * 9 + 5)]) - real) <
                     100 * std::ldexp(1.0, -cells.fraction),
                 factor);
    }
  }
}

BOOST_AUTO_TEST_CASE(all_kernels_agree_to_the_last_bit) {
  BOOST_TEST(mvmKernels().front().name == std::string("portable"));
  for (const double wire : {0.0, 2.0}) {
    for (const auto& [rows, cols] : kSizes) {
      const Bench bench = makeBench(rows, cols, 29, 0.15, 4);
      MvmOptions options;
      options.noise = noiseLaw(bench.set, bench.grid, {});
      options.adc = {12, 3.5};
      options.offsets = drawOffsets(bench.set, cols, 1, 0);
      options.wire = wire;
      const MvmArray array(bench.grid, options);
      const auto first = read(array, bench, 29, 5, mvmKernels().front());
      std::vector<float> y(static_cast<std::size_t>(29 * cols)), other(y.size());
      array.estimates(bench.sign, bench.active, 29, y, mvmKernels().front());
      for (const auto& kernel : mvmKernels()) {
        BOOST_TEST((read(array, bench, 29, 5, kernel) == first), kernel.name << " " << rows << "x" << cols);
        array.estimates(bench.sign, bench.active, 29, other, kernel);
        BOOST_TEST((y == other), kernel.name << " " << rows << "x" << cols);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_ladder_is_the_ladder) {
  for (const double wire : {0.5, 20.0, 1000.0}) {
    const Bench bench = makeBench(150, 70, 3, 0.1, 6);
    MvmOptions options;
    options.wire = wire;
    const MvmArray array(bench.grid, options);
    std::vector<float> y(3 * 70);
    array.estimates(bench.sign, bench.active, 3, y, mvmKernels().back());
    for (int v = 0; v < 3; ++v) {
      const auto& x = bench.x[static_cast<std::size_t>(v)];
      for (int col = 0; col < 70; ++col) {
        std::vector<double> g(150);
        for (int row = 0; row < 150; ++row) {
          const int input = x[static_cast<std::size_t>(row)];
          const std::size_t cell = bench.grid.at(row, col);
          g[static_cast<std::size_t>(row)] =
              input == 0 ? 0 : static_cast<double>(input > 0 ? bench.grid.one[cell] : bench.grid.zero[cell]);
        }
        const double exact = dotEstimate(bench.grid, ladderConductance(g, wire), activeRows(x));
        BOOST_TEST(std::abs(static_cast<double>(y[static_cast<std::size_t>(v * 70 + col)]) - exact) < 1e-4,
                   wire);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_read_is_its_event_number) {
  constexpr int kReads = 2 * kMostVectors + 60;
  const Bench bench = makeBench(128, 40, kReads, 0, 7);
  MvmOptions options;
  options.noise = noiseLaw(bench.set, bench.grid, {});
  options.adc = {12, 3.5};
  const MvmArray array(bench.grid, options);
  const auto all = read(array, bench, kReads, 100, mvmKernels().back());
  // One by one, and from the middle: the same noise.
  for (const int v : {0, 59, kMostVectors - 1, kMostVectors, kReads - 1}) {
    std::vector<std::int32_t> one(40);
    array.multiply(std::span(bench.sign).subspan(static_cast<std::size_t>(2 * v)), {}, 1,
                   100U + static_cast<unsigned>(v), one);
    BOOST_TEST(std::equal(one.begin(), one.end(), all.begin() + v * 40), v);
  }
  BOOST_TEST((read(array, bench, 60, 101, mvmKernels().back()) != all));
  options.seed = 2;
  BOOST_TEST((read(MvmArray(bench.grid, options), bench, 60, 100, mvmKernels().back()) != all));
  // Without noise every event is alike.
  options.noise = {};
  const MvmArray quiet(bench.grid, options);
  BOOST_TEST(
      (read(quiet, bench, 60, 0, mvmKernels().back()) == read(quiet, bench, 60, 9, mvmKernels().back())));
}

BOOST_AUTO_TEST_CASE(noise_has_the_variance_of_the_law) {
  constexpr int kReads = 4000, kCols = 64, kRows = 256;
  Bench bench = makeBench(kRows, kCols, 1, 0.1, 8);
  MvmOptions options;
  options.noise = noiseLaw(bench.set, bench.grid, {});
  options.adc = {16, 8};  // steps far below the noise
  const MvmArray array(bench.grid, options);
  const int active = activeRows(bench.x[0]);
  const double lsb = options.adc.lsb(active);
  std::vector<float> y(kCols);
  array.estimates(bench.sign, bench.active, 1, y, mvmKernels().back());
  std::vector<double> sum(kCols), squares(kCols);
  double product = 0;
  for (int k = 0; k < kReads; ++k) {
    const auto codes = read(array, bench, 1, static_cast<std::uint32_t>(k), mvmKernels().back());
    for (std::size_t c = 0; c < kCols; ++c) {
      const double error = codes[c] * lsb - static_cast<double>(y[c]);
      sum[c] += error;
      squares[c] += error * error;
    }
    product += (codes[0] * lsb - static_cast<double>(y[0])) * (codes[1] * lsb - static_cast<double>(y[1]));
  }
  double ratio = 0;
  for (std::size_t c = 0; c < kCols; ++c) {
    const double wanted = options.noise.variance(active, static_cast<double>(y[c]));
    BOOST_TEST(std::abs(sum[c] / kReads) < 4.5 * std::sqrt(wanted / kReads));
    BOOST_TEST(std::abs(squares[c] / kReads / wanted - 1) < 4.5 * std::sqrt(2.0 / kReads));
    ratio += squares[c] / kReads / wanted / kCols;
  }
  BOOST_TEST(std::abs(ratio - 1) < 4 * std::sqrt(2.0 / kReads / kCols));
  const double variance = options.noise.variance(active, 0);
  BOOST_TEST(std::abs(product / kReads) <
             4.5 * variance / std::sqrt(static_cast<double>(kReads)));  // columns independent
}

BOOST_AUTO_TEST_CASE(converter_offset_and_reference) {
  const Bench bench = makeBench(100, 3, 8, 0.3, 9);
  MvmOptions options;
  options.offsets = {0.25, 0, -0.25};  // of the whole range
  const MvmArray array(bench.grid, options);
  options.tracks_active = false;
  const MvmArray fixed_reference(bench.grid, options);
  const auto codes = read(array, bench, 8, 0, mvmKernels().back());
  const auto off = read(fixed_reference, bench, 8, 0, mvmKernels().back());
  std::vector<float> y(24);
  array.estimates(bench.sign, bench.active, 8, y, mvmKernels().back());
  const double common = (bench.grid.g_p + bench.grid.g_ap) / (bench.grid.g_p - bench.grid.g_ap);
  for (std::size_t v = 0; v < 8; ++v) {
    const int active = activeRows(bench.x[v]);
    for (std::size_t c = 0; c < 3; ++c) {
      const double offset = options.offsets[c] * 2 * 3.5;
      const double tracked = static_cast<double>(y[3 * v + c]);
      BOOST_TEST(codes[3 * v + c] == options.adc.convert(tracked + offset * std::sqrt(active), active));
      BOOST_TEST(off[3 * v + c] == options.adc.convert(tracked - (100 - active) * common + offset * 10, 100));
    }
  }
}

BOOST_AUTO_TEST_CASE(no_active_row_reads_zero) {
  Bench bench = makeBench(64, 8, 1, 1.0, 10);
  MvmOptions options;
  options.noise = noiseLaw(bench.set, bench.grid, {});
  const MvmArray array(bench.grid, options);
  for (const auto code : read(array, bench, 1, 0, mvmKernels().back())) BOOST_TEST(code == 0);
}

BOOST_AUTO_TEST_SUITE_END()

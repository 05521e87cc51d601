// Speed of non-ideal crossbar reads on one core: matrix-vector products a second of processor time, each as a
// ratio to a plain float matrix-vector product with the same effects in the same run.
//
//   mvm_bench [size [required products a second]]
//
// A binary layer of size x size (1024): frozen variation of every junction, read noise, 6-bit ADC; the same
// with the exact IR drop of the XNOR column. "Plain": a float matrix, one loop over rows and columns,
// std::normal_distribution; for the ladder the recurrence with its division.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <random>
#include <vector>

#include "array/ladder.hpp"
#include "array/mvm.hpp"

namespace {

using namespace neuspin;
using namespace neuspin::array;
constexpr int kRepeats = 9;  // the median counts: other work on the machine disturbs single runs

/// Median processor seconds of one call.
template <typename F>
double medianSeconds(const F& call) {
  std::vector<double> seconds;
  for (int i = 0; i < kRepeats; ++i) {
    const std::clock_t start = std::clock();
    call();
    seconds.push_back(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  }
  std::ranges::nth_element(seconds, seconds.begin() + kRepeats / 2);
  return seconds[kRepeats / 2];
}

struct Workload {
  CellGrid grid;
  MvmOptions options;
  std::vector<std::uint64_t> sign, active;  // active: empty, or which rows dropout leaves
  int vectors = 0;
};

/// Products a second of the plain loop: y = Dᵀx + off, noise, ADC.
double plainSums(const Workload& work) {
  const int n = work.grid.rows, vectors = std::min(work.vectors, 64), words = n / 64;
  const double step = work.grid.g_p - work.grid.g_ap;
  std::vector<float> matrix(work.grid.one.size()), off(static_cast<std::size_t>(n)), y(off.size());
  for (int row = 0; row < n; ++row) {
    for (int col = 0; col < n; ++col) {
      const std::size_t at = work.grid.at(row, col);
      matrix[at] = static_cast<float>(static_cast<double>(work.grid.one[at] - work.grid.zero[at]) / step);
      off[static_cast<std::size_t>(col)] += static_cast<float>(
          (static_cast<double>(work.grid.one[at] + work.grid.zero[at]) - work.grid.g_p - work.grid.g_ap) /
          step);
    }
  }
  std::mt19937 rng(1);
  std::normal_distribution<float> normal;
  const auto per_row = static_cast<float>(work.options.noise.per_row * n);
  const auto per_count = static_cast<float>(work.options.noise.per_count);
  const auto lsb = static_cast<float>(work.options.adc.lsb(n));
  const auto largest = static_cast<float>(work.options.adc.largest());
  float kept = 0;
  const double seconds = medianSeconds([&] {
    for (int v = 0; v < vectors; ++v) {
      y = off;
      for (int row = 0; row < n; ++row) {
        const bool up = (work.sign[static_cast<std::size_t>(v * words + row / 64)] >> (row % 64) & 1U) != 0;
        const float x = up ? 1.0F : -1.0F;
        const float* line = &matrix[work.grid.at(row, 0)];
        for (int col = 0; col < n; ++col) y[static_cast<std::size_t>(col)] += x * line[col];
      }
      for (float& value : y) {
        value += std::sqrt(std::max(0.0F, per_row + per_count * value)) * normal(rng);
        value = std::clamp(std::nearbyint(value / lsb), -largest, largest);
        kept += value;
      }
    }
  });
  if (kept == 0.5F) fmt::print(" ");  // keeps the loop
  return vectors / seconds;
}

/// Products a second of the plain ladder: one column after the other, one division a cell.
double plainLadder(const Workload& work) {
  const int n = work.grid.rows;
  std::vector<double> g(static_cast<std::size_t>(n));
  std::mt19937 rng(1);
  std::normal_distribution<float> normal;
  double kept = 0;
  const double seconds = medianSeconds([&] {
    for (int col = 0; col < n; ++col) {
      for (int row = 0; row < n; ++row) {
        const bool up = (work.sign[static_cast<std::size_t>(row / 64)] >> (row % 64) & 1U) != 0;
        const std::size_t at = work.grid.at(row, col);
        g[static_cast<std::size_t>(row)] = static_cast<double>(up ? work.grid.one[at] : work.grid.zero[at]);
      }
      double y = dotEstimate(work.grid, ladderConductance(g, work.options.wire), n);
      y += std::sqrt(work.options.noise.variance(n, y)) * static_cast<double>(normal(rng));
      kept += work.options.adc.convert(y, n);
    }
  });
  if (kept == 0.5) fmt::print(" ");
  return 1 / seconds;
}

double fast(const Workload& work, const MvmArray& array, const MvmKernel& kernel, int batch) {
  std::vector<std::int32_t> codes(static_cast<std::size_t>(work.vectors * array.cols()));
  const double seconds = medianSeconds([&] {
    for (int v = 0; v < work.vectors; v += batch) {
      const auto from = [&](const std::vector<std::uint64_t>& bits) {
        return bits.empty() ? std::span<const std::uint64_t>()
                            : std::span(bits).subspan(static_cast<std::size_t>(v * array.words()));
      };
      array.multiply(from(work.sign), from(work.active), std::min(batch, work.vectors - v), 1, codes, kernel);
    }
  });
  return work.vectors / seconds;
}

}  // namespace

int main(int argc, char** argv) {
  const int n = argc > 1 ? std::atoi(argv[1]) : 1024;
  const double required = argc > 2 ? std::atof(argv[2]) : 0;
  if (n < 64 || n % 64 != 0) {
    fmt::print(stderr, "size must be a multiple of 64\n");
    return 1;
  }
  Diagnostics diags;
  auto set = device::loadDeviceSet("stt40", diags);
  if (!set) {
    fmt::print(stderr, "{}", diags.render());
    return 1;
  }
  set->r_p.value = 1e6;  // current summation needs MOhm junctions (behavioral/array/README.md)
  const ArrayConditions conditions;
  std::mt19937_64 rng(1);
  std::vector<std::uint8_t> weights(static_cast<std::size_t>(n) * static_cast<std::size_t>(n));
  for (auto& w : weights) w = static_cast<std::uint8_t>(rng() & 1U);
  Workload work;
  const std::clock_t start = std::clock();
  work.grid = makeCells(*set, conditions, weights, drawDefects(*set, n, n, 1, 0), 1, 0);
  const double chip = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  work.options.noise = noiseLaw(*set, work.grid, conditions.read);
  work.options.adc = makeAdc(*set);
  work.options.offsets = drawOffsets(*set, n, 1, 0);
  work.vectors = 512;
  work.sign.resize(static_cast<std::size_t>(work.vectors * n / 64));
  for (auto& word : work.sign) word = rng();

  fmt::print(
      "{0} x {0}, variation of {1} junctions, read noise, {2}-bit ADC, one core; chip drawn in {3:.2f} s\n",
      n, 2 * weights.size(), work.options.adc.bits, chip);
  const double plain = plainSums(work);
  fmt::print("{:<34}{:>10.0f} MVM/s\n", "plain float product", plain);
  const MvmArray array(work.grid, work.options);
  double best = 0;
  for (const auto& kernel : mvmKernels()) {
    for (const int batch : {1, 32, 256}) {
      best = fast(work, array, kernel, batch);
      fmt::print("{:<34}{:>10.0f} MVM/s  {:.1f} x plain\n", fmt::format("{}, batch {}", kernel.name, batch),
                 best, best / plain);
    }
  }
  for (std::size_t k = 0; k < work.sign.size(); ++k) work.active.push_back(rng() | rng());
  const double dropped = fast(work, array, mvmKernels().back(), 256);
  fmt::print("{:<34}{:>10.0f} MVM/s  {:.1f} x plain with every row\n", "a quarter of the rows dropped",
             dropped, dropped / plain);
  work.active.clear();
  work.options.wire = 1;
  work.vectors = 24;
  const MvmArray ladder(work.grid, work.options);
  const double plain_ladder = plainLadder(work);
  fmt::print("with exact IR drop of the XNOR column, 1 Ohm a cell\n{:<34}{:>10.0f} MVM/s\n",
             "plain recurrence", plain_ladder);
  for (const auto& kernel : mvmKernels()) {
    const double rate = fast(work, ladder, kernel, 24);
    fmt::print("{:<34}{:>10.0f} MVM/s  {:.1f} x plain\n", kernel.name, rate, rate / plain_ladder);
  }
  if (best < required) {
    fmt::print("below the required {:.0f} MVM/s\n", required);
    return 1;
  }
  return 0;
}

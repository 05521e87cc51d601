#include "evaluate/sampling_error.hpp"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <vector>

#include "device/draw.hpp"

namespace neuspin::evaluate {

namespace {

constexpr std::uint32_t kBootstrapSeed = 0x424F4F54;  // any fixed value

/// What one image adds, ready to be summed.
struct Item {
  double nll = 0, brier = 0;
  double gap = 0;  ///< right − confidence
  std::size_t bin = 0;
};

struct Sums {
  double nll = 0, brier = 0;
  std::array<double, kCalibrationBins> gaps{};
  void add(const Item& item) {
    nll += item.nll;
    brier += item.brier;
    gaps[item.bin] += item.gap;
  }
};

struct Figures {
  double nll = 0, brier = 0, ece = 0;
};

std::vector<Item> itemsOf(std::span<const ImageLoss> losses) {
  std::vector<Item> items;
  items.reserve(losses.size());
  for (const ImageLoss& loss : losses) {
    items.push_back({.nll = loss.nll,
                     .brier = loss.brier,
                     .gap = (loss.right ? 1.0 : 0.0) - loss.confidence,
                     .bin = calibrationBin(loss.confidence)});
  }
  return items;
}

Figures figuresOf(const Sums& sums, std::size_t images) {
  const auto n = static_cast<double>(images);
  double ece = 0;
  for (const double gap : sums.gaps) ece += std::abs(gap);
  return {.nll = sums.nll / n, .brier = sums.brier / n, .ece = ece / n};
}

Interval percentiles(std::vector<double> values) {
  std::ranges::sort(values);
  const auto at = [&](double fraction) {
    return values[static_cast<std::size_t>(std::lround(fraction * static_cast<double>(values.size() - 1)))];
  };
  return {.low = at(0.025), .high = at(0.975)};
}

/// b may be empty: then the figures of a alone.
LossIntervals resample(const std::vector<Item>& a, const std::vector<Item>& b, const Resampling& options) {
  const std::size_t images = a.size();
  if (images == 0 || options.resamples <= 0) return {};
  const auto resamples = static_cast<std::size_t>(options.resamples);
  std::vector<double> nll(resamples), brier(resamples), ece(resamples);
  std::mutex mutex;
  std::int64_t done = 0;
  const auto one = [&](std::size_t r) {
    Sums first, second;
    for (std::size_t i = 0; i < images; ++i) {
      const std::uint64_t random =
          device::draw(kBootstrapSeed, static_cast<std::uint32_t>(r), static_cast<std::uint32_t>(i));
      const std::size_t image = random * images >> 32;
      first.add(a[image]);
      if (!b.empty()) second.add(b[image]);
    }
    const Figures x = figuresOf(first, images);
    const Figures y = figuresOf(second, images);
    nll[r] = x.nll - y.nll;
    brier[r] = x.brier - y.brier;
    ece[r] = x.ece - y.ece;
  };
  tbb::task_arena arena(options.threads <= 0 ? tbb::task_arena::automatic : options.threads);
  arena.execute([&] {
    tbb::parallel_for(tbb::blocked_range<std::size_t>(0, resamples, 16), [&](const auto& range) {
      for (std::size_t r = range.begin(); r < range.end(); ++r) one(r);
      if (!options.progress) return;
      const std::lock_guard lock(mutex);
      options.progress(done += static_cast<std::int64_t>(range.size()));
    });
  });
  return {.nll = percentiles(std::move(nll)),
          .brier = percentiles(std::move(brier)),
          .ece = percentiles(std::move(ece))};
}

}  // namespace

Interval wilson(std::int64_t right, std::int64_t images) {
  if (images == 0) return {.low = 0, .high = 1};
  constexpr double kZ = 1.959963984540054;
  const auto n = static_cast<double>(images);
  const double p = static_cast<double>(right) / n;
  const double centre = (p + kZ * kZ / (2 * n)) / (1 + kZ * kZ / n);
  const double half = kZ * std::sqrt(p * (1 - p) / n + kZ * kZ / (4 * n * n)) / (1 + kZ * kZ / n);
  return {.low = std::max(0.0, centre - half), .high = std::min(1.0, centre + half)};
}

Spread spread(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  Spread result;
  double squares = 0;
  for (const double value : values) result.mean += value / n;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  result.deviation = values.size() < 2 ? 0 : std::sqrt(squares / (n - 1));
  return result;
}

LossIntervals bootstrap(std::span<const ImageLoss> losses, const Resampling& options) {
  return resample(itemsOf(losses), {}, options);
}

LossIntervals pairedBootstrap(std::span<const ImageLoss> a, std::span<const ImageLoss> b,
                              const Resampling& options) {
  return resample(itemsOf(a), itemsOf(b), options);
}

double mcnemar(std::int64_t only_first, std::int64_t only_second) {
  const auto n = static_cast<double>(only_first + only_second);
  double tail = 0;
  for (std::int64_t k = 0; k <= std::min(only_first, only_second); ++k) {
    const auto kd = static_cast<double>(k);
    tail += std::exp(std::lgamma(n + 1) - std::lgamma(kd + 1) - std::lgamma(n - kd + 1) - n * std::log(2.0));
  }
  return std::min(1.0, 2 * tail);
}

}  // namespace neuspin::evaluate

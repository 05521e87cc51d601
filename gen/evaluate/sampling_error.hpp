// How sure the figures are: intervals of proportions, bootstrap over images, comparison of two networks on
// the same images. Definitions: gen/evaluate/README.md.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "evaluate/interval.hpp"
#include "evaluate/metrics.hpp"

namespace neuspin::evaluate {

/// Wilson's score interval of right/images; [0, 1] without images.
[[nodiscard]] Interval wilson(std::int64_t right, std::int64_t images);

/// Mean and standard deviation (n − 1; 0 of fewer than two) of repeated runs.
struct Spread {
  double mean = 0, deviation = 0;
};
[[nodiscard]] Spread spread(std::span<const double> values);

/// Percentile intervals of the means and of the ECE over resampled images.
struct LossIntervals {
  Interval nll, brier, ece;
};
struct Resampling {
  int resamples = 2000;
  int threads = 1;                                       ///< 0 = all cores; results do not depend on it
  std::function<void(std::int64_t done)> progress = {};  ///< called now and then, from one thread at a time
};
/// Deterministic: resample b draws its i-th image from a counter (device::draw). Zeros without images.
[[nodiscard]] LossIntervals bootstrap(std::span<const ImageLoss> losses, const Resampling& options = {});

/// Of the differences a − b, both read at the same images (equally many, in the same order).
[[nodiscard]] LossIntervals pairedBootstrap(std::span<const ImageLoss> a, std::span<const ImageLoss> b,
                                            const Resampling& options = {});

/// McNemar's exact test: the two-sided binomial probability that, of images only one of two networks gets
/// right, so uneven a share falls to one. Arguments: how many only the first, only the second gets right.
[[nodiscard]] double mcnemar(std::int64_t only_first, std::int64_t only_second);

}  // namespace neuspin::evaluate

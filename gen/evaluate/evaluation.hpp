// A whole test set through golden::Infer, judged by its labels and, if asked, by the reference network.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "evaluate/dataset.hpp"
#include "evaluate/metrics.hpp"
#include "evaluate/uncertainty.hpp"
#include "golden/infer.hpp"
#include "plan/plan.hpp"

namespace neuspin::evaluate {

struct Settings {
  std::uint32_t seed = 1;
  int passes = 0;                             ///< 0 = the plan's
  int threads = 0;                            ///< 0 = all cores
  std::int64_t first_image = 0;               ///< position in the stream (golden::InferOptions)
  std::vector<golden::UnitState> units = {};  ///< before the first pass (golden::InferOptions)
  std::function<void(std::int64_t done)> progress = {};
};

struct Evaluation {
  int passes = 0;                            ///< made
  double seconds = 0;                        ///< inference alone, wall clock
  std::vector<golden::ImageResult> results;  ///< [image]
  Predictions softmax;                   ///< mean over the passes of the exact softmax of the integer logits
  std::vector<Uncertainty> uncertainty;  ///< [image], of the same
  Metrics metrics;  ///< of the probabilities the chip puts out; zeros for an unlabelled set, as the next
  Metrics softmax_metrics;  ///< of `softmax`
};

/// The class with the largest probability, the lowest of equals.
[[nodiscard]] std::size_t predictedClass(std::span<const double> probabilities);

/// Mean probabilities as the chip puts them out, 12 fraction bits.
[[nodiscard]] Predictions chipPredictions(std::span<const golden::ImageResult> results, int classes);

/// Smallest probabilities told from 0 in an NLL: half a unit of the chip's; anything for floating point.
constexpr double kChipFloor = 1.0 / 8192, kFloatFloor = 1e-12;

/// settings.passes must be at most plan.head.max_passes. `infer` must be made of `plan`.
[[nodiscard]] Evaluation evaluateGolden(const golden::Infer& infer, const Plan& plan, const Dataset& set,
                                        const Settings& settings);
[[nodiscard]] Evaluation evaluateGolden(const Plan& plan, const Weights& weights, const Dataset& set,
                                        const Settings& settings);

/// golden::Infer against ReferenceNetwork. Compared for every image: the integer logits of every pass, and,
/// where the head has them, the votes and the summed logits of every class.
struct Comparison {
  std::int64_t images = 0, comparisons = 0, mismatches = 0;
  std::string first_mismatch;  ///< in words; empty if there is none
  Metrics float_metrics;       ///< of the float network on the same images with the same masks
  /// Images whose class with the largest mean probability (the lowest of equals) is not the float network's:
  /// by the chip's probabilities, and by the exact softmax of the integer logits.
  std::int64_t chip_disagrees = 0, softmax_disagrees = 0;
  double seconds = 0;

  /// Share of the images, 0 … 1.
  [[nodiscard]] double share(std::int64_t count) const {
    return images > 0 ? static_cast<double>(count) / static_cast<double>(images) : 0;
  }
};

/// The first `images` images of `set`; `golden` must hold the results of at least these, made with the same
/// settings.
[[nodiscard]] Comparison compareWithReference(const NetworkSpec& network, const Plan& plan,
                                              const Weights& weights, const Dataset& set, std::int64_t images,
                                              const Settings& settings, const Evaluation& golden);

}  // namespace neuspin::evaluate

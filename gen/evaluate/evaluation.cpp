#include "evaluate/evaluation.hpp"

#include <fmt/format.h>
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <mutex>

#include "reference/reference_network.hpp"

namespace neuspin::evaluate {

namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::span<const std::uint8_t> imagesOf(const Dataset& set, std::int64_t begin, std::int64_t end) {
  const auto features = static_cast<std::size_t>(set.features);
  return std::span(set.pixels)
      .subspan(static_cast<std::size_t>(begin) * features, static_cast<std::size_t>(end - begin) * features);
}

/// Compares two integers at a time; keeps the first difference of the lowest image.
class Comparator {
 public:
  Comparator(std::int64_t image, Comparison& total) : image_(image), total_(total) {}
  template <typename What>
  void operator()(std::int64_t expected, std::int64_t actual, const What& what) {
    ++total_.comparisons;
    if (expected == actual) return;
    ++total_.mismatches;
    if (first_.empty())
      first_ = fmt::format("image {}, {}: expected {}, got {}", image_, what(), expected, actual);
  }
  [[nodiscard]] const std::string& first() const { return first_; }

 private:
  std::int64_t image_;
  Comparison& total_;
  std::string first_;
};

void compareImage(const Plan& plan, const reference::Result& expected, const golden::ImageResult& actual,
                  const std::vector<std::vector<std::int32_t>>& logits, Comparator& compare) {
  compare(std::ssize(expected.integer_logits), std::ssize(logits), [] { return "passes"; });
  const std::size_t passes = std::min(expected.integer_logits.size(), logits.size());
  for (std::size_t t = 0; t < passes; ++t) {
    for (std::size_t c = 0; c < logits[t].size(); ++c) {
      compare(expected.integer_logits[t][c], logits[t][c],
              [&] { return fmt::format("logit of pass {}, class {}", t, c); });
    }
  }
  for (std::size_t c = 0; c < actual.votes.size(); ++c) {
    if (plan.head.votes) {
      compare(expected.integer_votes[c], actual.votes[c],
              [&] { return fmt::format("votes of class {}", c); });
    }
    if (plan.head.logits) {
      compare(expected.integer_sum_logits[c], actual.sum_logit[c],
              [&] { return fmt::format("summed logits of class {}", c); });
    }
  }
}

}  // namespace

std::size_t predictedClass(std::span<const double> probabilities) {
  return static_cast<std::size_t>(std::ranges::max_element(probabilities) - probabilities.begin());
}

Predictions chipPredictions(std::span<const golden::ImageResult> results, int classes) {
  constexpr double kOne = 4096;
  Predictions predictions{.classes = classes, .probabilities = {}};
  predictions.probabilities.reserve(results.size() * static_cast<std::size_t>(classes));
  for (const auto& result : results) {
    for (const std::uint16_t p : result.mean_p) predictions.probabilities.push_back(p / kOne);
  }
  return predictions;
}

Evaluation evaluateGolden(const golden::Infer& infer, const Plan& plan, const Dataset& set,
                          const Settings& settings) {
  const std::int64_t images = set.images();
  const auto classes = static_cast<std::size_t>(plan.head.classes);
  Evaluation evaluation;
  evaluation.passes = infer.passes(settings.passes);
  evaluation.results.resize(static_cast<std::size_t>(images));
  evaluation.uncertainty.resize(static_cast<std::size_t>(images));
  evaluation.softmax = {.classes = plan.head.classes,
                        .probabilities = std::vector<double>(static_cast<std::size_t>(images) * classes)};
  const double unit = std::ldexp(1.0, -plan.head.logit_frac);
  const std::size_t row = static_cast<std::size_t>(evaluation.passes) * classes;
  constexpr std::int64_t kChunk = 8192;  // bounds the memory for logits, and keeps the timed part pure
  std::vector<std::int32_t> logits(static_cast<std::size_t>(std::min(kChunk, images)) * row);
  tbb::task_arena arena(settings.threads <= 0 ? tbb::task_arena::automatic : settings.threads);
  for (std::int64_t begin = 0; begin < images; begin += kChunk) {
    const std::int64_t end = std::min(images, begin + kChunk);
    const auto start = Clock::now();
    infer.run(imagesOf(set, begin, end),
              {.seed = settings.seed,
               .passes = settings.passes,
               .first_image = settings.first_image + begin,
               .threads = settings.threads,
               .units = settings.units,
               .progress =
                   [&](std::int64_t done) {
                     if (settings.progress) settings.progress(begin + done);
                   },
               .on_pass =
                   [&](std::int64_t i, int pass, std::span<const std::int32_t> values) {
                     std::ranges::copy(
                         values, logits.begin() +
                                     static_cast<std::ptrdiff_t>(static_cast<std::size_t>(i) * row +
                                                                 static_cast<std::size_t>(pass) * classes));
                   }},
              [&](std::int64_t i, const golden::ImageResult& result) {
                evaluation.results[static_cast<std::size_t>(begin + i)] = result;
              });
    evaluation.seconds += secondsSince(start);
    arena.execute([&] {
      tbb::parallel_for(begin, end, [&](std::int64_t index) {
        const auto image = static_cast<std::size_t>(index);
        evaluation.uncertainty[image] =
            assessLogits(std::span(logits).subspan(static_cast<std::size_t>(index - begin) * row, row), unit,
                         {}, std::span(evaluation.softmax.probabilities).subspan(image * classes, classes));
      });
    });
  }
  if (set.labels.empty()) return evaluation;
  evaluation.metrics =
      computeMetrics(chipPredictions(evaluation.results, plan.head.classes), set.labels, kChipFloor);
  evaluation.softmax_metrics = computeMetrics(evaluation.softmax, set.labels, kFloatFloor);
  return evaluation;
}

Evaluation evaluateGolden(const Plan& plan, const Weights& weights, const Dataset& set,
                          const Settings& settings) {
  return evaluateGolden(golden::Infer(plan, weights), plan, set, settings);
}

Comparison compareWithReference(const NetworkSpec& network, const Plan& plan, const Weights& weights,
                                const Dataset& set, std::int64_t images, const Settings& settings,
                                const Evaluation& golden) {
  const reference::ReferenceNetwork reference(
      network, weights,
      {.share = plan.target.share, .whiten = plan.target.whiten, .lanes = plan.target.lanes});
  const golden::Infer infer(plan, weights);
  const auto classes = static_cast<std::size_t>(plan.head.classes);
  Comparison total;
  total.images = images;
  Predictions predictions{.classes = plan.head.classes, .probabilities = {}};
  predictions.probabilities.resize(static_cast<std::size_t>(images) * classes);
  std::mutex mutex;
  std::int64_t done = 0;
  std::int64_t first_bad = images;

  const auto judge = [&](std::int64_t image, const reference::Result& expected) {
    const auto logits =
        infer.logits(imagesOf(set, image, image + 1),
                     {.seed = settings.seed, .passes = settings.passes, .first_image = image});
    std::ranges::copy(expected.mean_probability,
                      predictions.probabilities.begin() +
                          static_cast<std::ptrdiff_t>(static_cast<std::size_t>(image) * classes));
    const std::lock_guard lock(mutex);
    Comparator compare(image, total);
    compareImage(plan, expected, golden.results[static_cast<std::size_t>(image)], logits, compare);
    if (!compare.first().empty() && image < first_bad) {
      first_bad = image;
      total.first_mismatch = compare.first();
    }
    if (settings.progress) settings.progress(++done);
  };
  const auto start = Clock::now();
  constexpr std::int64_t kGrain = 32;
  tbb::task_arena arena(settings.threads <= 0 ? tbb::task_arena::automatic : settings.threads);
  arena.execute([&] {
    tbb::parallel_for(tbb::blocked_range<std::int64_t>(0, images, kGrain), [&](const auto& range) {
      reference.run(
          imagesOf(set, range.begin(), range.end()),
          {.seed = settings.seed, .passes = settings.passes, .first_image = range.begin()},
          [&](std::int64_t i, const reference::Result& result) { judge(range.begin() + i, result); });
    });
  });
  total.seconds = secondsSince(start);
  for (std::size_t i = 0; i < static_cast<std::size_t>(images); ++i) {
    const std::size_t expected = predictedClass(predictions.image(i));
    total.chip_disagrees += golden.results[i].argmax == expected ? 0 : 1;
    total.softmax_disagrees += predictedClass(golden.softmax.image(i)) == expected ? 0 : 1;
  }
  total.float_metrics =
      computeMetrics(predictions, std::span(set.labels).first(static_cast<std::size_t>(images)), kFloatFloor);
  return total;
}

}  // namespace neuspin::evaluate

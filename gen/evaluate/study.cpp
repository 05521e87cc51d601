#include "evaluate/study.hpp"

#include <algorithm>
#include <cmath>

#include "evaluate/synthetic.hpp"

namespace neuspin::evaluate {

namespace {

constexpr int kRotationStep = 15, kRotationEnd = 180;
constexpr std::int64_t kRotations = kRotationEnd / kRotationStep + 1;

double fractionFlagged(const std::vector<golden::ImageResult>& results) {
  const auto flagged = std::ranges::count_if(results, &golden::ImageResult::ood);
  return results.empty() ? 0 : static_cast<double>(flagged) / static_cast<double>(results.size());
}

/// Largest mean probability of the label or not, one an image.
std::vector<std::uint8_t> rightOf(const std::vector<ImageLoss>& losses) {
  std::vector<std::uint8_t> right;
  for (const ImageLoss& loss : losses) right.push_back(loss.right ? 1 : 0);
  return right;
}

/// Runs sets one after another through the same network, as one stream of images.
class Stream {
 public:
  Stream(const golden::Infer& infer, const Plan& plan, const StudyOptions& options)
      : infer_(infer), plan_(plan), options_(options) {}

  Evaluation run(const Dataset& set, std::uint32_t seed) {
    Settings settings{.seed = seed,
                      .passes = options_.passes,
                      .threads = options_.threads,
                      .first_image = position_,
                      .units = options_.units ? options_.units(seed) : std::vector<golden::UnitState>{},
                      .progress = {}};
    if (options_.progress) settings.progress = [this](std::int64_t done) { options_.progress(done_ + done); };
    auto evaluation = evaluateGolden(infer_, plan_, set, settings);
    position_ += set.images();
    done_ += set.images();
    return evaluation;
  }
  void restart() { position_ = 0; }

 private:
  const golden::Infer& infer_;
  const Plan& plan_;
  const StudyOptions& options_;
  std::int64_t position_ = 0, done_ = 0;
};

std::vector<ScoredErrors> judgeErrors(const Evaluation& evaluation, const std::vector<std::uint8_t>& right,
                                      const std::vector<Score>& scores) {
  std::vector<ScoredErrors> result;
  for (const Score score : scores) {
    const auto values = scoreImages(score, evaluation);
    std::vector<double> wrong_scores, right_scores;
    for (std::size_t i = 0; i < values.size(); ++i)
      (right[i] != 0 ? right_scores : wrong_scores).push_back(values[i]);
    result.push_back({.score = score, .auroc = auroc(wrong_scores, right_scores)});
  }
  return result;
}

OodResult judgeOod(const OodSet& ood, const Evaluation& outside, const Dataset& set, const Evaluation& inside,
                   const std::vector<Score>& scores) {
  OodResult result{.name = ood.name,
                   .source = ood.source,
                   .synthetic = ood.synthetic,
                   .images = ood.data.images(),
                   .mean = average(outside.uncertainty),
                   .chip_detected = fractionFlagged(outside.results),
                   .scores = {}};
  const double trivial = auroc(meanIntensity(ood.data), meanIntensity(set)).value;
  result.trivial_auroc = std::max(trivial, 1 - trivial);
  for (const Score score : scores) {
    result.scores.push_back(
        {.score = score, .detector = judgeDetector(scoreImages(score, inside), scoreImages(score, outside))});
  }
  return result;
}

SeedResult judgeSeed(std::uint32_t seed, const Evaluation& evaluation, const Dataset& set,
                     const std::vector<Score>& scores) {
  const auto right = rightOf(imageLosses(evaluation.softmax, set.labels, kFloatFloor));
  return {.seed = seed,
          .chip = evaluation.metrics,
          .softmax = evaluation.softmax_metrics,
          .mean = average(evaluation.uncertainty),
          .selective = judgeSelective(scoreImages(Score::MaxProbability, evaluation), right),
          .errors = judgeErrors(evaluation, right, scores),
          .chip_false_alarms = fractionFlagged(evaluation.results),
          .ood = {}};
}

std::vector<RotationPoint> rotationCurve(Stream& stream, const Dataset& set, std::uint32_t seed) {
  std::vector<RotationPoint> curve;
  for (int degrees = 0; degrees <= kRotationEnd; degrees += kRotationStep) {
    const auto evaluation = stream.run(rotated(set, [&](std::int64_t) { return degrees; }), seed);
    curve.push_back({.degrees = static_cast<double>(degrees),
                     .accuracy = evaluation.softmax_metrics.accuracy,
                     .nll = evaluation.softmax_metrics.nll,
                     .mean = average(evaluation.uncertainty),
                     .chip_detected = fractionFlagged(evaluation.results)});
  }
  return curve;
}

struct ExactSet {
  Predictions softmax;
  std::vector<Uncertainty> uncertainty;
  [[nodiscard]] std::vector<double> values(double Uncertainty::*field) const {
    std::vector<double> result;
    for (const Uncertainty& image : uncertainty) result.push_back(image.*field);
    return result;
  }
};

ExactSet runExactSet(const Enumeration& enumeration, const Plan& plan, const Dataset& set, int threads) {
  const auto images = static_cast<std::size_t>(set.images());
  const auto classes = static_cast<std::size_t>(plan.head.classes);
  const double unit = std::ldexp(1.0, -plan.head.logit_frac);
  ExactSet result{
      .softmax = {.classes = plan.head.classes, .probabilities = std::vector<double>(images * classes)},
      .uncertainty = std::vector<Uncertainty>(images)};
  enumeration.run(set.pixels, threads, [&](std::int64_t index, std::span<const std::int32_t> logits) {
    const auto image = static_cast<std::size_t>(index);
    const auto mean = std::span(result.softmax.probabilities).subspan(image * classes, classes);
    result.uncertainty[image] = assessLogits(logits, unit, enumeration.weights, mean);
  });
  return result;
}

}  // namespace

std::optional<Enumeration> enumerationOf(const golden::Infer& infer) {
  if (infer.configurations() == 0) return std::nullopt;
  return Enumeration{
      .weights = infer.configurationWeights(),
      .run = [&infer](std::span<const std::uint8_t> pixels, int threads, const Enumeration::Sink& sink) {
        infer.enumerate(pixels, threads, sink);
      }};
}

std::int64_t studyImages(const Dataset& set, const std::vector<OodSet>& ood, const StudyOptions& options) {
  std::int64_t images = set.images();
  for (const OodSet& other : ood) images += other.data.images();
  return images * options.seeds + (options.rotation ? kRotations * set.images() : 0);
}

Study runStudy(const golden::Infer& infer, const Plan& plan, const Dataset& set,
               const std::vector<OodSet>& ood, const StudyOptions& options) {
  const auto scores = scoresOf(plan.head);
  Stream stream(infer, plan, options);
  Study study;
  study.name = plan.name;
  study.images = set.images();
  study.passes = infer.passes(options.passes);
  for (int s = 0; s < options.seeds; ++s) {
    const std::uint32_t seed = options.seed + static_cast<std::uint32_t>(s);
    stream.restart();
    auto evaluation = stream.run(set, seed);
    auto result = judgeSeed(seed, evaluation, set, scores);
    for (const OodSet& other : ood)
      result.ood.push_back(judgeOod(other, stream.run(other.data, seed), set, evaluation, scores));
    study.seeds.push_back(std::move(result));
    if (s == 0) study.first = std::move(evaluation);
  }
  if (options.rotation) study.rotation = rotationCurve(stream, set, options.seed);
  study.images_per_second = static_cast<double>(study.images) / study.first.seconds;
  const auto losses = imageLosses(study.first.softmax, set.labels, kFloatFloor);
  std::vector<double> confidence;
  for (const ImageLoss& loss : losses) confidence.push_back(loss.confidence);
  study.reliability = reliability(confidence, rightOf(losses));
  if (!options.intervals) return study;
  study.intervals = bootstrap(
      losses, {.resamples = kResamples, .threads = options.threads, .progress = options.bootstrap_progress});
  return study;
}

ExactResult runExact(const Enumeration& enumeration, const Plan& plan, const Dataset& set,
                     const std::vector<OodSet>& ood, int threads) {
  const ExactSet inside = runExactSet(enumeration, plan, set, threads);
  ExactResult result{.configurations = std::ssize(enumeration.weights),
                     .softmax = computeMetrics(inside.softmax, set.labels, kFloatFloor),
                     .mean = average(inside.uncertainty),
                     .ood = {}};
  for (const OodSet& other : ood) {
    const ExactSet outside = runExactSet(enumeration, plan, other.data, threads);
    const auto compare = [&](double Uncertainty::*field) {
      return auroc(outside.values(field), inside.values(field));
    };
    result.ood.push_back({.name = other.name,
                          .mean = average(outside.uncertainty),
                          .entropy = compare(&Uncertainty::entropy),
                          .mutual_information = compare(&Uncertainty::mutual_information)});
  }
  return result;
}

PairedResult compareStudies(const Study& a, const Study& b, const Dataset& set, int threads) {
  const auto losses_a = imageLosses(a.first.softmax, set.labels, kFloatFloor);
  const auto losses_b = imageLosses(b.first.softmax, set.labels, kFloatFloor);
  std::int64_t only_a = 0, only_b = 0;
  for (std::size_t i = 0; i < set.labels.size(); ++i) {
    const bool right_a = a.first.results[i].argmax == set.labels[i];
    const bool right_b = b.first.results[i].argmax == set.labels[i];
    only_a += right_a && !right_b ? 1 : 0;
    only_b += right_b && !right_a ? 1 : 0;
  }
  const SeedResult& first = a.seeds.front();
  const SeedResult& second = b.seeds.front();
  return {.accuracy = second.chip.accuracy - first.chip.accuracy,
          .nll = second.softmax.nll - first.softmax.nll,
          .brier = second.softmax.brier - first.softmax.brier,
          .ece = second.softmax.ece - first.softmax.ece,
          .intervals = pairedBootstrap(losses_b, losses_a, {.resamples = kResamples, .threads = threads}),
          .mcnemar_p = mcnemar(only_a, only_b)};
}

}  // namespace neuspin::evaluate

// One network judged on one test set and on out-of-distribution sets, over several Monte Carlo seeds: every
// figure that `neuspin evaluate` and `neuspin compare` report. Definitions: gen/evaluate/README.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evaluate/evaluation.hpp"
#include "evaluate/ood.hpp"
#include "evaluate/ranking.hpp"
#include "evaluate/sampling_error.hpp"
#include "evaluate/score.hpp"
#include "evaluate/selective.hpp"

namespace neuspin::evaluate {

struct StudyOptions {
  std::uint32_t seed = 1;  ///< of the first run; the others take the following numbers
  int seeds = 1;
  int passes = 0;         ///< 0 = the plan's
  int threads = 0;        ///< 0 = all cores
  bool rotation = false;  ///< also the curve over angles
  bool intervals = true;  ///< bootstrap the first seed's images
  /// Units before the first pass under each seed (golden::InferOptions::units); null: as planned.
  std::function<std::vector<golden::UnitState>(std::uint32_t seed)> units = {};
  std::function<void(std::int64_t done)> progress = {};            ///< images, of studyImages()
  std::function<void(std::int64_t done)> bootstrap_progress = {};  ///< resamples, of kResamples
};
constexpr int kResamples = 2000;

struct ScoredDetector {
  Score score;
  Detector detector;
};
struct ScoredErrors {
  Score score;
  Auroc auroc;  ///< wrong predictions positive
};

struct OodResult {
  std::string name, source;
  bool synthetic = false;
  std::int64_t images = 0;
  Uncertainty mean;          ///< over its images
  double chip_detected = 0;  ///< fraction the chip's flag marks
  double trivial_auroc = 0;  ///< of the mean pixel, the better direction: what needs no network
  std::vector<ScoredDetector> scores;
};

/// Everything of one Monte Carlo seed.
struct SeedResult {
  std::uint32_t seed = 0;
  Metrics chip, softmax;  ///< of the chip's probabilities; of the exact softmax of its logits
  Uncertainty mean;       ///< over the test images
  Selective selective;    ///< by largest mean probability (softmax)
  std::vector<ScoredErrors> errors;
  double chip_false_alarms = 0;  ///< fraction of the test images the chip's flag marks
  std::vector<OodResult> ood;
};

/// The test images turned.
struct RotationPoint {
  double degrees = 0, accuracy = 0, nll = 0;
  Uncertainty mean;
  double chip_detected = 0;
};

/// The exact predictive distribution, if the masks can be enumerated: figures without Monte Carlo error.
struct ExactOod {
  std::string name;
  Uncertainty mean;
  Auroc entropy, mutual_information;
};
struct ExactResult {
  std::int64_t configurations = 0;
  Metrics softmax;
  Uncertainty mean;
  std::vector<ExactOod> ood;
};

struct Study {
  std::string name;
  std::int64_t images = 0;
  int passes = 0;
  double images_per_second = 0;  ///< of the first seed on the test set, inference alone
  std::vector<SeedResult> seeds;
  LossIntervals intervals;                  ///< of the first seed's softmax figures, over images
  std::vector<ReliabilityBin> reliability;  ///< of the same
  std::vector<RotationPoint> rotation;      ///< of the first seed
  std::optional<ExactResult> exact;
  Evaluation first;  ///< what the first seed gave for every test image
};

/// Where the logits of all joint choices of the stochastic units come from.
struct Enumeration {
  std::vector<double> weights;  ///< [configuration], their probabilities; sum 1
  /// Calls sink(image index, logits [configuration][class]) once per image, possibly from several threads.
  using Sink = std::function<void(std::int64_t image, std::span<const std::int32_t> logits)>;
  std::function<void(std::span<const std::uint8_t> pixels, int threads, const Sink& sink)> run;
};

/// All joint choices of a network; nullopt if there are more than golden::kMostConfigurations. `infer` must
/// outlive the result.
[[nodiscard]] std::optional<Enumeration> enumerationOf(const golden::Infer& infer);

/// Images that runStudy pushes through the network.
[[nodiscard]] std::int64_t studyImages(const Dataset& set, const std::vector<OodSet>& ood,
                                       const StudyOptions& options);

/// set must be labelled, and its shape known if options.rotation. Seeds use the same images; an OOD set
/// follows the sets before it in the stream, so that the devices go on drawing.
[[nodiscard]] Study runStudy(const golden::Infer& infer, const Plan& plan, const Dataset& set,
                             const std::vector<OodSet>& ood, const StudyOptions& options);

/// The same sets with every configuration weighted by its probability.
[[nodiscard]] ExactResult runExact(const Enumeration& enumeration, const Plan& plan, const Dataset& set,
                                   const std::vector<OodSet>& ood, int threads);

/// Two networks on the same test images: b against a, first seeds.
struct PairedResult {
  double accuracy = 0, nll = 0, brier = 0, ece = 0;  ///< b − a; accuracy by the chip's arg-max, else softmax
  LossIntervals intervals;                           ///< of the last three
  double mcnemar_p = 1;                              ///< of the accuracies being equal
};
[[nodiscard]] PairedResult compareStudies(const Study& a, const Study& b, const Dataset& set, int threads);

}  // namespace neuspin::evaluate

// `neuspin evaluate`: a labelled test set and out-of-distribution sets through the integer golden model;
// quality, calibration, uncertainty, detection.
#include <fmt/format.h>

#include <memory>
#include <mutex>

#include "cli/quality.hpp"
#include "evaluate/report.hpp"
#include "support/progress.hpp"

namespace neuspin::cli {

namespace {

struct EvaluateOptions {
  Common common;
  QualityOptions quality;
  bool rotation = false;
  bool exact = false;
  bool reference = false;
  std::int64_t compare = 0;  ///< images compared with the reference; 0 = none unless `reference`
};

void printComparison(const evaluate::Comparison& comparison) {
  fmt::print("\n{}", evaluate::toText(comparison.float_metrics, "reference (float network, same masks)",
                                      comparison.images));
  fmt::print("integer results against the reference: {} values of {} images compared, {} mismatches\n",
             comparison.comparisons, comparison.images, comparison.mismatches);
  const auto differs = [&](std::int64_t count) {
    constexpr double kPercent = 100;
    return fmt::format("{} ({:.2f} %)", count, kPercent * comparison.share(count));
  };
  fmt::print(
      "predicted class differs from the float network's on {} of {} images; by the exact softmax of the "
      "integer logits on {}\n",
      differs(comparison.chip_disagrees), comparison.images, differs(comparison.softmax_disagrees));
}

nlohmann::json comparisonReport(const evaluate::Comparison& comparison) {
  nlohmann::json report = evaluate::toJson(comparison.float_metrics);
  report.update({{"images", comparison.images},
                 {"comparisons", comparison.comparisons},
                 {"mismatches", comparison.mismatches},
                 {"first_mismatch", comparison.first_mismatch},
                 {"disagreement", comparison.share(comparison.chip_disagrees)},
                 {"disagreement_softmax", comparison.share(comparison.softmax_disagrees)},
                 {"seconds", comparison.seconds}});
  return report;
}

/// runExact with progress on standard error.
evaluate::ExactResult runExactly(const evaluate::Enumeration& enumeration, const Plan& plan,
                                 const QualitySets& sets, const evaluate::StudyOptions& options, bool quiet) {
  std::int64_t images = sets.test.images();
  for (const evaluate::OodSet& ood : sets.ood) images += ood.data.images();
  Progress progress(fmt::format("all {} joint choices of {}", enumeration.weights.size(), plan.name), images,
                    quiet);
  std::mutex mutex;
  std::int64_t done = 0;
  evaluate::Enumeration counted = enumeration;
  counted.run = [&](std::span<const std::uint8_t> pixels, int threads,
                    const evaluate::Enumeration::Sink& sink) {
    enumeration.run(pixels, threads, [&](std::int64_t image, std::span<const std::int32_t> logits) {
      sink(image, logits);
      const std::lock_guard lock(mutex);
      progress.update(++done);
    });
  };
  return evaluate::runExact(counted, plan, sets.test, sets.ood, options.threads);
}

int evaluateCommand(const EvaluateOptions& options) {
  const auto loaded = load(options.common);
  if (!loaded) return kBadInput;
  const Plan& plan = loaded->plan;
  const golden::Infer infer(plan, loaded->weights);
  Diagnostics diags;
  auto study_options = studyOptions(options.quality, *loaded, infer, diags);
  const auto sets = readSets(options.quality, plan, options.common.network, diags);
  study_options.rotation = options.rotation;
  if (sets && options.rotation && sets->test.shape.rows == 0) {
    diags.error("no-image-shape", {.file = "--rotation"}, "the test set does not say where pixels lie",
                "give images with rows and columns (3 dimensions)");
  }
  const auto enumeration = options.exact ? evaluate::enumerationOf(infer) : std::nullopt;
  if (options.exact && !enumeration) {
    diags.error("too-many-choices", {.file = options.common.network},
                fmt::format("the passes of this network choose among more than {} masks, arrays and banks; "
                            "--exact goes through all of them",
                            golden::kMostConfigurations),
                "leave --exact out, or raise --passes: the Monte Carlo error falls with their root");
  }
  fmt::print(stderr, "{}", diags.render());
  if (diags.hasErrors() || !sets) return kBadInput;
  const bool text = options.common.json != "-";

  auto study = runWithProgress(infer, plan, *sets, study_options, options.common.quiet);
  if (enumeration) study.exact = runExactly(*enumeration, plan, *sets, study_options, options.common.quiet);
  nlohmann::json report = evaluate::toJson(study);
  if (text) fmt::print("{}", evaluate::toText(study));

  ExitCode code = kOk;
  if (options.reference || options.compare > 0) {
    const std::int64_t compared =
        options.compare > 0 ? std::min(options.compare, study.images) : study.images;
    Progress progress("comparing with the reference", compared, options.common.quiet);
    const auto comparison = evaluate::compareWithReference(
        loaded->network, plan, loaded->weights, sets->test, compared,
        {.seed = study_options.seed,
         .passes = study_options.passes,
         .threads = study_options.threads,
         .progress = [&progress](std::int64_t done) { progress.update(done); }},
        study.first);
    progress.finish();
    report["reference"] = comparisonReport(comparison);
    if (text) printComparison(comparison);
    if (comparison.mismatches != 0) {
      fmt::print(stderr, "first mismatch: {}\n", comparison.first_mismatch);
      code = kCheckFailed;
    }
  }
  return writeJson(options.common, report) ? code : kBadInput;
}

}  // namespace

void addEvaluate(CLI::App& app, Run& run) {
  auto* sub = app.add_subcommand(
      "evaluate",
      "quality, calibration, uncertainty and out-of-distribution detection on a test set (golden model)");
  auto options = std::make_shared<EvaluateOptions>();
  addCommon(*sub, options->common);
  addQuality(*sub, options->quality);
  sub->add_flag("--rotation", options->rotation, "also the test images turned by 0, 15 … 180 degrees");
  sub->add_flag("--exact", options->exact,
                "also the predictive distribution itself: all joint choices of the stochastic units, each with "
                "its probability (networks of at most 4096 choices a pass)");
  sub->add_flag("--reference", options->reference,
                "also run the reference network on all images and compare every integer result");
  sub->add_option("--compare-reference", options->compare, "as --reference, on the first N images only")
      ->check(CLI::PositiveNumber);
  sub->footer(
      "Example: neuspin evaluate examples/fashion-mlp-scaledrop --ood uniform --ood mnist --seeds 5 --json "
      "-");
  sub->callback([options, &run] { run = [options] { return evaluateCommand(*options); }; });
}

}  // namespace neuspin::cli

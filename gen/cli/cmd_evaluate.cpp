// `neuspin evaluate`: a labelled test set and out-of-distribution sets through the integer golden model;
// quality, calibration, uncertainty, detection.
#include <fmt/format.h>

#include <memory>

#include "cli/quality.hpp"
#include "evaluate/report.hpp"
#include "support/progress.hpp"

namespace neuspin::cli {

namespace {

struct Options {
  Common common;
  QualityOptions quality;
  bool rotation = false;
  bool reference = false;
  std::int64_t compare = 0;  ///< images compared with the reference; 0 = none unless `reference`
};

void printComparison(const evaluate::Comparison& comparison) {
  fmt::print("\n{}", evaluate::toText(comparison.float_metrics, "reference (float network, same masks)",
                                      comparison.images));
  fmt::print("integer results against the reference: {} values of {} images compared, {} mismatches\n",
             comparison.comparisons, comparison.images, comparison.mismatches);
}

nlohmann::json comparisonReport(const evaluate::Comparison& comparison) {
  nlohmann::json report = evaluate::toJson(comparison.float_metrics);
  report.update({{"images", comparison.images},
                 {"comparisons", comparison.comparisons},
                 {"mismatches", comparison.mismatches},
                 {"first_mismatch", comparison.first_mismatch},
                 {"seconds", comparison.seconds}});
  return report;
}

int evaluateCommand(const Options& options) {
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
  fmt::print(stderr, "{}", diags.render());
  if (diags.hasErrors() || !sets) return kBadInput;
  const bool text = options.common.json != "-";

  const auto study = runWithProgress(infer, plan, *sets, study_options, options.common.quiet);
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
  auto options = std::make_shared<Options>();
  addCommon(*sub, options->common);
  addQuality(*sub, options->quality);
  sub->add_flag("--rotation", options->rotation, "also the test images turned by 0, 15 … 180 degrees");
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

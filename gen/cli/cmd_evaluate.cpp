// `neuspin evaluate`: a labelled test set and out-of-distribution sets through the integer golden model;
// quality, calibration, uncertainty, detection.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <mutex>

#include "cli/chips.hpp"
#include "evaluate/report.hpp"
#include "support/progress.hpp"

namespace neuspin::cli {

namespace {

struct EvaluateOptions {
  Common common;
  QualityOptions quality;
  DeviceOptions device;
  int chips = 0;  ///< 0 = one chip, or ideal devices
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

/// EvaluateOptions that go together.
void checkOptions(const EvaluateOptions& options, const Plan& plan, Diagnostics& diags) {
  const auto cuts =
      std::ranges::find_if(plan.layers, [](const LayerPlan& layer) { return !layer.countsExactly(); });
  if (cuts != plan.layers.end() && (options.reference || options.compare > 0)) {
    diags.error(
        "no-reference-converter", {plan.target.file, 0, 0, "[array] adc_bits"},
        fmt::format("the reference network knows whole sums only: the converters of layer {} cut some",
                    cuts->name),
        "leave adc_bits out to compare, or leave --reference out");
  }

  if (options.chips > 0 && (options.rotation || options.exact || options.quality.seeds > 1)) {
    diags.error("chips-and-more", {.file = "--chips"},
                "--chips follows the figures of one Monte Carlo seed; --rotation, --exact and --seeds look "
                "at one chip",
                "leave them out, or --chips and choose one with --chip SEED");
  }
  if (plan.units > 0 && plan.target.calibration == Calibration::Startup &&
      (options.reference || options.compare > 0)) {
    diags.error(
        "no-reference-calibration", {plan.target.file, 0, 0, "[dropout] calibration"},
        "units calibrate themselves at start-up, and the reference network draws with the planned drive",
        "compare with calibration = \"none\", or leave --reference out");
  }
  if (!options.device.file.empty() && (options.reference || options.compare > 0)) {
    diags.error("no-reference-chip", {.file = "--device"},
                "the reference network knows spec and weights only: it has no chip to compare",
                "compare without --device; `neuspin simulate --device` compares the chip with its RTL");
  }
}

/// The same sets on `options.chips` chips, and on ideal devices.
int evaluateChips(const EvaluateOptions& options, const Loaded& loaded, const chip::DeviceFile& device,
                  const QualitySets& sets, const evaluate::StudyOptions& study_options) {
  Progress progress("evaluating chips of " + loaded.plan.name, options.chips + 1, options.common.quiet);
  auto ideal = studyIdeal(loaded, sets, study_options);
  progress.update(1);
  nlohmann::json drawn = nlohmann::json::array();
  std::string drawn_text;
  auto chips = studyChips(loaded, device, options.chips, sets, study_options, [&](const chip::Chip& chip) {
    drawn.push_back(toJson(chip));
    if (drawn.size() == 1) drawn_text = toText(chip);
    progress.update(std::ssize(drawn) + 1);
  });
  progress.finish();
  const evaluate::ChipStudy result{.name = ideal.name,
                                   .images = ideal.images,
                                   .passes = ideal.passes,
                                   .ideal = std::move(ideal.seeds.front()),
                                   .chips = std::move(chips)};
  nlohmann::json report = toJson(result);
  report["device"] = toJson(device);
  for (std::size_t n = 0; n < drawn.size(); ++n) report["chips"][n]["drawn"] = std::move(drawn[n]);
  if (options.common.json != "-") fmt::print("{}{}{}", toText(device), drawn_text, toText(result));
  return writeJson(options.common, report) ? kOk : kBadInput;
}

int evaluateCommand(const EvaluateOptions& options) {
  auto loaded = load(options.common);
  if (!loaded) return kBadInput;
  Diagnostics device_diags;
  checkOptions(options, loaded->plan, device_diags);
  const auto device = readDevice(options.device, device_diags);
  std::optional<chip::Chip> chip;
  fmt::print(stderr, "{}", device_diags.render());
  if (device_diags.hasErrors()) return kBadInput;
  if (device && options.chips == 0) {
    chip = chip::makeChip(loaded->plan, *device, device->seed, options.quality.threads);
    loaded->plan = chip->plan;
  }
  const Plan& plan = loaded->plan;
  const golden::Infer infer(plan, loaded->weights);
  Diagnostics diags;
  auto study_options = studyOptions(options.quality, *loaded, diags);
  const auto sets = readSets(options.quality, plan, options.common.network, diags);
  study_options.rotation = options.rotation;
  if (sets && options.rotation && sets->test.shape.rows == 0) {
    diags.error("no-image-shape", {.file = "--rotation"}, "the test set does not say where pixels lie",
                "give images with rows and columns (3 dimensions)");
  }
  const auto enumeration = options.exact ? evaluate::enumerationOf(infer) : std::nullopt;
  if (options.exact && plan.noisyReads()) {
    diags.error(
        "exact-of-noisy-reads", {.file = options.device.file},
        "the reads of this chip's arrays are noisy: no two passes are alike, and --exact has nothing to "
        "go through",
        "leave --exact out, or set read_noise = 0 in [arrays]");
  } else if (options.exact && !enumeration) {
    diags.error("too-many-choices", {.file = options.common.network},
                fmt::format("the passes of this network choose among more than {} masks, arrays and banks; "
                            "--exact goes through all of them",
                            golden::kMostConfigurations),
                "leave --exact out, or raise --passes: the Monte Carlo error falls with their root");
  }
  fmt::print(stderr, "{}", diags.render());
  if (diags.hasErrors() || !sets) return kBadInput;
  const bool text = options.common.json != "-";
  if (options.chips > 0) return evaluateChips(options, *loaded, *device, *sets, study_options);

  auto study = runWithProgress(infer, plan, *sets, study_options, options.common.quiet);
  if (enumeration) study.exact = runExactly(*enumeration, plan, *sets, study_options, options.common.quiet);
  nlohmann::json report = evaluate::toJson(study);
  if (chip) {
    report["device"] = toJson(*device);
    report["device"]["drawn"] = toJson(*chip);
    if (text) fmt::print("{}{}", toText(*device), toText(*chip));
  }
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
  addDevice(*sub, options->device);
  sub->add_option("--chips", options->chips,
                  "this many chips, from --chip on: mean, spread and quantiles of every figure")
      ->needs(sub->get_option("--device"))
      ->check(CLI::Range(1, 10000));
  sub->add_flag("--rotation", options->rotation, "also the test images turned by 0, 15 … 180 degrees");
  sub->add_flag(
      "--exact", options->exact,
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

// `neuspin evaluate`: a labelled test set through the integer golden model; accuracy, likelihood and
// calibration.
#include <fmt/format.h>

#include <cmath>
#include <memory>

#include "cli/cli.hpp"
#include "evaluate/evaluation.hpp"
#include "support/progress.hpp"

namespace neuspin::cli {

namespace {

struct Options {
  Common common;
  evaluate::DatasetFiles files;
  std::int64_t limit = 0;
  int passes = 0;
  std::optional<std::uint32_t> seed;
  int threads = 0;
  bool reference = false;
  std::int64_t compare = 0;  ///< images compared with the reference; 0 = none unless `reference`
};

std::optional<evaluate::Dataset> loadDataset(const Options& options, const Plan& plan, Diagnostics& diags) {
  evaluate::DatasetFiles files = options.files;
  if (files.images.empty() != files.labels.empty()) {
    diags.error("half-a-dataset", {.file = files.images + files.labels}, "images and labels go together",
                "give both --images and --labels");
    return std::nullopt;
  }
  if (files.images.empty()) {
    const auto standard = evaluate::defaultDataset(plan.input.features);
    if (!standard) {
      diags.error("no-dataset", {.file = options.common.network},
                  fmt::format("there is no default test set for {} input features", plan.input.features),
                  "name one with --images and --labels (IDX files, plain or .gz)");
      return std::nullopt;
    }
    files = *standard;
  }
  return evaluate::readDataset(files, plan.input.features, plan.head.classes, options.limit, diags);
}

/// The passes golden::Infer is asked for: 0 (the plan's) unless --passes applies. Adds an error if it cannot
/// be.
int choosePasses(const Options& options, const Loaded& loaded, Diagnostics& diags) {
  const Plan& plan = loaded.plan;
  bool stochastic = false;
  for (const auto& layer : plan.layers) stochastic = stochastic || layer.stochastic();
  if (!stochastic && options.passes > 1) {
    diags.note("deterministic-network", {.file = loaded.network.file},
               fmt::format("no layer is stochastic: one pass is made instead of {}", options.passes));
    return 0;
  }
  if (options.passes > plan.head.max_passes) {
    diags.error("too-many-passes", {.file = loaded.target.file},
                fmt::format("--passes {}, but the target is built for at most {}", options.passes,
                            plan.head.max_passes),
                "raise max_passes in the target (up to 255), or ask for fewer passes");
  }
  return options.passes;
}

nlohmann::json metricsReport(const evaluate::Metrics& metrics) {
  return {{"accuracy", metrics.accuracy},
          {"nll", metrics.nll},
          {"ece", metrics.ece},
          {"ece_null_mean", metrics.ece_null_mean},
          {"ece_null_95", metrics.ece_null_95},
          {"brier", metrics.brier},
          {"predictive_entropy", metrics.predictive_entropy}};
}

void printMetrics(const char* title, const evaluate::Metrics& metrics, std::int64_t images) {
  // Standard error of a proportion: how far the figure would move on another test set of this size.
  const double error = std::sqrt(metrics.accuracy * (1 - metrics.accuracy) / static_cast<double>(images));
  fmt::print("{}\n", title);
  fmt::print("  accuracy            {:8.2f} %   (± {:.2f} standard error)\n", 100 * metrics.accuracy,
             100 * error);
  fmt::print("  NLL                 {:8.4f} nats\n", metrics.nll);
  fmt::print(
      "  calibration error   {:8.4f}     (a perfectly calibrated model: mean {:.4f}, 95 % below {:.4f})\n",
      metrics.ece, metrics.ece_null_mean, metrics.ece_null_95);
  fmt::print("  Brier score         {:8.4f}     (0 to 2)\n", metrics.brier);
  fmt::print("  predictive entropy  {:8.4f} nats, mean\n", metrics.predictive_entropy);
}

int evaluateCommand(const Options& options) {
  const auto loaded = load(options.common);
  if (!loaded) return kBadInput;
  Diagnostics diags;
  evaluate::Settings settings{.seed = options.seed.value_or(loaded->plan.seed),
                              .passes = choosePasses(options, *loaded, diags),
                              .threads = options.threads,
                              .progress = {}};
  const auto set = loadDataset(options, loaded->plan, diags);
  fmt::print(stderr, "{}", diags.render());
  if (diags.hasErrors() || !set) return kBadInput;
  const bool text = options.common.json != "-";
  const std::int64_t images = set->images();

  evaluate::Evaluation golden;
  {
    Progress progress("evaluating", images, options.common.quiet);
    settings.progress = [&progress](std::int64_t done) { progress.update(done); };
    golden = evaluate::evaluateGolden(loaded->plan, loaded->weights, *set, settings);
  }
  const double rate = static_cast<double>(images) / golden.seconds;
  nlohmann::json report = metricsReport(golden.metrics);
  report.update(
      {{"images", images}, {"passes", golden.passes}, {"seed", settings.seed}, {"images_per_second", rate}});
  if (text) {
    fmt::print("{}: {} images, T = {}, seed {}, {:.0f} images/s\n\n", loaded->plan.name, images,
               golden.passes, settings.seed, rate);
    printMetrics("accelerator (integer golden model)", golden.metrics, images);
  }
  ExitCode code = kOk;
  if (options.reference || options.compare > 0) {
    const std::int64_t compared = options.compare > 0 ? std::min(options.compare, images) : images;
    Progress progress("comparing with the reference", compared, options.common.quiet);
    settings.progress = [&progress](std::int64_t done) { progress.update(done); };
    const auto comparison = evaluate::compareWithReference(loaded->network, loaded->plan, loaded->weights,
                                                           *set, compared, settings, golden);
    progress.finish();
    report["reference"] = metricsReport(comparison.float_metrics);
    report["reference"].update({{"images", comparison.images},
                                {"comparisons", comparison.comparisons},
                                {"mismatches", comparison.mismatches},
                                {"first_mismatch", comparison.first_mismatch},
                                {"seconds", comparison.seconds}});
    if (text) {
      printMetrics("\nreference (float network, same masks)", comparison.float_metrics, compared);
      fmt::print("\ninteger results against the reference: {} values of {} images compared, {} mismatches\n",
                 comparison.comparisons, comparison.images, comparison.mismatches);
    }
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
      "evaluate", "run a labelled test set through the golden model: accuracy, NLL, calibration");
  auto options = std::make_shared<Options>();
  addCommon(*sub, options->common);
  sub->add_option("--images", options->files.images,
                  "IDX file of images, plain or .gz (default: Fashion-MNIST test set)");
  sub->add_option("--labels", options->files.labels, "IDX file of labels, plain or .gz");
  sub->add_option("--limit", options->limit, "first N images only")->check(CLI::PositiveNumber);
  sub->add_option("--passes", options->passes, "Monte Carlo passes T (default: the network's)")
      ->check(CLI::PositiveNumber);
  sub->add_option("--seed", options->seed, "seed of the dropout devices (default: the network's)");
  sub->add_option("--threads", options->threads, "worker threads (default 0 = all cores)")
      ->check(CLI::Range(0, 1024));
  sub->add_flag("--reference", options->reference,
                "also run the reference network on all images and compare every integer result");
  sub->add_option("--compare-reference", options->compare, "as --reference, on the first N images only")
      ->check(CLI::PositiveNumber);
  sub->footer("Example: neuspin evaluate examples/fashion-mlp-scaledrop --limit 1000 --json -");
  sub->callback([options, &run] { run = [options] { return evaluateCommand(*options); }; });
}

}  // namespace neuspin::cli

#include "cli/quality.hpp"

#include <fmt/format.h>

#include "golden/calibration.hpp"
#include "support/progress.hpp"

namespace neuspin::cli {

void addTestSet(CLI::App& app, QualityOptions& options) {
  app.add_option("--images", options.files.images,
                 "test images: IDX (plain or .gz), .npy, or .npz[:array] (default: Fashion-MNIST test set)");
  app.add_option("--labels", options.files.labels, "their labels, in the same formats");
  app.add_option("--limit", options.limit, "first N images of every set only")->check(CLI::PositiveNumber);
  app.add_option("--passes", options.passes, "Monte Carlo passes T (default: the network's)")
      ->check(CLI::PositiveNumber);
  app.add_option("--seed", options.seed, "seed of the stochastic devices (default: the network's)");
  app.add_option("--threads", options.threads, "worker threads (default 0 = all cores)")
      ->check(CLI::Range(0, 1024));
}

void addQuality(CLI::App& app, QualityOptions& options) {
  addTestSet(app, options);
  app.add_option(
         "--ood", options.ood,
         "out-of-distribution set, repeatable: uniform, gaussian, rotate[=DEGREES], mnist, kmnist, fashion, "
         "or [NAME=]PATH")
      ->take_all();
  app.add_option("--seeds", options.seeds,
                 "Monte Carlo seeds from --seed on: mean and spread of every figure")
      ->check(CLI::Range(1, 1000));
}

void checkFits(const Loaded& first, const Loaded& other, Diagnostics& diags) {
  const auto& a = first.plan;
  const auto& b = other.plan;
  if (a.input.features == b.input.features && a.head.classes == b.head.classes) return;
  diags.error("networks-differ", {.file = other.network.file},
              fmt::format("{} features and {} classes, but {} has {} and {}", b.input.features,
                          b.head.classes, a.name, a.input.features, a.head.classes),
              "give networks of the same task");
}

std::optional<QualitySets> readSets(const QualityOptions& options, const Plan& plan, const std::string& file,
                                    Diagnostics& diags) {
  evaluate::DatasetFiles files = options.files;
  if (files.images.empty() != files.labels.empty()) {
    diags.error("half-a-dataset", {.file = files.images + files.labels}, "images and labels go together",
                "give both --images and --labels");
    return std::nullopt;
  }
  if (files.images.empty()) {
    const auto standard = evaluate::defaultDataset(plan.input.features);
    if (!standard) {
      diags.error("no-dataset", {.file = file},
                  fmt::format("there is no default test set for {} input features", plan.input.features),
                  "name one with --images and --labels (IDX, .npy or .npz)");
      return std::nullopt;
    }
    files = *standard;
  }
  auto test = evaluate::readDataset(files, plan.input.features, plan.head.classes, options.limit, diags);
  if (!test) return std::nullopt;
  evaluate::arrangeFor(plan.input.shape, *test);
  QualitySets sets{.test = std::move(*test), .ood = {}};
  const auto errors = diags.errorCount();
  for (const auto& name : options.ood) {
    if (auto ood = evaluate::makeOodSet(name, sets.test, options.limit, diags))
      sets.ood.push_back(std::move(*ood));
  }
  if (diags.errorCount() != errors) return std::nullopt;
  return sets;
}

evaluate::StudyOptions studyOptions(const QualityOptions& options, const Loaded& loaded, Diagnostics& diags) {
  evaluate::StudyOptions study{.seed = options.seed.value_or(loaded.plan.seed),
                               .seeds = options.seeds,
                               .passes = passesFor(loaded, options.passes, diags),
                               .threads = options.threads};
  startCalibrated(loaded.plan, study);
  return study;
}

void startCalibrated(const Plan& plan, evaluate::StudyOptions& options) {
  options.units = nullptr;
  if (plan.units == 0 || plan.target.calibration != Calibration::Startup) return;
  options.units = [&plan](std::uint32_t seed) { return golden::unitsAtStart(plan, seed); };
}

evaluate::Study runWithProgress(const golden::Infer& infer, const Plan& plan, const QualitySets& sets,
                                evaluate::StudyOptions options, bool quiet) {
  Progress progress("evaluating " + plan.name, evaluate::studyImages(sets.test, sets.ood, options), quiet);
  options.progress = [&progress](std::int64_t done) { progress.update(done); };
  std::optional<Progress> bootstrap;
  options.bootstrap_progress = [&](std::int64_t done) {
    if (!bootstrap) {
      progress.finish();
      bootstrap.emplace("resampling " + plan.name, evaluate::kResamples, quiet);
    }
    bootstrap->update(done);
  };
  return evaluate::runStudy(infer, plan, sets.test, sets.ood, options);
}

}  // namespace neuspin::cli

// `neuspin survey`: the methods side by side, measured here and as published.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <vector>

#include "cli/quality.hpp"
#include "emit/ledger.hpp"
#include "energy/energy.hpp"
#include "support/overloaded.hpp"
#include "support/progress.hpp"

namespace neuspin::cli {
namespace {

struct Options {
  std::vector<std::string> specs;
  Common common;  ///< of each; `network` is set in turn
  QualityOptions quality;
  std::string set = "stt40", table = "generic28";
  std::int64_t energy_images = 2;
};

/// A row of Table I of the NeuSpin survey (DATE 2024), and the ratios claimed for the method elsewhere.
struct Published {
  std::string_view method;
  double accuracy = 0;    ///< 0: none given
  double microjoules = 0; ///< an image; 0: none given
  std::string_view claim; ///< and why it is not compared
};
constexpr std::array kPublished = {
    Published{"SpinDrop", 0.9195, 2.00, ""},
    Published{"Spatial-SpinDrop", 0.9034, 0.68,
              "9x fewer units than SpinDrop (K² for K = 3; see the units above), 2.94x less energy than SpinDrop, 94.11x less "
              "than an implementation that is not named"},
    Published{"SpinScaleDrop", 0.9045, 0.18, "> 100x less energy: fits VIBNN's 18.98 uJ of one pass, which is not stated"},
    Published{"inverted norm + affine dropout", 0, 0, "not in the table"},
    Published{"sub-set posterior", 0.9062, 0.30,
              "70x less energy and 158.7x less memory: baselines not stated (an ensemble of five in float32 would be 158.7x)"},
    Published{"SpinBayes", 0, 0.26, ""},
    Published{"deterministic", 0, 0, ""}};
constexpr std::string_view kNotComparable =
    "published figures are no target for these networks: the survey states neither network, process nor T of its energies, and its "
    "accuracies fit CIFAR-10 while its energies fit a small MNIST network";

std::string_view methodOf(const Scheme& scheme) {
  return std::visit(Overloaded{[](const Deterministic&) { return "deterministic"; }, [](const SpinDrop&) { return "SpinDrop"; },
                               [](const SpatialDropout&) { return "Spatial-SpinDrop"; },
                               [](const ScaleDropout&) { return "SpinScaleDrop"; },
                               [](const AffineDropout&) { return "inverted norm + affine dropout"; },
                               [](const SubsetSamples&) { return "sub-set posterior"; },
                               [](const SubsetNoise&) { return "sub-set posterior"; },
                               [](const SpinBayes&) { return "SpinBayes"; }},
                    scheme);
}

/// Of its first stochastic layer.
const Published& publishedOf(const NetworkSpec& network) {
  std::string_view method = "deterministic";
  for (const LayerSpec& layer : network.layers) {
    if (method == "deterministic") method = methodOf(layer.scheme);
  }
  return *std::ranges::find(kPublished, method, &Published::method);
}

struct Row {
  const Published* published = nullptr;
  std::string name;
  int passes = 0, units = 0;
  double accuracy = 0;  ///< of the integers, chip's arg-max
  double nanojoules = 0, nanojoules_lfsr = 0;
  double bits_a_pass = 0;          ///< random
  std::int64_t stored_bits = 0;    ///< weights, scales and thresholds, stored samples
};

std::string orDash(double value, const std::string& text) {
  return value > 0 ? text : "-";
}

std::string tableText(const std::vector<Row>& rows, const Options& options, std::int64_t images) {
  const auto spindrop = std::ranges::find_if(rows, [](const Row& row) { return row.published->method == "SpinDrop"; });
  const double base = spindrop == rows.end() ? 0 : spindrop->nanojoules;
  constexpr double kSpinDropMicrojoules = 2.00;
  std::string text = fmt::format(
      "Measured here: accuracy on {} images; energy of {} images with junctions {} and energy table {}.\n\n"
      "| method | network | T | accuracy here | nJ/image here | with LFSRs | SpinDrop over it | units | random bits a pass | bits "
      "stored | accuracy published | uJ/image published | SpinDrop over it |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
      images, options.energy_images, options.set, options.table);
  for (const Row& row : rows) {
    const Published& published = *row.published;
    text += fmt::format("| {} | {} | {} | {:.2f} % | {:.3f} | {:.3f} | {} | {} | {:.1f} | {} | {} | {} | {} |\n",
                        published.method, row.name, row.passes, 100 * row.accuracy, row.nanojoules, row.nanojoules_lfsr,
                        orDash(base, fmt::format("{:.2f}", base / row.nanojoules)), row.units, row.bits_a_pass,
                        row.stored_bits, orDash(published.accuracy, fmt::format("{:.2f} %", 100 * published.accuracy)),
                        orDash(published.microjoules, fmt::format("{:.2f}", published.microjoules)),
                        orDash(published.microjoules, fmt::format("{:.2f}", kSpinDropMicrojoules / published.microjoules)));
  }
  text += fmt::format("\nNot comparable: {}.\n", kNotComparable);
  for (const Row& row : rows) {
    if (!row.published->claim.empty()) text += fmt::format("{}, claimed: {}.\n", row.published->method, row.published->claim);
  }
  return text;
}

nlohmann::json rowJson(const Row& row) {
  const Published& published = *row.published;
  nlohmann::json json = {{"method", published.method},
                         {"network", row.name},
                         {"passes", row.passes},
                         {"accuracy", row.accuracy},
                         {"nanojoules_per_image", row.nanojoules},
                         {"nanojoules_per_image_lfsr", row.nanojoules_lfsr},
                         {"units", row.units},
                         {"random_bits_per_pass", row.bits_a_pass},
                         {"stored_bits", row.stored_bits}};
  json["published"] = {{"claim", published.claim}, {"comparable", false}};
  if (published.accuracy > 0) json["published"]["accuracy"] = published.accuracy;
  if (published.microjoules > 0) json["published"]["microjoules_per_image"] = published.microjoules;
  return json;
}

/// One network: accuracy on the sets, energy of a few images of the same.
std::optional<Row> surveyOne(const Options& options, const std::string& spec, const energy::Table& table,
                             std::int64_t& images, Diagnostics& diags) {
  Common common = options.common;
  common.network = spec;
  const auto loaded = load(common);
  if (!loaded) return std::nullopt;
  const Plan& plan = loaded->plan;
  const golden::Infer infer(plan, loaded->weights);
  const auto study = studyOptions(options.quality, *loaded, infer, diags);
  const auto sets = readSets(options.quality, plan, spec, diags);
  if (diags.hasErrors() || !sets) return std::nullopt;
  Row row{.published = &publishedOf(loaded->network), .name = plan.name};
  images = sets->test.images();
  Progress progress("evaluating " + plan.name, images, options.common.quiet);
  const auto evaluation = evaluate::evaluateGolden(
      infer, plan, sets->test,
      {.seed = study.seed, .passes = study.passes, .threads = study.threads,
       .progress = [&](std::int64_t done) { progress.update(done); }});
  progress.finish();
  row.accuracy = evaluation.metrics.accuracy;
  row.passes = evaluation.passes;
  const auto pixels = std::span(sets->test.pixels)
                          .first(static_cast<std::size_t>(std::min(images, options.energy_images) * plan.input.features));
  const auto measured = energy::measure(plan, loaded->weights, pixels, study.passes, study.seed);
  constexpr double kFemtoToNano = 1e-6;
  row.nanojoules = energy::breakdown(plan, measured, table, false).total() * kFemtoToNano;
  row.nanojoules_lfsr = energy::breakdown(plan, measured, table, true).total() * kFemtoToNano;
  row.units = plan.units;
  for (const emit::SupplyUse& use : emit::suppliesOf(plan)) row.bits_a_pass += emit::supplyLedger(use).bits_a_pass;
  const emit::BitLedger bits = emit::bitLedger(plan);
  row.stored_bits = bits.weights + bits.scales + bits.stored_samples;
  return row;
}

int surveyCommand(const Options& options) {
  Diagnostics diags;
  auto table = energy::loadTable(options.table, diags);
  const auto set = device::loadDeviceSet(options.set, diags);
  std::vector<Row> rows;
  nlohmann::json report = {{"set", options.set}, {"table", options.table}, {"rows", nlohmann::json::array()}};
  bool complete = table && set;
  std::int64_t images = 0;
  if (complete) energy::addDevice(*set, *table);
  for (const std::string& spec : options.specs) {
    if (!table || !set) break;
    const auto row = surveyOne(options, spec, *table, images, diags);
    complete = complete && row;
    if (row) rows.push_back(*row);
  }
  fmt::print(stderr, "{}", diags.render());
  if (!complete) return kBadInput;
  for (const Row& row : rows) report["rows"].push_back(rowJson(row));
  report["not_comparable"] = kNotComparable;
  report["images"] = images;
  if (options.common.json != "-") fmt::print("{}", tableText(rows, options, images));
  return writeJson(options.common, report) ? kOk : kBadInput;
}

}  // namespace

void addSurvey(CLI::App& app, Run& run) {
  auto* sub = app.add_subcommand(
      "survey", "the methods side by side: accuracy, energy, units and memory measured here, next to the published figures");
  auto options = std::make_shared<Options>();
  sub->add_option("SPEC", options->specs, "network.toml files or their folders, one a method")->required();
  sub->add_option("--target", options->common.target, "one target.toml for all (default: beside each network.toml)");
  sub->add_option("--json", options->common.json, "write the report as JSON to FILE (\"-\" = standard output)");
  sub->add_flag("--quiet", options->common.quiet, "no progress on standard error");
  sub->add_option("--set", options->set, "device set of the junctions, or a .toml file")->capture_default_str();
  sub->add_option("--table", options->table, "energy table, or a .toml file (gen/energy/README.md)")->capture_default_str();
  sub->add_option("--energy-images", options->energy_images, "images whose events are counted")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  sub->add_option("--images", options->quality.files.images, "test images: IDX (plain or .gz), .npy, or .npz[:array]");
  sub->add_option("--labels", options->quality.files.labels, "their labels, in the same formats");
  sub->add_option("--limit", options->quality.limit, "first N images only")->check(CLI::PositiveNumber);
  sub->add_option("--passes", options->quality.passes, "Monte Carlo passes T (default: each network's)")
      ->check(CLI::PositiveNumber);
  sub->add_option("--seed", options->quality.seed, "seed of the stochastic devices (default: each network's)");
  sub->add_option("--threads", options->quality.threads, "worker threads (default 0 = all cores)")
      ->check(CLI::Range(0, 1024));
  sub->footer("Example: neuspin survey examples/fashion-mlp-det examples/fashion-mlp-scaledrop --limit 1000");
  sub->callback([options, &run] { run = [options] { return surveyCommand(*options); }; });
}

}  // namespace neuspin::cli

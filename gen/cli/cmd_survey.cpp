// `neuspin survey`: the methods side by side, measured here and as published.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include "cli/method.hpp"
#include "cli/quality.hpp"
#include "cli/survey_table.hpp"
#include "emit/ledger.hpp"
#include "energy/energy.hpp"
#include "support/progress.hpp"

namespace neuspin::cli {
namespace {

struct SurveyOptions {
  std::vector<std::string> specs;
  Common common;  ///< of each; `network` is set in turn
  QualityOptions quality;
  std::string set = "stt40", table = "generic28";
  std::int64_t energy_images = 2;
};

/// Share of the energy whose constant is an assumption.
double assumedShare(const energy::Breakdown& breakdown) {
  double assumed = 0;
  for (const energy::Item& item : breakdown.items) {
    if (item.source == device::Source::Assumed) assumed += item.femtojoules();
  }
  return assumed / breakdown.total();
}

/// One network: accuracy on the sets, energy of a few images of the same.
std::optional<SurveyRow> surveyOne(const SurveyOptions& options, const std::string& spec,
                                   const energy::Table& table, SurveySettings& settings, Diagnostics& diags) {
  Common common = options.common;
  common.network = spec;
  const auto loaded = load(common);
  if (!loaded) return std::nullopt;
  const Plan& plan = loaded->plan;
  const golden::Infer infer(plan, loaded->weights);
  const auto study = studyOptions(options.quality, *loaded, diags);
  const auto sets = readSets(options.quality, plan, spec, diags);
  if (diags.hasErrors() || !sets) return std::nullopt;
  SurveyRow row{.method = methodOf(loaded->network), .name = plan.name};
  settings.images = sets->test.images();
  settings.seed = study.seed;
  Progress progress("evaluating " + plan.name, settings.images, options.common.quiet);
  const auto evaluation = evaluate::evaluateGolden(
      infer, plan, sets->test,
      {.seed = study.seed,
       .passes = study.passes,
       .threads = study.threads,
       .units = study.units ? study.units(study.seed) : std::vector<golden::UnitState>{},
       .progress = [&](std::int64_t done) { progress.update(done); }});
  progress.finish();
  row.accuracy = evaluation.metrics.accuracy;
  row.passes = evaluation.passes;
  settings.energy_images = std::min(settings.images, options.energy_images);
  const auto pixels = std::span(sets->test.pixels)
                          .first(static_cast<std::size_t>(settings.energy_images * plan.input.features));
  constexpr double kFemtoToNano = 1e-6;
  const auto measured = energy::measure(plan, loaded->weights, pixels, row.passes, study.seed);
  const auto junctions = energy::breakdown(plan, measured, table, false);
  row.nanojoules = junctions.total() * kFemtoToNano;
  row.assumed = assumedShare(junctions);
  row.nanojoules_lfsr = energy::breakdown(plan, measured, table, true).total() * kFemtoToNano;
  const auto one_pass =
      row.passes == 1 ? measured : energy::measure(plan, loaded->weights, pixels, 1, study.seed);
  row.nanojoules_one_pass = energy::breakdown(plan, one_pass, table, false).total() * kFemtoToNano;
  row.units = plan.units;
  for (const emit::SupplyUse& use : emit::suppliesOf(plan))
    row.bits_a_pass += emit::supplyLedger(use).bits_a_pass;
  const emit::BitLedger bits = emit::bitLedger(plan);
  row.weights = bits.weights;
  row.stored_bits = bits.weights + bits.scales + bits.stored_samples;
  for (const LayerPlan& layer : plan.layers)
    row.conv_units += layer.window && layer.supply ? layer.supply->modules : 0;
  return row;
}

int surveyCommand(const SurveyOptions& options) {
  Diagnostics diags;
  auto table = energy::loadTable(options.table, diags);
  const auto set = device::loadDeviceSet(options.set, diags);
  std::vector<SurveyRow> rows;
  bool complete = table && set;
  SurveySettings settings{.set = options.set, .table = options.table};
  if (complete) energy::addDevice(*set, *table);
  for (const std::string& spec : options.specs) {
    if (!table || !set) break;
    const auto row = surveyOne(options, spec, *table, settings, diags);
    complete = complete && row;
    if (row) rows.push_back(*row);
  }
  fmt::print(stderr, "{}", diags.render());
  if (!complete) return kBadInput;
  nlohmann::json report = surveyJson(rows);
  report.update({{"set", settings.set},
                 {"table", settings.table},
                 {"images", settings.images},
                 {"energy_images", settings.energy_images},
                 {"seed", settings.seed}});
  if (options.common.json != "-") fmt::print("{}", surveyText(rows, settings));
  return writeJson(options.common, report) ? kOk : kBadInput;
}

}  // namespace

void addSurvey(CLI::App& app, Run& run) {
  auto* sub = app.add_subcommand("survey",
                                 "the methods side by side: accuracy, energy, units and memory measured "
                                 "here, next to the published figures");
  auto options = std::make_shared<SurveyOptions>();
  addCommonOfSeveral(*sub, options->specs, "network.toml files or their folders, one a method",
                     options->common);
  sub->add_option("--set", options->set, "device set of the junctions, or a .toml file")
      ->capture_default_str();
  sub->add_option("--table", options->table, "energy table, or a .toml file (gen/energy/README.md)")
      ->capture_default_str();
  sub->add_option("--energy-images", options->energy_images, "images whose events are counted")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  addTestSet(*sub, options->quality);
  sub->footer("Example: neuspin survey examples/fashion-mlp-det examples/fashion-mlp-scaledrop --limit 1000");
  sub->callback([options, &run] { run = [options] { return surveyCommand(*options); }; });
}

}  // namespace neuspin::cli

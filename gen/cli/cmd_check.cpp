// `neuspin check`: reads, validates and plans; says what the hardware will be.
#include <fmt/format.h>

#include "cli/cli.hpp"
#include "emit/supplies.hpp"

namespace neuspin::cli {

namespace {

/// Stochastic units of a layer's own; those of a model's shared unit count with its first layer.
int unitsOf(const LayerPlan& layer, const Plan& plan) {
  if (layer.shared_consumer == 0) return plan.shared->modules;
  return layer.supply ? layer.supply->modules : 0;
}

nlohmann::json layerReport(const LayerPlan& layer, const Plan& plan) {
  return {
      {"name", layer.name},
      {"inputs", layer.inputs},
      {"outputs", layer.outputs},
      {"arrays", layer.tiles.size()},
      {"array_rows", layer.array_rows},
      {"array_cols", layer.array_cols},
      {"steps", layer.schedule.size()},
      {"lanes", layer.lanes},
      {"words", layer.words},
      {"form", emit::formName(layer.form)},
      {"banks", layer.banks},
      {"entry_bits", layer.entryBits()},
      {"stochastic_units", unitsOf(layer, plan)},
      {"method", emit::methodName(layer)},
      {"weight_bits", static_cast<std::int64_t>(layer.inputs) * layer.outputs * layer.slices * layer.arrays},
      {"scale_memory_bits",
       static_cast<std::int64_t>(layer.banks) * layer.words * layer.lanes * layer.entryBits()}};
}

int check(const Common& common) {
  const auto loaded = load(common);
  if (!loaded) return kBadInput;
  const Plan& plan = loaded->plan;
  const auto ideal = idealCycles(plan);
  constexpr std::int64_t kRun = 100;
  const auto first = plannedCycles(plan, 1, plan.seed);
  const auto per_image =
      static_cast<double>(plannedCycles(plan, kRun + 1, plan.seed) - first) / static_cast<double>(kRun);
  nlohmann::json report = {{"name", plan.name},
                           {"spec_sha256", plan.spec_sha256},
                           {"passes", plan.passes},
                           {"ideal_cycles_per_image", ideal.per_image},
                           {"bottleneck", ideal.bottleneck},
                           {"planned_cycles_per_image", per_image},
                           {"planned_cycles_first_image", first},
                           {"layers", nlohmann::json::array()}};
  if (common.json != "-") {
    fmt::print("{}: {} layers, T = {}, target \"{}\"\n\n", plan.name, plan.layers.size(), plan.passes,
               plan.target.name);
    fmt::print("{:<16}{:>7}{:>8}  {:<18}{:>6}{:>7}{:>7}  {:<10}{:>6}{:>6}\n", "layer", "inputs", "outputs",
               "arrays", "steps", "lanes", "words", "form", "banks", "units");
    for (const auto& layer : plan.layers) {
      fmt::print(
          "{:<16}{:>7}{:>8}  {:<18}{:>6}{:>7}{:>7}  {:<10}{:>6}{:>6}\n", layer.name, layer.inputs,
          layer.outputs,
          fmt::format("{}x{} of {}x{}", layer.row_tiles, layer.col_tiles, layer.array_rows, layer.array_cols),
          layer.schedule.size(), layer.lanes, layer.words, emit::formName(layer.form), layer.banks,
          unitsOf(layer, plan));
    }
    fmt::print("\ncycles an image: planned {:.2f}, ideal {} ({}), first image {}\n", per_image,
               ideal.per_image, ideal.bottleneck, first);
    fmt::print("at {} ns: {:.0f} images/s\n", plan.target.clock_ns, 1e9 / (per_image * plan.target.clock_ns));
  }
  for (const auto& layer : plan.layers) report["layers"].push_back(layerReport(layer, plan));
  return writeJson(common, report) ? kOk : kBadInput;
}

}  // namespace

void addCheck(CLI::App& app, Run& run) {
  auto* sub = app.add_subcommand("check", "read, validate and plan a network; print the resulting hardware");
  auto common = std::make_shared<Common>();
  addCommon(*sub, *common);
  sub->footer("Example: neuspin check examples/fashion-mlp-scaledrop --json -");
  sub->callback([common, &run] { run = [common] { return check(*common); }; });
}

}  // namespace neuspin::cli

// `neuspin explain`: what every layer costs and what became of its parameters; the ledger of stochastic
// units, random bits, memory bits, macros and cycles.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/cli.hpp"
#include "cli/explain_text.hpp"
#include "emit/ledger.hpp"
#include "plan/area.hpp"
#include "plan/converter.hpp"
#include "plan/timing.hpp"

namespace neuspin::cli {
namespace {

using nlohmann::json;

/// Everything the report says about one supply.
struct Draws {
  emit::SupplyUse use;
  emit::SupplyLedger ledger;
  plan::ChoiceCycles cycles;
};

std::vector<Draws> drawsOf(const Plan& plan) {
  std::vector<Draws> draws;
  const auto cycles = plan::choiceCycles(plan, plan.seed);
  for (const emit::SupplyUse& use : emit::suppliesOf(plan)) {
    draws.push_back({use, emit::supplyLedger(use), cycles[static_cast<std::size_t>(use.supply->index)]});
  }
  return draws;
}

/// The supply a layer takes its choices from; nullptr if it is deterministic.
const Draws* drawsFor(const LayerPlan& layer, const std::vector<Draws>& draws, const Plan& plan) {
  if (layer.supply) return &draws[static_cast<std::size_t>(layer.supply->index)];
  if (layer.shared_consumer >= 0) return &draws[static_cast<std::size_t>(plan.shared->index)];
  return nullptr;
}

json toJson(const emit::BitLedger& bits) {
  return {{"weights", bits.weights},
          {"scales_and_thresholds", bits.scales},
          {"stored_samples", bits.stored_samples},
          {"masks", bits.masks},
          {"normalisation_buffers", bits.norm_buffers},
          {"map_buffers", bits.map_buffers},
          {"schedule", bits.schedules},
          {"in_arrays", bits.in_arrays},
          {"in_memories", bits.in_memories}};
}

json toJson(const emit::MacroLedger& macros) {
  return {{"arrays", macros.arrays}, {"srams", macros.srams}, {"mtj_bits", macros.mtj_bits}};
}

json toJson(const Draws& draws) {
  json report = {{"units", draws.ledger.units},
                 {"first_unit", draws.use.supply->first_unit},
                 {"probability", draws.use.supply->probability},
                 {"bits_per_pass", draws.ledger.bits_a_pass},
                 {"draws_per_pass", draws.ledger.draws_a_pass},
                 {"choices_per_pass", draws.ledger.choices_a_pass},
                 {"cycles_per_choice", draws.cycles.cycles},
                 {"cycles_available", draws.cycles.available},
                 {"hidden", draws.cycles.hidden()},
                 {"slow_down", draws.cycles.slow_down}};
  if (draws.use.supply->choices > 0) report["choices"] = draws.use.supply->choices;
  return report;
}

/// What became of the layer's parameters.
std::string allFolded(const LayerPlan& layer, const LayerSpec& spec, const Plan& plan) {
  std::string text = foldedText(layer, spec, plan.head);
  if (const auto& skip = layer.skip) {
    text += fmt::format("; outputs of {} -> {}-bit step of the {}",
                        plan.layers[static_cast<std::size_t>(skip->source)].name, layer.skip_bits,
                        layer.form == PostForm::Threshold ? "threshold" : "offset");
  }
  return text;
}

json layerJson(const LayerPlan& layer, const LayerSpec& spec, const Plan& plan, const Draws* draws) {
  json report = {{"name", layer.name},
                 {"method", methodText(spec.scheme)},
                 {"inputs", layer.inputs},
                 {"outputs", layer.outputs},
                 {"acts_on", actsOn(layer)},
                 {"folded", allFolded(layer, spec, plan)},
                 {"units", layer.supply ? layer.supply->modules : 0},
                 {"bits", toJson(emit::bitLedger(layer))},
                 {"macros", toJson(emit::macroLedger(layer))},
                 {"gate_equivalents", plan::gateEquivalents(plan::engineAmounts(plan, layer))},
                 {"cycles", {{"array_steps", layer.schedule.size()}, {"post_words", layer.words}}},
                 {"choice", nullptr}};
  if (layer.adc_bits > 0) report["adc_bits"] = layer.adc_bits;
  if (draws != nullptr) {
    report["choice"] = toJson(*draws);
    report["choice"]["shared"] = layer.shared_consumer >= 0;
  }
  if (const auto& skip = layer.skip) {
    report["skip"] = {{"from", plan.layers[static_cast<std::size_t>(skip->source)].name},
                      {"buffer_pixels", skip->depth},
                      {"smallest_buffer_pixels", skip->min_depth}};
  }
  return report;
}

/// 12 345 678
std::string grouped(std::int64_t value) {
  std::string text = std::to_string(value);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) {
    text.insert(static_cast<std::size_t>(at), 1, ' ');
  }
  return text;
}

/// Whole numbers as they are, means with two decimals.
std::string mean(double value) {
  return value == static_cast<double>(static_cast<std::int64_t>(value)) ? fmt::format("{:.0f}", value)
                                                                        : fmt::format("{:.2f}", value);
}

void printChoices(const Loaded& loaded, const std::vector<Draws>& draws) {
  const Plan& plan = loaded.plan;
  fmt::print("\n{:<14}{:<34}{:<32}{:<24}{:>12}\n", "layer", "method", "randomness acts on",
             "stochastic units", "bits/pass");
  for (const LayerPlan& layer : plan.layers) {
    const LayerSpec& spec = loaded.network.layers[static_cast<std::size_t>(layer.index)];
    const Draws* from = drawsFor(layer, draws, plan);
    const bool counts =
        from != nullptr && layer.shared_consumer <= 0;  // a shared unit's bits are counted once
    fmt::print("{:<14}{:<34}{:<32}{:<24}{:>12}\n", layer.name, methodText(spec.scheme), actsOn(layer),
               unitsText(layer, plan), counts ? mean(from->ledger.bits_a_pass) : "-");
  }
  double bits = 0;
  for (const Draws& draw : draws) bits += draw.ledger.bits_a_pass;
  fmt::print("{:<80}{:<24}{:>12}\n", "sum", fmt::format("{} units", plan.units), mean(bits));
}

void printBits(const Plan& plan) {
  constexpr const char* kRow = "{:<14}{:>14}{:>12}{:>14}{:>8}{:>10}{:>11}{:>8}{:>7}{:>6}\n";
  fmt::print("\n");
  fmt::print(fmt::runtime(kRow), "memory bits", "weights", "scales", "samples", "masks", "buffers",
             "schedule", "arrays", "SRAMs", "MTJs");
  const auto row = [&](const std::string& name, const emit::BitLedger& bits,
                       const emit::MacroLedger& macros) {
    fmt::print(fmt::runtime(kRow), name, grouped(bits.weights), grouped(bits.scales),
               grouped(bits.stored_samples), grouped(bits.masks),
               grouped(bits.norm_buffers + bits.map_buffers), grouped(bits.schedules), macros.arrays,
               macros.srams, macros.mtj_bits);
  };
  for (const LayerPlan& layer : plan.layers)
    row(layer.name, emit::bitLedger(layer), emit::macroLedger(layer));
  row("sum", emit::bitLedger(plan), emit::macroLedger(plan));
}

/// Columns that sum currents.
void printConverters(const Plan& plan) {
  if (std::ranges::none_of(plan.layers, [](const LayerPlan& layer) { return layer.adc_bits > 0; })) return;
  fmt::print("\n{:<14}{:>12}{:>8}{:>14}{:>22}\n", "converters", "number", "bits", "rows a read",
             "counts cut, %");
  for (const LayerPlan& layer : plan.layers) {
    fmt::print("{:<14}{:>12}{:>8}{:>14}{:>22.2g}\n", layer.name,
               grouped(static_cast<std::int64_t>(layer.tiles.size()) * layer.array_cols), layer.adc_bits,
               layer.group, 100 * plan::cutCounts(layer.group, layer.adc_bits));
  }
}

std::string samplingText(const plan::ChoiceCycles& cycles) {
  return cycles.hidden() ? "hidden" : fmt::format("slows the pass {:.2f} x", cycles.slow_down);
}

void printCycles(const Plan& plan, const std::vector<Draws>& draws) {
  fmt::print("\n{:<14}{:>12}{:>12}{:>16}{:>12}   {}\n", "cycles", "array steps", "post words",
             "a choice takes", "available", "sampling");
  for (const LayerPlan& layer : plan.layers) {
    fmt::print("{:<14}{:>12}{:>12}", layer.name, layer.schedule.size(), layer.words);
    if (const Draws* from = drawsFor(layer, draws, plan)) {
      fmt::print("{:>16}{:>12}   {}", mean(from->cycles.cycles), mean(from->cycles.available),
                 samplingText(from->cycles));
    }
    fmt::print("\n");
  }
}

/// How busy every stage is while the slowest one never waits.
/// With the area of an engine where its arrays are.
void printStages(const Plan& plan, std::int64_t ideal) {
  const plan::Area area = plan::modelledArea(plan);
  const auto gates = [](double value) { return grouped(std::llround(value)); };
  fmt::print("\n{:<40}{:>14}{:>8}{:>14}\n", "stage", "cycles/image", "busy", "engine, GE");
  for (const StageCycles& stage : stageCycles(plan)) {
    const bool arrays = stage.layer >= 0 && stage.stage.ends_with(" arrays");
    fmt::print("{:<40}{:>14}{:>6.1f} %{:>14}{}\n", stage.stage, grouped(stage.per_image),
               100.0 * static_cast<double>(stage.per_image) / static_cast<double>(ideal),
               arrays ? gates(area.engines[static_cast<std::size_t>(stage.layer)]) : "",
               stage.per_image == ideal ? "   <- the slowest" : "");
  }
  fmt::print(
      "area: about {} gate equivalents by the planner's model, {} of them outside the engines (head, "
      "registers); "
      "macros apart\n",
      gates(area.total()), gates(area.other));
  for (const LayerPlan& layer : plan.layers) {
    if (layer.window) {
      fmt::print("window buffer of {}: {} pixels (the smallest that works: {})\n", layer.name,
                 layer.window->depth, layer.window->min_depth);
    }
    if (layer.skip) {
      fmt::print("skip buffer of {}, from {}: {} pixels (the smallest that works: {})\n", layer.name,
                 plan.layers[static_cast<std::size_t>(layer.skip->source)].name, layer.skip->depth,
                 layer.skip->min_depth);
    }
  }
}

void printFolded(const Loaded& loaded) {
  fmt::print("\nfolded\n");
  for (const LayerPlan& layer : loaded.plan.layers) {
    const LayerSpec& spec = loaded.network.layers[static_cast<std::size_t>(layer.index)];
    fmt::print("{:<14}{}\n", layer.name, allFolded(layer, spec, loaded.plan));
  }
}

int explain(const Common& common) {
  const auto loaded = load(common);
  if (!loaded) return kBadInput;
  const Plan& plan = loaded->plan;
  const std::vector<Draws> draws = drawsOf(plan);
  const auto ideal = idealCycles(plan);
  constexpr std::int64_t kRun = 100;
  const double planned =
      static_cast<double>(plannedCycles(plan, kRun + 1, plan.seed) - plannedCycles(plan, 1, plan.seed)) /
      static_cast<double>(kRun);
  if (common.json != "-") {
    fmt::print("{}: {} layers, T = {}, target \"{}\"\n", plan.name, plan.layers.size(), plan.passes,
               plan.target.name);
    printChoices(*loaded, draws);
    printBits(plan);
    printConverters(plan);
    printCycles(plan, draws);
    printStages(plan, ideal.per_image);
    fmt::print("an image: {:.2f} planned, {} ideal ({}): {:.3f} x\n", planned, ideal.per_image,
               ideal.bottleneck, planned / static_cast<double>(ideal.per_image));
    printFolded(*loaded);
  }
  json report = {
      {"name", plan.name},
      {"spec_sha256", plan.spec_sha256},
      {"passes", plan.passes},
      {"units", plan.units},
      {"shared_unit", plan.shared ? toJson(draws[static_cast<std::size_t>(plan.shared->index)]) : json()},
      {"bits", toJson(emit::bitLedger(plan))},
      {"macros", toJson(emit::macroLedger(plan))},
      {"planned_cycles_per_image", planned},
      {"ideal_cycles_per_image", ideal.per_image},
      {"gate_equivalents", plan::modelledArea(plan).total()},
      {"bottleneck", ideal.bottleneck},
      {"stages", json::array()},
      {"layers", json::array()}};
  for (const StageCycles& stage : stageCycles(plan)) {
    report["stages"].push_back(
        {{"stage", stage.stage},
         {"cycles_per_image", stage.per_image},
         {"busy", static_cast<double>(stage.per_image) / static_cast<double>(ideal.per_image)}});
  }
  for (const LayerPlan& layer : plan.layers) {
    report["layers"].push_back(layerJson(layer, loaded->network.layers[static_cast<std::size_t>(layer.index)],
                                         plan, drawsFor(layer, draws, plan)));
  }
  return writeJson(common, report) ? kOk : kBadInput;
}

}  // namespace

void addExplain(CLI::App& app, Run& run) {
  auto* sub =
      app.add_subcommand("explain",
                         "per layer: method, stochastic units, random bits, memory bits, macros, cycles, "
                         "and what was folded where");
  auto common = std::make_shared<Common>();
  addCommon(*sub, *common);
  sub->footer("Example: neuspin explain examples/fashion-mlp-scaledrop");
  sub->callback([common, &run] { run = [common] { return explain(*common); }; });
}

}  // namespace neuspin::cli

#include "emit/manifest.hpp"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include "emit/ledger.hpp"
#include "emit/names.hpp"
#include "plan/timing.hpp"
#include "support/files.hpp"

namespace neuspin::emit {
namespace {

using Json = nlohmann::ordered_json;

Json fileList(const FileSet& files) {
  Json list = Json::array();
  for (const auto& [path, content] : files) {
    list.push_back({{"path", path}, {"bytes", content.size()}, {"sha256", sha256Hex(content)}});
  }
  return list;
}

/// Cycles between images in steady state, from the plan's own count.
Json cycles(const Plan& plan) {
  constexpr std::int64_t kFew = 8, kMore = 16;  // far enough in for the pipeline to be full
  const IdealCycles ideal = idealCycles(plan);
  const std::int64_t steady = plannedCycles(plan, kMore, plan.seed) - plannedCycles(plan, kFew, plan.seed);
  return {{"ideal_per_image", ideal.per_image},
          {"bottleneck", ideal.bottleneck},
          // the latency: first input beat to last output beat
          {"planned_one_image", plannedCycles(plan, 1, plan.seed)},
          {"planned_steady_per_image", static_cast<double>(steady) / static_cast<double>(kMore - kFew)},
          {"prefetch", prefetchCycles(plan, plan.seed)},
          {"settle", settleCycles(plan)}};
}

/// Bits the network needs and bits the macros hold.
Json bits(const Plan& plan) {
  const BitLedger ledger = bitLedger(plan);
  return {{"weights", ledger.weights},
          {"scales_and_thresholds", ledger.scales},
          {"stored_samples", ledger.stored_samples},
          {"masks", ledger.masks},
          {"normalisation_buffers", ledger.norm_buffers},
          {"map_buffers", ledger.map_buffers},
          {"schedules", ledger.schedules},
          {"weights_in_arrays", ledger.in_arrays},
          {"scales_and_buffers_in_memories", ledger.in_memories}};
}

Json convolution(const WindowPlan& window) {
  return {{"input", {window.in.channels, window.in.height, window.in.width}},
          {"kernel", window.kernel},
          {"stride", window.stride},
          {"padding", window.padding},
          {"windows", {window.out_height, window.out_width}},
          {"pool", window.pool},
          {"pooling", window.averages() ? "average" : "max"},
          {"mapping", window.tap_major ? 2 : 1},
          {"buffer_pixels", window.depth},
          {"smallest_buffer_pixels", window.min_depth}};
}

Json layers(const Plan& plan) {
  Json list = Json::array();
  for (const LayerPlan& layer : plan.layers) {
    const char* replay = layer.replay == Replay::Sums    ? "sums"
                         : layer.replay == Replay::Input ? "input"
                                                         : "none";
    Json entry = {
        {"name", layer.name},
        {"instance", fmt::format("u_layer{}", layer.index)},
        {"module", layerModuleName(plan, layer)},
        {"method", methodName(layer)},
        {"inputs", layer.inputs},
        {"outputs", layer.outputs},
        {"input_bits", layer.elem_bits},
        {"row_tiles", layer.row_tiles},
        {"column_tiles", layer.col_tiles},
        {"slices", layer.slices},
        {"arrays_to_choose_from", layer.arrays},
        {"form", formName(layer.form)},
        {"banks", layer.banks},
        {"lanes", layer.lanes},
        {"replay", replay},
        {"runs_every_pass", layer.per_pass},
        {"window_cycles", {{"fill", layer.beats}, {"arrays", layer.schedule.size()}, {"post", layer.words}}}};
    if (layer.adc_bits > 0) entry["adc_bits"] = layer.adc_bits;
    if (layer.window) entry["convolution"] = convolution(*layer.window);
    if (const auto& skip = layer.skip) {
      entry["skip"] = {{"from", plan.layers[static_cast<std::size_t>(skip->source)].name},
                       {"buffer_pixels", skip->depth},
                       {"smallest_buffer_pixels", skip->min_depth}};
    }
    list.push_back(std::move(entry));
  }
  return list;
}

Json stochasticUnits(const Plan& plan) {
  Json list = Json::array();
  const auto cycles = plan::choiceCycles(plan, plan.seed);
  for (const SupplyUse& use : suppliesOf(plan)) {
    const SupplyPlan& supply = *use.supply;
    const SupplyLedger ledger = supplyLedger(use);
    const plan::ChoiceCycles& time = cycles[static_cast<std::size_t>(supply.index)];
    Json entry{{"supply", supply.index},
               {"instance", supplyInstance(use)},
               {"method", use.layer == nullptr ? "scale_dropout" : methodName(*use.layer)},
               {"first_unit", supply.first_unit},
               {"units", supply.modules},
               {"probability", supply.probability},
               {"drive_code", supply.drive_code},
               {"whiten", supply.whiten},
               {"bits", ledger.bits_a_choice},
               {"rounds", supply.rounds},
               {"choices_per_pass", ledger.choices_a_pass},
               {"bits_per_pass", ledger.bits_a_pass},
               {"draws_per_pass", ledger.draws_a_pass},
               {"cycles_per_choice", time.cycles},
               {"cycles_available", time.available},
               {"hidden", time.hidden()},
               {"slow_down", time.slow_down}};
    if (supply.choices > 0) entry["choices"] = supply.choices;
    if (use.layer == nullptr) entry["consumers"] = plan.shared_consumers;
    list.push_back(std::move(entry));
  }
  return list;
}

Json programmingUnits(const Plan& plan) {
  Json list = Json::array();
  for (const LayerPlan& layer : plan.layers) {
    for (const TilePlan& tile : layer.tiles) {
      list.push_back({{"unit", tile.prog_unit},
                      {"instance", fmt::format("u_layer{}.{}", layer.index, arrayInstance(layer, tile))},
                      {"words", layer.array_rows},
                      {"width", layer.array_cols},
                      {"image", arrayImage(layer, tile)}});
    }
    list.push_back({{"unit", layer.scale_prog_unit},
                    {"instance", fmt::format("u_layer{}.u_scale_mem", layer.index)},
                    {"words", layer.banks * layer.words},
                    {"width", layer.lanes * layer.entryBits()},
                    {"image", scaleImage(layer)}});
  }
  return list;
}

/// Macros by kind and geometry, with their number.
Json macros(const Plan& plan) {
  std::map<std::tuple<std::string, int, int, int, int>, int> counts;
  for (const LayerPlan& layer : plan.layers) {
    counts[{arrayMacro(layer), layer.array_rows, layer.array_cols, layer.group, layer.adc_bits}] +=
        static_cast<int>(layer.tiles.size());
    const auto sram = [&counts](int depth, int width) -> int& {
      return counts[{"cim_sram_1rw", depth, width, 0, 0}];
    };
    ++sram(layer.banks * layer.words, layer.lanes * layer.entryBits());
    constexpr int kVectors = 2;
    if (layer.cross_norm) sram(layer.words, layer.laneBeatBits()) += kVectors;
    if (layer.skip) ++sram(layer.skip->depth, layer.outputs);
    if (layer.window) {
      const WindowPlan& window = *layer.window;
      ++sram(window.depth, window.in.channels * layer.elem_bits);
      if (layer.poolWords() > 0) ++sram(layer.poolWords(), layer.poolWordBits());
    }
  }
  if (plan.units > 0) counts[{"cim_mtj_bit", 1, 1, 0, 0}] = plan.units;
  Json list = Json::array();
  for (const auto& [key, count] : counts) {
    const auto& [name, rows, width, group, adc_bits] = key;
    Json macro{{"macro", name}, {"rows", rows}, {"width", width}, {"count", count}};
    if (group != 0) macro["group"] = group;
    if (adc_bits != 0) macro["adc_bits"] = adc_bits;
    list.push_back(std::move(macro));
  }
  return list;
}

}  // namespace

std::string manifestText(const Plan& plan, const FileSet& files) {
  Json manifest{{"generator", "neuspin"},
                {"version", NEUSPIN_VERSION},
                {"name", plan.name},
                {"spec_sha256", plan.spec_sha256},
                {"top", topModuleName(plan)},
                {"passes", plan.passes},
                {"cycles", cycles(plan)},
                {"bits", bits(plan)},
                {"layers", layers(plan)},
                {"stochastic_units", stochasticUnits(plan)},
                {"programming_units", programmingUnits(plan)},
                {"macros", macros(plan)},
                {"files", fileList(files)}};
  if (!plan.chip.empty()) manifest["chip"] = plan.chip;
  return manifest.dump(1) + "\n";
}

}  // namespace neuspin::emit

#include "emit/manifest.hpp"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include "emit/compose.hpp"
#include "support/files.hpp"

namespace neuspin::emit {
namespace {

using Json = nlohmann::ordered_json;

std::int64_t product(std::int64_t a, std::int64_t b, std::int64_t c = 1) {
  return a * b * c;
}

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
  const std::int64_t steady = plannedCycles(plan, kMore) - plannedCycles(plan, kFew);
  return {{"ideal_per_image", ideal.per_image},
          {"bottleneck", ideal.bottleneck},
          {"planned_one_image", plannedCycles(plan, 1)},  // the latency: first input beat to last output beat
          {"planned_steady_per_image", static_cast<double>(steady) / static_cast<double>(kMore - kFew)}};
}

/// Bits the network needs and bits the macros hold.
Json bitLedger(const Plan& plan) {
  std::int64_t weights = 0, arrays = 0, entries = 0, memories = 0, schedules = 0, masks = 0;
  for (const LayerPlan& layer : plan.layers) {
    weights += product(layer.inputs, layer.outputs);
    arrays += product(layer.array_rows, layer.array_cols, static_cast<std::int64_t>(layer.tiles.size()));
    entries += product(layer.banks, layer.outputs, layer.entryBits());
    memories += product(layer.banks * layer.words, layer.lanes, layer.entryBits());
    schedules += product(static_cast<std::int64_t>(layer.schedule.size()), layer.scheduleWordBits());
    constexpr int kMaskBits = 2;  // a dropout module holds this pass's bit and the next
    if (layer.dropout) masks += kMaskBits;
  }
  return {{"weights", weights},
          {"weights_in_arrays", arrays},
          {"scales_and_thresholds", entries},
          {"scales_and_thresholds_in_memories", memories},
          {"masks", masks},
          {"schedules", schedules}};
}

Json layers(const Plan& plan) {
  Json list = Json::array();
  for (const LayerPlan& layer : plan.layers) {
    const char* replay = layer.replay == Replay::Sums    ? "sums"
                         : layer.replay == Replay::Input ? "input"
                                                         : "none";
    list.push_back({{"name", layer.name},
                    {"instance", fmt::format("u_layer{}", layer.index)},
                    {"module", layerModuleName(plan, layer)},
                    {"inputs", layer.inputs},
                    {"outputs", layer.outputs},
                    {"input_bits", layer.elem_bits},
                    {"row_tiles", layer.row_tiles},
                    {"column_tiles", layer.col_tiles},
                    {"form", layer.form == PostForm::Multiply ? "multiply" : "threshold"},
                    {"lanes", layer.lanes},
                    {"replay", replay},
                    {"runs_every_pass", layer.per_pass},
                    {"window_cycles",
                     {{"fill", layer.beats}, {"arrays", layer.schedule.size()}, {"post", layer.words}}}});
  }
  return list;
}

Json stochasticUnits(const Plan& plan) {
  Json list = Json::array();
  const TargetSpec& target = plan.target;
  for (const LayerPlan& layer : plan.layers) {
    if (!layer.dropout) continue;
    const DropoutUnit& unit = *layer.dropout;
    list.push_back({{"unit", unit.unit},
                    {"instance", fmt::format("u_layer{}.u_mask", layer.index)},
                    {"scheme", "scale_dropout"},
                    {"probability", unit.probability},
                    {"drive_code", unit.drive_code},
                    {"drive_register", 64 + unit.unit},
                    {"bits_per_image", plan.passes},
                    {"cycles_per_bit", 1 + target.set_cycles + target.read_cycles + target.reset_cycles}});
  }
  return list;
}

Json programmingUnits(const Plan& plan) {
  Json list = Json::array();
  for (const LayerPlan& layer : plan.layers) {
    for (const TilePlan& tile : layer.tiles) {
      list.push_back(
          {{"unit", tile.prog_unit},
           {"instance", fmt::format("u_layer{}.u_tile_{}_{}", layer.index, tile.row_tile, tile.col_tile)},
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
  std::map<std::tuple<std::string, int, int, int>, int> counts;
  for (const LayerPlan& layer : plan.layers) {
    counts[{"cim_array", layer.array_rows, layer.array_cols, layer.group}] +=
        static_cast<int>(layer.tiles.size());
    ++counts[{"cim_sram_1rw", layer.banks * layer.words, layer.lanes * layer.entryBits(), 0}];
    if (layer.dropout) ++counts[{"cim_mtj_bit", 1, 1, 0}];
  }
  Json list = Json::array();
  for (const auto& [key, count] : counts) {
    const auto& [name, rows, width, group] = key;
    Json macro{{"macro", name}, {"rows", rows}, {"width", width}, {"count", count}};
    if (group != 0) macro["group"] = group;
    list.push_back(std::move(macro));
  }
  return list;
}

}  // namespace

std::string manifestText(const Plan& plan, const FileSet& files) {
  const Json manifest{{"generator", "neuspin"},
                      {"version", NEUSPIN_VERSION},
                      {"name", plan.name},
                      {"spec_sha256", plan.spec_sha256},
                      {"top", topModuleName(plan)},
                      {"passes", plan.passes},
                      {"cycles", cycles(plan)},
                      {"bits", bitLedger(plan)},
                      {"layers", layers(plan)},
                      {"stochastic_units", stochasticUnits(plan)},
                      {"programming_units", programmingUnits(plan)},
                      {"macros", macros(plan)},
                      {"files", fileList(files)}};
  return manifest.dump(1) + "\n";
}

}  // namespace neuspin::emit

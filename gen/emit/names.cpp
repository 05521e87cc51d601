#include "emit/names.hpp"

#include <fmt/format.h>

namespace neuspin::emit {
namespace {

bool chosen(const LayerPlan& layer) {
  return layer.choice == Choice::Array;
}

std::string arrayStem(const LayerPlan& layer, const TilePlan& tile) {
  std::string name = fmt::format("mem/l{}_r{}_c{}", layer.index, tile.row_tile, tile.col_tile);
  if (chosen(layer)) name += fmt::format("_s{}_n{}", tile.slice, tile.array);
  return name;
}

}  // namespace

std::string arrayImage(const LayerPlan& layer, const TilePlan& tile) {
  return arrayStem(layer, tile) + ".memh";
}
std::string faultImage(const LayerPlan& layer, const TilePlan& tile) {
  return arrayStem(layer, tile) + "_faults.memh";
}
std::string cellImage(const LayerPlan& layer, const TilePlan& tile) {
  return arrayStem(layer, tile) + "_cells.memh";
}
std::string noiseImage(const LayerPlan& layer, const TilePlan& tile) {
  return arrayStem(layer, tile) + "_noise.memh";
}
std::string scaleImage(const LayerPlan& layer) {
  return fmt::format("mem/l{}_scale.memh", layer.index);
}
std::string scheduleName(const LayerPlan& layer) {
  return fmt::format("l{}_schedule", layer.index);
}
std::string driveImage(const SupplyPlan& supply) {
  return fmt::format("mem/supply{}_drive.memh", supply.index);
}

std::string arrayMacro(const LayerPlan& layer) {
  return layer.adc_bits > 0 ? "cim_array_adc" : "cim_array";
}

std::string arrayInstance(const LayerPlan& layer, const TilePlan& tile) {
  return chosen(layer)
             ? fmt::format("u_array_{}_{}_{}_{}", tile.row_tile, tile.col_tile, tile.slice, tile.array)
             : fmt::format("u_tile_{}_{}", tile.row_tile, tile.col_tile);
}

std::string layerModuleName(const Plan& plan, const LayerPlan& layer) {
  return fmt::format("{}_layer{}", plan.name, layer.index);
}
std::string topModuleName(const Plan& plan) {
  return plan.name + "_top";
}

}  // namespace neuspin::emit

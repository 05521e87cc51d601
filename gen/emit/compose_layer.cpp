#include <fmt/format.h>

#include <algorithm>

#include "emit/layer_composer.hpp"
#include "emit/supplies.hpp"

namespace neuspin::emit {

using hdl::constant;
using hdl::Instance;
using hdl::Module;

namespace {

std::string convolution(const WindowPlan& window) {
  return fmt::format(
      "convolution {0} x {0} of a {1} x {2} x {3} map, stride {4}, padding {5}{6}.\nA window: ",
      window.kernel, window.in.channels, window.in.height, window.in.width, window.stride, window.padding,
      window.pool > 1
          ? fmt::format(", {0} over {1} x {1}", window.averages() ? "average" : "maximum", window.pool)
          : "");
}

std::string description(const LayerPlan& layer) {
  std::string text = fmt::format(
      "Layer {} '{}': {}{} inputs of {} bit, {} outputs, {}. {} x {} tiles of {} rows and {} columns",
      layer.index, layer.name, layer.window ? convolution(*layer.window) : "", layer.inputs, layer.elem_bits,
      layer.outputs, layer.last ? "logits" : "sign", layer.row_tiles, layer.col_tiles, layer.array_rows,
      layer.array_cols);
  if (layer.slices > 1) text += fmt::format(", {} slices each", layer.slices);
  if (layer.arrays > 1) text += fmt::format(", {} arrays each", layer.arrays);
  if (layer.adc_bits > 0) text += fmt::format(", a {}-bit converter a column", layer.adc_bits);
  text += fmt::format(", {} rows a read,\n{} reads a window, {} post lanes. Method: {}", layer.group,
                      layer.schedule.size(), layer.lanes, methodName(layer));
  if (layer.supply) {
    text +=
        fmt::format(", {} stochastic unit{}", layer.supply->modules, layer.supply->modules == 1 ? "" : "s");
  } else if (layer.stochastic()) {
    text += ", by the unit of the model";
  }
  if (layer.skip) text += fmt::format(".\nAdds the outputs of layer {}", layer.skip->source);
  return text + ".";
}

}  // namespace

LayerComposer::LayerComposer(const Plan& plan, const LayerPlan& layer)
    : plan_(plan), layer_(layer), m_(layerModuleName(plan, layer), description(layer)) {}

Module LayerComposer::compose() {
  ports();
  rowBufferStage();
  controller();
  for (int r = 0; r < layer_.row_tiles; ++r) rowTile(r);
  activeRows();
  postStage();
  if (layer_.supply) supply();
  requireLegal(m_);
  return std::move(m_);
}

void LayerComposer::ports() {
  clk_ = m_.input("clk_i", 1);
  rst_ = m_.input("rst_ni", 1);
  data_i_ = m_.input("data_i", layer_.beatBits());
  valid_i_ = m_.input("valid_i", 1);
  ready_o_ = m_.output("ready_o", 1);
  if (layer_.index == 0) fill_last_o_ = m_.output("fill_last_o", 1);
  data_o_ = m_.output("data_o", layer_.outBeatBits());
  valid_o_ = m_.output("valid_o", 1);
  ready_i_ = m_.input("ready_i", 1);
  read_o_ = m_.output("read_o", 1);
  rows_o_ = m_.output("rows_o", rowBits(layer_));
  if (layer_.skip) {
    skip_data_ = m_.input("skip_data_i", layer_.skip->beat_bits);
    skip_valid_ = m_.input("skip_valid_i", 1);
    skip_ready_ = m_.output("skip_ready_o", 1);
  }
  passes_ = countsPasses(layer_) ? Expr(m_.input("passes_i", kPassBits)) : constant(kPassBits, 1);
  if (layer_.stochastic()) supplyPorts();
  prog_we_ = m_.input("prog_we_i", 1);
  prog_unit_ = m_.input("prog_unit_i", kProgAddressBits);
  prog_addr_ = m_.input("prog_addr_i", kProgAddressBits);
  prog_data_ = m_.input("prog_data_i", layerProgBits(layer_));
}

/// Nets of the choice, which the consumers below read; ports if they come from outside.
void LayerComposer::supplyPorts() {
  if (shared()) {
    mask_valid_ = m_.input("shared_valid_i", 1);
    choice_ = m_.input("shared_bit_i", 1);
    mask_ready_ = m_.output("shared_ready_o", 1);
    return;
  }
  const SupplyPlan& supply = *layer_.supply;
  int width = supply.bits;
  if (supply.choices > 0) width = layer_.choice == Choice::Array ? supply.choices : idxBits(supply.choices);
  mask_valid_ = m_.wire("mask_valid", 1);
  mask_ready_ = m_.wire("mask_ready", 1);
  choice_ = m_.wire("choice", width);
}

Instance& LayerComposer::add(const hdl::ModuleTemplate& module, std::string name, hdl::Params params) {
  Instance& instance = m_.instantiate(module, std::move(name), std::move(params));
  m_.connect(instance, "clk_i", clk_);
  m_.connect(instance, "rst_ni", rst_);
  return instance;
}

void LayerComposer::programming(Instance& instance, int width) {
  m_.connect(instance, "prog_we_i", prog_we_);
  m_.connect(instance, "prog_unit_i", prog_unit_);
  m_.connect(instance, "prog_addr_i", prog_addr_);
  m_.connect(instance, "prog_data_i", prog_data_.slice(0, width));
}

bool countsPasses(const LayerPlan& layer) {
  return layer.replay != Replay::None || (layer.skip && layer.skip->replay);
}

int rowBits(const LayerPlan& layer) {
  return cntBits(layer.row_tiles * layer.group);
}

int layerProgBits(const LayerPlan& layer) {
  return std::max(layer.array_cols, layer.lanes * layer.entryBits());
}

Module composeLayer(const Plan& plan, const LayerPlan& layer) {
  return LayerComposer(plan, layer).compose();
}

}  // namespace neuspin::emit

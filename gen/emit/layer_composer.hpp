// The builder behind composeLayer: one class, its stages in compose_arrays.cpp and compose_post.cpp.
#pragma once

#include <string>
#include <vector>

#include "emit/compose.hpp"

namespace neuspin::emit {

/// Members are the nets that several instances share; instances are added in the order of the data.
class LayerComposer {
 public:
  LayerComposer(const Plan& plan, const LayerPlan& layer);
  [[nodiscard]] hdl::Module compose();

 private:
  using Expr = hdl::Expr;
  using Signal = hdl::Signal;

  // compose_layer.cpp
  void ports();
  void supplyPorts();
  hdl::Instance& add(const hdl::ModuleTemplate& module, std::string name, hdl::Params params);
  void programming(hdl::Instance& instance, int width);
  /// Whether this layer holds its supply, or takes its choices from the model's unit.
  [[nodiscard]] bool shared() const { return layer_.shared_consumer >= 0; }
  [[nodiscard]] bool takesMaximum() const { return layer_.window && layer_.window->takesMaximum(); }
  [[nodiscard]] bool averages() const { return layer_.window && layer_.window->averages(); }
  [[nodiscard]] bool converts() const { return layer_.adc_bits > 0; }
  [[nodiscard]] bool lanesFeedStage() const { return layer_.cross_norm || takesMaximum(); }
  [[nodiscard]] bool chosenByReads() const {
    return layer_.choice == Choice::Rows || layer_.choice == Choice::Array;
  }

  // compose_arrays.cpp
  void rowBufferStage();
  void windowStage(Signal pixel, Signal pixel_valid, Signal pixel_release);
  void controller();
  void rowTile(int r);
  /// Parameters and bits of a row mask at one tile's word lines (cim_wl_drive).
  struct Mask {
    int bits, group, offset;
    Expr drop;
  };
  void wordLines(int r, Signal wl, Signal wlb);
  [[nodiscard]] Mask maskOf(const TilePlan& tile) const;
  void accumulation(hdl::Instance& instance);
  [[nodiscard]] hdl::Params withChip(hdl::Params params, const TilePlan& tile) const;
  [[nodiscard]] Signal plainTile(const TilePlan& tile, Signal wl, Signal wlb);
  [[nodiscard]] Signal chosenTile(int r, int c, int slice, Signal wl, Signal wlb);
  void activeRows();

  // compose_post.cpp
  void postStage();
  void laneSums();
  void postController();
  void scaleMemory();
  void noise();
  void skipConnection();
  void lanes();
  void betweenLanesAndOutput(hdl::Instance& instance);
  void crossNormalisation();
  void maximum();
  void average();
  void supply();

  const Plan& plan_;
  const LayerPlan& layer_;
  hdl::Module m_;
  Signal clk_, rst_, data_i_, valid_i_, ready_o_, fill_last_o_, data_o_, valid_o_, ready_i_, read_o_, rows_o_;
  Signal prog_we_, prog_unit_, prog_addr_, prog_data_;
  Signal rows_, rows_valid_, rows_release_, read_, group_, plane_, acc_en_, first_, shift_, load_, hold_free_,
      active_;
  Signal sum_, fire_, word_, addr_, entry_, move_, eps_;
  Signal absent_;  ///< positions of the window outside the map, where they matter
  /// Lanes → cross-channel normalisation or pooling, where the layer has one of them.
  Signal lane_data_, lane_valid_, lane_ready_, negative_;
  /// The choice of a pass: bits of a mask, an arbiter's index or its one-hot. Ports where the unit is shared.
  Signal mask_valid_, mask_ready_, choice_;
  /// Skip connection: its stream at the ports, the entries it moves. Average: what the lanes see, their beats
  /// of every window.
  Signal skip_data_, skip_valid_, skip_ready_, skip_entry_, total_, beat_valid_, beat_ready_;
  Signal start_;  ///< what the post controller waits for, with either of them
  Expr passes_, taps_wl_, taps_wlb_, counts_;
};

}  // namespace neuspin::emit

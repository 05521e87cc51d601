#include <fmt/format.h>

#include <algorithm>

#include "emit/compose.hpp"
#include "emit/library.hpp"

namespace neuspin::emit {
namespace {

using hdl::BitVector;
using hdl::constant;
using hdl::Expr;
using hdl::Instance;
using hdl::Module;
using hdl::Signal;

/// Builds one engine. Members are the nets that several instances share; instances are added in the order of
/// the data.
class LayerComposer {
 public:
  LayerComposer(const Plan& plan, const LayerPlan& layer)
      : plan_(plan), layer_(layer), m_(layerModuleName(plan, layer), description(layer)) {}

  Module compose() {
    ports();
    rowBufferStage();
    controller();
    for (int r = 0; r < layer_.row_tiles; ++r) rowTile(r);
    activeRows();
    postStage();
    if (layer_.dropout) mask();
    requireLegal(m_);
    return std::move(m_);
  }

 private:
  static std::string description(const LayerPlan& layer) {
    const char* last = layer.last ? ", logits" : ", sign";
    return fmt::format(
        "Layer {} '{}': {} inputs of {} bit, {} outputs{}. {} x {} arrays of {} rows and {} columns, {} rows "
        "a read,\n"
        "{} reads a window, {} post lanes{}.",
        layer.index, layer.name, layer.inputs, layer.elem_bits, layer.outputs, last, layer.row_tiles,
        layer.col_tiles, layer.array_rows, layer.array_cols, layer.group, layer.schedule.size(), layer.lanes,
        layer.dropout ? ", one dropout module" : "");
  }

  void ports() {
    clk_ = m_.input("clk_i", 1);
    rst_ = m_.input("rst_ni", 1);
    data_i_ = m_.input("data_i", layer_.beatBits());
    valid_i_ = m_.input("valid_i", 1);
    ready_o_ = m_.output("ready_o", 1);
    if (layer_.index == 0) fill_last_o_ = m_.output("fill_last_o", 1);
    data_o_ = m_.output("data_o", layer_.outBeatBits());
    valid_o_ = m_.output("valid_o", 1);
    ready_i_ = m_.input("ready_i", 1);
    // Only a layer that repeats something needs the number of passes.
    passes_ = layer_.replay == Replay::None ? constant(kPassBits, 1) : Expr(m_.input("passes_i", kPassBits));
    if (layer_.dropout) {
      drive_i_ = m_.input("drive_i", plan_.target.drive_bits);
      sampled_o_ = m_.output("sampled_o", 1);
    }
    prog_we_ = m_.input("prog_we_i", 1);
    prog_unit_ = m_.input("prog_unit_i", kProgAddressBits);
    prog_addr_ = m_.input("prog_addr_i", kProgAddressBits);
    prog_data_ = m_.input("prog_data_i", layerProgBits(layer_));
  }

  Instance& add(const hdl::ModuleTemplate& module, std::string name, hdl::Params params) {
    Instance& instance = m_.instantiate(module, std::move(name), std::move(params));
    m_.connect(instance, "clk_i", clk_);
    m_.connect(instance, "rst_ni", rst_);
    return instance;
  }

  void programming(Instance& instance, int width) {
    m_.connect(instance, "prog_we_i", prog_we_);
    m_.connect(instance, "prog_unit_i", prog_unit_);
    m_.connect(instance, "prog_addr_i", prog_addr_);
    m_.connect(instance, "prog_data_i", prog_data_.slice(0, width));
  }

  void rowBufferStage() {
    const int used = layer_.inputs * layer_.elem_bits;
    const int held = layer_.beats * layer_.beatBits();
    rows_ = m_.wire("rows", used);
    rows_valid_ = m_.wire("rows_valid", 1);
    rows_release_ = m_.wire("rows_release", 1);
    Instance& i = add(rowBuffer(), "u_rows", {{"Words", layer_.beats}, {"BeatWidth", layer_.beatBits()}});
    m_.connect(i, "data_i", data_i_);
    m_.connect(i, "valid_i", valid_i_);
    m_.connect(i, "ready_o", ready_o_);
    if (layer_.index == 0) {
      m_.connect(i, "fill_last_o", fill_last_o_);
    } else {
      m_.leaveUnused(i, "fill_last_o");
    }
    Expr rows = rows_;
    if (held > used) rows.append(m_.unusedWire("rows_padding", held - used));
    m_.connect(i, "rows_o", rows);
    m_.connect(i, "rows_valid_o", rows_valid_);
    m_.connect(i, "release_i", rows_release_);
  }

  void controller() {
    read_ = m_.wire("read", 1);
    group_ = m_.wire("group", idxBits(layer_.groups));
    plane_ = m_.wire("plane", idxBits(layer_.elem_bits));
    acc_en_ = m_.wire("acc_en", 1);
    first_ = m_.wire("first", 1);
    shift_ = m_.wire("shift", 1);
    load_ = m_.wire("load", 1);
    hold_free_ = m_.wire("hold_free", 1);
    Instance& i = add(tileCtrl(), "u_ctrl",
                      {{"Steps", static_cast<std::int64_t>(layer_.schedule.size())},
                       {"GroupBits", idxBits(layer_.groups)},
                       {"PlaneBits", idxBits(layer_.elem_bits)},
                       {"ReplayInput", layer_.replay == Replay::Input ? 1 : 0},
                       {"PassBits", kPassBits},
                       {"ScheduleFile", scheduleImage(layer_)}});
    m_.connect(i, "passes_i", passes_);
    m_.connect(i, "rows_valid_i", rows_valid_);
    m_.connect(i, "rows_release_o", rows_release_);
    m_.connect(i, "read_o", read_);
    m_.connect(i, "group_o", group_);
    m_.connect(i, "plane_o", plane_);
    m_.connect(i, "acc_en_o", acc_en_);
    m_.connect(i, "first_o", first_);
    m_.connect(i, "shift_o", shift_);
    m_.connect(i, "load_o", load_);
    m_.connect(i, "hold_free_i", hold_free_);
  }

  void accumulation(Instance& instance) {
    m_.connect(instance, "read_i", read_);
    m_.connect(instance, "acc_en_i", acc_en_);
    m_.connect(instance, "first_i", first_);
    m_.connect(instance, "shift_i", shift_);
    m_.connect(instance, "load_i", load_);
  }

  void rowTile(int r) {
    const TilePlan& first_tile = layer_.tile(r, 0);
    const Signal wl = m_.wire(fmt::format("wl_{}", r), layer_.group);
    const Signal wlb = m_.wire(fmt::format("wlb_{}", r), layer_.group);
    taps_wl_.append(wl);
    taps_wlb_.append(wlb);
    Instance& drive = m_.instantiate(wlDrive(), fmt::format("u_drive_{}", r),
                                     {{"Rows", first_tile.rows_used},
                                      {"ElemBits", layer_.elem_bits},
                                      {"Bipolar", layer_.bipolar ? 1 : 0},
                                      {"Group", layer_.group},
                                      {"Groups", layer_.groups}});
    m_.connect(drive, "rows_i",
               rows_.slice(first_tile.row_base * layer_.elem_bits, first_tile.rows_used * layer_.elem_bits));
    m_.connect(drive, "group_i", group_);
    m_.connect(drive, "plane_i", plane_);
    m_.connect(drive, "wl_o", wl);
    m_.connect(drive, "wlb_o", wlb);
    std::vector<Signal> counts;
    for (int c = 0; c < layer_.col_tiles; ++c) counts.push_back(arrayTile(layer_.tile(r, c), wl, wlb));
    // Tiles give the planes of their own columns; u_sum wants each plane over all columns of the layer.
    for (int plane = 0; plane < layer_.acc_bits; ++plane) {
      for (int c = 0; c < layer_.col_tiles; ++c) {
        const int columns = layer_.tile(r, c).cols_used;
        counts_.append(counts[static_cast<std::size_t>(c)].slice(plane * columns, columns));
      }
    }
  }

  Signal arrayTile(const TilePlan& t, Signal wl, Signal wlb) {
    const Signal count =
        m_.wire(fmt::format("count_{}_{}", t.row_tile, t.col_tile), layer_.acc_bits * t.cols_used);
    Instance& i = add(tile(), fmt::format("u_tile_{}_{}", t.row_tile, t.col_tile),
                      {{"Rows", layer_.array_rows},
                       {"ArrayCols", layer_.array_cols},
                       {"Cols", t.cols_used},
                       {"Group", layer_.group},
                       {"AccBits", layer_.acc_bits},
                       {"BlockCols", kBlockCols},
                       {"InitFile", arrayImage(layer_, t)},
                       {"ProgUnit", t.prog_unit}});
    accumulation(i);
    m_.connect(i, "group_i", group_);
    m_.connect(i, "wl_i", wl);
    m_.connect(i, "wlb_i", wlb);
    m_.connect(i, "count_o", count);
    programming(i, layer_.array_cols);
    return count;
  }

  void activeRows() {
    active_ = m_.wire("active", layer_.active_bits);
    Instance& i = add(activeCounter(), "u_active",
                      {{"Taps", layer_.row_tiles * layer_.group}, {"ActiveBits", layer_.active_bits}});
    m_.connect(i, "wl_i", taps_wl_);
    m_.connect(i, "wlb_i", taps_wlb_);
    accumulation(i);
    m_.connect(i, "active_o", active_);
  }

  void postStage() {
    const int entry_bits = layer_.lanes * layer_.entryBits();
    const Signal sum = m_.wire("sum", layer_.lanes * layer_.sum_bits);
    const Signal fire = m_.wire("fire", 1);
    const Signal word = m_.wire("word", idxBits(layer_.words));
    const Signal addr = m_.wire("addr", idxBits(static_cast<std::int64_t>(layer_.banks) * layer_.words));
    const Signal entry = m_.wire("entry", entry_bits);
    const Signal move = m_.wire("move", 1);
    if (layer_.dropout) {
      mask_valid_ = m_.wire("mask_valid", 1);
      mask_bit_ = m_.wire("mask_bit", 1);
      mask_ready_ = m_.wire("mask_ready", 1);
    }

    Instance& lane_sum = add(laneSum(), "u_sum",
                             {{"RowTiles", layer_.row_tiles},
                              {"Cols", layer_.outputs},
                              {"AccBits", layer_.acc_bits},
                              {"ActiveBits", layer_.active_bits},
                              {"Lanes", layer_.lanes},
                              {"Words", layer_.words},
                              {"SumBits", layer_.sum_bits}});
    m_.connect(lane_sum, "fire_i", fire);
    m_.connect(lane_sum, "word_i", word);
    m_.connect(lane_sum, "counts_i", counts_);
    m_.connect(lane_sum, "active_i", active_);
    m_.connect(lane_sum, "sum_o", sum);

    Instance& ctrl = add(postCtrl(), "u_post_ctrl",
                         {{"Words", layer_.words},
                          {"Banks", layer_.banks},
                          {"ReplaySums", layer_.replay == Replay::Sums ? 1 : 0},
                          {"PassBits", kPassBits}});
    m_.connect(ctrl, "passes_i", passes_);
    m_.connect(ctrl, "load_i", load_);
    m_.connect(ctrl, "hold_free_o", hold_free_);
    m_.connect(ctrl, "mask_valid_i", layer_.dropout ? Expr(mask_valid_) : constant(1, 1));
    m_.connect(ctrl, "mask_bank_i", layer_.dropout ? Expr(mask_bit_) : constant(1, 0));
    if (layer_.dropout) {
      m_.connect(ctrl, "mask_ready_o", mask_ready_);
    } else {
      m_.leaveUnused(ctrl, "mask_ready_o");
    }
    m_.connect(ctrl, "fire_o", fire);
    m_.connect(ctrl, "word_o", word);
    m_.connect(ctrl, "addr_o", addr);
    m_.connect(ctrl, "move_o", move);
    m_.connect(ctrl, "valid_o", valid_o_);
    m_.leaveUnused(ctrl, "last_o");  // receivers count their beats
    m_.connect(ctrl, "ready_i", ready_i_);

    Instance& mem = add(scaleMem(), "u_scale_mem",
                        {{"Depth", layer_.banks * layer_.words},
                         {"Width", entry_bits},
                         {"InitFile", scaleImage(layer_)},
                         {"ProgUnit", layer_.scale_prog_unit}});
    m_.connect(mem, "en_i", fire);
    m_.connect(mem, "addr_i", addr);
    m_.connect(mem, "rdata_o", entry);
    programming(mem, entry_bits);

    Instance& lanes = add(postLanes(), "u_lanes",
                          {{"Form", layer_.form == PostForm::Multiply ? 1 : 0},
                           {"Last", layer_.last ? 1 : 0},
                           {"Lanes", layer_.lanes},
                           {"SumBits", layer_.sum_bits},
                           {"ThetaBits", layer_.theta_bits},
                           {"ScaleBits", layer_.scale_bits},
                           {"OffsetBits", layer_.offset_bits},
                           {"OutBits", layer_.out_bits}});
    m_.connect(lanes, "move_i", move);
    m_.connect(lanes, "sum_i", sum);
    m_.connect(lanes, "entry_i", entry);
    m_.connect(lanes, "data_o", data_o_);
  }

  void mask() {
    const TargetSpec& target = plan_.target;
    Instance& i = add(dropoutModule(), "u_mask",
                      {{"SetCycles", target.set_cycles},
                       {"ReadCycles", target.read_cycles},
                       {"ResetCycles", target.reset_cycles},
                       {"DriveBits", target.drive_bits},
                       {"UnitId", layer_.dropout->unit},
                       {"Seed", BitVector::of(32, plan_.seed)},
                       {"TableFile", driveImage(layer_)}});
    m_.connect(i, "drive_i", drive_i_);
    m_.connect(i, "mask_ready_i", mask_ready_);
    m_.connect(i, "mask_valid_o", mask_valid_);
    m_.connect(i, "mask_bit_o", mask_bit_);
    m_.connect(i, "sampled_o", sampled_o_);
  }

  const Plan& plan_;
  const LayerPlan& layer_;
  Module m_;
  Signal clk_, rst_, data_i_, valid_i_, ready_o_, fill_last_o_, data_o_, valid_o_, ready_i_, drive_i_,
      sampled_o_;
  Signal prog_we_, prog_unit_, prog_addr_, prog_data_;
  Signal rows_, rows_valid_, rows_release_, read_, group_, plane_, acc_en_, first_, shift_, load_, hold_free_,
      active_;
  Signal mask_valid_, mask_bit_, mask_ready_;
  Expr passes_, taps_wl_, taps_wlb_, counts_;
};

}  // namespace

std::string arrayImage(const LayerPlan& layer, const TilePlan& tile) {
  return fmt::format("mem/l{}_r{}_c{}.memh", layer.index, tile.row_tile, tile.col_tile);
}
std::string scaleImage(const LayerPlan& layer) {
  return fmt::format("mem/l{}_scale.memh", layer.index);
}
std::string scheduleImage(const LayerPlan& layer) {
  return fmt::format("mem/l{}_schedule.memh", layer.index);
}
std::string driveImage(const LayerPlan& layer) {
  return fmt::format("mem/l{}_drive.memh", layer.index);
}

int layerProgBits(const LayerPlan& layer) {
  return std::max(layer.array_cols, layer.lanes * layer.entryBits());
}

std::string layerModuleName(const Plan& plan, const LayerPlan& layer) {
  return fmt::format("{}_layer{}", plan.name, layer.index);
}

hdl::Module composeLayer(const Plan& plan, const LayerPlan& layer) {
  return LayerComposer(plan, layer).compose();
}

}  // namespace neuspin::emit

// From the input stream to the counts of every column: row buffer, controller, word lines, arrays.
#include <fmt/format.h>

#include "emit/layer_composer.hpp"
#include "emit/library.hpp"

namespace neuspin::emit {

using hdl::constant;
using hdl::Instance;

void LayerComposer::rowBufferStage() {
  const bool conv = layer_.window.has_value();
  const int used = (conv ? layer_.window->in.channels : layer_.inputs) * layer_.elem_bits;
  const int held = layer_.beats * layer_.beatBits();
  rows_ = m_.wire("rows", layer_.inputs * layer_.elem_bits);
  rows_valid_ = m_.wire("rows_valid", 1);
  rows_release_ = m_.wire("rows_release", 1);
  // A vector is all inputs of a linear layer, a pixel of a map.
  const Signal vector = conv ? m_.wire("pixel", used) : rows_;
  const Signal valid = conv ? m_.wire("pixel_valid", 1) : rows_valid_;
  const Signal release = conv ? m_.wire("pixel_release", 1) : rows_release_;
  const bool counts_images = layer_.index == 0;
  Instance& i = add(rowBuffer(), "u_rows",
                    {{"Words", layer_.beats},
                     {"BeatWidth", layer_.beatBits()},
                     {"Vectors", conv && counts_images ? layer_.window->in.pixels() : 1}});
  m_.connect(i, "data_i", data_i_);
  m_.connect(i, "valid_i", valid_i_);
  m_.connect(i, "ready_o", ready_o_);
  if (counts_images) {
    m_.connect(i, "fill_last_o", fill_last_o_);
  } else {
    m_.leaveUnused(i, "fill_last_o");
  }
  Expr rows = vector;
  if (held > used) rows.append(m_.unusedWire("rows_padding", held - used));
  m_.connect(i, "rows_o", rows);
  m_.connect(i, "rows_valid_o", valid);
  m_.connect(i, "release_i", release);
  if (conv) windowStage(vector, valid, release);
}

void LayerComposer::windowStage(Signal pixel, Signal pixel_valid, Signal pixel_release) {
  const WindowPlan& window = *layer_.window;
  Instance& i = add(windowBuffer(), "u_window",
                    {{"Channels", window.in.channels},
                     {"ElemBits", layer_.elem_bits},
                     {"Height", window.in.height},
                     {"Width", window.in.width},
                     {"Kernel", window.kernel},
                     {"Stride", window.stride},
                     {"Padding", window.padding},
                     {"PadValue", window.pad_value},
                     {"Absent", window.absent ? 1 : 0},
                     {"OutHeight", window.out_height},
                     {"OutWidth", window.out_width},
                     {"Depth", window.depth},
                     {"TapMajor", window.tap_major ? 1 : 0},
                     {"Replay", layer_.replay == Replay::Input ? 1 : 0},
                     {"PassBits", kPassBits}});
  m_.connect(i, "pixel_i", pixel);
  m_.connect(i, "pixel_valid_i", pixel_valid);
  m_.connect(i, "pixel_release_o", pixel_release);
  m_.connect(i, "passes_i", passes_);
  m_.connect(i, "rows_o", rows_);
  m_.connect(i, "rows_valid_o", rows_valid_);
  m_.connect(i, "release_i", rows_release_);
  if (window.absent) {
    absent_ = m_.wire("absent", window.taps());
    m_.connect(i, "absent_o", absent_);
  } else {
    m_.leaveUnused(i, "absent_o");
  }
}

void LayerComposer::controller() {
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
                     {"ReplayInput", layer_.replay == Replay::Input && !layer_.window ? 1 : 0},
                     {"MaskWindows", chosenByReads() ? layer_.mask_windows : 1},
                     {"PassBits", kPassBits},
                     {"ScheduleFile", scheduleName(layer_)}});
  m_.connect(i, "passes_i", passes_);
  m_.connect(i, "rows_valid_i", rows_valid_);
  m_.connect(i, "mask_valid_i", chosenByReads() ? Expr(mask_valid_) : constant(1, 1));
  if (chosenByReads()) {
    m_.connect(i, "mask_ready_o", mask_ready_);
  } else {
    m_.leaveUnused(i, "mask_ready_o");
  }
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

void LayerComposer::accumulation(Instance& instance) {
  m_.connect(instance, "read_i", read_);
  m_.connect(instance, "acc_en_i", acc_en_);
  m_.connect(instance, "first_i", first_);
  m_.connect(instance, "shift_i", shift_);
  m_.connect(instance, "load_i", load_);
}

void LayerComposer::rowTile(int r) {
  const Signal wl = m_.wire(fmt::format("wl_{}", r), layer_.group);
  const Signal wlb = m_.wire(fmt::format("wlb_{}", r), layer_.group);
  taps_wl_.append(wl);
  taps_wlb_.append(wlb);
  wordLines(r, wl, wlb);
  for (int slice = 0; slice < layer_.slices; ++slice) {
    std::vector<Signal> counts;
    for (int c = 0; c < layer_.col_tiles; ++c) {
      counts.push_back(layer_.choice == Choice::Array ? chosenTile(r, c, slice, wl, wlb)
                                                      : plainTile(layer_.tile(r, c), wl, wlb));
    }
    // Tiles give the planes of their own columns; u_sum wants each plane over all columns of the layer.
    for (int plane = 0; plane < layer_.acc_bits; ++plane) {
      for (int c = 0; c < layer_.col_tiles; ++c) {
        const int columns = layer_.tile(r, c).cols_used;
        counts_.append(counts[static_cast<std::size_t>(c)].slice(plane * columns, columns));
      }
    }
  }
}

void LayerComposer::wordLines(int r, Signal wl, Signal wlb) {
  const TilePlan& tile = layer_.tile(r, 0);
  const Mask mask = layer_.choice == Choice::Rows ? maskOf(tile) : Mask{1, tile.rows_used, 0, constant(1, 0)};
  int taps = 1, tap_offset = 0;
  Expr absent = constant(1, 0);
  if (layer_.window && layer_.window->absent) {
    const WindowPlan& window = *layer_.window;
    if (window.tap_major) {
      absent = absent_.slice(tile.row_base / window.in.channels, 1);
    } else {
      taps = window.taps();
      tap_offset = tile.row_base % taps;
      absent = absent_;
    }
  }
  Instance& drive = m_.instantiate(wlDrive(), fmt::format("u_drive_{}", r),
                                   {{"Rows", tile.rows_used},
                                    {"ElemBits", layer_.elem_bits},
                                    {"Bipolar", layer_.bipolar ? 1 : 0},
                                    {"Group", layer_.group},
                                    {"Groups", layer_.groups},
                                    {"MaskBits", mask.bits},
                                    {"MaskGroup", mask.group},
                                    {"MaskOffset", mask.offset},
                                    {"Taps", taps},
                                    {"TapOffset", tap_offset}});
  m_.connect(drive, "rows_i",
             rows_.slice(tile.row_base * layer_.elem_bits, tile.rows_used * layer_.elem_bits));
  m_.connect(drive, "group_i", group_);
  m_.connect(drive, "plane_i", plane_);
  m_.connect(drive, "drop_i", mask.drop);
  m_.connect(drive, "absent_i", absent);
  m_.connect(drive, "wl_o", wl);
  m_.connect(drive, "wlb_o", wlb);
}

/// The mask bits of a tile's own rows. Where the rows stand in logical order a bit serves a run of them;
/// otherwise (mapping 2, linear layers behind maps) every row is wired to its bit.
LayerComposer::Mask LayerComposer::maskOf(const TilePlan& tile) const {
  if (layer_.rowsInLogicalOrder()) {
    const int first = tile.row_base / layer_.mask_group;
    const int last = (tile.row_base + tile.rows_used - 1) / layer_.mask_group;
    return {last - first + 1, layer_.mask_group, tile.row_base % layer_.mask_group,
            choice_.slice(first, last - first + 1)};
  }
  Expr drop;
  for (int r = 0; r < tile.rows_used; ++r) {
    drop.append(choice_.slice(layer_.inputOfRow(tile.row_base + r) / layer_.mask_group, 1));
  }
  return {tile.rows_used, 1, 0, drop};
}

/// A real chip's arrays also have images of their faults and, with converters, of what their junctions
/// conduct and of the noise of their reads.
hdl::Params LayerComposer::withChip(hdl::Params params, const TilePlan& t) const {
  if (!layer_.faults.empty()) params.emplace_back("FaultFile", faultImage(layer_, t));
  if (!layer_.currents.empty()) params.emplace_back("CellFile", cellImage(layer_, t));
  if (layer_.noise) params.emplace_back("NoiseFile", noiseImage(layer_, t));
  return params;
}

hdl::Signal LayerComposer::plainTile(const TilePlan& t, Signal wl, Signal wlb) {
  const Signal count =
      m_.wire(fmt::format("count_{}_{}", t.row_tile, t.col_tile), layer_.acc_bits * t.cols_used);
  hdl::Params params{{"Rows", layer_.array_rows},
                     {"ArrayCols", layer_.array_cols},
                     {"Cols", t.cols_used},
                     {"Group", layer_.group}};
  if (converts()) params.emplace_back("AdcBits", layer_.adc_bits);
  params.insert(params.end(), {{"AccBits", layer_.acc_bits},
                               {"BlockCols", kBlockCols},
                               {"InitFile", arrayImage(layer_, t)},
                               {"ProgUnit", t.prog_unit}});
  Instance& i =
      add(converts() ? adcTile() : tile(), arrayInstance(layer_, t), withChip(std::move(params), t));
  accumulation(i);
  m_.connect(i, "group_i", group_);
  m_.connect(i, "wl_i", wl);
  m_.connect(i, "wlb_i", wlb);
  m_.connect(i, "count_o", count);
  programming(i, layer_.array_cols);
  return count;
}

/// One slice of a tile with several arrays: the arrays with their ports, and the digital side that they
/// share.
hdl::Signal LayerComposer::chosenTile(int r, int c, int slice, Signal wl, Signal wlb) {
  const int cols = layer_.tile(r, c).cols_used;
  const std::string place = fmt::format("{}_{}_{}", r, c, slice);
  const Signal enable = m_.wire("enable_" + place, layer_.arrays);
  const Signal count = m_.wire("count_" + place, layer_.acc_bits * cols);
  const int sense_bits = (converts() ? layer_.codeBits() : layer_.group) * layer_.array_cols;
  const Signal sense = m_.wire("sense_" + place, layer_.arrays * sense_bits);
  for (int n = 0; n < layer_.arrays; ++n) {
    const TilePlan& t = layer_.tile(r, c, slice, n);
    hdl::Params params{{"Rows", layer_.array_rows}, {"Cols", layer_.array_cols}, {"Group", layer_.group}};
    if (converts()) params.emplace_back("AdcBits", layer_.adc_bits);
    params.insert(params.end(), {{"InitFile", arrayImage(layer_, t)}, {"ProgUnit", t.prog_unit}});
    Instance& array =
        add(converts() ? adcPort() : arrayPort(), arrayInstance(layer_, t), withChip(std::move(params), t));
    m_.connect(array, "read_i", enable.slice(n, 1));
    m_.connect(array, "group_i", group_);
    m_.connect(array, "wl_i", wl);
    m_.connect(array, "wlb_i", wlb);
    m_.connect(array, converts() ? "code_o" : "sense_o", sense.slice(n * sense_bits, sense_bits));
    programming(array, layer_.array_cols);
  }
  hdl::Params params{{"Arrays", layer_.arrays}, {"ArrayCols", layer_.array_cols}, {"Cols", cols},
                     {"Group", layer_.group},   {"AccBits", layer_.acc_bits},     {"BlockCols", kBlockCols}};
  if (converts()) params.emplace_back("CodeBits", layer_.codeBits());
  Instance& i = add(selectTile(), "u_tile_" + place, std::move(params));
  accumulation(i);
  m_.connect(i, "select_i", choice_);
  m_.connect(i, "enable_o", enable);
  m_.connect(i, "sense_i", sense);
  m_.connect(i, "count_o", count);
  return count;
}

void LayerComposer::activeRows() {
  active_ = m_.wire("active", layer_.active_bits);
  Instance& i = add(activeCounter(), "u_active",
                    {{"Taps", layer_.row_tiles * layer_.group}, {"ActiveBits", layer_.active_bits}});
  m_.connect(i, "wl_i", taps_wl_);
  m_.connect(i, "wlb_i", taps_wlb_);
  accumulation(i);
  m_.connect(i, "active_o", active_);
  m_.connect(i, "read_o", read_o_);
  m_.connect(i, "rows_o", rows_o_);
}

}  // namespace neuspin::emit

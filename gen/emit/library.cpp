#include "emit/library.hpp"

#include <algorithm>

#include "plan/plan.hpp"

namespace neuspin::emit {
namespace {

using hdl::Direction;
using hdl::ModuleTemplate;
using hdl::PortTemplate;

/// p("Rows"): value of an integer parameter of the instance.
struct Get {
  const hdl::Params& params;
  std::int64_t operator()(std::string_view name) const { return hdl::intParam(params, name); }
};

template <class Width>
PortTemplate port(std::string name, Direction direction, Width width) {
  return {std::move(name), direction,
          [width](const hdl::Params& params) -> std::int64_t { return width(Get{params}); }};
}
template <class Width>
PortTemplate in(std::string name, Width width) {
  return port(std::move(name), Direction::Input, width);
}
template <class Width>
PortTemplate out(std::string name, Width width) {
  return port(std::move(name), Direction::Output, width);
}
PortTemplate in(std::string name, int width = 1) {
  return port(std::move(name), Direction::Input, [width](Get) { return width; });
}
PortTemplate out(std::string name, int width = 1) {
  return port(std::move(name), Direction::Output, [width](Get) { return width; });
}

constexpr int kProgBits = 16;  // unit and address on the programming bus

}  // namespace

const ModuleTemplate& rowBuffer() {
  static const ModuleTemplate kModule{
      "cim_row_buffer",
      {"Words", "BeatWidth"},
      {in("clk_i"), in("rst_ni"), in("data_i", [](Get p) { return p("BeatWidth"); }), in("valid_i"),
       out("ready_o"), out("fill_last_o"), out("rows_o", [](Get p) { return p("Words") * p("BeatWidth"); }),
       out("rows_valid_o"), in("release_i")}};
  return kModule;
}

const ModuleTemplate& wlDrive() {
  static const ModuleTemplate kModule{
      "cim_wl_drive",
      {"Rows", "ElemBits", "Bipolar", "Group", "Groups"},
      {in("rows_i", [](Get p) { return p("Rows") * p("ElemBits"); }),
       in("group_i", [](Get p) { return idxBits(p("Groups")); }),
       in("plane_i", [](Get p) { return idxBits(p("ElemBits")); }),
       out("wl_o", [](Get p) { return p("Group"); }), out("wlb_o", [](Get p) { return p("Group"); })}};
  return kModule;
}

const ModuleTemplate& tile() {
  static const ModuleTemplate kModule{
      "cim_tile",
      {"Rows", "ArrayCols", "Cols", "Group", "AccBits", "BlockCols", "InitFile", "ProgUnit"},
      {in("clk_i"), in("rst_ni"), in("read_i"),
       in("group_i", [](Get p) { return idxBits(p("Rows") / p("Group")); }),
       in("wl_i", [](Get p) { return p("Group"); }), in("wlb_i", [](Get p) { return p("Group"); }),
       in("acc_en_i"), in("first_i"), in("shift_i"), in("load_i"),
       out("count_o", [](Get p) { return p("AccBits") * p("Cols"); }), in("prog_we_i"),
       in("prog_unit_i", kProgBits), in("prog_addr_i", kProgBits),
       in("prog_data_i", [](Get p) { return p("ArrayCols"); })}};
  return kModule;
}

const ModuleTemplate& activeCounter() {
  static const ModuleTemplate kModule{
      "cim_active_counter",
      {"Taps", "ActiveBits"},
      {in("clk_i"), in("rst_ni"), in("wl_i", [](Get p) { return p("Taps"); }),
       in("wlb_i", [](Get p) { return p("Taps"); }), in("read_i"), in("acc_en_i"), in("first_i"),
       in("shift_i"), in("load_i"), out("active_o", [](Get p) { return p("ActiveBits"); })}};
  return kModule;
}

const ModuleTemplate& tileCtrl() {
  static const ModuleTemplate kModule{
      "cim_tile_ctrl",
      {"Steps", "GroupBits", "PlaneBits", "ReplayInput", "PassBits", "ScheduleFile"},
      {in("clk_i"), in("rst_ni"), in("passes_i", [](Get p) { return p("PassBits"); }), in("rows_valid_i"),
       out("rows_release_o"), out("read_o"), out("group_o", [](Get p) { return p("GroupBits"); }),
       out("plane_o", [](Get p) { return p("PlaneBits"); }), out("acc_en_o"), out("first_o"), out("shift_o"),
       out("load_o"), in("hold_free_i")}};
  return kModule;
}

const ModuleTemplate& postCtrl() {
  static const ModuleTemplate kModule{
      "cim_post_ctrl",
      {"Words", "Banks", "ReplaySums", "PassBits"},
      {in("clk_i"), in("rst_ni"), in("passes_i", [](Get p) { return p("PassBits"); }), in("load_i"),
       out("hold_free_o"), in("mask_valid_i"), in("mask_bank_i", [](Get p) { return idxBits(p("Banks")); }),
       out("mask_ready_o"), out("fire_o"), out("word_o", [](Get p) { return idxBits(p("Words")); }),
       out("addr_o", [](Get p) { return idxBits(p("Banks") * p("Words")); }), out("move_o"), out("valid_o"),
       out("last_o"), in("ready_i")}};
  return kModule;
}

const ModuleTemplate& laneSum() {
  static const ModuleTemplate kModule{
      "cim_lane_sum",
      {"RowTiles", "Cols", "AccBits", "ActiveBits", "Lanes", "Words", "SumBits"},
      {in("clk_i"), in("rst_ni"), in("fire_i"), in("word_i", [](Get p) { return idxBits(p("Words")); }),
       in("counts_i", [](Get p) { return p("RowTiles") * p("AccBits") * p("Cols"); }),
       in("active_i", [](Get p) { return p("ActiveBits"); }),
       out("sum_o", [](Get p) { return p("Lanes") * p("SumBits"); })}};
  return kModule;
}

const ModuleTemplate& scaleMem() {
  static const ModuleTemplate kModule{
      "cim_scale_mem",
      {"Depth", "Width", "InitFile", "ProgUnit"},
      {in("clk_i"), in("rst_ni"), in("en_i"), in("addr_i", [](Get p) { return idxBits(p("Depth")); }),
       out("rdata_o", [](Get p) { return p("Width"); }), in("prog_we_i"), in("prog_unit_i", kProgBits),
       in("prog_addr_i", kProgBits), in("prog_data_i", [](Get p) { return p("Width"); })}};
  return kModule;
}

const ModuleTemplate& postLanes() {
  static const ModuleTemplate kModule{
      "cim_post_lanes",
      {"Form", "Last", "Lanes", "SumBits", "ThetaBits", "ScaleBits", "OffsetBits", "OutBits"},
      {in("clk_i"), in("rst_ni"), in("move_i"), in("sum_i", [](Get p) { return p("Lanes") * p("SumBits"); }),
       in("entry_i",
          [](Get p) {
            return p("Lanes") * (p("Form") != 0 ? p("ScaleBits") + p("OffsetBits") : 1 + p("ThetaBits"));
          }),
       out("data_o", [](Get p) { return p("Lanes") * (p("Last") != 0 ? p("OutBits") : 1); })}};
  return kModule;
}

const ModuleTemplate& dropoutModule() {
  static const ModuleTemplate kModule{
      "cim_dropout_module",
      {"SetCycles", "ReadCycles", "ResetCycles", "DriveBits", "UnitId", "Seed", "TableFile"},
      {in("clk_i"), in("rst_ni"), in("drive_i", [](Get p) { return p("DriveBits"); }), in("mask_ready_i"),
       out("mask_valid_o"), out("mask_bit_o"), out("sampled_o")}};
  return kModule;
}

const ModuleTemplate& head() {
  static const ModuleTemplate kModule{
      "cim_head",
      {"Classes", "LogitBits", "ExpMul", "ExpShift", "MaxPasses", "Smallest", "EnMoment2", "EnEntropy",
       "EnVotes", "EnLogits", "ExpFile", "RecipFile", "PlogpFile", "InvTFile"},
      {in("clk_i"), in("rst_ni"), in("data_i", [](Get p) { return p("LogitBits"); }), in("valid_i"),
       out("ready_o"), in("passes_i", 8), in("ood_threshold_i", 12), in("ood_k_i", 4), out("data_o", 128),
       out("valid_o"), out("last_o"), in("ready_i")}};
  return kModule;
}

const ModuleTemplate& regs() {
  static const ModuleTemplate kModule{
      "cim_regs",
      {"Units", "DriveBits", "DriveInit", "Passes", "MaxPasses", "OodThreshold", "OodK", "SpecId"},
      {in("clk_i"), in("rst_ni"), in("reg_we_i"), in("reg_addr_i", 8), in("reg_wdata_i", 32),
       out("reg_rdata_o", 32), in("in_valid_i"), in("in_ready_i"), in("in_last_i"), in("out_valid_i"),
       in("out_ready_i"), in("out_last_i"), in("samples_i", [](Get p) { return p("Units"); }),
       out("passes_o", 8), out("ood_threshold_o", 12), out("ood_k_o", 4),
       out("drive_o", [](Get p) { return p("Units") * p("DriveBits"); })}};
  return kModule;
}

const std::vector<const ModuleTemplate*>& libraryTemplates() {
  static const std::vector<const ModuleTemplate*> kAll{
      &rowBuffer(), &wlDrive(),  &tile(),      &activeCounter(), &tileCtrl(), &postCtrl(),
      &laneSum(),   &scaleMem(), &postLanes(), &dropoutModule(), &head(),     &regs()};
  return kAll;
}

}  // namespace neuspin::emit

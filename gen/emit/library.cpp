#include "emit/library.hpp"

#include "emit/library_ports.hpp"

namespace neuspin::emit {

const ModuleTemplate& rowBuffer() {
  static const ModuleTemplate kModule{
      "cim_row_buffer",
      {"Words", "BeatWidth", "Vectors"},
      {in("clk_i"), in("rst_ni"), in("data_i", [](Get p) { return p("BeatWidth"); }), in("valid_i"),
       out("ready_o"), out("fill_last_o"), out("rows_o", [](Get p) { return p("Words") * p("BeatWidth"); }),
       out("rows_valid_o"), in("release_i")}};
  return kModule;
}

const ModuleTemplate& windowBuffer() {
  static const ModuleTemplate kModule{
      "cim_window_buffer",
      {"Channels", "ElemBits", "Height", "Width", "Kernel", "Stride", "Padding", "PadValue", "Absent",
       "OutHeight", "OutWidth", "Depth", "TapMajor", "Replay", "PassBits"},
      {in("clk_i"), in("rst_ni"), in("passes_i", [](Get p) { return p("PassBits"); }),
       in("pixel_i", [](Get p) { return p("Channels") * p("ElemBits"); }), in("pixel_valid_i"),
       out("pixel_release_o"),
       out("rows_o", [](Get p) { return p("Kernel") * p("Kernel") * p("Channels") * p("ElemBits"); }),
       out("absent_o", [](Get p) { return p("Kernel") * p("Kernel"); }), out("rows_valid_o"),
       in("release_i")}};
  return kModule;
}

const ModuleTemplate& wlDrive() {
  static const ModuleTemplate kModule{
      "cim_wl_drive",
      {"Rows", "ElemBits", "Bipolar", "Group", "Groups", "MaskBits", "MaskGroup", "MaskOffset", "Taps",
       "TapOffset"},
      {in("rows_i", [](Get p) { return p("Rows") * p("ElemBits"); }),
       in("group_i", [](Get p) { return idxBits(p("Groups")); }),
       in("plane_i", [](Get p) { return idxBits(p("ElemBits")); }),
       in("drop_i", [](Get p) { return p("MaskBits"); }), in("absent_i", [](Get p) { return p("Taps"); }),
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
       in("prog_data_i", [](Get p) { return p("ArrayCols"); })},
      {"FaultFile"}};
  return kModule;
}

const ModuleTemplate& arrayPort() {
  static const ModuleTemplate kModule{
      "cim_array_port",
      {"Rows", "Cols", "Group", "InitFile", "ProgUnit"},
      {in("clk_i"), in("rst_ni"), in("read_i"),
       in("group_i", [](Get p) { return idxBits(p("Rows") / p("Group")); }),
       in("wl_i", [](Get p) { return p("Group"); }), in("wlb_i", [](Get p) { return p("Group"); }),
       out("sense_o", [](Get p) { return p("Group") * p("Cols"); }), in("prog_we_i"),
       in("prog_unit_i", kProgBits), in("prog_addr_i", kProgBits),
       in("prog_data_i", [](Get p) { return p("Cols"); })},
      {"FaultFile"}};
  return kModule;
}

const ModuleTemplate& adcTile() {
  static const ModuleTemplate kModule{
      "cim_adc_tile",
      {"Rows", "ArrayCols", "Cols", "Group", "AdcBits", "AccBits", "BlockCols", "InitFile", "ProgUnit"},
      {in("clk_i"), in("rst_ni"), in("read_i"),
       in("group_i", [](Get p) { return idxBits(p("Rows") / p("Group")); }),
       in("wl_i", [](Get p) { return p("Group"); }), in("wlb_i", [](Get p) { return p("Group"); }),
       in("acc_en_i"), in("first_i"), in("shift_i"), in("load_i"),
       out("count_o", [](Get p) { return p("AccBits") * p("Cols"); }), in("prog_we_i"),
       in("prog_unit_i", kProgBits), in("prog_addr_i", kProgBits),
       in("prog_data_i", [](Get p) { return p("ArrayCols"); })},
      {"FaultFile", "CellFile", "NoiseFile"}};
  return kModule;
}

const ModuleTemplate& adcPort() {
  static const ModuleTemplate kModule{
      "cim_adc_port",
      {"Rows", "Cols", "Group", "AdcBits", "InitFile", "ProgUnit"},
      {in("clk_i"), in("rst_ni"), in("read_i"),
       in("group_i", [](Get p) { return idxBits(p("Rows") / p("Group")); }),
       in("wl_i", [](Get p) { return p("Group"); }), in("wlb_i", [](Get p) { return p("Group"); }),
       out("code_o", [](Get p) { return cntBits(p("Group")) * p("Cols"); }), in("prog_we_i"),
       in("prog_unit_i", kProgBits), in("prog_addr_i", kProgBits),
       in("prog_data_i", [](Get p) { return p("Cols"); })},
      {"FaultFile", "CellFile", "NoiseFile"}};
  return kModule;
}

const ModuleTemplate& selectTile() {
  static const ModuleTemplate kModule{
      "cim_select_tile",
      {"Arrays", "ArrayCols", "Cols", "Group", "AccBits", "BlockCols"},
      {in("clk_i"), in("rst_ni"), in("read_i"), in("select_i", [](Get p) { return p("Arrays"); }),
       out("enable_o", [](Get p) { return p("Arrays"); }),
       in("sense_i",
          [](Get p) {
            const std::int64_t code_bits = p.given("CodeBits", 0);
            return p("Arrays") * (code_bits > 0 ? code_bits : p("Group")) * p("ArrayCols");
          }),
       in("acc_en_i"), in("first_i"), in("shift_i"), in("load_i"),
       out("count_o", [](Get p) { return p("AccBits") * p("Cols"); })},
      {"CodeBits"}};
  return kModule;
}

const ModuleTemplate& activeCounter() {
  static const ModuleTemplate kModule{
      "cim_active_counter",
      {"Taps", "ActiveBits"},
      {in("clk_i"), in("rst_ni"), in("wl_i", [](Get p) { return p("Taps"); }),
       in("wlb_i", [](Get p) { return p("Taps"); }), in("read_i"), in("acc_en_i"), in("first_i"),
       in("shift_i"), in("load_i"), out("active_o", [](Get p) { return p("ActiveBits"); }), out("read_o"),
       out("rows_o", [](Get p) { return cntBits(p("Taps")); })}};
  return kModule;
}

const ModuleTemplate& tileCtrl() {
  static const ModuleTemplate kModule{
      "cim_tile_ctrl",
      {"Steps", "GroupBits", "PlaneBits", "ReplayInput", "MaskWindows", "PassBits", "ScheduleFile"},
      {in("clk_i"), in("rst_ni"), in("passes_i", [](Get p) { return p("PassBits"); }), in("rows_valid_i"),
       in("mask_valid_i"), out("mask_ready_o"), out("rows_release_o"), out("read_o"),
       out("group_o", [](Get p) { return p("GroupBits"); }),
       out("plane_o", [](Get p) { return p("PlaneBits"); }), out("acc_en_o"), out("first_o"), out("shift_o"),
       out("load_o"), in("hold_free_i")}};
  return kModule;
}

const ModuleTemplate& postCtrl() {
  static const ModuleTemplate kModule{
      "cim_post_ctrl",
      {"Words", "Banks", "ReplaySums", "MaskPerWord", "MaskWindows", "PassBits"},
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
      {"RowTiles", "Slices", "Cols", "AccBits", "ActiveBits", "Lanes", "Words", "SumBits"},
      {in("clk_i"), in("rst_ni"), in("fire_i"), in("word_i", [](Get p) { return idxBits(p("Words")); }),
       in("counts_i", [](Get p) { return p("RowTiles") * p("Slices") * p("AccBits") * p("Cols"); }),
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

const ModuleTemplate& laneNoise() {
  static const ModuleTemplate kModule{
      "cim_lane_noise",
      {"Lanes", "NoiseBits"},
      {in("clk_i"), in("rst_ni"), in("fire_i"),
       in("bits_i", [](Get p) { return p("Lanes") * p("NoiseBits"); }),
       out("eps_o", [](Get p) { return p("Lanes") * (cntBits(p("NoiseBits")) + 1); })}};
  return kModule;
}

const ModuleTemplate& postLanes() {
  static const ModuleTemplate kModule{
      "cim_post_lanes",
      {"Form", "Last", "Lanes", "SumBits", "ThetaBits", "ScaleBits", "SigmaBits", "OffsetBits", "OutBits",
       "EpsBits", "Polarity"},
      {in("clk_i"), in("rst_ni"), in("move_i"), in("sum_i", [](Get p) { return p("Lanes") * p("SumBits"); }),
       in("entry_i",
          [](Get p) {
            const std::int64_t sigma = p("Form") == 2 ? p("SigmaBits") : 0;
            return p("Lanes") *
                   (p("Form") == 0 ? 1 + p("ThetaBits") : p("ScaleBits") + sigma + p("OffsetBits"));
          }),
       in("eps_i", [](Get p) { return p("Lanes") * p("EpsBits"); }),
       out("data_o", [](Get p) { return p("Lanes") * (p("Last") != 0 ? p("OutBits") : 1); }),
       out("negative_o", [](Get p) { return p("Lanes"); })}};
  return kModule;
}

const ModuleTemplate& laneSkip() {
  static const ModuleTemplate kModule{
      "cim_lane_skip",
      {"Lanes", "EntryBits", "ConstLow", "ConstBits", "SkipBits"},
      {in("entry_i", [](Get p) { return p("Lanes") * (p("SkipBits") + p("EntryBits")); }),
       in("skip_i", [](Get p) { return p("Lanes"); }),
       out("entry_o", [](Get p) { return p("Lanes") * p("EntryBits"); })}};
  return kModule;
}

const ModuleTemplate& skipBuffer() {
  static const ModuleTemplate kModule{
      "cim_skip_buffer",
      {"Bits", "Lanes", "Words", "Pixels", "Depth", "Replay", "PassBits"},
      {in("clk_i"), in("rst_ni"), in("passes_i", [](Get p) { return p("PassBits"); }),
       in("pixel_i", [](Get p) { return p("Bits"); }), in("pixel_valid_i"), out("pixel_release_o"),
       in("choice_valid_i"), out("valid_o"), in("fire_i"),
       in("word_i", [](Get p) { return idxBits(p("Words")); }),
       out("bits_o", [](Get p) { return p("Lanes"); })}};
  return kModule;
}

const ModuleTemplate& streamFork() {
  static const ModuleTemplate kModule{
      "cim_stream_fork",
      {"Consumers"},
      {in("valid_i"), out("ready_o"), out("valid_o", [](Get p) { return p("Consumers"); }),
       in("ready_i", [](Get p) { return p("Consumers"); })}};
  return kModule;
}

const ModuleTemplate& maxPool() {
  static const ModuleTemplate kModule{
      "cim_max_pool",
      {"Lanes", "Words", "Height", "Width", "Pool"},
      {in("clk_i"), in("rst_ni"), in("data_i", [](Get p) { return p("Lanes"); }),
       in("negative_i", [](Get p) { return p("Lanes"); }), in("valid_i"), out("ready_o"),
       out("data_o", [](Get p) { return p("Lanes"); }), out("valid_o"), in("ready_i")}};
  return kModule;
}

const ModuleTemplate& avgPool() {
  static const ModuleTemplate kModule{
      "cim_avg_pool",
      {"Lanes", "Words", "Width", "Pool", "SumBits", "TotalBits"},
      {in("clk_i"), in("rst_ni"), in("choice_valid_i"), out("start_o"), in("fire_i"),
       in("word_i", [](Get p) { return idxBits(p("Words")); }), in("move_i"),
       in("sum_i", [](Get p) { return p("Lanes") * p("SumBits"); }),
       out("total_o", [](Get p) { return p("Lanes") * p("TotalBits"); }), in("valid_i"), out("ready_o"),
       out("valid_o"), in("ready_i")}};
  return kModule;
}

const ModuleTemplate& crossNorm() {
  static const ModuleTemplate kModule{
      "cim_cross_norm",
      {"Lanes", "Words", "Outputs", "DataBits"},
      {in("clk_i"), in("rst_ni"), in("data_i", [](Get p) { return p("Lanes") * p("DataBits"); }),
       in("valid_i"), out("ready_o"), out("data_o", [](Get p) { return p("Lanes"); }), out("valid_o"),
       in("ready_i")}};
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

const std::vector<const ModuleTemplate*>& libraryTemplates() {
  static const std::vector<const ModuleTemplate*> kAll{
      &rowBuffer(), &windowBuffer(), &wlDrive(),       &tile(),       &arrayPort(),     &adcTile(),
      &adcPort(),   &selectTile(),   &activeCounter(), &tileCtrl(),   &postCtrl(),      &laneSum(),
      &scaleMem(),  &laneNoise(),    &postLanes(),     &maxPool(),    &avgPool(),       &crossNorm(),
      &laneSkip(),  &skipBuffer(),   &streamFork(),    &maskSupply(), &arbiterOnehot(), &maskFanout(),
      &head(),      &regs()};
  return kAll;
}

}  // namespace neuspin::emit

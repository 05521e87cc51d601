// From the counts to the output stream: sums, scale memory, lanes, normalisation, and the supply of random
// choices.
#include "emit/layer_composer.hpp"
#include "emit/library.hpp"
#include "emit/supplies.hpp"

namespace neuspin::emit {

using hdl::BitVector;
using hdl::constant;
using hdl::Instance;

void LayerComposer::postStage() {
  sum_ = m_.wire("sum", layer_.lanes * layer_.sum_bits);
  fire_ = m_.wire("fire", 1);
  word_ = m_.wire("word", idxBits(layer_.words));
  addr_ = m_.wire("addr", idxBits(static_cast<std::int64_t>(layer_.banks) * layer_.words));
  entry_ = m_.wire("entry", layer_.lanes * layer_.entryBits());
  move_ = m_.wire("move", 1);
  if (lanesFeedStage()) {
    const std::string name = layer_.cross_norm ? "u" : "bits";
    lane_data_ = m_.wire(name, layer_.laneBeatBits());
    lane_valid_ = m_.wire(name + "_valid", 1);
    lane_ready_ = m_.wire(name + "_ready", 1);
  }
  laneSums();
  if (layer_.skip || averages()) start_ = m_.wire("start", 1);
  if (averages()) {
    total_ = m_.wire("total", layer_.lanes * layer_.total_bits);
    beat_valid_ = m_.wire("beat_valid", 1);
    beat_ready_ = m_.wire("beat_ready", 1);
  }
  postController();
  scaleMemory();
  if (layer_.choice == Choice::Noise) noise();
  if (layer_.skip) skipConnection();
  if (averages()) average();
  lanes();
  if (layer_.cross_norm) crossNormalisation();
  if (takesMaximum()) maximum();
}

void LayerComposer::laneSums() {
  Instance& i = add(laneSum(), "u_sum",
                    {{"RowTiles", layer_.row_tiles},
                     {"Slices", layer_.slices},
                     {"Cols", layer_.outputs},
                     {"AccBits", layer_.acc_bits},
                     {"ActiveBits", layer_.active_bits},
                     {"Lanes", layer_.lanes},
                     {"Words", layer_.words},
                     {"SumBits", layer_.sum_bits}});
  m_.connect(i, "fire_i", fire_);
  m_.connect(i, "word_i", word_);
  m_.connect(i, "counts_i", counts_);
  m_.connect(i, "active_i", active_);
  m_.connect(i, "sum_o", sum_);
}

void LayerComposer::postController() {
  const bool banks = layer_.choice == Choice::Bank;
  const bool waits = banks || layer_.choice == Choice::Noise;
  Instance& i = add(postCtrl(), "u_post_ctrl",
                    {{"Words", layer_.words},
                     {"Banks", layer_.banks},
                     {"ReplaySums", layer_.replay == Replay::Sums ? 1 : 0},
                     {"MaskPerWord", layer_.choice == Choice::Noise ? 1 : 0},
                     {"MaskWindows", banks ? layer_.mask_windows : 1},
                     {"PassBits", kPassBits}});
  m_.connect(i, "passes_i", passes_);
  m_.connect(i, "load_i", load_);
  m_.connect(i, "hold_free_o", hold_free_);
  m_.connect(i, "mask_valid_i",
             layer_.skip || averages() ? Expr(start_)
             : waits                   ? Expr(mask_valid_)
                                       : constant(1, 1));
  m_.connect(i, "mask_bank_i", banks ? Expr(choice_) : constant(idxBits(layer_.banks), 0));
  if (waits) {
    m_.connect(i, "mask_ready_o", mask_ready_);
  } else {
    m_.leaveUnused(i, "mask_ready_o");
  }
  m_.connect(i, "fire_o", fire_);
  m_.connect(i, "word_o", word_);
  m_.connect(i, "addr_o", addr_);
  m_.connect(i, "move_o", move_);
  m_.connect(i, "valid_o", averages() ? beat_valid_ : lanesFeedStage() ? lane_valid_ : valid_o_);
  m_.leaveUnused(i, "last_o");  // receivers count their beats
  m_.connect(i, "ready_i", averages() ? beat_ready_ : lanesFeedStage() ? lane_ready_ : ready_i_);
}

void LayerComposer::scaleMemory() {
  const int width = layer_.lanes * layer_.entryBits();
  Instance& i = add(scaleMem(), "u_scale_mem",
                    {{"Depth", layer_.banks * layer_.words},
                     {"Width", width},
                     {"InitFile", scaleImage(layer_)},
                     {"ProgUnit", layer_.scale_prog_unit}});
  m_.connect(i, "en_i", fire_);
  m_.connect(i, "addr_i", addr_);
  m_.connect(i, "rdata_o", entry_);
  programming(i, width);
}

void LayerComposer::noise() {
  eps_ = m_.wire("eps", layer_.lanes * (cntBits(layer_.noise_bits) + 1));
  Instance& i = add(laneNoise(), "u_noise", {{"Lanes", layer_.lanes}, {"NoiseBits", layer_.noise_bits}});
  m_.connect(i, "fire_i", fire_);
  m_.connect(i, "bits_i", choice_);
  m_.connect(i, "eps_o", eps_);
}

/// The earlier layer's bits, a pixel at a time, and the entries that they move. A word also waits for the
/// choice.
void LayerComposer::skipConnection() {
  const SkipPlan& skip = *layer_.skip;
  const int held = skip.beats * skip.beat_bits;
  const Signal pixel = m_.wire("skip_pixel", layer_.outputs), valid = m_.wire("skip_pixel_valid", 1),
               release = m_.wire("skip_pixel_release", 1), bits = m_.wire("skip_bits", layer_.lanes);
  Instance& rows =
      add(rowBuffer(), "u_skip_rows", {{"Words", skip.beats}, {"BeatWidth", skip.beat_bits}, {"Vectors", 1}});
  m_.connect(rows, "data_i", skip_data_);
  m_.connect(rows, "valid_i", skip_valid_);
  m_.connect(rows, "ready_o", skip_ready_);
  m_.leaveUnused(rows, "fill_last_o");
  Expr padded = pixel;
  if (held > layer_.outputs) padded.append(m_.unusedWire("skip_padding", held - layer_.outputs));
  m_.connect(rows, "rows_o", padded);
  m_.connect(rows, "rows_valid_o", valid);
  m_.connect(rows, "release_i", release);

  Instance& buffer = add(skipBuffer(), "u_skip",
                         {{"Bits", layer_.outputs},
                          {"Lanes", layer_.lanes},
                          {"Words", layer_.words},
                          {"Pixels", skip.pixels},
                          {"Depth", skip.depth},
                          {"Replay", skip.replay ? 1 : 0},
                          {"PassBits", kPassBits}});
  const bool waits = layer_.choice == Choice::Bank || layer_.choice == Choice::Noise;
  m_.connect(buffer, "passes_i", skip.replay ? passes_ : Expr(constant(kPassBits, 1)));
  m_.connect(buffer, "pixel_i", pixel);
  m_.connect(buffer, "pixel_valid_i", valid);
  m_.connect(buffer, "pixel_release_o", release);
  m_.connect(buffer, "choice_valid_i", waits ? Expr(mask_valid_) : constant(1, 1));
  m_.connect(buffer, "valid_o", start_);
  m_.connect(buffer, "fire_i", fire_);
  m_.connect(buffer, "word_i", word_);
  m_.connect(buffer, "bits_o", bits);

  skip_entry_ = m_.wire("skip_entry", layer_.lanes * layer_.laneEntryBits());
  const int below = layer_.form == PostForm::Threshold  ? 0
                    : layer_.form == PostForm::Multiply ? layer_.scale_bits
                                                        : layer_.scale_bits + layer_.sigma_bits;
  Instance& moved = m_.instantiate(laneSkip(), "u_lane_skip",
                                   {{"Lanes", layer_.lanes},
                                    {"EntryBits", layer_.laneEntryBits()},
                                    {"ConstLow", below},
                                    {"ConstBits", layer_.constantBits()},
                                    {"SkipBits", layer_.skip_bits}});
  m_.connect(moved, "entry_i", entry_);
  m_.connect(moved, "skip_i", bits);
  m_.connect(moved, "entry_o", skip_entry_);
}

void LayerComposer::lanes() {
  const bool noisy = layer_.choice == Choice::Noise;
  Instance& i = add(postLanes(), "u_lanes",
                    {{"Form", static_cast<std::int64_t>(layer_.form)},
                     {"Last", layer_.lanesPutOutSums() ? 1 : 0},
                     {"Lanes", layer_.lanes},
                     {"SumBits", layer_.total_bits},
                     {"ThetaBits", layer_.theta_bits},
                     {"ScaleBits", layer_.scale_bits},
                     {"SigmaBits", layer_.sigma_bits},
                     {"OffsetBits", layer_.offset_bits},
                     {"OutBits", layer_.out_bits},
                     {"EpsBits", noisy ? cntBits(layer_.noise_bits) + 1 : 1},
                     {"Polarity", takesMaximum() ? 1 : 0}});
  m_.connect(i, "move_i", move_);
  m_.connect(i, "sum_i", averages() ? total_ : sum_);
  m_.connect(i, "entry_i", layer_.skip ? skip_entry_ : entry_);
  m_.connect(i, "eps_i", noisy ? Expr(eps_) : hdl::zeros(layer_.lanes));
  m_.connect(i, "data_o", lanesFeedStage() ? lane_data_ : data_o_);
  if (takesMaximum()) {
    negative_ = m_.wire("negative", layer_.lanes);
    m_.connect(i, "negative_o", negative_);
  } else {
    m_.leaveUnused(i, "negative_o");
  }
}

/// The stream ports of a stage that takes the lanes' beats and puts out the layer's.
void LayerComposer::betweenLanesAndOutput(Instance& i) {
  m_.connect(i, "data_i", lane_data_);
  m_.connect(i, "valid_i", lane_valid_);
  m_.connect(i, "ready_o", lane_ready_);
  m_.connect(i, "data_o", data_o_);
  m_.connect(i, "valid_o", valid_o_);
  m_.connect(i, "ready_i", ready_i_);
}

void LayerComposer::crossNormalisation() {
  Instance& i = add(crossNorm(), "u_norm",
                    {{"Lanes", layer_.lanes},
                     {"Words", layer_.words},
                     {"Outputs", layer_.outputs},
                     {"DataBits", layer_.out_bits}});
  betweenLanesAndOutput(i);
}

void LayerComposer::maximum() {
  const WindowPlan& window = *layer_.window;
  Instance& i = add(maxPool(), "u_pool",
                    {{"Lanes", layer_.lanes},
                     {"Words", layer_.words},
                     {"Height", window.out_height},
                     {"Width", window.out_width},
                     {"Pool", window.pool}});
  m_.connect(i, "negative_i", negative_);
  betweenLanesAndOutput(i);
}

/// Between the sums and the lanes; of the lanes' beats it lets those of whole pools go on.
void LayerComposer::average() {
  const WindowPlan& window = *layer_.window;
  Instance& i = add(avgPool(), "u_pool",
                    {{"Lanes", layer_.lanes},
                     {"Words", layer_.words},
                     {"Width", window.out_width},
                     {"Pool", window.pool},
                     {"SumBits", layer_.sum_bits},
                     {"TotalBits", layer_.total_bits}});
  m_.connect(i, "choice_valid_i", layer_.choice == Choice::Bank ? Expr(mask_valid_) : constant(1, 1));
  m_.connect(i, "start_o", start_);
  m_.connect(i, "fire_i", fire_);
  m_.connect(i, "word_i", word_);
  m_.connect(i, "move_i", move_);
  m_.connect(i, "sum_i", sum_);
  m_.connect(i, "total_o", total_);
  m_.connect(i, "valid_i", beat_valid_);
  m_.connect(i, "ready_o", beat_ready_);
  m_.connect(i, "valid_o", lanesFeedStage() ? lane_valid_ : valid_o_);
  m_.connect(i, "ready_i", lanesFeedStage() ? lane_ready_ : ready_i_);
}

void LayerComposer::supply() {
  const SupplyPlan& plan = *layer_.supply;
  const bool arbiter = plan.choices > 0;
  Instance& i = add(arbiter ? arbiterOnehot() : maskSupply(), "u_supply", supplyParams(plan_, plan));
  m_.connect(i, "mask_ready_i", mask_ready_);
  m_.connect(i, "mask_valid_o", mask_valid_);
  if (!arbiter) {
    m_.connect(i, "mask_o", choice_);
  } else {
    const bool onehot = layer_.choice == Choice::Array;
    m_.connect(i, onehot ? "onehot_o" : "index_o", choice_);
    m_.leaveUnused(i, onehot ? "index_o" : "onehot_o");
  }
  // The unit bus is that of the layer's ports.
  m_.connect(i, "unit_id_i", m_.input("unit_id_i", kUnitIdBits));
  m_.connect(i, "unit_word_i", m_.input("unit_word_i", kUnitWordBits));
  m_.connect(i, "unit_we_i", m_.input("unit_we_i", 1));
  m_.connect(i, "unit_wdata_i", m_.input("unit_wdata_i", 32));
  m_.connect(i, "calibrate_i", m_.input("calibrate_i", 1));
  m_.connect(i, "unit_rdata_o", m_.output("unit_rdata_o", 32));
  m_.connect(i, "calibrating_o", m_.output("calibrating_o", 1));
  m_.connect(i, "alarm_o", m_.output("alarm_o", 1));
  m_.connect(i, "sampled_o", m_.output("sampled_o", sampledBits(plan)));
}

hdl::Params supplyParams(const Plan& plan, const SupplyPlan& supply) {
  const TargetSpec& target = plan.target;
  hdl::Params params;
  if (supply.choices > 0) {
    params = {{"Choices", supply.choices}};
  } else {
    params = {{"Bits", supply.bits}, {"Modules", supply.modules}};
  }
  const hdl::Params bank = {{"SetCycles", target.set_cycles},
                            {"ReadCycles", target.read_cycles},
                            {"ResetCycles", target.reset_cycles},
                            {"Whiten", supply.whiten ? 1 : 0},
                            {"DriveBits", target.drive_bits},
                            {"DriveInit", supply.drive_code},
                            {"HealthLog2", target.health_window_log2},
                            {"RunCutoff", supply.run_cutoff},
                            {"OnesLow", supply.ones_low},
                            {"OnesHigh", supply.ones_high},
                            {"Calibrate", static_cast<std::int64_t>(target.calibration)},
                            {"CalLog2", target.calibration_window_log2},
                            {"CalTarget", supply.calibration_target},
                            {"FirstUnit", supply.first_unit},
                            {"Seed", BitVector::of(32, plan.seed)},
                            {"TableFile", driveImage(supply)},
                            {"TableUnits", supply.table_units}};
  params.insert(params.end(), bank.begin(), bank.end());
  return params;
}

}  // namespace neuspin::emit

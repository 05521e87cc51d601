#include "mutants.hpp"

#include <fmt/format.h>

#include <map>
#include <stdexcept>

namespace neuspin::testing {

std::vector<Mutant> mutants(const std::string& net) {
  return {
      // array periphery
      {"rtl/cim_fa.sv", "(half & c_i)", "(half & a_i)", "carry of a full adder ignores its carry input"},
      {"rtl/cim_popcount.sv", "taps_i[(Taps-1)*Columns+:Columns]", "taps_i[0+:Columns]",
       "popcount counts row 0 twice and the last row never", "= "},
      {"rtl/cim_column_block.sv", "first_i ? '0 : shift_i ? below : held", "first_i ? '0 : held",
       "accumulator does not double between bit planes"},
      {"rtl/cim_active_counter.sv", "sum[ActiveBits-1:0]", "{sum[ActiveBits-1:1], 1'b0}",
       "bit 0 of the active-row count stuck at 0", "acc_q <= "},
      {"rtl/cim_array_port.sv", "prog_unit_i == 16'(ProgUnit)", "prog_unit_i[0] == 1'(ProgUnit)",
       "a tile decodes one bit of the programming address"},
      {"rtl/cim_wl_drive.sv", "~bits & part", "~bits", "absent rows take part"},
      {"rtl/cim_row_buffer.sv", "rd_bank_q ? bank1_q : bank0_q", "wr_bank_q ? bank1_q : bank0_q",
       "row buffer reads the bank being written"},
      {"rtl/cim_tile_ctrl.sv", "s1_valid_q && s1_last_q && !hold_free_i", "s1_valid_q && !hold_free_i",
       "reads stall although only the last step needs the hold register (results stay right)"},
      {"behavioral/cim_array.sv", "~row", "row", "array senses input -1 like +1", "{Cols{wlb_i[r]}} & "},
      // post lanes
      {"rtl/cim_lane_sum.sv", "{counts[n*AccBits+:AccBits], 1'b0}", "{counts[n*AccBits+:AccBits], 1'b1}",
       "bit 0 of the doubled count stuck at 1"},
      {"rtl/cim_lane_threshold.sv", "z >= theta", "z > theta", "threshold off by one", "bit_o = ("},
      {"rtl/cim_lane_multiply.sv", "Width'($signed(entry_i[ScaleBits-1:0]))",
       "Width'(entry_i[ScaleBits-1:0])", "scale taken as unsigned"},
      {"rtl/cim_post_lanes.sv", "move_i", "1'b1", "output register loads without being told", "else if ("},
      {"rtl/cim_post_ctrl.sv", "!s1_valid_q || out_adv", "!s1_valid_q",
       "a bubble after every word (results stay right)"},
      {"rtl/cim_scale_mem.sv", "en_i || prog_hit", "en_i", "scale memory cannot be programmed"},
      {"rtl/" + net + "_layer1.sv", "choice", "1'b0", "layer 1 never drops its scales", ".mask_bank_i  ("},
      // dropout
      {"rtl/cim_mtj_sequencer.sv", "8'(SetCycles - 1)", "8'(SetCycles)", "SET pulse one clock too long"},
      {"behavioral/cim_mtj_bit.sv", "(x >> 15)", "(x >> 14)", "another random sequence"},
      // head
      {"rtl/cim_head_collect.sv", "$signed(data_i) > $signed(max_so_far)", "data_i > max_so_far",
       "logits compared as unsigned"},
      {"rtl/cim_head_exp.sv", "(x1_idx_q == '0 ? '0 : sum_so_far)", "sum_so_far",
       "sum of exponentials never cleared"},
      {"rtl/cim_head_recip.sv", "5'd8", "5'd7", "reciprocal table addressed one bit off"},
      {"rtl/cim_head_insert.sv", "value_i < here", "value_i > here",
       "keeps the largest samples, not the smallest"},
      {"rtl/cim_head_stats.sv", "(32'd1 << (a1_n_q - 5'd1))", "(32'd0 << (a1_n_q - 5'd1))",
       "probability not rounded"},
      {"rtl/cim_head_result.sv", "r1_msq_q - mean2", "r1_msq_q + mean2", "variance with the wrong sign"},
      {"rtl/cim_head_result.sv", "32'(slot) >= Smallest", "1'b0",
       "OOD_K beyond the samples kept is not limited"},
      // registers and top
      {"rtl/cim_regs.sv", "in_valid_i && !in_ready_i", "in_valid_i && in_ready_i",
       "counts transfers as input stalls"},
      {"rtl/" + net + "_top.sv", "in_last", "in_valid_i", "counts beats as images", ".in_last_i       ("},
  };
}

std::vector<Mutant> methodMutants() {
  return {
      {"rtl/cim_wl_drive.sv", "present & ~dropped & ~absent", "present & ~absent",
       "no input is ever dropped"},
      {"rtl/cim_tile_ctrl.sv", "rows_valid_i && mask_valid_i && !stall", "rows_valid_i && !stall",
       "a window starts without its mask"},
      {"rtl/cim_lane_sum.sv", "(n % Slices)", "0", "bit slices of a weight all worth 1", "<< "},
      {"rtl/cim_select_tile.sv", "read_i", "1'b1", "the array seen follows the arbiter at once", "else if ("},
      {"rtl/cim_mask_supply.sv", "last_round ? '0 : round_q + 1'b1", "'0",
       "only the first round of a mask is drawn"},
      {"rtl/cim_arbiter_onehot.sv", "done && (in_range || try_q == 4'd15)", "done", "no number is rejected"},
      {"rtl/cim_mask_fanout.sv", "&free", "|free", "one slow consumer loses bits", "mask_ready_o = "},
      {"rtl/cim_unit_calibrator.sv", "best_code", "code", "calibration keeps the last code, not the best",
       "stop ? "},
      {"rtl/cim_stochastic_bank.sv", "cal_round_q ? cal_select : '1", "'1",
       "a calibration pulses every unit"},
  };
}

std::vector<Mutant> chipMutants() {
  return {
      {"behavioral/cim_array_adc.sv", "(sum + Half) >>> 13", "sum >>> 13", "a converter rounds down",
       "        sum = "},
      {"behavioral/cim_array_adc.sv", "reads_q + 1'b1", "reads_q", "all reads have the same noise"},
      {"behavioral/cim_array_adc.sv", "noise[2+driven*(Group+1)+near]", "noise[2+driven*(Group+1)]",
       "noise does not depend on the matches"},
      {"behavioral/cim_array_adc.sv", "key[c]", "key[0]", "all columns have the same noise", "near], "},
      {"behavioral/cim_array_adc.sv", "driven - Range + 2", "driven - Range",
       "a converter starts one count too low"},
      {"behavioral/cim_array_adc.sv", "junctions[47:32]", "junctions[15:0]",
       "input -1 reads the other junction's current", "is_zero ? "},
      {"behavioral/cim_array_adc.sv", "32'(cells[Rows*Cols+c][31:0])", "0", "converters without offset"},
      {"behavioral/cim_array_adc.sv", "~wdata_i", "zero[waddr_i]", "programming writes one junction of two",
       "zero[waddr_i] <= "},
      {"rtl/cim_adc_port.sv", "prog_unit_i == 16'(ProgUnit)", "prog_unit_i[0] == 1'(ProgUnit)",
       "a tile with converters decodes one bit of the programming address"},
      {"behavioral/cim_mtj_bit.sv", "state_q && fails", "1'b0", "every RESET works"},
      {"behavioral/cim_mtj_bit.sv", "(state_q ^ wrong)", "state_q", "every read is right"},
      {"behavioral/cim_mtj_bit.sv", "TableIndex * (Codes + 2)", "TableIndex * Codes",
       "a unit reads another's chances"},
      {"rtl/cim_active_counter.sv", "read_q ? cnt_q : '0", "cnt_q", "rows are counted without a read"},
      {"rtl/cim_regs.sv", "row_reads_q + driven", "row_reads_q + read", "reads counted as their rows"},
  };
}

std::vector<Mutant> tieMutants() {
  return {{"rtl/cim_cross_norm.sv", "scaled >= $signed(r1_sum_q)", "scaled > $signed(r1_sum_q)",
           "an output at the mean is -1", "data_d[l] = "}};
}

std::vector<Mutant> convolutionMutants() {
  const std::string window = "rtl/cim_window_buffer.sv", pool = "rtl/cim_max_pool.sv",
                    average = "rtl/cim_avg_pool.sv";
  return {
      {window, "stored_q > $signed(CountBits'(index)) && !write", "stored_q > $signed(CountBits'(index))",
       "reads and writes the one port at once"},
      {window, "oy_q == LastY || rows_below != '0", "1'b1", "gives up a row that the next band needs"},
      {window, "(window_q >> Step)", "window_q", "columns do not move on"},
      {window, "Absent != 0 && !s1_real_q", "1'b0", "padding is not flagged"},
      {window, "s1_real_q ? rdata : {Channels{ElemBits'(PadValue)}}", "rdata",
       "padding holds the pixel read before"},
      {window, "last_pass ? ahead(image_addr_q, MapStep) : image_addr_q", "ahead(image_addr_q, MapStep)",
       "a map that is replayed is left after its first pass"},
      {window, "addr > LastAddr - step", "addr >= LastAddr - step", "wraps a pixel too early"},
      {pool, "(a & b) | ((a | b) & ~n)", "a | b",
       "the largest sum of a falling output is taken for the smallest"},
      {pool, "hit && window_x && ym_q != '0", "hit && window_x",
       "joins the first row with what was there before"},
      {pool, "hit && !window_x", "hit", "a window's last column gathers, too"},
      {average, "s1_fetched_q ? rdata : held", "acc_q[s1_word_q*BeatBits+:BeatBits]",
       "forgets the rows of a pool above"},
      {average, "!(s1_valid_q && s1_store_q && fetches)", "1'b1",
       "fetches and stores at the one port at once"},
      {average, "right && bottom", "right", "a row of a pool leaves as a whole one"},
      {"rtl/cim_post_lanes.sv", "entry_i[l*EntryBits+SignBit]", "1'b0", "no output falls with its sum"},
      {"rtl/cim_wl_drive.sv", "present & ~dropped & ~absent", "present & ~dropped", "padding takes part"},
      {"rtl/cim_tile_ctrl.sv", "window_end && window_q == LastWindow", "window_end",
       "a new mask for every window"},
      {"rtl/cim_post_ctrl.sv", "window_done && window_q == LastWindow", "window_done",
       "a new bank for every window"},
      {"rtl/cim_row_buffer.sv", "last_word && last_vector", "last_word", "every pixel ends an image"},
  };
}

namespace {

/// Throws unless the file is there and holds the place exactly once.
std::size_t placeOf(const FileSet& design, const Mutant& mutant) {
  const auto file = design.find(mutant.file);
  if (file == design.end()) throw std::runtime_error(mutant.file + " is not emitted");
  const std::string& text = file->second;
  const std::string place = mutant.before + mutant.original;
  const std::size_t at = text.find(place);
  if (at == std::string::npos || text.find(place, at + 1) != std::string::npos)
    throw std::runtime_error(mutant.file + ": \"" + place + "\" must occur exactly once");
  return at + mutant.before.size();
}

}  // namespace

FileSet withSwitchedMutants(FileSet design, const std::vector<Mutant>& faults) {
  std::map<std::string, std::map<std::size_t, std::size_t>> numbers;  // [file][place]
  for (std::size_t i = 0; i < faults.size(); ++i) numbers[faults[i].file][placeOf(design, faults[i])] = i + 1;
  for (const auto& [file, places] : numbers) {
    std::string& text = design.at(file);
    for (auto place = places.rbegin(); place != places.rend(); ++place) {  // from the end: places before stay
      const Mutant& mutant = faults[place->second - 1];
      text.replace(place->first, mutant.original.size(),
                   fmt::format("((mutant_seed >> {}) == {} ? ({}) : ({}))", kMutantShift, place->second,
                               mutant.replaced, mutant.original));
    }
    const std::string header_end = "\n);\n";
    const std::size_t body = text.find(header_end);
    if (body == std::string::npos) throw std::runtime_error(file + ": no end of the port list");
    text.insert(body + header_end.size(),
                "  logic [31:0] mutant_seed;\n"
                "  initial if (!$value$plusargs(\"neuspin_seed=%d\", mutant_seed)) mutant_seed = '0;\n");
  }
  return design;
}

}  // namespace neuspin::testing

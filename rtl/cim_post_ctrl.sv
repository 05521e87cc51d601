// Steps the post lanes of a layer through the held sums, Words words a window, one a cycle.
// Pipeline: fire_o (word_o selects the columns, addr_o reads the scale memory) -> move_o a cycle later (sums and entries
// are there, the lanes write their output register) -> valid_o. Each stage waits for the one behind it; ready_i reaches
// no other engine: hold_free_o starts from registers of this one and its own output's ready. A word starts only with a
// choice of the pass at hand (bank, or noise bits), which is consumed with the last word of
// MaskWindows windows, with MaskPerWord with every word.
// Layers without one tie mask_valid_i to 1. With ReplaySums the sums serve passes_i windows.
`include "cim_assert.svh"

module cim_post_ctrl #(
    parameter int Words       = 2,  // words of lanes a window: ceil(columns / lanes)
    parameter int Banks       = 1,  // of the scale memory, of which the choice of a pass picks one
    parameter int ReplaySums  = 0,  // 1: every held window is stepped through passes_i times
    parameter int MaskPerWord = 0,  // 1: every word takes a choice of its own (noise)
    parameter int MaskWindows = 1,  // windows a choice serves, at least 1
    parameter int PassBits    = 8,  // width of passes_i
    parameter int WordBits    = (Words > 1) ? $clog2(Words) : 1,                // derived; do not set
    parameter int BankBits    = (Banks > 1) ? $clog2(Banks) : 1,                // derived; do not set
    parameter int AddrBits    = (Banks * Words > 1) ? $clog2(Banks * Words) : 1  // derived; do not set
) (
    input  logic                clk_i,
    input  logic                rst_ni,
    input  logic                load_i,        // the hold registers take new sums at this edge
    input  logic                mask_valid_i,
    input  logic [BankBits-1:0] mask_bank_i,
    input  logic [PassBits-1:0] passes_i,      // at least 1; changes only while idle
    input  logic                ready_i,
    output logic                hold_free_o,
    output logic                mask_ready_o,
    output logic                fire_o,
    output logic [WordBits-1:0] word_o,
    output logic [AddrBits-1:0] addr_o,
    output logic                move_o,
    output logic                valid_o,
    output logic                last_o
);
  `CIM_STATIC_ASSERT(gen_sizes, Words >= 1 && Banks >= 1 && MaskWindows >= 1,
                     "cim_post_ctrl: Words, Banks and MaskWindows must be at least 1")

  localparam int WindowBits = (MaskWindows > 1) ? $clog2(MaskWindows) : 1;
  localparam logic [WordBits-1:0] LastWord = WordBits'(Words - 1);
  localparam logic [WindowBits-1:0] LastWindow = WindowBits'(MaskWindows - 1);

  logic                hold_valid_q `CIM_ARCH;
  logic [WordBits-1:0] word_q `CIM_ARCH;
  logic [PassBits-1:0] pass_q `CIM_ARCH;
  logic [WindowBits-1:0] window_q `CIM_ARCH;
  logic                s1_valid_q `CIM_ARCH;
  logic                s1_last_q `CIM_ARCH;
  logic                out_valid_q `CIM_ARCH;
  logic                out_last_q `CIM_ARCH;

  logic                out_adv, s1_adv, last_word, window_done, last_pass, hold_release;
  logic [PassBits-1:0] pass_d;

  assign out_adv      = !out_valid_q || ready_i;
  assign s1_adv       = !s1_valid_q || out_adv;
  assign fire_o       = hold_valid_q && mask_valid_i && s1_adv;
  assign last_word    = word_q == LastWord;
  assign window_done  = fire_o && last_word;
  assign hold_release = window_done && last_pass;

  assign hold_free_o  = !hold_valid_q || hold_release;
  assign mask_ready_o = (MaskPerWord != 0) ? fire_o : window_done && window_q == LastWindow;
  assign word_o       = word_q;
  assign move_o       = s1_valid_q && out_adv;
  assign valid_o      = out_valid_q;
  assign last_o       = out_last_q;

  if (Banks > 1) begin : gen_banks
    assign addr_o = AddrBits'(mask_bank_i * Words) + AddrBits'(word_q);
    `CIM_ASSUME(BankInRange, !mask_valid_i || 32'(mask_bank_i) < Banks)
  end else begin : gen_single_bank
    logic unused_bank;
    assign unused_bank = ^mask_bank_i;
    assign addr_o      = word_q;
  end

  if (ReplaySums != 0) begin : gen_replay
    assign last_pass = pass_q == passes_i - 1'b1;
    assign pass_d    = !window_done ? pass_q : last_pass ? '0 : pass_q + 1'b1;
    `CIM_ASSUME(PassesPositive, passes_i != '0)
    `CIM_ASSUME_STABLE(PassesKeptDuringWindow, !hold_valid_q, passes_i)
    `CIM_ASSERT(PassInRange, pass_q < passes_i)
  end else begin : gen_single
    logic unused_passes;
    assign unused_passes = ^passes_i;
    assign last_pass     = 1'b1;
    assign pass_d        = pass_q;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      hold_valid_q <= 1'b0;
      word_q       <= '0;
      pass_q       <= '0;
      window_q     <= '0;
      s1_valid_q   <= 1'b0;
      s1_last_q    <= 1'b0;
      out_valid_q  <= 1'b0;
      out_last_q   <= 1'b0;
    end else begin
      pass_q <= pass_d;
      if (window_done) window_q <= (window_q == LastWindow) ? '0 : window_q + 1'b1;
      if (load_i) hold_valid_q <= 1'b1;
      else if (hold_release) hold_valid_q <= 1'b0;
      if (fire_o) begin
        word_q    <= last_word ? '0 : word_q + 1'b1;
        s1_last_q <= last_word;
      end
      if (s1_adv) s1_valid_q <= fire_o;
      if (out_adv) out_valid_q <= s1_valid_q;
      if (move_o) out_last_q <= s1_last_q;
    end
  end

  `CIM_ASSUME(LoadsOnlyFreeHold, !load_i || hold_free_o)
  `CIM_ASSERT(WordInRange, 32'(word_q) < Words)
  `CIM_ASSERT(WindowStartsWithFirstWord, hold_valid_q || word_q == '0)
  `CIM_ASSERT(OutputNotOverwritten, !move_o || !out_valid_q || ready_i)
  `CIM_ASSERT(MaskTakenOnlyWhenValid, !mask_ready_o || mask_valid_i)
  `CIM_ASSERT(WindowInRange, 32'(window_q) < MaskWindows)
  `CIM_ASSERT(MaskTakenWithWindow, MaskPerWord != 0 || !mask_ready_o || window_done)
  `CIM_ASSERT(ChoiceOfOneWindow, MaskWindows > 1 || !window_done || mask_ready_o)

  // Shadow: what came into each stage and has not left it, for the properties
`ifndef SYNTHESIS
  logic held_q, fired_q, moved_q, stalled_q, was_last_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {held_q, fired_q, moved_q, stalled_q, was_last_q} <= '0;
    end else begin
      held_q    <= load_i || (hold_valid_q && !hold_release);
      fired_q   <= fire_o || (s1_valid_q && !move_o);
      moved_q   <= move_o || (valid_o && !ready_i);
      {stalled_q, was_last_q} <= {valid_o && !ready_i, last_o};
    end
  end
  `CIM_ASSERT(HeldSumsStay, hold_valid_q == held_q)
  `CIM_ASSERT(EveryWordMoves, s1_valid_q == fired_q && (!fire_o || !s1_valid_q || move_o))
  `CIM_ASSERT(EveryBeatIsOffered, valid_o == moved_q)
  `CIM_ASSERT(OfferedBeatStays, !stalled_q || (valid_o && last_o == was_last_q))
`endif
endmodule

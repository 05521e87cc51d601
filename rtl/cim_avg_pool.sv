// Adds up the sums of Pool x Pool windows (stride Pool); an average, since the entries hold its division. Sits between cim_lane_sum
// and cim_post_lanes and follows the steps of cim_post_ctrl: a word fires (its sum is there a cycle later, s1_*), then moves on to
// the lanes. These see the total of the windows of a pool so far; the beats of all but its last window are swallowed. The total
// of the pool at hand is in acc_q; that of a pool whose row of windows is done waits in u_sram for the next row. The memory has one
// port: a word that fetches waits (start_o) while the one before it stores. ready_o hangs on ready_i: both ends belong to one engine.
`include "cim_assert.svh"

module cim_avg_pool #(
    parameter int Lanes     = 4,  // columns worked on at once
    parameter int Words     = 2,  // words of lanes a window
    parameter int Width     = 4,  // windows a row, a multiple of Pool
    parameter int Pool      = 2,  // at least 2
    parameter int SumBits   = 6,  // of a window's sum
    parameter int TotalBits = 8,  // of a pool's
    parameter int WordBits  = (Words > 1) ? $clog2(Words) : 1  // derived; do not set
) (
    input  logic                       clk_i,
    input  logic                       rst_ni,
    input  logic                       choice_valid_i,
    output logic                       start_o,         // a word may fire: the choice is there, and the memory is free
    input  logic                       fire_i,          // word word_i
    input  logic [       WordBits-1:0] word_i,
    input  logic                       move_i,          // the lanes take total_o
    input  logic [  Lanes*SumBits-1:0] sum_i,           // of the word that fired last
    output logic [Lanes*TotalBits-1:0] total_o,
    input  logic                       valid_i,         // beats of the lanes
    output logic                       ready_o,
    output logic                       valid_o,         // of these the beats of whole pools
    input  logic                       ready_i
);
  `CIM_STATIC_ASSERT(gen_sizes, Lanes >= 1 && Words >= 1 && SumBits >= 2 && TotalBits > SumBits,
                     "cim_avg_pool: Lanes and Words must be at least 1, SumBits at least 2 and less than TotalBits")
  `CIM_STATIC_ASSERT(gen_pool, Pool >= 2 && Width >= Pool && Width % Pool == 0,
                     "cim_avg_pool: Pool must be at least 2 and divide Width")

  localparam int OutWidth  = Width / Pool;
  localparam int Slots     = OutWidth * Words;  // of the memory
  localparam int AddrBits  = (Slots > 1) ? $clog2(Slots) : 1;
  localparam int PoolBits  = $clog2(Pool);
  localparam int OutXBits  = (OutWidth > 1) ? $clog2(OutWidth) : 1;
  localparam int BeatBits  = Lanes * TotalBits;

  logic [PoolBits-1:0] xm_q `CIM_ARCH;  // in the pool
  logic [PoolBits-1:0] ym_q `CIM_ARCH;
  logic [OutXBits-1:0] px_q `CIM_ARCH;  // of the pool
  logic s1_valid_q `CIM_ARCH;
  logic s1_first_q `CIM_ARCH;    // of its pool's windows
  logic s1_fetched_q `CIM_ARCH;  // the windows above are in rdata
  logic s1_store_q `CIM_ARCH;
  logic s1_emit_q `CIM_ARCH;
  logic [WordBits-1:0] s1_word_q `CIM_ARCH;
  logic [AddrBits-1:0] s1_addr_q `CIM_ARCH;
  logic [Words*BeatBits-1:0] acc_q `CIM_ARCH;
  logic emit_q `CIM_ARCH;

  logic left, right, top, bottom, fetches, store, window_done, row_done;
  logic [AddrBits-1:0] addr;
  logic [BeatBits-1:0] rdata, held, base;
  logic [Lanes-1:0] fits;  // the total, for the property below

  // ---- where the window that fires lies ----
  assign left        = xm_q == '0;
  assign right       = 32'(xm_q) == Pool - 1;
  assign top         = ym_q == '0;
  assign bottom      = 32'(ym_q) == Pool - 1;
  assign fetches     = OutWidth > 1 && left && !top;
  assign addr        = AddrBits'(px_q * Words) + AddrBits'(word_i);
  assign window_done = fire_i && 32'(word_i) == Words - 1;
  assign row_done    = window_done && right && 32'(px_q) == OutWidth - 1;

  assign start_o = choice_valid_i && !(s1_valid_q && s1_store_q && fetches);
  assign store   = move_i && s1_store_q;
  assign valid_o = valid_i && emit_q;
  assign ready_o = ready_i || !emit_q;

  assign base = s1_first_q ? '0 : s1_fetched_q ? rdata : held;

  cim_and_or #(
      .Words(Words),
      .Width(BeatBits)
  ) u_held (
      .words_i (acc_q),
      .select_i(Words'(1'b1) << s1_word_q),
      .word_o  (held)
  );

  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    logic [SumBits-1:0] sum;
    logic [TotalBits-1:0] wide, total;
    assign sum   = sum_i[l*SumBits+:SumBits];
    assign wide  = {{(TotalBits - SumBits) {sum[SumBits-1]}}, sum};
    assign total = base[l*TotalBits+:TotalBits] + wide;
    assign total_o[l*TotalBits+:TotalBits] = total;
    assign fits[l] = base[l*TotalBits+TotalBits-1] != wide[TotalBits-1] || total[TotalBits-1] == wide[TotalBits-1];
  end

  if (OutWidth > 1) begin : gen_rows
    cim_sram_1rw #(
        .Depth(Slots),
        .Width(BeatBits)
    ) u_sram (
        .clk_i  (clk_i),
        .en_i   (store || (fire_i && fetches)),
        .we_i   (store),
        .addr_i (store ? s1_addr_q : addr),
        .wdata_i(total_o),
        .rdata_o(rdata)
    );
  end else begin : gen_row
    assign rdata = '0;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      xm_q <= '0;
      px_q <= '0;
      ym_q <= '0;
    end else if (window_done) begin
      xm_q <= right ? '0 : xm_q + 1'b1;
      if (right) px_q <= row_done ? '0 : px_q + 1'b1;
      if (row_done) ym_q <= bottom ? '0 : ym_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      s1_valid_q   <= 1'b0;
      s1_first_q   <= 1'b0;
      s1_fetched_q <= 1'b0;
      s1_store_q   <= 1'b0;
      s1_emit_q    <= 1'b0;
      s1_word_q    <= '0;
      s1_addr_q    <= '0;
      emit_q       <= 1'b0;
    end else begin
      if (fire_i || move_i) s1_valid_q <= fire_i;
      if (move_i) emit_q <= s1_emit_q;
      if (fire_i) begin
        s1_first_q   <= left && top;
        s1_fetched_q <= fetches;
        s1_store_q   <= OutWidth > 1 && right && !bottom;
        s1_emit_q    <= right && bottom;
        s1_word_q    <= word_i;
        s1_addr_q    <= addr;
      end
    end
  end

  // The loop is the decoder of the word written; an indexed assignment makes Yosys build shifters as wide as the register.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      acc_q <= '0;
    end else if (move_i) begin
      for (int w = 0; w < Words; w++) begin
        if (32'(s1_word_q) == w) acc_q[w*BeatBits+:BeatBits] <= total_o;
      end
    end
  end

  `CIM_ASSUME(FiresWhenAllowed, !fire_i || (start_o && (!s1_valid_q || move_i) && 32'(word_i) < Words))
  `CIM_ASSUME(MovesWhatFired, !move_i || s1_valid_q)
  `CIM_ASSUME(TotalsFit, !move_i || (&fits))
  `CIM_ASSERT(WindowInRange, 32'(xm_q) < Pool && 32'(ym_q) < Pool && 32'(px_q) < OutWidth)
  `CIM_ASSERT(WordInRange, 32'(s1_word_q) < Words && 32'(s1_addr_q) < Slots)
  `CIM_ASSERT(OnePortOneUse, !(store && fire_i && fetches))
  `CIM_ASSERT(OneSource, !(s1_first_q && s1_fetched_q) && !(s1_store_q && s1_emit_q))

  // Shadow: what came into each stage and has not left it, for the properties
`ifndef SYNTHESIS
  logic fired_q, kept_q, stalled_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {fired_q, kept_q, stalled_q} <= '0;
    end else begin
      fired_q   <= fire_i || (s1_valid_q && !move_i);
      kept_q    <= valid_i && !ready_o;
      stalled_q <= valid_o && !ready_i;
    end
  end
  `CIM_ASSUME(BeatsStay, !kept_q || valid_i)
  `CIM_ASSUME(MovesOverTakenBeats, !move_i || !valid_i || ready_o)
  `CIM_ASSERT(EveryWordMoves, s1_valid_q == fired_q)
  `CIM_ASSERT(OfferedBeatStays, !stalled_q || valid_o)
`endif
endmodule

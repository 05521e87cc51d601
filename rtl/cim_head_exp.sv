// Uncertainty head, stage 2: softmax numerators e = 2^(−t) of one pass and their sum, one class a cycle.
// t = (max − logit)·ExpMul >> ExpShift, in 1/256 octaves, so e of the largest logit is 4096 (12 fraction bits).
// Two register steps: fire (distance times ExpMul) and x1 (table and shift, into the bank being filled).
// Cost: Classes cycles a pass; the bank switch costs none because `target` looks one step ahead.
`include "cim_assert.svh"

module cim_head_exp #(
    parameter  int Classes   = 10,
    parameter  int LogitBits = 16,
    parameter  int ExpMul    = 1,   // 0 … 2^31−1
    parameter  int ExpShift  = 0,
    parameter      ExpFile   = "",  // 256 words of 13 bits: round(4096·2^(−i/256))
    localparam int IdxBits   = Classes > 1 ? $clog2(Classes) : 1,
    localparam int SumBits   = 13 + $clog2(Classes),
    localparam int ElemBits  = 13 + LogitBits
) (
    input logic clk_i,
    input logic rst_ni,

    input  logic [Classes*LogitBits-1:0] logits_i,
    input  logic [LogitBits-1:0]         max_i,
    input  logic [IdxBits-1:0]           vote_i,
    input  logic                         set_valid_i,
    output logic                         set_release_o,

    output logic [Classes*ElemBits-1:0] exps_o,        // class c: {logit, e} at [c*ElemBits +: ElemBits]
    output logic [SumBits-1:0]          sum_o,         // of the e of all classes, at least 4096
    output logic [LogitBits-1:0]        max_o,
    output logic [IdxBits-1:0]          vote_o,
    output logic                        eset_valid_o,
    input  logic                        release_i      // only while eset_valid_o
);
  // 12 fraction bits: from 13 octaves down e is 0
  localparam logic [7:0] MaxOctave = 8'd12;

  logic [IdxBits-1:0] idx_q `CIM_ARCH;
  logic x1_valid_q `CIM_ARCH;
  logic x1_last_q `CIM_ARCH;
  logic [IdxBits-1:0] x1_idx_q `CIM_ARCH;
  logic [LogitBits-1:0] x1_logit_q `CIM_ARCH;
  logic [15:0] x1_t_q `CIM_ARCH;
  logic [LogitBits-1:0] x1_max_q `CIM_ARCH;
  logic [IdxBits-1:0] x1_vote_q `CIM_ARCH;
  logic [Classes*ElemBits-1:0] ebank0_q `CIM_ARCH;
  logic [Classes*ElemBits-1:0] ebank1_q `CIM_ARCH;
  logic [SumBits-1:0] sum0_q `CIM_ARCH;
  logic [SumBits-1:0] sum1_q `CIM_ARCH;
  logic [LogitBits-1:0] max0_q `CIM_ARCH;
  logic [LogitBits-1:0] max1_q `CIM_ARCH;
  logic [IdxBits-1:0] vote0_q `CIM_ARCH;
  logic [IdxBits-1:0] vote1_q `CIM_ARCH;
  logic [1:0] full_q `CIM_ARCH;
  logic wr_bank_q `CIM_ARCH;
  logic rd_bank_q `CIM_ARCH;

  // fire: distance of one logit from the maximum, in 1/256 octaves
  logic target, fire, last;
  logic [LogitBits-1:0] logit, distance;
  logic [LogitBits+30:0] product, octaves;

  assign target        = wr_bank_q ^ (x1_valid_q && x1_last_q);
  // A bank released in this cycle is free when x1 writes in the next one: without this a pass costs Classes + 1/2 cycles.
  assign fire          = set_valid_i && (!full_q[target] || (release_i && target == rd_bank_q));
  assign last          = 32'(idx_q) == Classes - 1;
  assign set_release_o = fire && last;
  assign distance      = max_i - logit;  // never negative; LogitBits unsigned bits hold it
  assign product       = {31'd0, distance} * {{LogitBits{1'b0}}, ExpMul[30:0]};
  assign octaves       = product >> ExpShift;

  cim_and_or #(
      .Words(Classes),
      .Width(LogitBits)
  ) u_logit (
      .words_i (logits_i),
      .select_i(Classes'(1'b1) << idx_q),
      .word_o  (logit)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      idx_q      <= '0;
      x1_valid_q <= 1'b0;
      x1_last_q  <= 1'b0;
      x1_idx_q   <= '0;
      x1_logit_q <= '0;
      x1_t_q     <= '0;
      x1_max_q   <= '0;
      x1_vote_q  <= '0;
    end else begin
      x1_valid_q <= fire;
      if (fire) begin
        idx_q      <= last ? '0 : idx_q + 1'b1;
        x1_last_q  <= last;
        x1_idx_q   <= idx_q;
        x1_logit_q <= logit;
        x1_t_q     <= octaves[LogitBits+30:16] != '0 ? 16'hffff : octaves[15:0];
        x1_max_q   <= max_i;
        x1_vote_q  <= vote_i;
      end
    end
  end

  // x1: e of that logit into the bank being filled
  logic [12:0] mantissa, e;
  logic [SumBits-1:0] sum_so_far, sum_d;

  cim_rom #(
      .Depth   (256),
      .Width   (13),
      .InitFile(ExpFile)
  ) u_table (
      .addr_i(x1_t_q[7:0]),
      .data_o(mantissa)
  );
  assign e          = x1_t_q[15:8] > MaxOctave ? '0 : mantissa >> x1_t_q[11:8];
  assign sum_so_far = wr_bank_q ? sum1_q : sum0_q;
  assign sum_d      = (x1_idx_q == '0 ? '0 : sum_so_far) + SumBits'(e);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      ebank0_q  <= '0;
      ebank1_q  <= '0;
      sum0_q    <= '0;
      sum1_q    <= '0;
      max0_q    <= '0;
      max1_q    <= '0;
      vote0_q   <= '0;
      vote1_q   <= '0;
      full_q    <= '0;
      wr_bank_q <= 1'b0;
      rd_bank_q <= 1'b0;
    end else begin
      if (x1_valid_q) begin
        for (int c = 0; c < Classes; c++) begin  // a decoded write: no shifter in synthesis
          if (32'(x1_idx_q) == c) begin
            if (wr_bank_q) ebank1_q[c*ElemBits+:ElemBits] <= {x1_logit_q, e};
            else ebank0_q[c*ElemBits+:ElemBits] <= {x1_logit_q, e};
          end
        end
        if (wr_bank_q) sum1_q <= sum_d;
        else sum0_q <= sum_d;
        if (x1_last_q) begin
          if (wr_bank_q) {max1_q, vote1_q} <= {x1_max_q, x1_vote_q};
          else {max0_q, vote0_q} <= {x1_max_q, x1_vote_q};
          full_q[wr_bank_q] <= 1'b1;
          wr_bank_q         <= !wr_bank_q;
        end
      end
      if (release_i) begin
        full_q[rd_bank_q] <= 1'b0;
        rd_bank_q         <= !rd_bank_q;
      end
    end
  end

  assign exps_o       = rd_bank_q ? ebank1_q : ebank0_q;
  assign sum_o        = rd_bank_q ? sum1_q : sum0_q;
  assign max_o        = rd_bank_q ? max1_q : max0_q;
  assign vote_o       = rd_bank_q ? vote1_q : vote0_q;
  assign eset_valid_o = full_q[rd_bank_q];

  `CIM_STATIC_ASSERT(gen_classes, Classes >= 1 && Classes <= 65536, "cim_head_exp: Classes must be 1 to 65536")
  `CIM_STATIC_ASSERT(gen_logit_bits, LogitBits >= 2 && LogitBits <= 32, "cim_head_exp: LogitBits must be 2 to 32")
  `CIM_STATIC_ASSERT(gen_scale, ExpMul >= 0 && ExpShift >= 0, "cim_head_exp: ExpMul and ExpShift must not be negative")
  `CIM_ASSUME(ReleaseOnlyWhenValid, !release_i || eset_valid_o)
  `CIM_ASSUME(VoteInRange, 32'(vote_i) < Classes)
  `CIM_ASSERT(IndexInRange, 32'(idx_q) < Classes && 32'(x1_idx_q) < Classes)
  `CIM_ASSERT(NeverWritesFullBank, !x1_valid_q || !full_q[wr_bank_q])
  `CIM_ASSERT(QueueConsistent, wr_bank_q == rd_bank_q ? full_q[0] == full_q[1] : eset_valid_o && !full_q[wr_bank_q])
  `CIM_ASSERT(LastMarksLastClass, !x1_valid_q || x1_last_q == (32'(x1_idx_q) == Classes - 1))
endmodule

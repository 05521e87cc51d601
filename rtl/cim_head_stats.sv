// Uncertainty head, stage 3: probabilities of one pass and their statistics over the passes, one class a cycle.
//   A0 reads one class of the numerators and the reciprocal of their sum
//   A1 p = e/Σe, rounded, 12 fraction bits
//   A2 adds p, p², the logit and the vote to the accumulators of its class; the last pass also writes a record
// Accumulators need no clearing: the first pass of an image starts them anew. All steps stall together, and only
// when a record is still waiting to be taken. Cost: Classes cycles a pass.
`include "cim_assert.svh"

module cim_head_stats #(
    parameter  int Classes   = 10,
    parameter  int LogitBits = 16,
    parameter  int MaxPasses = 255,  // at most 255: what the accumulators hold
    parameter  int Smallest  = 0,    // number of smallest p kept per class (0 = none)
    parameter  int EnMoment2 = 1,    // Σp²
    parameter  int EnVotes   = 1,    // passes won by each class
    parameter  int EnLogits  = 1,    // Σlogit and Σmax
    parameter      RecipFile = "",   // see cim_head_recip
    localparam int IdxBits   = Classes > 1 ? $clog2(Classes) : 1,
    localparam int SumBits   = 13 + $clog2(Classes),
    localparam int ElemBits  = 13 + LogitBits,
    localparam int SmallBits = 12 * (Smallest > 0 ? Smallest : 1)
) (
    input logic clk_i,
    input logic rst_ni,

    input  logic [Classes*ElemBits-1:0] exps_i,          // class c: {logit, e} at [c*ElemBits +: ElemBits]
    input  logic [SumBits-1:0]          sum_i,           // of e, at least 4096
    input  logic [LogitBits-1:0]        max_i,
    input  logic [IdxBits-1:0]          vote_i,
    input  logic                        eset_valid_i,
    output logic                        eset_release_o,
    input  logic [7:0]                  passes_i,        // 1 … MaxPasses, steady within an image

    output logic                 rec_valid_o,
    output logic                 rec_last_o,     // last class of the image
    output logic [IdxBits-1:0]   rec_class_o,
    output logic [19:0]          rec_sum_p_o,    // 12 fraction bits
    output logic [31:0]          rec_sum_p2_o,   // 24 fraction bits
    output logic [31:0]          rec_sum_l_o,    // two's complement
    output logic [7:0]           rec_votes_o,
    output logic [SmallBits-1:0] rec_small_o,    // ascending, smallest at the low end
    output logic [31:0]          rec_sum_max_o,  // two's complement, complete when rec_last_o
    input  logic                 rec_ready_i
);
  logic [IdxBits-1:0] idx_q `CIM_ARCH;
  logic [7:0] pass_q `CIM_ARCH;

  logic a1_valid_q `CIM_ARCH;
  logic a1_first_q `CIM_ARCH;
  logic a1_final_q `CIM_ARCH;
  logic a1_last_q `CIM_ARCH;
  logic [IdxBits-1:0] a1_idx_q `CIM_ARCH;
  logic [12:0] a1_e_q `CIM_ARCH;
  logic [12:0] a1_r_q `CIM_ARCH;
  logic [4:0] a1_n_q `CIM_ARCH;
  logic [LogitBits-1:0] a1_logit_q `CIM_ARCH;
  logic [LogitBits-1:0] a1_max_q `CIM_ARCH;
  logic [IdxBits-1:0] a1_vote_q `CIM_ARCH;

  logic a2_valid_q `CIM_ARCH;
  logic a2_first_q `CIM_ARCH;
  logic a2_final_q `CIM_ARCH;
  logic a2_last_q `CIM_ARCH;
  logic [IdxBits-1:0] a2_idx_q `CIM_ARCH;
  logic [11:0] a2_p_q `CIM_ARCH;
  logic [LogitBits-1:0] a2_logit_q `CIM_ARCH;
  logic [LogitBits-1:0] a2_max_q `CIM_ARCH;
  logic [IdxBits-1:0] a2_vote_q `CIM_ARCH;

  logic [Classes*20-1:0] sum_p_q `CIM_ARCH;
  logic [Classes*32-1:0] sum_p2_q `CIM_ARCH;
  logic [Classes*32-1:0] sum_l_q `CIM_ARCH;
  logic [Classes*8-1:0] votes_q `CIM_ARCH;
  logic [Classes*SmallBits-1:0] small_q `CIM_ARCH;
  logic [31:0] sum_max_q `CIM_ARCH;

  logic rec_valid_q `CIM_ARCH;
  logic rec_last_q `CIM_ARCH;
  logic [IdxBits-1:0] rec_class_q `CIM_ARCH;
  logic [19:0] rec_sum_p_q `CIM_ARCH;
  logic [31:0] rec_sum_p2_q `CIM_ARCH;
  logic [31:0] rec_sum_l_q `CIM_ARCH;
  logic [7:0] rec_votes_q `CIM_ARCH;
  logic [SmallBits-1:0] rec_small_q `CIM_ARCH;
  logic [31:0] rec_sum_max_q `CIM_ARCH;

  // A0
  logic adv, fire, last, final_pass;
  logic [ElemBits-1:0] elem;
  logic [4:0] exponent;
  logic [12:0] recip;

  assign adv            = !(a2_valid_q && a2_final_q && rec_valid_q && !rec_ready_i);
  assign fire           = eset_valid_i && adv;
  assign last           = 32'(idx_q) == Classes - 1;
  assign final_pass     = pass_q == passes_i - 8'd1;
  assign eset_release_o = fire && last;

  cim_and_or #(
      .Words(Classes),
      .Width(ElemBits)
  ) u_elem (
      .words_i (exps_i),
      .select_i(Classes'(1'b1) << idx_q),
      .word_o  (elem)
  );

  cim_head_recip #(
      .SumBits  (SumBits),
      .RecipFile(RecipFile)
  ) u_recip (
      .sum_i     (sum_i),
      .exponent_o(exponent),
      .recip_o   (recip)
  );

  // A1, in 32 bits: e, r <= 4096 and 12 <= n <= 28
  logic [31:0] quotient;
  assign quotient = (32'(a1_e_q) * 32'(a1_r_q) + (32'd1 << (a1_n_q - 5'd1))) >> a1_n_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      idx_q  <= '0;
      pass_q <= '0;
      {a1_valid_q, a1_first_q, a1_final_q, a1_last_q} <= '0;
      {a1_idx_q, a1_e_q, a1_r_q, a1_n_q, a1_logit_q, a1_max_q, a1_vote_q} <= '0;
      {a2_valid_q, a2_first_q, a2_final_q, a2_last_q} <= '0;
      {a2_idx_q, a2_p_q, a2_logit_q, a2_max_q, a2_vote_q} <= '0;
    end else if (adv) begin
      a1_valid_q <= fire;
      a2_valid_q <= a1_valid_q;
      if (fire) begin
        idx_q <= last ? '0 : idx_q + 1'b1;
        if (last) pass_q <= final_pass ? '0 : pass_q + 8'd1;
        a1_first_q <= pass_q == '0;
        a1_final_q <= final_pass;
        a1_last_q  <= last;
        {a1_logit_q, a1_e_q} <= elem;
        {a1_idx_q, a1_r_q, a1_n_q, a1_max_q, a1_vote_q} <= {idx_q, recip, exponent, max_i, vote_i};
      end
      if (a1_valid_q) begin
        {a2_first_q, a2_final_q, a2_last_q} <= {a1_first_q, a1_final_q, a1_last_q};
        {a2_idx_q, a2_logit_q, a2_max_q, a2_vote_q} <= {a1_idx_q, a1_logit_q, a1_max_q, a1_vote_q};
        a2_p_q <= quotient > 32'd4095 ? 12'hfff : quotient[11:0];
      end
    end
  end

  // A2: the accumulators of class a2_idx_q; a part left out is never written, so synthesis removes it
  logic [Classes-1:0] select_held;  // of the class: none in the first pass
  logic [19:0] sum_p_held, sum_p_d;
  logic [31:0] sum_p2_held, sum_p2_d, sum_l_held, sum_l_d, sum_max_d;
  logic [7:0] votes_held, votes_d;
  logic [SmallBits-1:0] small_held, small_so_far, small_d;

  assign select_held = Classes'(!a2_first_q) << a2_idx_q;
  cim_and_or #(.Words(Classes), .Width(20)) u_sum_p (.words_i(sum_p_q), .select_i(select_held), .word_o(sum_p_held));
  cim_and_or #(.Words(Classes), .Width(32)) u_sum_p2 (.words_i(sum_p2_q), .select_i(select_held), .word_o(sum_p2_held));
  cim_and_or #(.Words(Classes), .Width(32)) u_sum_l (.words_i(sum_l_q), .select_i(select_held), .word_o(sum_l_held));
  cim_and_or #(.Words(Classes), .Width(8)) u_votes (.words_i(votes_q), .select_i(select_held), .word_o(votes_held));
  cim_and_or #(.Words(Classes), .Width(SmallBits)) u_small (.words_i(small_q), .select_i(select_held), .word_o(small_held));

  assign sum_p_d  = sum_p_held + 20'(a2_p_q);
  assign sum_p2_d = EnMoment2 == 0 ? '0 : sum_p2_held + 32'(a2_p_q) * 32'(a2_p_q);
  assign sum_l_d  = EnLogits == 0 ? '0 : sum_l_held + {{33 - LogitBits{a2_logit_q[LogitBits-1]}}, a2_logit_q[LogitBits-2:0]};
  assign sum_max_d = EnLogits == 0 ? '0 : (a2_first_q ? '0 : sum_max_q)
                     + {{33 - LogitBits{a2_max_q[LogitBits-1]}}, a2_max_q[LogitBits-2:0]};
  assign votes_d = EnVotes == 0 ? '0 : votes_held + 8'(a2_vote_q == a2_idx_q);
  assign small_so_far = small_held | {SmallBits{a2_first_q}};

  if (Smallest > 0) begin : gen_small
    cim_head_insert #(
        .Slots(Smallest),
        .Width(12)
    ) u_insert (
        .list_i (small_so_far),
        .value_i(a2_p_q),
        .list_o (small_d)
    );
  end else begin : gen_no_small
    logic unused_small;
    assign small_d = '0;
    assign unused_small = ^small_so_far;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {sum_p_q, sum_p2_q, sum_l_q, votes_q, small_q, sum_max_q} <= '0;
      {rec_valid_q, rec_last_q, rec_class_q} <= '0;
      {rec_sum_p_q, rec_sum_p2_q, rec_sum_l_q, rec_votes_q, rec_small_q, rec_sum_max_q} <= '0;
    end else begin
      if (a2_valid_q && a2_final_q && adv) rec_valid_q <= 1'b1;
      else if (rec_ready_i) rec_valid_q <= 1'b0;
      if (a2_valid_q && adv) begin
        for (int c = 0; c < Classes; c++) begin  // a decoded write: no shifter in synthesis
          if (32'(a2_idx_q) == c) begin
            sum_p_q[c*20+:20]                <= sum_p_d;
            sum_p2_q[c*32+:32]               <= sum_p2_d;
            sum_l_q[c*32+:32]                <= sum_l_d;
            votes_q[c*8+:8]                  <= votes_d;
            small_q[c*SmallBits+:SmallBits] <= small_d;
          end
        end
        if (a2_last_q) sum_max_q <= sum_max_d;
        if (a2_final_q) begin
          {rec_last_q, rec_class_q, rec_sum_p_q} <= {a2_last_q, a2_idx_q, sum_p_d};
          {rec_sum_p2_q, rec_sum_l_q, rec_votes_q, rec_small_q} <= {sum_p2_d, sum_l_d, votes_d, small_d};
          rec_sum_max_q <= a2_last_q ? sum_max_d : sum_max_q;
        end
      end
    end
  end

  assign {rec_valid_o, rec_last_o, rec_class_o} = {rec_valid_q, rec_last_q, rec_class_q};
  assign {rec_sum_p_o, rec_sum_p2_o, rec_sum_l_o} = {rec_sum_p_q, rec_sum_p2_q, rec_sum_l_q};
  assign {rec_votes_o, rec_small_o, rec_sum_max_o} = {rec_votes_q, rec_small_q, rec_sum_max_q};

  // Shadow of the record port, for the property
`ifndef SYNTHESIS
  logic stalled_q, was_last_q;
  logic [IdxBits-1:0] was_class_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) {stalled_q, was_last_q, was_class_q} <= '0;
    else {stalled_q, was_last_q, was_class_q} <= {rec_valid_o && !rec_ready_i, rec_last_o, rec_class_o};
  end
  `CIM_ASSERT(StalledRecordHolds, !stalled_q || rec_valid_o && rec_last_o == was_last_q && rec_class_o == was_class_q)
`endif

  `CIM_STATIC_ASSERT(gen_classes, Classes >= 1 && Classes <= 65536, "cim_head_stats: Classes must be 1 to 65536")
  `CIM_STATIC_ASSERT(gen_logit_bits, LogitBits >= 2 && LogitBits <= 32, "cim_head_stats: LogitBits must be 2 to 32")
  `CIM_STATIC_ASSERT(gen_max_passes, MaxPasses >= 1 && MaxPasses <= 255, "cim_head_stats: MaxPasses must be 1 to 255")
  `CIM_ASSUME(PassesInRange, MaxPasses - 32'(passes_i) < MaxPasses)
  // Up to the last record, since cim_head_result divides by passes_i, too.
  `CIM_ASSUME_STABLE(PassesKeptDuringImage, !(eset_valid_i || pass_q != '0 || a1_valid_q || a2_valid_q || rec_valid_q), passes_i)
  `CIM_ASSERT(PassInRange, pass_q < passes_i)
  `CIM_ASSERT(IndexInRange, 32'(idx_q) < Classes && 32'(a1_idx_q) < Classes && 32'(a2_idx_q) < Classes)
  `CIM_ASSERT(RecordClassInRange, 32'(rec_class_q) < Classes)
endmodule

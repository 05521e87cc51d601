// Uncertainty head, stage 4: turns the record of each class into a result beat, then adds a summary beat an image.
// Mean and mean square are the sums times a table of 1/T; the variance, entropy and arg-max follow from them.
// Output: 128-bit stream, one beat a class in order, then the summary with last_o; field positions are below.
`include "cim_assert.svh"

module cim_head_result #(
    parameter  int Classes   = 10,
    parameter  int MaxPasses = 255,
    parameter  int Smallest  = 0,    // number of smallest p in a record (0 = none: no OOD flag)
    parameter  int EnMoment2 = 1,    // 0: variance fields are 0
    parameter  int EnEntropy = 1,    // 0: entropy field is 0
    parameter  int EnVotes   = 1,    // 0: vote fields are 0
    parameter  int EnLogits  = 1,    // 0: logit fields are 0
    parameter      PlogpFile = "",   // 1024 words of 12 bits: round(−q·ln q·4096), q = i/1024
    parameter      InvTFile  = "",   // MaxPasses+1 words of 17 bits: round(65536/T)
    localparam int IdxBits   = Classes > 1 ? $clog2(Classes) : 1,
    localparam int SmallBits = 12 * (Smallest > 0 ? Smallest : 1)
) (
    input logic clk_i,
    input logic rst_ni,

    input  logic                 rec_valid_i,
    input  logic                 rec_last_i,
    input  logic [IdxBits-1:0]   rec_class_i,
    input  logic [19:0]          rec_sum_p_i,    // 12 fraction bits
    input  logic [31:0]          rec_sum_p2_i,   // 24 fraction bits
    input  logic [31:0]          rec_sum_l_i,
    input  logic [7:0]           rec_votes_i,
    input  logic [SmallBits-1:0] rec_small_i,    // ascending, smallest at the low end
    input  logic [31:0]          rec_sum_max_i,
    output logic                 rec_ready_o,

    input logic [7:0]  passes_i,         // 1 … MaxPasses
    input logic [11:0] ood_threshold_i,  // 12 fraction bits
    input logic [3:0]  ood_k_i,          // which smallest p judges, 1 = the smallest

    output logic [127:0] data_o,
    output logic         valid_o,
    output logic         last_o,
    input  logic         ready_i
);
  localparam int InvBits = $clog2(MaxPasses + 1);

  logic r1_valid_q `CIM_ARCH;
  logic r1_last_q `CIM_ARCH;
  logic [IdxBits-1:0] r1_class_q `CIM_ARCH;
  logic [11:0] r1_mean_q `CIM_ARCH;
  logic [23:0] r1_msq_q `CIM_ARCH;
  logic [11:0] r1_kth_q `CIM_ARCH;
  logic [7:0] r1_votes_q `CIM_ARCH;
  logic [31:0] r1_sum_l_q `CIM_ARCH;
  logic [31:0] r1_sum_max_q `CIM_ARCH;

  logic [15:0] entropy_q `CIM_ARCH;
  logic [11:0] best_q `CIM_ARCH;
  logic [IdxBits-1:0] best_class_q `CIM_ARCH;
  logic [11:0] kth_max_q `CIM_ARCH;
  logic sum_pending_q `CIM_ARCH;
  logic [31:0] sum_max_q `CIM_ARCH;

  logic [127:0] data_q `CIM_ARCH;
  logic valid_q `CIM_ARCH;
  logic last_q `CIM_ARCH;

  logic out_adv, move, take;
  assign out_adv     = !valid_q || ready_i;
  assign move        = r1_valid_q && out_adv && !sum_pending_q;
  assign rec_ready_o = !r1_valid_q || move;
  assign take        = rec_valid_i && rec_ready_o;

  // Record → r1: means over the passes, and the sample the OOD rule looks at
  logic [16:0] inv_t;
  logic [36:0] mean;
  logic [48:0] mean_square;
  logic [11:0] kth;

  cim_rom #(
      .Depth   (MaxPasses + 1),
      .Width   (17),
      .InitFile(InvTFile)
  ) u_inv_t (
      .addr_i(passes_i[InvBits-1:0]),
      .data_o(inv_t)
  );
  assign mean        = (37'(rec_sum_p_i) * 37'(inv_t) + 37'd32768) >> 16;
  assign mean_square = EnMoment2 == 0 ? '0 : (49'(rec_sum_p2_i) * 49'(inv_t) + 49'd32768) >> 16;

  if (Smallest == 0) begin : gen_no_kth
    logic unused_ood;
    assign kth = '0;
    assign unused_ood = ^{rec_small_i, ood_k_i};
  end else begin : gen_kth
    logic [3:0] slot;
    always_comb begin
      slot = ood_k_i == '0 ? '0 : ood_k_i - 4'd1;
      if (32'(slot) >= Smallest) slot = 4'(Smallest - 1);
    end
    assign kth = rec_small_i[slot*12+:12];
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {r1_valid_q, r1_last_q, r1_class_q, r1_mean_q, r1_msq_q} <= '0;
      {r1_kth_q, r1_votes_q, r1_sum_l_q, r1_sum_max_q} <= '0;
    end else if (take) begin
      r1_valid_q <= 1'b1;
      r1_mean_q  <= mean > 37'd4095 ? 12'hfff : mean[11:0];
      r1_msq_q   <= mean_square > 49'hffffff ? 24'hffffff : mean_square[23:0];
      r1_kth_q   <= kth;
      {r1_last_q, r1_class_q} <= {rec_last_i, rec_class_i};
      r1_votes_q <= EnVotes != 0 ? rec_votes_i : '0;
      {r1_sum_l_q, r1_sum_max_q} <= EnLogits != 0 ? {rec_sum_l_i, rec_sum_max_i} : '0;
    end else if (move) begin
      r1_valid_q <= 1'b0;
    end
  end

  // r1 → class beat and running summary
  logic first;
  logic [23:0] mean2, variance;
  logic [11:0] plogp;

  assign first    = r1_class_q == '0;
  assign mean2    = 24'(r1_mean_q) * 24'(r1_mean_q);
  assign variance = r1_msq_q > mean2 ? r1_msq_q - mean2 : '0;

  if (EnEntropy != 0) begin : gen_entropy
    cim_rom #(
        .Depth   (1024),
        .Width   (12),
        .InitFile(PlogpFile)
    ) u_plogp (
        .addr_i(r1_mean_q[11:2]),
        .data_o(plogp)
    );
  end else begin : gen_no_entropy
    assign plogp = '0;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {entropy_q, best_q, best_class_q, kth_max_q, sum_pending_q, sum_max_q} <= '0;
      {data_q, valid_q, last_q} <= '0;
    end else begin
      if (out_adv) valid_q <= move || sum_pending_q;
      if (move) begin
        entropy_q <= (first ? '0 : entropy_q) + 16'(plogp);
        if (first || r1_mean_q > best_q) {best_q, best_class_q} <= {r1_mean_q, r1_class_q};
        if (first || r1_kth_q > kth_max_q) kth_max_q <= r1_kth_q;
        if (r1_last_q) begin
          sum_pending_q <= 1'b1;
          sum_max_q     <= r1_sum_max_q;
        end
        last_q         <= 1'b0;
        data_q         <= '0;
        data_q[15:0]   <= 16'(r1_mean_q);
        data_q[39:16]  <= variance;
        data_q[55:40]  <= 16'(r1_kth_q);
        data_q[63:56]  <= r1_votes_q;
        data_q[95:64]  <= r1_sum_l_q;
        data_q[111:96] <= 16'(r1_class_q);
      end else if (sum_pending_q && out_adv) begin
        sum_pending_q  <= 1'b0;
        last_q         <= 1'b1;
        data_q         <= '0;
        data_q[15:0]   <= 16'(best_class_q);
        data_q[31:16]  <= 16'(best_q);
        data_q[47:32]  <= entropy_q;
        data_q[63:48]  <= 16'(kth_max_q);
        data_q[95:64]  <= sum_max_q;
        data_q[112]    <= Smallest > 0 && kth_max_q < ood_threshold_i;
        data_q[127]    <= 1'b1;
      end
    end
  end

  assign data_o  = data_q;
  assign valid_o = valid_q;
  assign last_o  = last_q;

  logic unused_passes;
  assign unused_passes = ^passes_i;

  // Shadow of the output port, for the property
`ifndef SYNTHESIS
  logic stalled_q, was_last_q;
  logic [127:0] was_data_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) {stalled_q, was_last_q, was_data_q} <= '0;
    else {stalled_q, was_last_q, was_data_q} <= {valid_o && !ready_i, last_o, data_o};
  end
  `CIM_ASSERT(StalledBeatHolds, !stalled_q || valid_o && last_o == was_last_q && data_o == was_data_q)
`endif

  `CIM_STATIC_ASSERT(gen_classes, Classes >= 1 && Classes <= 65536, "cim_head_result: Classes must be 1 to 65536")
  `CIM_STATIC_ASSERT(gen_max_passes, MaxPasses >= 1 && MaxPasses <= 255, "cim_head_result: MaxPasses must be 1 to 255")
  `CIM_STATIC_ASSERT(gen_smallest, Smallest >= 0 && Smallest <= 15, "cim_head_result: Smallest must be 0 to 15")
  `CIM_ASSERT(SummaryMarked, !valid_o || last_o == data_o[127])
endmodule

// Chooses one of Choices at random, each with the same probability, for any number of them: rejection.
// idx(Choices) fair bits make a number; one out of range is drawn again. The 16th draw in a row is taken whatever it is (less
// Choices if out of range), so that the wait is bounded by 16 rounds; that happens less than once in 2^16 choices.
// One choice in use, one ahead, as in cim_mask_supply. usage_q counts how often each was used (unit bus of the first unit, word
// 16 + n, for the first 240). Calibration voids what is held.
`include "cim_assert.svh"

module cim_arbiter_onehot #(
    parameter int          Choices     = 2,     // at least 2
    parameter int          SetCycles   = 1,     // from here on as in cim_stochastic_bank
    parameter int          ReadCycles  = 1,
    parameter int          ResetCycles = 1,
    parameter int          Whiten      = 0,
    parameter int          DriveBits   = 4,
    parameter int          DriveInit   = 0,
    parameter int          HealthLog2  = 0,
    parameter int          RunCutoff   = 255,
    parameter int          OnesLow     = 0,
    parameter int          OnesHigh    = 65536,
    parameter int          Calibrate   = 0,
    parameter int          CalLog2     = 8,
    parameter int          CalTarget   = 128,
    parameter int          FirstUnit   = 0,
    parameter logic [31:0] Seed        = 1,
    parameter              TableFile   = "",
    parameter int          TableUnits  = 1,
    parameter int          IndexBits   = (Choices > 1) ? $clog2(Choices) : 1,  // derived; do not set
    parameter int          SampledBits = $clog2(IndexBits + 1)                 // derived; do not set
) (
    input  logic                   clk_i,
    input  logic                   rst_ni,
    input  logic                   mask_ready_i,
    output logic                   mask_valid_o,
    output logic [  IndexBits-1:0] index_o,
    output logic [    Choices-1:0] onehot_o,
    // unit bus
    input  logic [           15:0] unit_id_i,
    input  logic [            7:0] unit_word_i,
    input  logic                   unit_we_i,
    input  logic [           31:0] unit_wdata_i,
    input  logic                   calibrate_i,
    output logic [           31:0] unit_rdata_o,
    output logic                   calibrating_o,
    output logic                   alarm_o,
    output logic [SampledBits-1:0] sampled_o
);
  `CIM_STATIC_ASSERT(gen_choices, Choices >= 2 && Choices <= 65536, "cim_arbiter_onehot: Choices must be 2 to 65536")

  logic [          3:0] try_q `CIM_ARCH;
  logic                 cur_valid_q `CIM_ARCH;
  logic [IndexBits-1:0] cur_q `CIM_ARCH;
  logic                 nxt_valid_q `CIM_ARCH;
  logic [IndexBits-1:0] nxt_q `CIM_ARCH;
  logic [Choices*32-1:0] usage_q `CIM_ARCH;

  logic                 done, active, in_range, accept, pop;
  logic [IndexBits-1:0] drawn, chosen;
  logic [         31:0] bank_rdata, usage;

  cim_stochastic_bank #(
      .Modules    (IndexBits),
      .SetCycles  (SetCycles),
      .ReadCycles (ReadCycles),
      .ResetCycles(ResetCycles),
      .Whiten     (Whiten),
      .DriveBits  (DriveBits),
      .DriveInit  (DriveInit),
      .HealthLog2 (HealthLog2),
      .RunCutoff  (RunCutoff),
      .OnesLow    (OnesLow),
      .OnesHigh   (OnesHigh),
      .Calibrate  (Calibrate),
      .CalLog2    (CalLog2),
      .CalTarget  (CalTarget),
      .FirstUnit  (FirstUnit),
      .Seed       (Seed),
      .TableFile  (TableFile),
      .TableUnits (TableUnits)
  ) u_bank (
      .clk_i        (clk_i),
      .rst_ni       (rst_ni),
      .want_i       (!nxt_valid_q),
      .done_o       (done),
      .bits_o       (drawn),
      .active_o     (active),
      .unit_id_i    (unit_id_i),
      .unit_word_i  (unit_word_i),
      .unit_we_i    (unit_we_i),
      .unit_wdata_i (unit_wdata_i),
      .calibrate_i  (calibrate_i),
      .unit_rdata_o (bank_rdata),
      .calibrating_o(calibrating_o),
      .alarm_o      (alarm_o),
      .sampled_o    (sampled_o)
  );

  assign in_range = 32'(drawn) < Choices;
  assign accept   = done && (in_range || try_q == 4'd15);
  assign chosen   = in_range ? drawn : drawn - IndexBits'(Choices);
  assign pop      = mask_ready_i && cur_valid_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      try_q       <= '0;
      cur_valid_q <= 1'b0;
      cur_q       <= '0;
      nxt_valid_q <= 1'b0;
      nxt_q       <= '0;
    end else begin
      if (done) try_q <= accept ? '0 : try_q + 1'b1;
      if (accept && (pop || !cur_valid_q)) begin
        cur_q       <= chosen;
        cur_valid_q <= 1'b1;
      end else if (accept) begin
        nxt_q       <= chosen;
        nxt_valid_q <= 1'b1;
      end else if (pop) begin
        cur_q       <= nxt_q;
        cur_valid_q <= nxt_valid_q;
        nxt_valid_q <= 1'b0;
      end
      if (active) begin
        try_q       <= '0;
        cur_valid_q <= 1'b0;
        nxt_valid_q <= 1'b0;
      end
    end
  end

  // One incrementer serves all counters: at most one choice is taken a cycle.
  logic [Choices-1:0] cur_onehot;
  logic [       31:0] cur_usage;
  assign cur_onehot = Choices'(1'b1) << cur_q;

  cim_and_or #(
      .Words(Choices),
      .Width(32)
  ) u_cur_usage (
      .words_i (usage_q),
      .select_i(cur_onehot),
      .word_o  (cur_usage)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      usage_q <= '0;
    end else if (pop) begin
      for (int n = 0; n < Choices; n++) begin
        if (cur_onehot[n]) usage_q[n*32+:32] <= cur_usage + 32'd1;
      end
    end
  end

  assign mask_valid_o = cur_valid_q;
  assign index_o      = cur_q;
  assign onehot_o     = cur_valid_q ? cur_onehot : '0;

  // ---- usage on the unit bus ----
  logic               usage_here;
  logic [        7:0] usage_index;
  logic [Choices-1:0] usage_hit;

  assign usage_here   = unit_id_i == 16'(FirstUnit) && unit_word_i >= 8'd16;
  assign usage_index  = unit_word_i - 8'd16;
  assign usage_hit    = Choices'(usage_here) << usage_index;
  assign unit_rdata_o = bank_rdata | usage;

  cim_and_or #(
      .Words(Choices),
      .Width(32)
  ) u_usage (
      .words_i (usage_q),
      .select_i(usage_hit),
      .word_o  (usage)
  );

  `CIM_ASSERT(OneHotWhenValid, cur_valid_q ? onehot_o != '0 : onehot_o == '0)
  `CIM_ASSERT(AtMostOneHot, (onehot_o & (onehot_o - 1'b1)) == '0)
  `CIM_ASSERT(ChoiceInRange, 32'(cur_q) < Choices && 32'(nxt_q) < Choices)
  `CIM_ASSERT(QueueInOrder, cur_valid_q || !nxt_valid_q)
  `CIM_ASSERT(NoDrawLost, !done || !nxt_valid_q)
  `CIM_ASSERT(AheadIsWhole, !nxt_valid_q || try_q == '0)
endmodule

// Uniform choice of one of Choices, for any Choices >= 2: one in use, one ahead.
// Modules = ceil(log2 Choices) fair units draw a number; one that is too large is rejected and drawn again. After 16
// rejections in a row Choices is subtracted instead, so that the wait is bounded; that happens with a probability below
// 2^-16 and so leaves the choice uniform. usage_q counts how often each was taken.
`include "cim_assert.svh"

module cim_arbiter_onehot #(
    parameter int                   Choices     = 2,
    parameter int                   SetCycles   = 1,
    parameter int                   ReadCycles  = 1,
    parameter int                   ResetCycles = 1,
    parameter int                   Whiten      = 0,
    parameter int                   DriveBits   = 4,
    parameter logic [DriveBits-1:0] DriveInit   = '0,
    parameter int                   HealthLog2  = 4,
    parameter int                   RunCutoff   = 255,
    parameter int                   OnesLow     = 0,
    parameter int                   OnesHigh    = 16,
    parameter int                   Calibrate   = 1,
    parameter int                   CalLog2     = 8,
    parameter int                   CalTarget   = 51,
    parameter int                   FirstUnit   = 0,
    parameter logic [31:0]          Seed        = 1,
    parameter                       TableFile   = "",
    parameter int                   TableUnits  = 1,
    parameter int                   Modules     = (Choices > 2) ? $clog2(Choices) : 1,  // derived; do not set
    parameter int                   SampleBits  = $clog2(Modules + 1)                   // derived; do not set
) (
    input  logic                  clk_i,
    input  logic                  rst_ni,
    input  logic                  mask_ready_i,
    output logic                  mask_valid_o,
    output logic [   Modules-1:0] index_o,
    output logic [   Choices-1:0] onehot_o,       // 0 while not valid
    // unit bus, see cim_stochastic_bank
    input  logic [          15:0] unit_id_i,
    input  logic [           7:0] unit_word_i,
    input  logic                  unit_we_i,
    input  logic [          31:0] unit_wdata_i,
    input  logic                  calibrate_i,
    output logic [          31:0] unit_rdata_o,
    output logic                  calibrating_o,
    output logic                  alarm_o,
    output logic [SampleBits-1:0] sampled_o
);
  `CIM_STATIC_ASSERT(gen_choices, Choices >= 2 && Choices <= 240, "cim_arbiter_onehot: Choices must be 2 to 240")

  localparam logic [3:0] LastTry = 4'd15;
  localparam logic [7:0] WordUsage = 8'd16;  // first of Choices

  logic [           3:0] try_q `CIM_ARCH;
  logic                  cur_valid_q `CIM_ARCH;
  logic [   Modules-1:0] cur_q `CIM_ARCH;
  logic                  nxt_valid_q `CIM_ARCH;
  logic [   Modules-1:0] nxt_q `CIM_ARCH;
  logic [Choices*32-1:0] usage_q `CIM_ARCH;

  logic               done, active, fits, accept, pop, to_cur;
  logic [Modules-1:0] bits, chosen;
  logic [Choices-1:0] read_select;
  logic [       31:0] bank_rdata, usage;

  cim_stochastic_bank #(
      .Modules    (Modules),
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
      .bits_o       (bits),
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

  assign fits   = 32'(bits) < Choices;
  assign accept = done && (fits || try_q == LastTry);
  assign chosen = fits ? bits : bits - Modules'(Choices);
  assign pop    = mask_ready_i && cur_valid_q;
  assign to_cur = accept && (pop || !cur_valid_q);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      try_q       <= '0;
      cur_valid_q <= 1'b0;
      nxt_valid_q <= 1'b0;
    end else if (active) begin
      try_q       <= '0;
      cur_valid_q <= 1'b0;
      nxt_valid_q <= 1'b0;
    end else begin
      if (done) try_q <= accept ? '0 : try_q + 1'b1;
      if (to_cur) begin
        cur_valid_q <= 1'b1;
      end else if (accept) begin
        nxt_valid_q <= 1'b1;
      end else if (pop) begin
        cur_valid_q <= nxt_valid_q;
        nxt_valid_q <= 1'b0;
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      cur_q <= '0;
      nxt_q <= '0;
    end else begin
      if (to_cur) cur_q <= chosen;
      else if (pop) cur_q <= nxt_q;
      if (accept && !to_cur) nxt_q <= chosen;
    end
  end

  for (genvar n = 0; n < Choices; n++) begin : gen_choice
    assign onehot_o[n]    = cur_valid_q && 32'(cur_q) == n;
    assign read_select[n] = unit_id_i == 16'(FirstUnit) && 32'(unit_word_i) == 32'(WordUsage) + n;

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        usage_q[n*32+:32] <= '0;
      end else if (pop && 32'(cur_q) == n) begin
        usage_q[n*32+:32] <= usage_q[n*32+:32] + 32'd1;
      end
    end
  end

  cim_and_or #(
      .Words(Choices),
      .Width(32)
  ) u_usage_read (
      .words_i (usage_q),
      .select_i(read_select),
      .word_o  (usage)
  );

  assign mask_valid_o = cur_valid_q;
  assign index_o      = cur_q;
  assign unit_rdata_o = bank_rdata | usage;

  `CIM_ASSERT(OneHotWhenValid, cur_valid_q == (onehot_o != '0) && (onehot_o & (onehot_o - 1'b1)) == '0)
  `CIM_ASSERT(ChoiceInRange, 32'(cur_q) < Choices && 32'(nxt_q) < Choices)
  `CIM_ASSERT(QueueInOrder, cur_valid_q || !nxt_valid_q)
  `CIM_ASSERT(NoChoiceLost, !done || !nxt_valid_q)
endmodule

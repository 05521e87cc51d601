// Supplies a mask of Bits random bits a pass: one in use, one ahead.
// Modules units draw it in Rounds = ceil(Bits / Modules) rounds, round r the bits from r*Modules on. nxt_q collects the
// rounds; a complete mask goes to cur_q if that is free or being taken, else it waits. As long as a pass takes at least
// Rounds rounds, sampling is hidden.
`include "cim_assert.svh"

module cim_mask_supply #(
    parameter int                   Bits        = 1,
    parameter int                   Modules     = 1,   // units, at most Bits
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
    parameter int                   SampleBits  = $clog2(Modules + 1)  // derived; do not set
) (
    input  logic                  clk_i,
    input  logic                  rst_ni,
    input  logic                  mask_ready_i,
    output logic                  mask_valid_o,
    output logic [      Bits-1:0] mask_o,
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
  `CIM_STATIC_ASSERT(gen_modules, Modules >= 1 && Modules <= Bits, "cim_mask_supply: Modules must be 1 to Bits")

  localparam int Rounds    = (Bits + Modules - 1) / Modules;
  localparam int RoundBits = (Rounds > 1) ? $clog2(Rounds) : 1;

  logic [RoundBits-1:0] round_q `CIM_ARCH;
  logic                 cur_valid_q `CIM_ARCH;
  logic [     Bits-1:0] cur_q `CIM_ARCH;
  logic                 nxt_valid_q `CIM_ARCH;
  logic [     Bits-1:0] nxt_q `CIM_ARCH;

  logic               done, active, complete, pop, to_cur;
  logic [Modules-1:0] bits;
  logic [   Bits-1:0] nxt_d;

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
      .unit_rdata_o (unit_rdata_o),
      .calibrating_o(calibrating_o),
      .alarm_o      (alarm_o),
      .sampled_o    (sampled_o)
  );

  assign complete = done && 32'(round_q) == Rounds - 1;
  assign pop      = mask_ready_i && cur_valid_q;
  assign to_cur   = complete && (pop || !cur_valid_q);

  for (genvar r = 0; r < Rounds; r++) begin : gen_round
    localparam int Width = (Bits - r * Modules < Modules) ? Bits - r * Modules : Modules;
    assign nxt_d[r*Modules+:Width] = 32'(round_q) == r ? bits[0+:Width] : nxt_q[r*Modules+:Width];
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      round_q <= '0;
      nxt_q   <= '0;
      cur_q   <= '0;
    end else begin
      if (done) nxt_q <= nxt_d;
      if (to_cur) cur_q <= nxt_d;
      else if (pop) cur_q <= nxt_q;
      if (active) round_q <= '0;
      else if (done) round_q <= complete ? '0 : round_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      cur_valid_q <= 1'b0;
      nxt_valid_q <= 1'b0;
    end else if (active) begin
      cur_valid_q <= 1'b0;
      nxt_valid_q <= 1'b0;
    end else if (to_cur) begin
      cur_valid_q <= 1'b1;
    end else if (complete) begin
      nxt_valid_q <= 1'b1;
    end else if (pop) begin
      cur_valid_q <= nxt_valid_q;
      nxt_valid_q <= 1'b0;
    end
  end

  assign mask_valid_o = cur_valid_q;
  assign mask_o       = cur_q;

  `CIM_ASSERT(QueueInOrder, cur_valid_q || !nxt_valid_q)
  `CIM_ASSERT(NoMaskLost, !done || !nxt_valid_q)
  `CIM_ASSERT(RoundInRange, 32'(round_q) < Rounds)
endmodule

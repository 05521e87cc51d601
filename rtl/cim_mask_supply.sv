// A queue of random masks before their consumer: one in use, one ahead.
// The bank's Modules units draw a mask of Bits bits in Rounds rounds, straight into the place of the mask ahead (round r: bits
// [r*Modules, ...)). The mask on mask_o counts as used when mask_ready_i meets mask_valid_o. As long as a pass takes at least
// the rounds' time, sampling is hidden. Calibration voids what is held.
`include "cim_assert.svh"

module cim_mask_supply #(
    parameter int          Bits        = 2,     // of a mask
    parameter int          Modules     = 1,     // units that share the drawing, at most Bits
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
    parameter int          SampledBits = $clog2(Modules + 1)  // derived; do not set
) (
    input  logic                   clk_i,
    input  logic                   rst_ni,
    input  logic                   mask_ready_i,
    output logic                   mask_valid_o,
    output logic [       Bits-1:0] mask_o,
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
  `CIM_STATIC_ASSERT(gen_sizes, Modules >= 1 && Modules <= Bits, "cim_mask_supply: Modules must be 1 to Bits")

  localparam int Rounds    = (Bits + Modules - 1) / Modules;
  localparam int RoundBits = (Rounds > 1) ? $clog2(Rounds) : 1;
  localparam int LastBase  = (Rounds - 1) * Modules;
  localparam int LastWidth = Bits - LastBase;
  localparam logic [RoundBits-1:0] LastRound = RoundBits'(Rounds - 1);

  // Wide vectors are meant.
  /* verilator lint_off WIDTHCONCAT */
  logic [RoundBits-1:0] round_q `CIM_ARCH;
  logic                 cur_valid_q `CIM_ARCH;
  logic [     Bits-1:0] cur_q `CIM_ARCH;
  logic                 nxt_valid_q `CIM_ARCH;
  logic [     Bits-1:0] nxt_q `CIM_ARCH;

  logic               done, active, last_round, complete, pop;
  logic [Modules-1:0] drawn;
  logic [   Bits-1:0] whole;

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
      .bits_o       (drawn),
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

  assign last_round = round_q == LastRound;
  assign complete   = done && last_round;
  assign pop        = mask_ready_i && cur_valid_q;

  if (Rounds > 1) begin : gen_rounds
    assign whole = {drawn[LastWidth-1:0], nxt_q[LastBase-1:0]};
  end else begin : gen_one_round
    assign whole = drawn;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      round_q     <= '0;
      cur_valid_q <= 1'b0;
      cur_q       <= '0;
      nxt_valid_q <= 1'b0;
    end else begin
      if (done) round_q <= last_round ? '0 : round_q + 1'b1;
      if (complete && (pop || !cur_valid_q)) begin
        cur_q       <= whole;
        cur_valid_q <= 1'b1;
      end else if (complete) begin
        nxt_valid_q <= 1'b1;
      end else if (pop) begin
        cur_q       <= nxt_q;
        cur_valid_q <= nxt_valid_q;
        nxt_valid_q <= 1'b0;
      end
      if (active) begin
        round_q     <= '0;
        cur_valid_q <= 1'b0;
        nxt_valid_q <= 1'b0;
      end
    end
  end

  // The loop is the decoder of the round; an indexed assignment makes Yosys build shifters as wide as the mask.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      nxt_q <= '0;
    end else if (done) begin
      for (int r = 0; r < Rounds - 1; r++) begin
        if (32'(round_q) == r) nxt_q[r*Modules+:Modules] <= drawn;
      end
      if (last_round) nxt_q[LastBase+:LastWidth] <= drawn[LastWidth-1:0];
    end
  end

  assign mask_valid_o = cur_valid_q;
  assign mask_o       = cur_q;

  `CIM_ASSERT(RoundInRange, 32'(round_q) < Rounds)
  `CIM_ASSERT(QueueInOrder, cur_valid_q || !nxt_valid_q)
  `CIM_ASSERT(NoDrawLost, !done || !nxt_valid_q)
  `CIM_ASSERT(AheadIsWhole, !nxt_valid_q || round_q == '0)

  // Shadow: the masks drawn and not used, and which is next, for the properties
`ifndef SYNTHESIS
  logic [1:0] masks_q;
  logic follows_q;
  logic [Bits-1:0] was_next_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {masks_q, follows_q, was_next_q} <= '0;
    end else begin
      masks_q    <= active ? '0 : masks_q + 2'(complete) - 2'(pop);
      follows_q  <= !active && (nxt_valid_q || (mask_valid_o && !mask_ready_i));
      was_next_q <= pop ? nxt_q : mask_o;
    end
  end
  `CIM_ASSERT(EveryMaskIsHeld, masks_q == 2'(cur_valid_q) + 2'(nxt_valid_q))
  `CIM_ASSERT(MaskStaysUntilUsed, !follows_q || (mask_valid_o && mask_o == was_next_q))
`endif
endmodule

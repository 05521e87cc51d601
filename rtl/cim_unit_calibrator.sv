// Steps the drive code of every unit to the wanted number of switches a window, one unit after the other.
// A window is 2^WindowLog2 draws of the unit alone (select_o). After each, the code moves one step towards the target; the search
// ends at an exact hit, at the end of the codes or when it has passed the target, and leaves the better code with its residual
// (switches - Target). want_o asks the sequencer for rounds; a unit is left only while the sequencer is idle. Units whose
// trim_i is 0 (the digital substitute) are skipped.
`include "cim_assert.svh"

module cim_unit_calibrator #(
    parameter int Units        = 1,
    parameter int DriveBits    = 4,    // of a drive code
    parameter int WindowLog2   = 8,    // draws a window
    parameter int Target       = 128,  // switches wanted in it
    parameter int AtStart      = 0,    // 1: calibrates after reset
    parameter int ResidualBits = WindowLog2 + 2  // derived; do not set
) (
    input  logic                       clk_i,
    input  logic                       rst_ni,
    input  logic                       start_i,
    input  logic                       idle_i,      // the sequencer is between rounds
    input  logic                       sample_i,    // a bit of a calibration round is on raw_i
    input  logic [          Units-1:0] raw_i,
    input  logic [          Units-1:0] trim_i,
    input  logic [Units*DriveBits-1:0] drive_i,     // the units' codes
    output logic                       active_o,
    output logic                       want_o,
    output logic [          Units-1:0] select_o,
    output logic [          Units-1:0] write_o,
    output logic [      DriveBits-1:0] code_o,
    output logic [   ResidualBits-1:0] residual_o
);
  `CIM_STATIC_ASSERT(gen_sizes, Units >= 1 && DriveBits >= 1 && WindowLog2 >= 1 && WindowLog2 <= 16,
                     "cim_unit_calibrator: Units and DriveBits must be at least 1, WindowLog2 1 to 16")
  `CIM_STATIC_ASSERT(gen_target, Target >= 0 && Target <= 2 ** WindowLog2,
                     "cim_unit_calibrator: Target must be 0 to 2^WindowLog2")

  localparam int UnitBits = (Units > 1) ? $clog2(Units) : 1;
  localparam int OnesBits = WindowLog2 + 1;
  localparam logic [UnitBits-1:0] LastUnit = UnitBits'(Units - 1);

  logic                    active_q `CIM_ARCH;
  logic                    pending_q `CIM_ARCH;  // the unit is done, the sequencer finishes its round
  logic [    UnitBits-1:0] unit_q `CIM_ARCH;
  logic [  WindowLog2-1:0] draws_q `CIM_ARCH;
  logic [    OnesBits-1:0] ones_q `CIM_ARCH;
  logic                    seen_q `CIM_ARCH;     // a window of this unit was complete
  logic                    up_q `CIM_ARCH;       // its direction
  logic [   DriveBits-1:0] best_code_q `CIM_ARCH;
  logic [ResidualBits-1:0] best_residual_q `CIM_ARCH;

  logic [       Units-1:0] unit_onehot;
  logic                    drawn, trimmed, take, window_end, next_unit, begin_all;
  logic [    OnesBits-1:0] ones;
  logic [   DriveBits-1:0] code, best_code;
  logic [ResidualBits-1:0] residual, best_residual, size, best_size;
  logic                    better, up, at_limit, stop;

  assign unit_onehot = Units'(1'b1) << unit_q;
  assign drawn       = raw_i[unit_q];
  assign trimmed     = trim_i[unit_q];
  assign active_o    = active_q;
  assign select_o    = active_q ? unit_onehot : '0;
  assign want_o      = active_q && !pending_q && trimmed;

  cim_and_or #(
      .Words(Units),
      .Width(DriveBits)
  ) u_code (
      .words_i (drive_i),
      .select_i(unit_onehot),
      .word_o  (code)
  );

  assign begin_all  = start_i && !active_q;
  assign next_unit  = active_q && idle_i && (pending_q || !trimmed);
  assign take       = active_q && !pending_q && sample_i;
  assign ones       = ones_q + OnesBits'(drawn);
  assign window_end = take && draws_q == '1;

  assign residual      = ResidualBits'(ones) - ResidualBits'(Target);
  assign size          = residual[ResidualBits-1] ? -residual : residual;
  assign best_size     = best_residual_q[ResidualBits-1] ? -best_residual_q : best_residual_q;
  assign better        = !seen_q || size < best_size;
  assign best_code     = better ? code : best_code_q;
  assign best_residual = better ? residual : best_residual_q;
  assign up            = residual[ResidualBits-1];
  assign at_limit      = up ? code == '1 : code == '0;
  assign stop          = residual == '0 || at_limit || (seen_q && up != up_q);

  assign write_o    = window_end ? unit_onehot : '0;
  assign code_o     = stop ? best_code : up ? code + 1'b1 : code - 1'b1;
  assign residual_o = stop ? best_residual : residual;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q        <= AtStart != 0;
      pending_q       <= 1'b0;
      unit_q          <= '0;
      draws_q         <= '0;
      ones_q          <= '0;
      seen_q          <= 1'b0;
      up_q            <= 1'b0;
      best_code_q     <= '0;
      best_residual_q <= '0;
    end else if (begin_all || next_unit) begin
      active_q  <= begin_all || unit_q != LastUnit;
      unit_q    <= (begin_all || unit_q == LastUnit) ? '0 : unit_q + 1'b1;
      pending_q <= 1'b0;
      draws_q   <= '0;
      ones_q    <= '0;
      seen_q    <= 1'b0;
    end else if (take) begin
      draws_q <= draws_q + 1'b1;  // wraps at the window's end
      ones_q  <= window_end ? '0 : ones;
      if (window_end && stop) pending_q <= 1'b1;
      if (window_end && !stop) begin
        seen_q          <= 1'b1;
        up_q            <= up;
        best_code_q     <= best_code;
        best_residual_q <= best_residual;
      end
    end
  end

  `CIM_ASSUME(NoSampleWhileIdle, !(idle_i && sample_i))
  `CIM_ASSERT(UnitInRange, 32'(unit_q) < Units)
  `CIM_ASSERT(OnesAmongDraws, ones_q <= OnesBits'(draws_q))
  `CIM_ASSERT(RestsClean, active_q || (unit_q == '0 && !pending_q && !seen_q && draws_q == '0))
  `CIM_ASSERT(DoneUnitDrawsNoMore, !pending_q || (!want_o && write_o == '0 && draws_q == '0))
  `CIM_ASSERT(WritesTheSelected, write_o == '0 || write_o == select_o)
  // A step never wraps: the codes of a unit move in one direction, so a search takes at most 2^DriveBits windows.
  `CIM_ASSERT(StepStaysInCodes, write_o == '0 || stop || (up ? code_o > code : code_o < code))
  `CIM_ASSERT(KeepsDirection, write_o == '0 || stop || !seen_q || up == up_q)
endmodule

// Closed loop that steps the drive code of every unit of a bank to its target, one unit after the other.
// A window is 2^WindowLog2 draws of the unit; its switches are compared with Target, and the code goes one up (too few) or
// down (too many) until the direction turns, the code ends or the count is right. The best code measured stays, with its
// residual (switches - Target). Units whose drive code does not matter (trim_i = 0) are passed over.
`include "cim_assert.svh"

module cim_unit_calibrator #(
    parameter int Units      = 2,
    parameter int DriveBits  = 4,
    parameter int WindowLog2 = 8,
    parameter int Target     = 51,  // switches wanted in a window, 0 to 2^WindowLog2
    parameter int AtStart    = 0    // 1: runs once after reset
) (
    input  logic                       clk_i,
    input  logic                       rst_ni,
    input  logic                       start_i,    // pulse; ignored while active
    input  logic                       idle_i,     // the sequencer stands between rounds
    input  logic                       sample_i,   // raw_i holds a draw of the selected unit
    input  logic [          Units-1:0] raw_i,
    input  logic [          Units-1:0] trim_i,
    input  logic [Units*DriveBits-1:0] drive_i,    // unit u at [u*DriveBits +: DriveBits]
    output logic                       active_o,
    output logic                       want_o,     // a round for the selected unit, please
    output logic [          Units-1:0] select_o,   // one-hot while active
    output logic [          Units-1:0] write_o,    // this unit takes code_o and residual_o
    output logic [      DriveBits-1:0] code_o,
    output logic [     WindowLog2+1:0] residual_o  // signed
);
  `CIM_STATIC_ASSERT(gen_window, WindowLog2 >= 1 && WindowLog2 <= 28 && Units >= 1,
                     "cim_unit_calibrator: WindowLog2 must be 1 to 28, Units at least 1")
  `CIM_STATIC_ASSERT(gen_target, Target >= 0 && Target <= 2 ** WindowLog2,
                     "cim_unit_calibrator: Target must be 0 to 2^WindowLog2")

  localparam int UnitBits     = (Units > 1) ? $clog2(Units) : 1;
  localparam int ResidualBits = WindowLog2 + 2;

  logic                    active_q `CIM_ARCH;
  logic                    pending_q `CIM_ARCH;  // this unit is done, its RESET may still run
  logic [    UnitBits-1:0] unit_q `CIM_ARCH;
  logic [  WindowLog2-1:0] draws_q `CIM_ARCH;
  logic [    WindowLog2:0] ones_q `CIM_ARCH;
  logic                    seen_q `CIM_ARCH;     // a window of this unit was measured before
  logic                    up_q `CIM_ARCH;       // direction of the last step
  logic [   DriveBits-1:0] best_code_q `CIM_ARCH;
  logic [ResidualBits-1:0] best_residual_q `CIM_ARCH;

  logic [       Units-1:0] selected;
  logic                    drawn, trim, measure, window_end, up, better, stop, next_unit, last_unit;
  logic [   DriveBits-1:0] code, best_code, end_code;
  logic [    WindowLog2:0] ones;
  logic [ResidualBits-1:0] residual, size, best_size, best_residual;

  for (genvar u = 0; u < Units; u++) begin : gen_unit
    assign selected[u] = 32'(unit_q) == u;
    assign select_o[u] = active_q && selected[u];
    assign write_o[u]  = window_end && selected[u];
  end

  cim_and_or #(
      .Words(Units),
      .Width(DriveBits)
  ) u_code (
      .words_i (drive_i),
      .select_i(selected),
      .word_o  (code)
  );

  assign drawn      = |(raw_i & selected);
  assign trim       = |(trim_i & selected);
  assign measure    = active_q && !pending_q && sample_i;
  assign window_end = measure && &draws_q;
  assign ones       = ones_q + (WindowLog2 + 1)'(drawn);

  assign residual  = ResidualBits'(ones) - ResidualBits'(Target);
  assign up        = residual[ResidualBits-1];
  assign size      = up ? -residual : residual;
  assign best_size = best_residual_q[ResidualBits-1] ? -best_residual_q : best_residual_q;
  assign better    = !seen_q || size < best_size;
  assign best_code     = better ? code : best_code_q;
  assign best_residual = better ? residual : best_residual_q;
  assign end_code  = {DriveBits{up}};
  assign stop      = residual == '0 || code == end_code || (seen_q && up != up_q);

  assign next_unit  = active_q && idle_i && (pending_q || !trim);
  assign last_unit  = 32'(unit_q) == Units - 1;
  assign active_o   = active_q;
  assign want_o     = active_q && !pending_q && trim;
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
    end else if (!active_q) begin
      if (start_i) begin
        active_q  <= 1'b1;
        pending_q <= 1'b0;
        unit_q    <= '0;
        draws_q   <= '0;
        ones_q    <= '0;
        seen_q    <= 1'b0;
      end
    end else if (next_unit) begin
      active_q  <= !last_unit;
      pending_q <= 1'b0;
      unit_q    <= last_unit ? '0 : unit_q + 1'b1;
      draws_q   <= '0;
      ones_q    <= '0;
      seen_q    <= 1'b0;
    end else if (measure) begin
      draws_q <= draws_q + 1'b1;
      ones_q  <= window_end ? '0 : ones;
      if (window_end && stop) begin
        pending_q <= 1'b1;
      end else if (window_end) begin
        best_code_q     <= best_code;
        best_residual_q <= best_residual;
        seen_q          <= 1'b1;
        up_q            <= up;
      end
    end
  end

  `CIM_ASSUME(SamplesOutsideIdle, !(idle_i && sample_i))
  `CIM_ASSERT(UnitInRange, 32'(unit_q) < Units)
  `CIM_ASSERT(SelectsOneWhileActive, active_q == (select_o != '0) && (select_o & (select_o - 1'b1)) == '0)
  `CIM_ASSERT(WritesOnlyTheSelected, (write_o & ~select_o) == '0)
  `CIM_ASSERT(OnesWithinDraws, 32'(ones_q) <= 32'(draws_q))
  `CIM_ASSERT(CodeStaysInRange, window_end && !stop && up ? code != '1 : 1'b1)
endmodule

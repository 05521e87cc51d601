// Health of stochastic units, after NIST SP 800-90B section 4.4: a repetition count (stuck units) and an adaptive
// proportion (biased units). One unit is watched at a time, for a window of 2^WindowLog2 of its draws, then the next: one
// monitor serves a whole bank. Raw draws are watched, not whitened bits.
`include "cim_assert.svh"

module cim_unit_monitor #(
    parameter int Units      = 2,
    parameter int WindowLog2 = 4,    // at least 1
    parameter int RunCutoff  = 255,  // equal draws in a row that raise the alarm, 1 to 255
    parameter int OnesLow    = 0,    // fewest ones in a window without alarm
    parameter int OnesHigh   = 16    // most ones in a window without alarm
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic             sample_i,
    input  logic [Units-1:0] raw_i,
    output logic [Units-1:0] alarm_o
);
  `CIM_STATIC_ASSERT(gen_window, WindowLog2 >= 1 && WindowLog2 <= 30 && Units >= 1,
                     "cim_unit_monitor: WindowLog2 must be 1 to 30, Units at least 1")
  `CIM_STATIC_ASSERT(gen_cutoff, RunCutoff >= 1 && RunCutoff <= 255, "cim_unit_monitor: RunCutoff must be 1 to 255")

  localparam int UnitBits = (Units > 1) ? $clog2(Units) : 1;

  logic [  UnitBits-1:0] unit_q `CIM_ARCH;
  logic [WindowLog2-1:0] count_q `CIM_ARCH;
  logic [  WindowLog2:0] ones_q `CIM_ARCH;
  logic [           7:0] run_q `CIM_ARCH;
  logic                  last_q `CIM_ARCH;

  logic [Units-1:0] watched;
  logic             drawn, window_end, bad;
  logic [      7:0] run;
  logic [WindowLog2:0] ones;

  for (genvar u = 0; u < Units; u++) begin : gen_unit
    assign watched[u] = 32'(unit_q) == u;
    assign alarm_o[u] = sample_i && watched[u] && bad;
  end

  assign drawn      = |(raw_i & watched);
  assign window_end = &count_q;
  assign run        = (count_q == '0 || drawn != last_q) ? 8'd1 : (run_q == 8'd255) ? 8'd255 : run_q + 8'd1;
  assign ones       = ones_q + (WindowLog2 + 1)'(drawn);
  assign bad        = 32'(run) >= RunCutoff || (window_end && (32'(ones) + 1 <= OnesLow || 32'(ones) > OnesHigh));

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      unit_q  <= '0;
      count_q <= '0;
      ones_q  <= '0;
      run_q   <= '0;
      last_q  <= 1'b0;
    end else if (sample_i) begin
      run_q   <= run;
      last_q  <= drawn;
      count_q <= count_q + 1'b1;
      ones_q  <= window_end ? '0 : ones;
      if (window_end) unit_q <= 32'(unit_q) == Units - 1 ? '0 : unit_q + 1'b1;
    end
  end

  `CIM_ASSERT(UnitInRange, 32'(unit_q) < Units)
  `CIM_ASSERT(OnesWithinCount, 32'(ones_q) <= 32'(count_q))
  `CIM_ASSERT(OneUnitAtATime, (alarm_o & (alarm_o - 1'b1)) == '0)
endmodule

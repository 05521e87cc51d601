// Health tests of a bank's units, after the repetition count and adaptive proportion tests of NIST SP 800-90B 4.4.
// One unit is watched for a window of 2^WindowLog2 draws, then the next: a bank needs one small counter set, not one a unit.
// A unit stuck at one value alarms after RunCutoff equal bits in a row; a biased one at the end of a window whose ones are
// below OnesLow or above OnesHigh.
`include "cim_assert.svh"

module cim_unit_monitor #(
    parameter int Units      = 1,
    parameter int WindowLog2 = 10,   // draws a window
    parameter int RunCutoff  = 40,   // 1 to 255
    parameter int OnesLow    = 0,    // fewest ones of a healthy window
    parameter int OnesHigh   = 1024  // most
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic             sample_i,
    input  logic [Units-1:0] raw_i,
    output logic [Units-1:0] alarm_o    // in the cycle of sample_i
);
  `CIM_STATIC_ASSERT(gen_sizes, Units >= 1 && WindowLog2 >= 1 && WindowLog2 <= 16,
                     "cim_unit_monitor: Units must be at least 1, WindowLog2 1 to 16")
  `CIM_STATIC_ASSERT(gen_limits, RunCutoff >= 1 && RunCutoff <= 255 && OnesLow >= 0 && OnesHigh >= OnesLow,
                     "cim_unit_monitor: RunCutoff must be 1 to 255, OnesLow 0 to OnesHigh")

  localparam int UnitBits = (Units > 1) ? $clog2(Units) : 1;
  localparam int OnesBits = WindowLog2 + 1;
  localparam logic [UnitBits-1:0] LastUnit = UnitBits'(Units - 1);

  logic [  UnitBits-1:0] unit_q `CIM_ARCH;
  logic [WindowLog2-1:0] count_q `CIM_ARCH;
  logic [  OnesBits-1:0] ones_q `CIM_ARCH;
  logic [           7:0] run_q `CIM_ARCH;
  logic                  last_q `CIM_ARCH;

  logic                drawn, window_end, too_long, too_few, too_many, alarm;
  logic [         7:0] run;
  logic [OnesBits-1:0] ones;

  assign drawn      = raw_i[unit_q];
  assign run        = (count_q == '0 || drawn != last_q) ? 8'd1 : (run_q == 8'd255) ? run_q : run_q + 8'd1;
  assign ones       = ones_q + OnesBits'(drawn);
  assign window_end = count_q == '1;
  assign too_long   = 32'(run) >= RunCutoff;
  assign too_many   = 32'(ones) > OnesHigh;
  assign alarm      = sample_i && (too_long || (window_end && (too_few || too_many)));
  assign alarm_o    = Units'(alarm) << unit_q;

  if (OnesLow > 0) begin : gen_low
    assign too_few = 32'(ones) < OnesLow;
  end else begin : gen_no_low
    assign too_few = 1'b0;
  end

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
      count_q <= count_q + 1'b1;  // wraps at the window's end
      ones_q  <= window_end ? '0 : ones;
      if (window_end) unit_q <= (unit_q == LastUnit) ? '0 : unit_q + 1'b1;
    end
  end

  `CIM_ASSERT(UnitInRange, 32'(unit_q) < Units)
  `CIM_ASSERT(OnesAmongDraws, ones_q <= OnesBits'(count_q))
  `CIM_ASSERT(RunAmongDraws, count_q == '0 || (run_q != '0 && 32'(run_q) <= 32'(count_q)))
  `CIM_ASSERT(AlarmsOneUnit, (alarm_o & (alarm_o - 1'b1)) == '0)
  `CIM_ASSERT(AlarmsOnlyOnSample, sample_i || alarm_o == '0)
endmodule

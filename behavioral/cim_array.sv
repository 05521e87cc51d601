// Behavioural view of the array macro: Rows x Cols weights, a group of rows sensed at once by digital XNOR sense
// amplifiers ("bit" sensing, ideal device).
// en_i: a cycle later row r of the group is at sense_o[r*Cols +: Cols], 1 = match: wl & w | wlb & ~w; a row with both
// word lines low reads 0. Without en_i the sense amplifiers hold. we_i writes a row; never together with en_i.
// A macro has no reset: weights are non-volatile, the sense amplifiers start at 0 so that simulations are repeatable.
`include "cim_assert.svh"

module cim_array #(
    parameter int Rows      = 8,   // a multiple of Group
    parameter int Cols      = 8,   // columns
    parameter int Group     = 4,   // rows sensed at once
    parameter     InitFile  = "",  // one hexadecimal line a row, row 0 first; "" starts with all weights 0
    parameter int GroupBits = (Rows / Group > 1) ? $clog2(Rows / Group) : 1,  // derived; do not set
    parameter int RowBits   = (Rows > 1) ? $clog2(Rows) : 1                   // derived; do not set
) (
    input  logic                  clk_i,
    input  logic                  en_i,
    input  logic [ GroupBits-1:0] group_i,
    input  logic [     Group-1:0] wl_i,
    input  logic [     Group-1:0] wlb_i,
    input  logic                  we_i,
    input  logic [   RowBits-1:0] waddr_i,
    input  logic [      Cols-1:0] wdata_i,
    output logic [Group*Cols-1:0] sense_o
);
  `CIM_STATIC_ASSERT(gen_rows, Rows % Group == 0, "cim_array: Rows must be a multiple of Group")

  // Wide vectors are meant: `'0` of more than 8192 bits looks like a slip to Verilator.
  /* verilator lint_off WIDTHCONCAT */
  logic [      Cols-1:0] mem[0:Rows-1];
  logic [Group*Cols-1:0] sense_q;

  initial begin
    sense_q = '0;
    if (InitFile != "") $readmemh(InitFile, mem);
    else for (int i = 0; i < Rows; i++) mem[i] = '0;
  end

  always_ff @(posedge clk_i) begin
    if (we_i) mem[waddr_i] <= wdata_i;
  end

  for (genvar r = 0; r < Group; r++) begin : gen_row
    logic [Cols-1:0] row;
    assign row = mem[RowBits'(group_i*Group+r)];
    always_ff @(posedge clk_i) begin
      if (en_i) sense_q[r*Cols+:Cols] <= ({Cols{wl_i[r]}} & row) | ({Cols{wlb_i[r]}} & ~row);
    end
  end

  assign sense_o = sense_q;

  // No reset pin: the properties hold from the first clock, the pins being driven by reset logic.
  `CIM_ASSERT_COMB(NeverReadAndWrite, !(en_i && we_i))
  `CIM_ASSERT_COMB(WordLinesExclusive, !en_i || (wl_i & wlb_i) == '0)
endmodule

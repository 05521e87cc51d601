// Behavioural view of the array macro: Rows x Cols weights, a group of rows sensed at once by digital XNOR sense
// amplifiers ("bit" sensing).
// en_i: a cycle later row r of the group is at sense_o[r*Cols +: Cols], 1 = match: wl & one | wlb & zero; a row with both
// word lines low reads 0. Without en_i the sense amplifiers hold. we_i writes a row; never together with en_i.
// Of an ideal cell one = w and zero = ~w, what its two junctions hold. FaultFile describes the cells of a real chip.
// A macro has no reset: weights are non-volatile, the sense amplifiers start at 0 so that simulations are repeatable.
`include "cim_assert.svh"

module cim_array #(
    parameter int Rows      = 8,   // a multiple of Group
    parameter int Cols      = 8,   // columns
    parameter int Group     = 4,   // rows sensed at once
    parameter     InitFile  = "",  // one hexadecimal line a row, row 0 first; "" starts with all weights 0
    parameter     FaultFile = "",  // the same of six fields of Cols bits, lowest first: flipped, high, low of the junctions read as
                                   // one, then of those read as zero; "": no faults
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

  // Plain `always` wherever `initial` writes the variable, too: always_ff would be its only writer (IEEE 1800 9.2.2.4).
  always @(posedge clk_i) begin
    if (we_i) mem[waddr_i] <= wdata_i;
  end

  if (FaultFile == "") begin : gen_ideal
    for (genvar r = 0; r < Group; r++) begin : gen_row
      logic [Cols-1:0] row;
      assign row = mem[RowBits'(group_i*Group+r)];
      always @(posedge clk_i) begin
        if (en_i) sense_q[r*Cols+:Cols] <= ({Cols{wl_i[r]}} & row) | ({Cols{wlb_i[r]}} & ~row);
      end
    end
  end else begin : gen_faults
    // Programming brings flipped junctions back; the others read high or low for ever.
    localparam logic [3*Cols-1:0] StuckOnly = {{(2 * Cols) {1'b1}}, {Cols{1'b0}}};
    logic [6*Cols-1:0] fault[0:Rows-1];
    initial $readmemh(FaultFile, fault);
    always @(posedge clk_i) begin
      if (we_i) fault[waddr_i] <= fault[waddr_i] & {2{StuckOnly}};
    end
    for (genvar r = 0; r < Group; r++) begin : gen_row
      logic [Cols-1:0] row, one, zero;
      logic [6*Cols-1:0] wrong;
      assign row   = mem[RowBits'(group_i*Group+r)];
      assign wrong = fault[RowBits'(group_i*Group+r)];
      assign one   = ((row ^ wrong[0+:Cols]) | wrong[Cols+:Cols]) & ~wrong[2*Cols+:Cols];
      assign zero  = ((~row ^ wrong[3*Cols+:Cols]) | wrong[4*Cols+:Cols]) & ~wrong[5*Cols+:Cols];
      always @(posedge clk_i) begin
        if (en_i) sense_q[r*Cols+:Cols] <= ({Cols{wl_i[r]}} & one) | ({Cols{wlb_i[r]}} & zero);
      end
    end
  end

  assign sense_o = sense_q;

  // No reset pin: the properties hold from the first clock, the pins being driven by reset logic.
  `CIM_ASSERT_COMB(NeverReadAndWrite, !(en_i && we_i))
  `CIM_ASSERT_COMB(WordLinesExclusive, !en_i || (wl_i & wlb_i) == '0)
endmodule

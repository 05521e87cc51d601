// One full adder per column: {carry, sum} = a + b + c.
// Every adder of the counting logic is made of this cell, so that a synthesis flow can put the library's full-adder
// cell in its place by replacing this one file (synth/README.md); the gates below are for simulation and for
// libraries without such a cell. A constant 0 on an input makes it a half adder.
module cim_fa #(
    parameter int Columns = 1
) (
    input  logic [Columns-1:0] a_i,
    input  logic [Columns-1:0] b_i,
    input  logic [Columns-1:0] c_i,
    output logic [Columns-1:0] sum_o,
    output logic [Columns-1:0] carry_o
);
  logic [Columns-1:0] half;

  assign half    = a_i ^ b_i;
  assign sum_o   = half ^ c_i;
  assign carry_o = (a_i & b_i) | (half & c_i);
endmodule

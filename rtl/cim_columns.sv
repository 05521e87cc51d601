// The digital side of an array's columns: deals what the macro shows of each column into blocks of BlockCols, the last one
// may be narrower, and gathers their counts. Columns of the macro from Cols on are unused.
`include "cim_assert.svh"

module cim_columns #(
    parameter int ArrayCols = 8,   // columns of the macro
    parameter int Cols      = 8,   // columns in use, at most ArrayCols
    parameter int Group     = 4,   // rows read at once
    parameter int AccBits   = 4,   // see cim_column_block
    parameter int BlockCols = 64,  // columns a block: 64 is one machine word in simulation
    parameter int CodeBits  = 0,   // see cim_column_block
    parameter int SenseBits = (CodeBits > 0) ? CodeBits : Group  // of a column of the macro; derived, do not set
) (
    input  logic                           clk_i,
    input  logic                           rst_ni,
    input  logic [SenseBits*ArrayCols-1:0] sense_i,  // plane-major over ArrayCols
    input  logic                           acc_en_i,
    input  logic                           first_i,
    input  logic                           shift_i,
    input  logic                           load_i,
    output logic [       AccBits*Cols-1:0] count_o   // plane-major over Cols
);
  `CIM_STATIC_ASSERT(gen_cols, Cols >= 1 && Cols <= ArrayCols && BlockCols >= 1,
                     "cim_columns: Cols must be 1 to ArrayCols, BlockCols at least 1")

  localparam int Blocks = (Cols + BlockCols - 1) / BlockCols;

  for (genvar b = 0; b < Blocks; b++) begin : gen_block
    localparam int Base  = b * BlockCols;
    localparam int Width = (Cols - Base < BlockCols) ? Cols - Base : BlockCols;
    logic [SenseBits*Width-1:0] block_sense;
    logic [  AccBits*Width-1:0] block_count;

    for (genvar k = 0; k < SenseBits; k++) begin : gen_sense
      assign block_sense[k*Width+:Width] = sense_i[k*ArrayCols+Base+:Width];
    end
    for (genvar k = 0; k < AccBits; k++) begin : gen_plane
      assign count_o[k*Cols+Base+:Width] = block_count[k*Width+:Width];
    end

    cim_column_block #(
        .Columns (Width),
        .Group   (Group),
        .AccBits (AccBits),
        .CodeBits(CodeBits)
    ) u_block (
        .clk_i   (clk_i),
        .rst_ni  (rst_ni),
        .sense_i (block_sense),
        .acc_en_i(acc_en_i),
        .first_i (first_i),
        .shift_i (shift_i),
        .load_i  (load_i),
        .count_o (block_count)
    );
  end

  if (ArrayCols > Cols) begin : gen_unused_cols
    logic unused_sense;
    assign unused_sense = ^sense_i;
  end
endmodule

// The digital side of a column tile that has several arrays, of which one is read: SpinBayes keeps one sample of all
// weights an array, and the arbiter's one-hot choice says which one serves this pass.
// enable_o is the read of each array; the choice is kept a cycle (sel_q) to pick that array's sense bits for the
// columns, which work as in cim_tile. Arrays that were not read keep their old sense bits: they do not count.
`include "cim_assert.svh"

module cim_select_tile #(
    parameter int Arrays    = 2,   // at least 2
    parameter int ArrayCols = 8,   // columns of each macro
    parameter int Cols      = 8,   // columns in use, at most ArrayCols
    parameter int Group     = 4,   // rows sensed at once
    parameter int AccBits   = 4,   // see cim_column_block
    parameter int BlockCols = 64,  // columns a block: 64 is one machine word in simulation
    parameter int CodeBits  = 0,   // see cim_column_block
    parameter int SenseBits = (CodeBits > 0) ? CodeBits : Group  // of a column of a macro; derived, do not set
) (
    input  logic                                  clk_i,
    input  logic                                  rst_ni,
    input  logic                                  read_i,
    input  logic [                    Arrays-1:0] select_i,  // one-hot when read_i
    input  logic [Arrays*SenseBits*ArrayCols-1:0] sense_i,   // array n at [n*SenseBits*ArrayCols +: SenseBits*ArrayCols]
    input  logic                                  acc_en_i,
    input  logic                                  first_i,
    input  logic                                  shift_i,
    input  logic                                  load_i,
    output logic [                    Arrays-1:0] enable_o,
    output logic [              AccBits*Cols-1:0] count_o    // plane-major over Cols
);
  `CIM_STATIC_ASSERT(gen_arrays, Arrays >= 2, "cim_select_tile: Arrays must be at least 2")

  // Wide vectors are meant.
  /* verilator lint_off WIDTHCONCAT */
  logic [             Arrays-1:0] sel_q `CIM_ARCH;
  logic [SenseBits*ArrayCols-1:0] sense;

  assign enable_o = read_i ? select_i : '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) sel_q <= '0;
    else if (read_i) sel_q <= select_i;
  end

  cim_and_or #(
      .Words(Arrays),
      .Width(SenseBits * ArrayCols)
  ) u_sense (
      .words_i (sense_i),
      .select_i(sel_q),
      .word_o  (sense)
  );

  cim_columns #(
      .ArrayCols(ArrayCols),
      .Cols     (Cols),
      .Group    (Group),
      .AccBits  (AccBits),
      .BlockCols(BlockCols),
      .CodeBits (CodeBits)
  ) u_columns (
      .clk_i   (clk_i),
      .rst_ni  (rst_ni),
      .sense_i (sense),
      .acc_en_i(acc_en_i),
      .first_i (first_i),
      .shift_i (shift_i),
      .load_i  (load_i),
      .count_o (count_o)
  );

  `CIM_ASSUME(ReadsOneArray, !read_i || (select_i != '0 && (select_i & (select_i - 1'b1)) == '0))
  `CIM_ASSERT(AtMostOneSelected, (sel_q & (sel_q - 1'b1)) == '0)
endmodule

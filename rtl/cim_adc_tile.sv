// One array macro whose columns count their matches themselves (cim_array_adc) and the digital side of its columns: as
// cim_tile, with the macro's codes in place of sense bits, so that no popcount is left.
// read_i converts a group (codes one cycle later, macro output register); acc_en_i / first_i / shift_i / load_i go to the
// column blocks in that later cycle. Columns are dealt into blocks of BlockCols, the last one may be narrower; columns of
// the macro from Cols on are unused. The programming bus writes one row a cycle while the design is idle.
`include "cim_assert.svh"

module cim_adc_tile #(
    parameter int Rows      = 8,   // rows of the macro, a multiple of Group
    parameter int ArrayCols = 8,   // columns of the macro
    parameter int Cols      = 8,   // columns in use, at most ArrayCols
    parameter int Group     = 4,   // rows read at once
    parameter int AdcBits   = 3,   // of a column's converter, see cim_array_adc
    parameter int AccBits   = 4,   // see cim_column_block
    parameter int BlockCols = 64,  // columns a block: 64 is one machine word in simulation
    parameter     InitFile  = "",  // weight image of the macro
    parameter     FaultFile = "",  // its junctions that hold the other state
    parameter     CellFile  = "",  // what its junctions conduct
    parameter     NoiseFile = "",  // how what they conduct moves from read to read
    parameter int ProgUnit  = 0,   // address on the programming bus
    parameter int GroupBits = (Rows / Group > 1) ? $clog2(Rows / Group) : 1  // derived; do not set
) (
    input  logic                    clk_i,
    input  logic                    rst_ni,
    input  logic                    read_i,
    input  logic [   GroupBits-1:0] group_i,
    input  logic [       Group-1:0] wl_i,
    input  logic [       Group-1:0] wlb_i,
    input  logic                    acc_en_i,
    input  logic                    first_i,
    input  logic                    shift_i,
    input  logic                    load_i,
    input  logic                    prog_we_i,
    input  logic [            15:0] prog_unit_i,
    input  logic [            15:0] prog_addr_i,
    input  logic [   ArrayCols-1:0] prog_data_i,
    output logic [AccBits*Cols-1:0] count_o       // plane-major over Cols
);
  `CIM_STATIC_ASSERT(gen_rows, Rows >= 1 && Rows <= 65536 && Rows % Group == 0,
                     "cim_adc_tile: Rows must be a multiple of Group, at most 65536")
  `CIM_STATIC_ASSERT(gen_cols, Cols >= 1 && Cols <= ArrayCols && BlockCols >= 1,
                     "cim_adc_tile: Cols must be 1 to ArrayCols, BlockCols at least 1")

  localparam int Blocks   = (Cols + BlockCols - 1) / BlockCols;
  localparam int RowBits  = (Rows > 1) ? $clog2(Rows) : 1;
  localparam int CodeBits = $clog2(Group + 1);

  logic                          prog_hit;
  logic [CodeBits*ArrayCols-1:0] code;

  assign prog_hit = prog_we_i && prog_unit_i == 16'(ProgUnit);

  cim_array_adc #(
      .Rows     (Rows),
      .Cols     (ArrayCols),
      .Group    (Group),
      .AdcBits  (AdcBits),
      .InitFile (InitFile),
      .FaultFile(FaultFile),
      .CellFile (CellFile),
      .NoiseFile(NoiseFile)
  ) u_array (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .en_i   (read_i),
      .group_i(group_i),
      .wl_i   (wl_i),
      .wlb_i  (wlb_i),
      .we_i   (prog_hit),
      .waddr_i(prog_addr_i[RowBits-1:0]),
      .wdata_i(prog_data_i),
      .code_o (code)
  );

  for (genvar b = 0; b < Blocks; b++) begin : gen_block
    localparam int Base  = b * BlockCols;
    localparam int Width = (Cols - Base < BlockCols) ? Cols - Base : BlockCols;
    logic [CodeBits*Width-1:0] block_code;
    logic [ AccBits*Width-1:0] block_count;

    for (genvar k = 0; k < CodeBits; k++) begin : gen_code
      assign block_code[k*Width+:Width] = code[k*ArrayCols+Base+:Width];
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
        .sense_i (block_code),
        .acc_en_i(acc_en_i),
        .first_i (first_i),
        .shift_i (shift_i),
        .load_i  (load_i),
        .count_o (block_count)
    );
  end

  if (ArrayCols > Cols) begin : gen_unused_cols
    logic unused_code;
    assign unused_code = ^code;
  end

  `CIM_ASSUME(WordLinesExclusive, (wl_i & wlb_i) == '0)
  `CIM_ASSUME(ProgramOnlyWhenIdle, !(prog_hit && read_i))
  `CIM_ASSUME(GroupInRange, !read_i || 32'(group_i) < Rows / Group)
  `CIM_ASSUME(ProgramInRange, !prog_hit || 32'(prog_addr_i) < Rows)
endmodule

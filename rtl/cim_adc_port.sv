// One array macro with converters (cim_array_adc) behind the programming port: part of a cim_adc_tile, or one of the arrays
// of which a cim_select_tile adds the chosen one's codes up. Reads as the macro does: codes one cycle after read_i, held
// without it.
// The programming bus writes one row a cycle while the design is idle.
`include "cim_assert.svh"

module cim_adc_port #(
    parameter int Rows      = 8,   // rows of the macro, a multiple of Group
    parameter int Cols      = 8,   // columns of the macro
    parameter int Group     = 4,   // rows read at once
    parameter int AdcBits   = 3,   // of a column's converter, see cim_array_adc
    parameter     InitFile  = "",  // weight image of the macro
    parameter     FaultFile = "",  // its junctions that hold the other state
    parameter     CellFile  = "",  // what its junctions conduct
    parameter     NoiseFile = "",  // how what they conduct moves from read to read
    parameter int ProgUnit  = 0,   // address on the programming bus
    parameter int GroupBits = (Rows / Group > 1) ? $clog2(Rows / Group) : 1,  // derived; do not set
    parameter int CodeBits  = $clog2(Group + 1)                               // derived; do not set
) (
    input  logic                     clk_i,
    input  logic                     rst_ni,
    input  logic                     read_i,
    input  logic [    GroupBits-1:0] group_i,
    input  logic [        Group-1:0] wl_i,
    input  logic [        Group-1:0] wlb_i,
    input  logic                     prog_we_i,
    input  logic [             15:0] prog_unit_i,
    input  logic [             15:0] prog_addr_i,
    input  logic [         Cols-1:0] prog_data_i,
    output logic [CodeBits*Cols-1:0] code_o       // bit k of the codes at [k*Cols +: Cols]
);
  `CIM_STATIC_ASSERT(gen_rows, Rows >= 1 && Rows <= 65536 && Rows % Group == 0,
                     "cim_adc_port: Rows must be a multiple of Group, at most 65536")

  localparam int RowBits = (Rows > 1) ? $clog2(Rows) : 1;

  logic prog_hit;

  assign prog_hit = prog_we_i && prog_unit_i == 16'(ProgUnit);

  cim_array_adc #(
      .Rows     (Rows),
      .Cols     (Cols),
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
      .code_o (code_o)
  );

  `CIM_ASSUME(WordLinesExclusive, (wl_i & wlb_i) == '0)
  `CIM_ASSUME(ProgramOnlyWhenIdle, !(prog_hit && read_i))
  `CIM_ASSUME(GroupInRange, !read_i || 32'(group_i) < Rows / Group)
  `CIM_ASSUME(ProgramInRange, !prog_hit || 32'(prog_addr_i) < Rows)
endmodule

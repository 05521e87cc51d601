// One array macro whose columns count their matches themselves (cim_array_adc) and the digital side of its columns: as
// cim_tile, with the macro's codes in place of sense bits, so that no popcount is left.
// read_i converts a group (codes one cycle later, macro output register); acc_en_i / first_i / shift_i / load_i go to the
// column blocks in that later cycle. Columns of the macro from Cols on are unused.
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
  localparam int CodeBits = $clog2(Group + 1);

  logic [CodeBits*ArrayCols-1:0] code;

  cim_adc_port #(
      .Rows     (Rows),
      .Cols     (ArrayCols),
      .Group    (Group),
      .AdcBits  (AdcBits),
      .InitFile (InitFile),
      .FaultFile(FaultFile),
      .CellFile (CellFile),
      .NoiseFile(NoiseFile),
      .ProgUnit (ProgUnit)
  ) u_array (
      .clk_i      (clk_i),
      .rst_ni     (rst_ni),
      .read_i     (read_i),
      .group_i    (group_i),
      .wl_i       (wl_i),
      .wlb_i      (wlb_i),
      .prog_we_i  (prog_we_i),
      .prog_unit_i(prog_unit_i),
      .prog_addr_i(prog_addr_i),
      .prog_data_i(prog_data_i),
      .code_o     (code)
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
      .sense_i (code),
      .acc_en_i(acc_en_i),
      .first_i (first_i),
      .shift_i (shift_i),
      .load_i  (load_i),
      .count_o (count_o)
  );
endmodule

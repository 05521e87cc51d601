// Black box of the array macro with a converter a column: same parameters and ports as behavioral/cim_array_adc.sv, nothing
// inside.
(* blackbox *)
module cim_array_adc #(
    parameter int Rows      = 8,
    parameter int Cols      = 8,
    parameter int Group     = 4,
    parameter int AdcBits   = 3,
    parameter     InitFile  = "",
    parameter     FaultFile = "",
    parameter     CellFile  = "",
    parameter     NoiseFile = "",
    parameter int GroupBits = (Rows / Group > 1) ? $clog2(Rows / Group) : 1,  // derived; do not set
    parameter int RowBits   = (Rows > 1) ? $clog2(Rows) : 1,                  // derived; do not set
    parameter int CodeBits  = $clog2(Group + 1)                               // derived; do not set
) (
    input  logic                     clk_i,
    input  logic                     rst_ni,
    input  logic                     en_i,
    input  logic [    GroupBits-1:0] group_i,
    input  logic [        Group-1:0] wl_i,
    input  logic [        Group-1:0] wlb_i,
    input  logic                     we_i,
    input  logic [      RowBits-1:0] waddr_i,
    input  logic [         Cols-1:0] wdata_i,
    output logic [CodeBits*Cols-1:0] code_o
);
endmodule

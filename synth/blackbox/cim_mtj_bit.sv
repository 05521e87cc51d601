// Black box of the stochastic bit: same parameters and ports as behavioral/cim_mtj_bit.sv, nothing inside.
(* blackbox *)
module cim_mtj_bit #(
    parameter int          DriveBits  = 4,
    parameter int          UnitId     = 0,
    parameter logic [31:0] Seed       = 1,
    parameter              TableFile  = "",
    parameter int          TableUnits = 1,
    parameter int          TableIndex = 0
) (
    input  logic                 clk_i,
    input  logic                 rst_ni,
    input  logic                 set_i,
    input  logic                 read_i,
    input  logic                 reset_i,
    input  logic [DriveBits-1:0] drive_i,
    output logic                 bit_o,
    output logic                 trim_o
);
endmodule

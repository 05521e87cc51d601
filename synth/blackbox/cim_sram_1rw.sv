// Black box of the SRAM macro: same parameters and ports as behavioral/cim_sram_1rw.sv, nothing inside.
(* blackbox *)
module cim_sram_1rw #(
    parameter int Depth    = 4,
    parameter int Width    = 8,
    parameter     InitFile = "",
    parameter int AddrBits = (Depth > 1) ? $clog2(Depth) : 1  // derived; do not set
) (
    input  logic                clk_i,
    input  logic                en_i,
    input  logic                we_i,
    input  logic [AddrBits-1:0] addr_i,
    input  logic [   Width-1:0] wdata_i,
    output logic [   Width-1:0] rdata_o
);
endmodule

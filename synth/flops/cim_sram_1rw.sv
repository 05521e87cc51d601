// The SRAM macro as flip-flops (neuspin synth --macros=flops). Same pins and timing as behavioral/cim_sram_1rw.sv.
// Flip-flops of a cell library have no power-up value: the words come over the programming bus, InitFile is not used.
module cim_sram_1rw #(
    parameter int Depth    = 4,   // words, at least 1
    parameter int Width    = 8,   // bits a word
    parameter     InitFile = "",  // not used
    parameter int AddrBits = (Depth > 1) ? $clog2(Depth) : 1  // derived; do not set
) (
    input  logic                clk_i,
    input  logic                en_i,
    input  logic                we_i,
    input  logic [AddrBits-1:0] addr_i,
    input  logic [   Width-1:0] wdata_i,
    output logic [   Width-1:0] rdata_o
);
  logic [Width-1:0] mem[0:Depth-1];
  logic [Width-1:0] rdata_q;

  always_ff @(posedge clk_i) begin
    if (en_i && we_i) mem[addr_i] <= wdata_i;
    if (en_i && !we_i) rdata_q <= mem[addr_i];
  end

  assign rdata_o = rdata_q;
endmodule

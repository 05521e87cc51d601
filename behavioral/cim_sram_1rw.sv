// Behavioural view of a single-port SRAM macro: one read or one write a cycle.
// en_i && !we_i: rdata_o is the word a cycle later; it holds otherwise. en_i && we_i: the word is written.
// A macro has no reset; rdata_o starts at 0 so that simulations are repeatable.
`include "cim_assert.svh"

module cim_sram_1rw #(
    parameter int Depth    = 4,   // words, at least 1
    parameter int Width    = 8,   // bits a word
    parameter     InitFile = "",  // one hexadecimal line a word, word 0 first; "" starts with all words 0
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

  initial begin
    rdata_q = '0;
    if (InitFile != "") $readmemh(InitFile, mem);
    else for (int i = 0; i < Depth; i++) mem[i] = '0;
  end

  // Not always_ff: `initial` writes these, too (cim_array.sv).
  always @(posedge clk_i) begin
    if (en_i && we_i) mem[addr_i] <= wdata_i;
    if (en_i && !we_i) rdata_q <= mem[addr_i];
  end

  assign rdata_o = rdata_q;

  `CIM_ASSERT_COMB(WritesOnlyWhenEnabled, en_i || !we_i)
  `CIM_ASSERT_COMB(AddressInRange, !en_i || 32'(addr_i) < Depth)
endmodule

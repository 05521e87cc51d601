// Scale memory of a layer: one SRAM macro, read by the post lanes, written from the programming bus.
// A read (en_i, addr_i) delivers a word a cycle later; a word holds the entries of all lanes. Programming has priority over
// reading and is only used while the design is idle.
`include "cim_assert.svh"

module cim_scale_mem #(
    parameter int Depth    = 4,   // words: Banks * Words, at most 65536 (programming address)
    parameter int Width    = 8,   // bits a word: Lanes * EntryBits
    parameter     InitFile = "",  // memory image
    parameter int ProgUnit = 0,   // address on the programming bus
    parameter int AddrBits = (Depth > 1) ? $clog2(Depth) : 1  // derived; do not set
) (
    input  logic                clk_i,
    input  logic                rst_ni,
    input  logic                en_i,
    input  logic [AddrBits-1:0] addr_i,
    input  logic                prog_we_i,
    input  logic [        15:0] prog_unit_i,
    input  logic [        15:0] prog_addr_i,
    input  logic [   Width-1:0] prog_data_i,
    output logic [   Width-1:0] rdata_o
);
  `CIM_STATIC_ASSERT(gen_depth, Depth >= 1 && Depth <= 65536, "cim_scale_mem: Depth must be 1 to 65536")

  logic prog_hit;

  assign prog_hit = prog_we_i && prog_unit_i == 16'(ProgUnit);

  cim_sram_1rw #(
      .Depth   (Depth),
      .Width   (Width),
      .InitFile(InitFile)
  ) u_sram (
      .clk_i  (clk_i),
      .en_i   (en_i || prog_hit),
      .we_i   (prog_hit),
      .addr_i (prog_hit ? prog_addr_i[AddrBits-1:0] : addr_i),
      .wdata_i(prog_data_i),
      .rdata_o(rdata_o)
  );

  `CIM_ASSUME(ProgramOnlyWhenIdle, !(prog_hit && en_i))
  `CIM_ASSUME(ReadInRange, !en_i || 32'(addr_i) < Depth)
  `CIM_ASSUME(ProgramInRange, !prog_hit || 32'(prog_addr_i) < Depth)
endmodule

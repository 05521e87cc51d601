// Read-only table with a combinational read: schedules and the tables of the uncertainty head. data_o follows addr_i in the
// same cycle; addresses of Depth and above are never applied. This one reads a file and is for the library's own benches;
// a design has a cim_rom.sv of its own with its tables as constants (gen/emit/roms.hpp), of the same parameters and ports.
// InitFile holds one hexadecimal word a line, word 0 first.
module cim_rom #(
    parameter int Depth    = 2,   // words, at least 1
    parameter int Width    = 1,   // bits a word
    parameter     InitFile = "",  // memory image; "" leaves the contents undefined (structural checks only)
    parameter int AddrBits = (Depth > 1) ? $clog2(Depth) : 1  // derived; do not set
) (
    input  logic [AddrBits-1:0] addr_i,
    output logic [   Width-1:0] data_o
);
  logic [Width-1:0] mem[0:Depth-1];

  initial begin
    if (InitFile != "") $readmemh(InitFile, mem);
  end

  assign data_o = mem[addr_i];
endmodule

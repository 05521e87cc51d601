// Behavioural view of one magnetic tunnel junction with its write and read circuits.
// The rising set_i pulse tries to switch P -> AP once; it succeeds with the probability of the drive code. read_i shows the
// state on bit_o, now and then the other one; reset_i switches back, unless it fails. The state is non-volatile: rst_ni leaves
// it alone, and at power-up every junction is antiparallel, the worst case of what nobody knows.
// Event number e (of SET) of stream s draws mix(mix(mix(seed + golden) ^ s) ^ e), s = the unit, its read 2^30 + unit, its RESET
// 2^31 + unit: a counter, not a generator state, so that any event can be replayed alone and runs in the C++ twin
// (behavioral/device).
// TableFile: TableUnits rows of 2^DriveBits + 2 lines of 9 hexadecimal digits, round(p * 2^32): to switch, by drive code; that a
// RESET leaves a 1; that a read shows the other value. This device's is row TableIndex, and only it is read: a bank of many
// units would otherwise hold a table for each. +neuspin_seed=<decimal> replaces Seed. trim_o = 1: needs calibration.
`include "cim_assert.svh"

module cim_mtj_bit #(
    parameter int          DriveBits  = 4,   // width of the drive code
    parameter int          UnitId     = 0,   // which device this is
    parameter logic [31:0] Seed       = 1,
    parameter              TableFile  = "",  // "" never switches
    parameter int          TableUnits = 1,   // devices in the table
    parameter int          TableIndex = 0    // which of them this is
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
  `CIM_STATIC_ASSERT(gen_index, TableIndex >= 0 && TableIndex < TableUnits, "cim_mtj_bit: TableIndex must be below TableUnits")

  localparam int Codes = 2 ** DriveBits;
  localparam int LineChars = 10;  // 9 digits and the end of the line

  logic        state_q `CIM_ARCH;
  logic        set_q `CIM_ARCH;
  logic [31:0] event_q `CIM_ARCH;

  logic [32:0] chance[0:Codes+1];
  logic [31:0] seed, key, read_key, reset_key, last;
  logic        pulse, wrong, fails;

  function automatic logic [31:0] mix(input logic [31:0] value);
    logic [31:0] x;
    x   = value;
    x   = x ^ (x >> 16);
    x   = x * 32'h7feb352d;
    x   = x ^ (x >> 15);
    x   = x * 32'h846ca68b;
    mix = x ^ (x >> 16);
  endfunction

  integer file, got;
  initial begin
    for (int i = 0; i < Codes + 2; i++) chance[i] = '0;
    if (TableFile != "") begin
      file = $fopen(TableFile, "r");
      if (file == 0) $display("WARNING: %m: $readmem of %s: cannot be opened", TableFile);
      else begin
        got = $fseek(file, TableIndex * (Codes + 2) * LineChars, 0);
        for (int i = 0; i < Codes + 2; i++) got = $fscanf(file, "%h", chance[i]);
        if (got != 1) $display("WARNING: %m: $readmem of %s: row %0d is not there", TableFile, TableIndex);
        $fclose(file);
      end
    end
    state_q = 1'b1;
    if (!$value$plusargs("neuspin_seed=%d", seed)) seed = Seed;
    key       = mix(mix(seed + 32'h9E3779B9) ^ 32'(UnitId));
    read_key  = mix(mix(seed + 32'h9E3779B9) ^ (32'(UnitId) | 32'h40000000));
    reset_key = mix(mix(seed + 32'h9E3779B9) ^ (32'(UnitId) | 32'h80000000));
  end

  assign pulse = set_i && !set_q;
  assign last  = event_q - 1'b1;  // the event being read and reset; all ones before the first
  assign wrong = {1'b0, mix(read_key ^ last)} < chance[Codes+1];
  assign fails = {1'b0, mix(reset_key ^ last)} < chance[Codes];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      set_q   <= 1'b0;
      event_q <= '0;
    end else begin
      set_q <= set_i;
      if (pulse) event_q <= event_q + 1'b1;
    end
  end

  // Nothing is written while rst_ni is low, whatever the pins do. `always`: initial writes state_q, too (see cim_array).
  always @(posedge clk_i) begin
    if (rst_ni) begin
      if (reset_i) state_q <= state_q && fails;
      else if (pulse && {1'b0, mix(key ^ event_q)} < chance[(DriveBits+1)'(drive_i)]) state_q <= 1'b1;
    end
  end

  assign bit_o  = read_i && (state_q ^ wrong);
  assign trim_o = 1'b1;

  `CIM_ASSUME(PinsExclusive, !(set_i && read_i) && !(set_i && reset_i) && !(read_i && reset_i))
endmodule

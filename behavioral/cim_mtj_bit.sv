// Behavioural view of one magnetic tunnel junction with its write and read circuits (ideal device).
// The rising set_i pulse tries to switch P -> AP once; it succeeds with the probability of the drive code. read_i shows the
// state on bit_o; reset_i switches back, always. Event number e of unit u draws mix(mix(mix(seed + golden) ^ u) ^ e): a
// counter, not a generator state, so that any event can be replayed alone and runs in the C++ twin (behavioral/device).
// TableFile: TableUnits * 2^DriveBits words of 33 bits, round(p * 2^32); this device's are the ones at TableIndex * 2^DriveBits.
// +neuspin_seed=<decimal> replaces Seed. trim_o = 1: the device's probability needs calibration.
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
  localparam int Chances = TableUnits * Codes;
  localparam int ChanceBits = (Chances > 1) ? $clog2(Chances) : 1;

  logic        state_q `CIM_ARCH;
  logic        set_q `CIM_ARCH;
  logic [31:0] event_q `CIM_ARCH;

  logic [32:0] chance[0:Chances-1];
  logic [31:0] seed, key, drawn;
  logic        pulse;

  function automatic logic [31:0] mix(input logic [31:0] value);
    logic [31:0] x;
    x   = value;
    x   = x ^ (x >> 16);
    x   = x * 32'h7feb352d;
    x   = x ^ (x >> 15);
    x   = x * 32'h846ca68b;
    mix = x ^ (x >> 16);
  endfunction

  initial begin
    if (TableFile != "") $readmemh(TableFile, chance);
    else for (int i = 0; i < Chances; i++) chance[i] = '0;
    if (!$value$plusargs("neuspin_seed=%d", seed)) seed = Seed;
    key = mix(mix(seed + 32'h9E3779B9) ^ 32'(UnitId));
  end

  assign pulse = set_i && !set_q;
  assign drawn = mix(key ^ event_q);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= 1'b0;
      set_q   <= 1'b0;
      event_q <= '0;
    end else begin
      set_q <= set_i;
      if (pulse) event_q <= event_q + 1'b1;
      if (reset_i) state_q <= 1'b0;
      else if (pulse && {1'b0, drawn} < chance[ChanceBits'(TableIndex*Codes)+ChanceBits'(drive_i)]) state_q <= 1'b1;
    end
  end

  assign bit_o  = read_i && state_q;
  assign trim_o = 1'b1;

  `CIM_ASSUME(PinsExclusive, !(set_i && read_i) && !(set_i && reset_i) && !(read_i && reset_i))
endmodule

// Digital substitute of the MTJ: same pins, a synthesisable pseudo-random generator instead of the device.
// For FPGA prototypes and for the area of a CMOS-only design. Its draws do not match the golden model (behavioral/ holds
// the view that does); its switching probability does.
// A 32-bit linear-feedback generator (xorshift 13/17/5, period 2^32 - 1) steps every clock, so that the draw does not
// share bits with the one before as a one-bit-a-clock LFSR would. All units step alike, so a linear relation between the
// states of some units would hold for ever; of more than 32 there always is one. Hence every unit starts at a hash of Seed
// and UnitId, and what is compared is the state behind a permutation that is not linear: three rounds of SIMON32 (its round
// function, Beaulieu et al. 2013) of the state XORed with a constant of the unit. A permutation keeps the probability exact.
// trim_o = 0: there is nothing to calibrate.
`include "cim_assert.svh"

module cim_mtj_bit #(
    parameter int          DriveBits  = 4,   // width of the drive code
    parameter int          UnitId     = 0,   // different units run on different sequences
    parameter logic [31:0] Seed       = 1,
    parameter              TableFile  = "",  // as of the behavioural view; its failures are not used
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
  localparam int Row = Codes + 2;
  localparam int Chances = TableUnits * Row;
  localparam int ChanceBits = (Chances > 1) ? $clog2(Chances) : 1;

  // As in the behavioural view.
  function automatic logic [31:0] mix(input logic [31:0] value);
    logic [31:0] x;
    x   = value;
    x   = x ^ (x >> 16);
    x   = x * 32'h7feb352d;
    x   = x ^ (x >> 15);
    x   = x * 32'h846ca68b;
    mix = x ^ (x >> 16);
  endfunction

  function automatic logic [15:0] simon(input logic [15:0] x);
    simon = ({x[14:0], x[15]} & {x[7:0], x[15:8]}) ^ {x[13:0], x[15:14]};
  endfunction

  localparam logic [31:0] Hash  = mix(mix(Seed + 32'h9E3779B9) ^ 32'(UnitId));
  localparam logic [31:0] Start = (Hash == 32'd0) ? 32'd1 : Hash;  // 0 is the one forbidden state
  localparam logic [31:0] Key   = mix(Hash);

  logic        state_q `CIM_ARCH;
  logic        set_q `CIM_ARCH;
  logic [31:0] event_q `CIM_ARCH;
  logic [31:0] rng_q;

  logic [31:0] stage1, stage2, rng_d, draw;
  logic [15:0] high0, low0, high1, low1, high2;
  logic [32:0] chance;
  logic        pulse;

  cim_rom #(
      .Depth   (Chances),
      .Width   (33),
      .InitFile(TableFile)
  ) u_chance (
      .addr_i(ChanceBits'(TableIndex * Row) + ChanceBits'(drive_i)),
      .data_o(chance)
  );

  assign stage1 = rng_q ^ (rng_q << 13);
  assign stage2 = stage1 ^ (stage1 >> 17);
  assign rng_d  = stage2 ^ (stage2 << 5);
  assign pulse  = set_i && !set_q;

  assign {high0, low0} = rng_q ^ Key;
  assign high1 = high0 ^ simon(low0);
  assign low1  = low0 ^ simon(high1);
  assign high2 = high1 ^ simon(low1);
  assign draw  = {high2, low1};

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= 1'b0;
      set_q   <= 1'b0;
      event_q <= '0;
      rng_q   <= Start;
    end else begin
      set_q <= set_i;
      rng_q <= rng_d;
      if (pulse) event_q <= event_q + 1'b1;
      if (reset_i) state_q <= 1'b0;
      else if (pulse && {1'b0, draw} < chance) state_q <= 1'b1;
    end
  end

  assign bit_o  = read_i && state_q;
  assign trim_o = 1'b0;

  `CIM_ASSUME(PinsExclusive, !(set_i && read_i) && !(set_i && reset_i) && !(read_i && reset_i))
  `CIM_ASSERT(GeneratorRuns, rng_q != '0)
endmodule

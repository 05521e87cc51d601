// Digital substitute of the MTJ: same pins, a synthesisable pseudo-random generator instead of the device.
// For FPGA prototypes and for the area of a CMOS-only design. Its draws do not match the golden model (behavioral/ holds
// the view that does); its switching probability does.
// A 32-bit linear-feedback generator (xorshift 13/17/5, period 2^32 - 1) steps every clock, so that the draw does not
// share bits with the one before as a one-bit-a-clock LFSR would. The initial state depends on Seed and UnitId.
// trim_o = 0: the probability is exact, there is nothing to calibrate.
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

  // Multiplying by an odd constant spreads neighbouring units over the period; 0 is the one forbidden state.
  localparam logic [31:0] Spread = (Seed ^ (32'(UnitId) * 32'h9E3779B1)) * 32'h85EBCA6B;
  localparam logic [31:0] Start  = (Spread == 32'd0) ? 32'd1 : Spread;

  logic        state_q `CIM_ARCH;
  logic        set_q `CIM_ARCH;
  logic [31:0] event_q `CIM_ARCH;
  logic [31:0] rng_q;

  logic [31:0] stage1, stage2, rng_d;
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
      else if (pulse && {1'b0, rng_q} < chance) state_q <= 1'b1;
    end
  end

  assign bit_o  = read_i && state_q;
  assign trim_o = 1'b0;

  `CIM_ASSUME(PinsExclusive, !(set_i && read_i) && !(set_i && reset_i) && !(read_i && reset_i))
  `CIM_ASSERT(GeneratorRuns, rng_q != '0)
endmodule

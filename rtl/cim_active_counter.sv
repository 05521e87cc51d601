// A, the number of rows that took part in a window: what turns counts of matches into signed sums (z = 2*sum(P) - A).
// Keeps step with the column blocks: the rows of a group are counted in the cycle of its read, then added with the same
// first / shift / load a cycle later. One counter serves all row tiles of a layer.
// read_o and rows_o tell the performance counters of each read and its driven rows, a cycle after it.
`include "cim_assert.svh"

module cim_active_counter #(
    parameter int Taps       = 8,  // word-line pairs of all row tiles: Group * RowTiles
    parameter int ActiveBits = 8,  // must hold the largest A: cnt(inputs * (2^planes - 1))
    parameter int CountBits  = $clog2(Taps + 1)  // derived; do not set
) (
    input  logic                  clk_i,
    input  logic                  rst_ni,
    input  logic [      Taps-1:0] wl_i,
    input  logic [      Taps-1:0] wlb_i,
    input  logic                  read_i,
    input  logic                  acc_en_i,
    input  logic                  first_i,
    input  logic                  shift_i,
    input  logic                  load_i,
    output logic [ActiveBits-1:0] active_o,
    output logic                  read_o,
    output logic [ CountBits-1:0] rows_o
);
  `CIM_STATIC_ASSERT(gen_sizes, Taps >= 1 && ActiveBits >= 1,
                     "cim_active_counter: Taps and ActiveBits must be at least 1")

  // One bit more than either operand: a carry or a shifted-out bit is seen, not lost.
  localparam int SumBits = ((ActiveBits > CountBits) ? ActiveBits : CountBits) + 2;

  logic                  read_q `CIM_ARCH;
  logic [ CountBits-1:0] cnt_q `CIM_ARCH;
  logic [ActiveBits-1:0] acc_q `CIM_ARCH;
  logic [ActiveBits-1:0] hold_q `CIM_ARCH;

  logic [CountBits-1:0] count;
  logic [  SumBits-1:0] base, sum;

  cim_popcount #(
      .Taps   (Taps),
      .Columns(1)
  ) u_popcount (
      .taps_i (wl_i | wlb_i),
      .count_o(count)
  );

  assign base = first_i ? '0 : shift_i ? SumBits'({acc_q, 1'b0}) : SumBits'(acc_q);
  assign sum  = base + SumBits'(cnt_q);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      read_q <= 1'b0;
      cnt_q  <= '0;
      acc_q  <= '0;
      hold_q <= '0;
    end else begin
      read_q <= read_i;
      if (read_i) cnt_q <= count;
      if (acc_en_i) acc_q <= sum[ActiveBits-1:0];
      if (load_i) hold_q <= sum[ActiveBits-1:0];
    end
  end

  assign active_o = hold_q;
  assign read_o   = read_q;
  assign rows_o   = read_q ? cnt_q : '0;

  `CIM_ASSUME(LoadImpliesAccumulate, !load_i || acc_en_i)
  `CIM_ASSUME(SumFits, !acc_en_i || sum[SumBits-1:ActiveBits] == '0)
endmodule

// Turns the held counts of one word of columns into signed sums over all row tiles r and bit slices s of the weights:
// z = 2 * sum(2^s * P[r][s]) - (2^Slices - 1) * A, since slice s is a +-1 weight worth 2^s and gives 2*P - A.
// fire_i: lane l of sum_o is the sum of column word_i*Lanes + l a cycle later. Lanes past the last column see a count of 0;
// their results are never used. Arithmetic is modulo 2^SumBits, which holds every z (|z| <= (2^Slices - 1) * A).
`include "cim_assert.svh"

module cim_lane_sum #(
    parameter int RowTiles   = 1,  // tiles whose counts are added
    parameter int Slices     = 1,  // bits of a weight
    parameter int Cols       = 8,  // columns (outputs) of the layer
    parameter int AccBits    = 4,  // bits of a count
    parameter int ActiveBits = 4,  // bits of active_i
    parameter int Lanes      = 4,  // columns worked on at once
    parameter int Words      = 2,  // ceil(Cols / Lanes)
    parameter int SumBits    = 6,  // holds every z
    parameter int WordBits   = (Words > 1) ? $clog2(Words) : 1  // derived; do not set
) (
    input  logic                                    clk_i,
    input  logic                                    rst_ni,
    input  logic                                    fire_i,
    input  logic [                    WordBits-1:0] word_i,
    // slice s of row tile r at [(r*Slices+s)*AccBits*Cols +: AccBits*Cols], plane-major
    input  logic [RowTiles*Slices*AccBits*Cols-1:0] counts_i,
    input  logic [                  ActiveBits-1:0] active_i,
    output logic [               Lanes*SumBits-1:0] sum_o
);
  `CIM_STATIC_ASSERT(gen_words, Words == (Cols + Lanes - 1) / Lanes, "cim_lane_sum: Words must be ceil(Cols / Lanes)")
  `CIM_STATIC_ASSERT(gen_widths, AccBits >= 1 && SumBits >= 2 && Slices >= 1 && Slices <= 8,
                     "cim_lane_sum: AccBits must be at least 1, SumBits at least 2, Slices 1 to 8")

  localparam int Slots  = Lanes * Words;
  localparam int Counts = RowTiles * Slices;
  localparam int Weight = 2 ** Slices - 1;  // of the largest weight

  logic [Lanes*SumBits-1:0] sum_q `CIM_ARCH;
  logic [Lanes*SumBits-1:0] sum_d;

  // The word's part of every plane of every count, plane-major: plane k of count n at [(n*AccBits+k)*Lanes +: Lanes].
  logic [Counts*AccBits*Lanes-1:0] picked;
  logic [Words-1:0] word_onehot;
  assign word_onehot = Words'(1'b1) << word_i;
  for (genvar p = 0; p < Counts * AccBits; p++) begin : gen_pick
    cim_and_or #(
        .Words(Words),
        .Width(Lanes)
    ) u_plane (
        .words_i (Slots'(counts_i[p*Cols+:Cols])),
        .select_i(word_onehot),
        .word_o  (picked[p*Lanes+:Lanes])
    );
  end

  logic [SumBits-1:0] active;  // (2^Slices - 1) * A
  assign active = SumBits'(SumBits'(active_i) * SumBits'(Weight));

  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    logic [Counts*AccBits-1:0] counts;  // of this lane's column, count n at [n*AccBits +: AccBits]
    logic [       SumBits-1:0] total;

    for (genvar p = 0; p < Counts * AccBits; p++) begin : gen_bit
      assign counts[p] = picked[p*Lanes+l];
    end
    always_comb begin
      total = '0;
      for (int n = 0; n < Counts; n++) total = total + (SumBits'({counts[n*AccBits+:AccBits], 1'b0}) << (n % Slices));
    end
    assign sum_d[l*SumBits+:SumBits] = total - active;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      sum_q <= '0;
    end else if (fire_i) begin
      sum_q <= sum_d;
    end
  end

  assign sum_o = sum_q;

  // Nearly empty arrays: the counters are as wide as a group, the sums only as wide as the inputs need.
  if (ActiveBits + Slices > SumBits) begin : gen_wide_active
    localparam int ProductBits = ActiveBits + Slices;
    logic [ProductBits-1:0] product;
    assign product = ProductBits'(active_i) * ProductBits'(Weight);
    `CIM_ASSUME(ActiveFits, !fire_i || product < (ProductBits'(1) << (SumBits - 1)))
  end
  `CIM_ASSUME(WordInRange, !fire_i || 32'(word_i) < Words)
endmodule

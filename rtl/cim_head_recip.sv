// Reciprocal of the softmax denominator, combinational: with sum = 2^n·(1 + f), gives n and 4096/(1 + f) from a table
// over the 8 most significant bits of f. Needs sum >= 256; the head's is at least 4096.
`include "cim_assert.svh"

module cim_head_recip #(
    parameter int SumBits   = 17,
    parameter     RecipFile = ""   // 256 words of 13 bits: round(4096 / (1 + (i + 0.5)/256))
) (
    input  logic [SumBits-1:0] sum_i,
    output logic [4:0]         exponent_o,  // floor(log2(sum))
    output logic [12:0]        recip_o      // 12 fraction bits
);
  logic [SumBits-1:0] mantissa;

  always_comb begin
    exponent_o = '0;
    for (int k = 1; k < SumBits; k++) begin
      if (sum_i[k]) exponent_o = 5'(k);
    end
  end
  assign mantissa = sum_i >> (exponent_o - 5'd8);

  cim_rom #(
      .Depth   (256),
      .Width   (13),
      .InitFile(RecipFile)
  ) u_table (
      .addr_i(mantissa[7:0]),
      .data_o(recip_o)
  );

  logic unused_leading;
  assign unused_leading = ^mantissa[SumBits-1:8];

  `CIM_STATIC_ASSERT(gen_sum_bits, SumBits >= 13 && SumBits <= 32, "cim_head_recip: SumBits must be 13 to 32")
endmodule

// The noise of one word of lanes: eps = ones - zeros of NoiseBits fair bits a lane, taken with the word (fire_i) and used by
// the post lanes a cycle later.
`include "cim_assert.svh"

module cim_lane_noise #(
    parameter int Lanes     = 4,  // columns worked on at once
    parameter int NoiseBits = 4,  // fair bits of an eps
    parameter int EpsBits   = $clog2(NoiseBits + 1) + 1  // derived; do not set
) (
    input  logic                       clk_i,
    input  logic                       rst_ni,
    input  logic                       fire_i,
    input  logic [Lanes*NoiseBits-1:0] bits_i,  // lane l at [l*NoiseBits +: NoiseBits]
    output logic [  Lanes*EpsBits-1:0] eps_o
);
  `CIM_STATIC_ASSERT(gen_bits, NoiseBits >= 1 && Lanes >= 1, "cim_lane_noise: NoiseBits and Lanes must be at least 1")

  logic [Lanes*EpsBits-1:0] eps_q `CIM_ARCH;
  logic [Lanes*EpsBits-1:0] eps_d;

  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    assign eps_d[l*EpsBits+:EpsBits] =
        (EpsBits'($countones(bits_i[l*NoiseBits+:NoiseBits])) << 1) - EpsBits'(NoiseBits);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      eps_q <= '0;
    end else if (fire_i) begin
      eps_q <= eps_d;
    end
  end

  assign eps_o = eps_q;
endmodule

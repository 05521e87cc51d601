// The noise of every lane: eps = ones - zeros of NoiseBits fair bits, a binomial step towards a Gaussian with variance
// NoiseBits (the scale of sigma takes the square root in). fire_i: eps_o, of the word fired, is there a cycle later.
`include "cim_assert.svh"

module cim_lane_noise #(
    parameter int Lanes     = 4,  // columns worked on at once
    parameter int NoiseBits = 8,  // bits of an eps
    parameter int EpsBits   = $clog2(NoiseBits + 1) + 1  // derived; do not set
) (
    input  logic                       clk_i,
    input  logic                       rst_ni,
    input  logic                       fire_i,
    input  logic [Lanes*NoiseBits-1:0] bits_i,  // lane l at [l*NoiseBits +: NoiseBits]
    output logic [  Lanes*EpsBits-1:0] eps_o    // signed
);
  `CIM_STATIC_ASSERT(gen_sizes, Lanes >= 1 && NoiseBits >= 1, "cim_lane_noise: Lanes and NoiseBits must be at least 1")

  logic [Lanes*EpsBits-1:0] eps_q `CIM_ARCH;
  logic [Lanes*EpsBits-1:0] eps_d;

  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    logic [EpsBits-2:0] ones;
    cim_popcount #(
        .Taps   (NoiseBits),
        .Columns(1)
    ) u_popcount (
        .taps_i (bits_i[l*NoiseBits+:NoiseBits]),
        .count_o(ones)
    );
    assign eps_d[l*EpsBits+:EpsBits] = {ones, 1'b0} - EpsBits'(NoiseBits);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) eps_q <= '0;
    else if (fire_i) eps_q <= eps_d;
  end

  assign eps_o = eps_q;
endmodule

// A binary neuron as plain combinational logic: q = (matches of a and w) > threshold, matches = popcount(a XNOR w).
// This is what one array column, its counter and its threshold lane compute together; it is the array-less digital
// reference of the area bench (synth/bench), not part of a generated accelerator.
// The last tap is not counted: it is the carry in of the comparator. count + last + (2^n - 1 - threshold) carries out
// exactly when count + last > threshold, so for 128 inputs 120 full adders and one carry chain do everything.
// A threshold of N or more gives 0. "Always 1" has no code, use the inverted neuron with threshold N.
module cim_xnor_threshold #(
    parameter int N = 128  // inputs, at least 2
) (
    input  logic [          N-1:0] a_i,
    input  logic [          N-1:0] w_i,
    input  logic [$clog2(N+1)-1:0] threshold_i,
    output logic                   q_o
);
  localparam int CountBits     = $clog2(N);
  localparam int ThresholdBits = $clog2(N + 1);

  logic [N-1:0]             match;
  logic [CountBits-1:0]     counted;
  logic [ThresholdBits-1:0] count;

  assign match = ~(a_i ^ w_i);

  cim_popcount #(
      .Taps   (N - 1),
      .Columns(1)
  ) u_popcount (
      .taps_i (match[N-2:0]),
      .count_o(counted)
  );

  if (ThresholdBits > CountBits) begin : gen_wide
    assign count = {1'b0, counted};
  end else begin : gen_same
    assign count = counted;
  end

  // The carry of count + ~threshold + match[N-1]; one net per bit (Verilator 5.006, cim_popcount).
  for (genvar k = 0; k < ThresholdBits; k++) begin : gen_bit
    logic carry_in, carry_out;
    if (k == 0) begin : gen_first
      assign carry_in = match[N-1];
    end else begin : gen_next
      assign carry_in = gen_bit[k-1].carry_out;
    end
    assign carry_out = (count[k] & ~threshold_i[k]) | (carry_in & (count[k] | ~threshold_i[k]));
  end
  assign q_o = gen_bit[ThresholdBits-1].carry_out;
endmodule

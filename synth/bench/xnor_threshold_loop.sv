// The comparison form of the area bench: the same function as rtl/cim_xnor_threshold.sv, written as one would without
// thinking about gates. The synthesis tool decides what the adders look like. Not part of the library.
module xnor_threshold_loop #(
    parameter int N = 128
) (
    input  logic [          N-1:0] a_i,
    input  logic [          N-1:0] w_i,
    input  logic [$clog2(N+1)-1:0] threshold_i,
    output logic                   q_o
);
  logic [          N-1:0] match;
  logic [$clog2(N+1)-1:0] count;

  assign match = ~(a_i ^ w_i);

  always_comb begin
    count = '0;
    for (int i = 0; i < N; i++) count = count + {{$clog2(N + 1) - 1{1'b0}}, match[i]};
  end
  assign q_o = count > threshold_i;
endmodule

// Put into a block under proof: the first clock cycle is a reset, whatever state the flip-flops wake up in.
module starts_in_reset (
    input logic clk_i,
    input logic rst_ni
);
  logic started_q;
  initial started_q = 1'b0;
  always @(posedge clk_i) started_q <= 1'b1;
  always @(*) assume (started_q || !rst_ni);
endmodule

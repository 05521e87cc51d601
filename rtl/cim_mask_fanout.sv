// One stream of random bits for several consumers, each of which takes every bit, at its own pace.
// A ring of Depth bits with one write pointer and a read pointer and count a consumer: consumers may be up to Depth bits
// apart before the source waits for the slowest. flush_i (the source calibrates) voids all that is held.
`include "cim_assert.svh"

module cim_mask_fanout #(
    parameter int Consumers = 2,
    parameter int Depth     = 4,
    parameter int IndexBits = (Depth > 1) ? $clog2(Depth) : 1,  // derived; do not set
    parameter int CountBits = $clog2(Depth + 1)                 // derived; do not set
) (
    input  logic                 clk_i,
    input  logic                 rst_ni,
    input  logic                 mask_valid_i,
    input  logic                 mask_bit_i,
    output logic                 mask_ready_o,
    input  logic                 flush_i,
    input  logic [Consumers-1:0] ready_i,
    output logic [Consumers-1:0] valid_o,
    output logic [Consumers-1:0] bit_o
);
  `CIM_STATIC_ASSERT(gen_sizes, Consumers >= 1 && Depth >= 1, "cim_mask_fanout: Consumers and Depth must be at least 1")

  localparam logic [IndexBits-1:0] Last = IndexBits'(Depth - 1);

  logic [              Depth-1:0] ring_q `CIM_ARCH;
  logic [          IndexBits-1:0] wr_q `CIM_ARCH;
  logic [Consumers*IndexBits-1:0] rd_q `CIM_ARCH;
  logic [Consumers*CountBits-1:0] count_q `CIM_ARCH;

  logic [Consumers-1:0] free, in_range, in_step;
  logic                 push;

  assign mask_ready_o = &free;
  assign push         = mask_valid_i && mask_ready_o;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      ring_q <= '0;
      wr_q   <= '0;
    end else begin
      if (push) ring_q[wr_q] <= mask_bit_i;
      if (flush_i) wr_q <= '0;
      else if (push) wr_q <= (wr_q == Last) ? '0 : wr_q + 1'b1;
    end
  end

  for (genvar c = 0; c < Consumers; c++) begin : gen_consumer
    logic [IndexBits-1:0] rd;
    logic [CountBits-1:0] count;
    logic                 pop;
    logic [         31:0] ahead;

    assign rd         = rd_q[c*IndexBits+:IndexBits];
    assign count      = count_q[c*CountBits+:CountBits];
    assign free[c]    = 32'(count) < Depth;
    assign valid_o[c] = count != '0;
    assign bit_o[c]   = ring_q[rd];
    assign pop        = ready_i[c] && valid_o[c];

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        rd_q[c*IndexBits+:IndexBits]    <= '0;
        count_q[c*CountBits+:CountBits] <= '0;
      end else if (flush_i) begin
        rd_q[c*IndexBits+:IndexBits]    <= '0;
        count_q[c*CountBits+:CountBits] <= '0;
      end else begin
        if (pop) rd_q[c*IndexBits+:IndexBits] <= (rd == Last) ? '0 : rd + 1'b1;
        count_q[c*CountBits+:CountBits] <= count + CountBits'(push) - CountBits'(pop);
      end
    end

    assign ahead         = 32'(rd) + 32'(count);
    assign in_range[c]   = Depth - 32'(count) < Depth + 1 && 32'(rd) < Depth;
    assign in_step[c]    = 32'(wr_q) == ((ahead >= Depth) ? ahead - Depth : ahead);
  end

  `CIM_ASSERT(CountsInRange, in_range == '1)
  // What a consumer has not taken are the last `count` bits written: no bit is lost, none given twice.
  `CIM_ASSERT(ConsumersInStep, in_step == '1)
  `CIM_ASSERT(NeverOverwritten, !push || free == '1)
endmodule

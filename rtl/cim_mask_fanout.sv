// One stream of random bits for several consumers: each takes every bit, in order, at its own pace (the one stochastic unit
// of a whole model, whose layers work on different passes). A ring of Depth bits, a read position a consumer. flush_i empties
// it, so that no bit drawn before a calibration is used after it.
`include "cim_assert.svh"

module cim_mask_fanout #(
    parameter int Consumers = 2,
    parameter int Depth     = 4   // bits the fastest consumer may be ahead of the slowest
) (
    input  logic                 clk_i,
    input  logic                 rst_ni,
    input  logic                 mask_valid_i,
    input  logic                 mask_bit_i,
    input  logic                 flush_i,
    input  logic [Consumers-1:0] ready_i,
    output logic                 mask_ready_o,
    output logic [Consumers-1:0] valid_o,
    output logic [Consumers-1:0] bit_o
);
  `CIM_STATIC_ASSERT(gen_sizes, Consumers >= 1 && Depth >= 1, "cim_mask_fanout: Consumers and Depth must be at least 1")

  localparam int IdxBits = (Depth > 1) ? $clog2(Depth) : 1;
  localparam int CntBits = $clog2(Depth + 1);

  logic [            Depth-1:0] ring_q `CIM_ARCH;
  logic [          IdxBits-1:0] wr_q `CIM_ARCH;
  logic [Consumers*IdxBits-1:0] rd_q `CIM_ARCH;
  logic [Consumers*CntBits-1:0] count_q `CIM_ARCH;

  logic [Consumers-1:0] room, pop, count_ok, meets;
  logic                 push;

  assign mask_ready_o = &room;
  assign push         = mask_valid_i && mask_ready_o;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      ring_q <= '0;
      wr_q   <= '0;
    end else if (flush_i) begin
      wr_q <= '0;
    end else if (push) begin
      ring_q[wr_q] <= mask_bit_i;
      wr_q         <= 32'(wr_q) == Depth - 1 ? '0 : wr_q + 1'b1;
    end
  end

  for (genvar c = 0; c < Consumers; c++) begin : gen_consumer
    logic [IdxBits-1:0] rd;
    logic [CntBits-1:0] count;
    assign rd         = rd_q[c*IdxBits+:IdxBits];
    assign count      = count_q[c*CntBits+:CntBits];
    assign room[c]    = 32'(count) < Depth;
    assign valid_o[c] = count != '0;
    assign bit_o[c]   = ring_q[rd];
    assign pop[c]     = ready_i[c] && valid_o[c];

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        rd_q[c*IdxBits+:IdxBits]    <= '0;
        count_q[c*CntBits+:CntBits] <= '0;
      end else if (flush_i) begin
        rd_q[c*IdxBits+:IdxBits]    <= '0;
        count_q[c*CntBits+:CntBits] <= '0;
      end else begin
        if (pop[c]) rd_q[c*IdxBits+:IdxBits] <= 32'(rd) == Depth - 1 ? '0 : rd + 1'b1;
        count_q[c*CntBits+:CntBits] <= count + CntBits'(push) - CntBits'(pop[c]);
      end
    end

    assign count_ok[c] = 32'(count) < Depth + 1 && 32'(rd) < Depth;
    assign meets[c]    = 32'(wr_q) == (32'(rd) + 32'(count)) % Depth;
  end

  `CIM_ASSERT(CountsInRange, &count_ok)
  `CIM_ASSERT(PositionsAgree, &meets)
endmodule

// Uncertainty head, stage 1: gathers the logits of one pass and keeps their maximum and its class.
// Two banks: one fills from the stream while the next stage reads the other. ready_o comes from registers only.
// Ties keep the lowest class. Cost: Classes cycles a pass, the stream's own rate.
`include "cim_assert.svh"

module cim_head_collect #(
    parameter  int Classes   = 10,  // logits a pass, 1 or more
    parameter  int LogitBits = 16,  // two's complement
    localparam int IdxBits   = Classes > 1 ? $clog2(Classes) : 1
) (
    input logic clk_i,
    input logic rst_ni,

    input  logic [LogitBits-1:0] data_i,   // classes in order
    input  logic                 valid_i,
    output logic                 ready_o,

    output logic [Classes*LogitBits-1:0] logits_o,     // class c at [c*LogitBits +: LogitBits]
    output logic [LogitBits-1:0]         max_o,
    output logic [IdxBits-1:0]           vote_o,       // class of the maximum
    output logic                         set_valid_o,
    input  logic                         release_i     // only while set_valid_o
);
  logic [Classes*LogitBits-1:0] bank0_q `CIM_ARCH;
  logic [Classes*LogitBits-1:0] bank1_q `CIM_ARCH;
  logic [LogitBits-1:0] max0_q `CIM_ARCH;
  logic [LogitBits-1:0] max1_q `CIM_ARCH;
  logic [IdxBits-1:0] vote0_q `CIM_ARCH;
  logic [IdxBits-1:0] vote1_q `CIM_ARCH;
  logic [1:0] full_q `CIM_ARCH;
  logic wr_bank_q `CIM_ARCH;
  logic rd_bank_q `CIM_ARCH;
  logic [IdxBits-1:0] widx_q `CIM_ARCH;

  logic accept, last, better;
  logic [LogitBits-1:0] max_so_far;

  assign accept     = valid_i && ready_o;
  assign last       = 32'(widx_q) == Classes - 1;
  assign max_so_far = wr_bank_q ? max1_q : max0_q;
  assign better     = widx_q == '0 || $signed(data_i) > $signed(max_so_far);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      bank0_q   <= '0;
      bank1_q   <= '0;
      max0_q    <= '0;
      max1_q    <= '0;
      vote0_q   <= '0;
      vote1_q   <= '0;
      full_q    <= '0;
      wr_bank_q <= 1'b0;
      rd_bank_q <= 1'b0;
      widx_q    <= '0;
    end else begin
      if (accept) begin
        for (int c = 0; c < Classes; c++) begin  // a decoded write: no shifter in synthesis
          if (32'(widx_q) == c) begin
            if (wr_bank_q) bank1_q[c*LogitBits+:LogitBits] <= data_i;
            else bank0_q[c*LogitBits+:LogitBits] <= data_i;
          end
        end
        if (better && wr_bank_q) begin
          max1_q  <= data_i;
          vote1_q <= widx_q;
        end
        if (better && !wr_bank_q) begin
          max0_q  <= data_i;
          vote0_q <= widx_q;
        end
        if (last) begin
          widx_q            <= '0;
          full_q[wr_bank_q] <= 1'b1;
          wr_bank_q         <= !wr_bank_q;
        end else begin
          widx_q <= widx_q + 1'b1;
        end
      end
      if (release_i) begin
        full_q[rd_bank_q] <= 1'b0;
        rd_bank_q         <= !rd_bank_q;
      end
    end
  end

  assign ready_o     = !full_q[wr_bank_q];
  assign logits_o    = rd_bank_q ? bank1_q : bank0_q;
  assign max_o       = rd_bank_q ? max1_q : max0_q;
  assign vote_o      = rd_bank_q ? vote1_q : vote0_q;
  assign set_valid_o = full_q[rd_bank_q];

  `CIM_STATIC_ASSERT(gen_classes, Classes >= 1 && Classes <= 65536, "cim_head_collect: Classes must be 1 to 65536")
  `CIM_STATIC_ASSERT(gen_logit_bits, LogitBits >= 2 && LogitBits <= 32, "cim_head_collect: LogitBits must be 2 to 32")
  `CIM_ASSUME(ReleaseOnlyWhenValid, !release_i || set_valid_o)
  `CIM_ASSERT(IndexInRange, 32'(widx_q) < Classes)
  // The banks are a queue of two: equal pointers mean empty or full, unequal ones that exactly the read bank is full.
  `CIM_ASSERT(QueueConsistent, wr_bank_q == rd_bank_q ? full_q[0] == full_q[1] : set_valid_o && ready_o)
  `CIM_ASSERT(VoteInRange, 32'(vote_o) < Classes)
endmodule

// The post lanes of a layer and their output register: one word of columns a cycle.
// move_i: sum_i (cim_lane_sum) and entry_i (scale memory), both of the word fired a cycle before, become one output beat.
// Hidden layers put out one activation bit a lane, the last layer the fixed-point logit y.
`include "cim_assert.svh"

module cim_post_lanes #(
    parameter int Form       = 0,  // 0 threshold, 1 multiply
    parameter int Last       = 0,  // 1: last layer, puts out y (needs Form 1)
    parameter int Lanes      = 4,  // columns worked on at once
    parameter int SumBits    = 6,  // z, signed
    parameter int ThetaBits  = 6,  // Form 0
    parameter int ScaleBits  = 6,  // Form 1
    parameter int OffsetBits = 8,  // Form 1
    parameter int OutBits    = 8,  // Last: holds every y of the layer
    parameter int EntryBits  = (Form != 0) ? ScaleBits + OffsetBits : 1 + ThetaBits,  // derived; do not set
    parameter int DataBits   = (Last != 0) ? Lanes * OutBits : Lanes                   // derived; do not set
) (
    input  logic                       clk_i,
    input  logic                       rst_ni,
    input  logic                       move_i,
    input  logic [  Lanes*SumBits-1:0] sum_i,
    input  logic [Lanes*EntryBits-1:0] entry_i,
    output logic [       DataBits-1:0] data_o
);
  `CIM_STATIC_ASSERT(gen_form, Form == 0 || Form == 1, "cim_post_lanes: Form is 0 (threshold) or 1 (multiply)")
  `CIM_STATIC_ASSERT(gen_last, Last == 0 || Form == 1, "cim_post_lanes: a last layer needs the multiply form")

  logic [DataBits-1:0] data_q `CIM_ARCH;
  logic [DataBits-1:0] data_d;

  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    if (Form == 0) begin : gen_threshold
      cim_lane_threshold #(
          .SumBits  (SumBits),
          .ThetaBits(ThetaBits)
      ) u_lane (
          .sum_i  (sum_i[l*SumBits+:SumBits]),
          .entry_i(entry_i[l*EntryBits+:EntryBits]),
          .bit_o  (data_d[l])
      );
    end else begin : gen_multiply
      logic [OutBits-1:0] y;
      logic               sign_bit;
      cim_lane_multiply #(
          .SumBits   (SumBits),
          .ScaleBits (ScaleBits),
          .OffsetBits(OffsetBits),
          .OutBits   (OutBits)
      ) u_lane (
          .sum_i  (sum_i[l*SumBits+:SumBits]),
          .entry_i(entry_i[l*EntryBits+:EntryBits]),
          .y_o    (y),
          .bit_o  (sign_bit)
      );
      if (Last != 0) begin : gen_logit
        logic unused_sign;
        assign unused_sign                = sign_bit;
        assign data_d[l*OutBits+:OutBits] = y;
      end else begin : gen_sign
        logic unused_y;
        assign unused_y  = ^y;
        assign data_d[l] = sign_bit;
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      data_q <= '0;
    end else if (move_i) begin
      data_q <= data_d;
    end
  end

  assign data_o = data_q;
endmodule

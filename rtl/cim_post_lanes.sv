// The post lanes of a layer and their output register: one word of columns a cycle.
// move_i: sum_i (cim_lane_sum) and entry_i (scale memory), both of the word fired a cycle before, become one output beat.
// Hidden layers put out one activation bit a lane; the last layer, and hidden layers before cim_cross_norm, put out y.
// Polarity (before cim_max_pool): negative_o says lane by lane whether the bit falls with growing sum; else it stays 0.
`include "cim_assert.svh"

module cim_post_lanes #(
    parameter int Form       = 0,  // 0 threshold, 1 multiply, 2 noise
    parameter int Last       = 0,  // 1: puts out y (needs Form 1 or 2)
    parameter int Lanes      = 4,  // columns worked on at once
    parameter int SumBits    = 6,  // z, signed
    parameter int ThetaBits  = 6,  // Form 0
    parameter int ScaleBits  = 6,  // Forms 1 and 2
    parameter int SigmaBits  = 4,  // Form 2
    parameter int OffsetBits = 8,  // Forms 1 and 2
    parameter int OutBits    = 8,  // Last: holds every y of the layer
    parameter int EpsBits    = 1,  // Form 2: as in cim_lane_noise
    parameter int Polarity   = 0,  // 1: needs Form 0 or 1 and Last = 0
    parameter int EntryBits  = (Form == 0) ? 1 + ThetaBits :
                               (Form == 1) ? ScaleBits + OffsetBits : ScaleBits + SigmaBits + OffsetBits,  // derived; do not set
    parameter int DataBits   = (Last != 0) ? Lanes * OutBits : Lanes  // derived; do not set
) (
    input  logic                       clk_i,
    input  logic                       rst_ni,
    input  logic                       move_i,
    input  logic [  Lanes*SumBits-1:0] sum_i,
    input  logic [Lanes*EntryBits-1:0] entry_i,
    input  logic [  Lanes*EpsBits-1:0] eps_i,    // Forms 0 and 1 tie it to 0
    output logic [       DataBits-1:0] data_o,
    output logic [          Lanes-1:0] negative_o
);
  `CIM_STATIC_ASSERT(gen_form, Form >= 0 && Form <= 2, "cim_post_lanes: Form is 0 (threshold), 1 (multiply) or 2 (noise)")
  `CIM_STATIC_ASSERT(gen_last, Last == 0 || Form != 0, "cim_post_lanes: y needs the multiply or the noise form")
  `CIM_STATIC_ASSERT(gen_polarity, Polarity == 0 || (Form != 2 && Last == 0),
                     "cim_post_lanes: Polarity needs the threshold or the multiply form and activation bits")

  localparam int SignBit = (Form == 0) ? EntryBits - 1 : ScaleBits - 1;  // of an entry: invert, sign of scale

  logic [DataBits-1:0] data_q `CIM_ARCH;
  logic [Lanes-1:0] negative_q `CIM_ARCH;
  logic [DataBits-1:0] data_d;
  logic [Lanes-1:0] negative_d;

  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    assign negative_d[l] = (Polarity != 0) ? entry_i[l*EntryBits+SignBit] : 1'b0;
    if (Form == 0) begin : gen_threshold
      cim_lane_threshold #(
          .SumBits  (SumBits),
          .ThetaBits(ThetaBits)
      ) u_lane (
          .sum_i  (sum_i[l*SumBits+:SumBits]),
          .entry_i(entry_i[l*EntryBits+:EntryBits]),
          .bit_o  (data_d[l])
      );
    end else begin : gen_value
      logic [OutBits-1:0] y;
      logic               sign_bit;
      if (Form == 1) begin : gen_multiply
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
      end else begin : gen_noise
        cim_lane_noisy #(
            .SumBits   (SumBits),
            .ScaleBits (ScaleBits),
            .SigmaBits (SigmaBits),
            .OffsetBits(OffsetBits),
            .EpsBits   (EpsBits),
            .OutBits   (OutBits)
        ) u_lane (
            .sum_i  (sum_i[l*SumBits+:SumBits]),
            .entry_i(entry_i[l*EntryBits+:EntryBits]),
            .eps_i  (eps_i[l*EpsBits+:EpsBits]),
            .y_o    (y),
            .bit_o  (sign_bit)
        );
      end
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

  if (Form != 2) begin : gen_no_noise
    logic unused_eps;
    assign unused_eps = ^eps_i;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      data_q     <= '0;
      negative_q <= '0;
    end else if (move_i) begin
      data_q     <= data_d;
      negative_q <= negative_d;
    end
  end

  assign data_o     = data_q;
  assign negative_o = negative_q;

  `CIM_ASSERT(NoPolarityUnlessAsked, Polarity != 0 || negative_q == '0)
endmodule

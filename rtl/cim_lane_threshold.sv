// One post lane, threshold form (combinational): batch norm, scale and bias of a column folded into one comparison.
// bit = (z >= theta) ^ invert; a negative batch-norm slope turns the comparison round, hence invert.
(* keep_hierarchy *)
module cim_lane_threshold #(
    parameter int SumBits   = 6,  // z, signed
    parameter int ThetaBits = 6   // theta, signed: one more bit than z can express "always" and "never"
) (
    input  logic [SumBits-1:0] sum_i,
    input  logic [ThetaBits:0] entry_i,  // {invert, theta}
    output logic               bit_o
);
  localparam int Width = (SumBits > ThetaBits) ? SumBits : ThetaBits;

  logic signed [Width-1:0] z, theta;

  assign z     = Width'($signed(sum_i));
  assign theta = Width'($signed(entry_i[ThetaBits-1:0]));
  assign bit_o = (z >= theta) ^ entry_i[ThetaBits];
endmodule

// One post lane, multiply form (combinational): y = z*scale + offset, the activation is its sign (sign(0) = +1).
// The exact y has Width bits; y_o is its low OutBits (sign-extended if wider), the logit of a last layer.
(* keep_hierarchy *)
module cim_lane_multiply #(
    parameter int SumBits    = 6,  // z, signed
    parameter int ScaleBits  = 6,  // signed
    parameter int OffsetBits = 8,  // signed
    parameter int OutBits    = 8   // holds every y of a last layer; any value where only the sign is used
) (
    input  logic [             SumBits-1:0] sum_i,
    input  logic [ScaleBits+OffsetBits-1:0] entry_i,  // {offset, scale}
    output logic [             OutBits-1:0] y_o,
    output logic                            bit_o
);
  localparam int ProductBits = SumBits + ScaleBits;
  localparam int Width       = ((ProductBits > OffsetBits) ? ProductBits : OffsetBits) + 1;

  logic signed [Width-1:0] z, scale, offset, y;

  assign z      = Width'($signed(sum_i));
  assign scale  = Width'($signed(entry_i[ScaleBits-1:0]));
  assign offset = Width'($signed(entry_i[ScaleBits+:OffsetBits]));
  assign y      = z * scale + offset;
  assign y_o    = OutBits'(y);
  assign bit_o  = !y[Width-1];
endmodule

// One post lane, noise form (combinational): y = z*(mu + sigma*eps) + offset, the activation is its sign (sign(0) = +1).
// The exact y has Width bits; y_o is its low OutBits (sign-extended if wider), the logit of a last layer.
(* keep_hierarchy *)
module cim_lane_noisy #(
    parameter int SumBits    = 6,  // z, signed
    parameter int ScaleBits  = 6,  // mu, signed
    parameter int SigmaBits  = 4,  // signed
    parameter int OffsetBits = 8,  // signed
    parameter int EpsBits    = 4,  // eps, signed
    parameter int OutBits    = 8   // holds every y of a last layer; any value where only the sign is used
) (
    input  logic [                       SumBits-1:0] sum_i,
    input  logic [ScaleBits+SigmaBits+OffsetBits-1:0] entry_i,  // {offset, sigma, mu}
    input  logic [                       EpsBits-1:0] eps_i,
    output logic [                       OutBits-1:0] y_o,
    output logic                                      bit_o
);
  localparam int NoiseBits   = SigmaBits + EpsBits;
  localparam int FactorBits  = ((NoiseBits > ScaleBits) ? NoiseBits : ScaleBits) + 1;
  localparam int ProductBits = SumBits + FactorBits;
  localparam int Width       = ((ProductBits > OffsetBits) ? ProductBits : OffsetBits) + 1;

  logic signed [FactorBits-1:0] mu, sigma, eps, factor;
  logic signed [     Width-1:0] z, offset, y;

  assign mu     = FactorBits'($signed(entry_i[ScaleBits-1:0]));
  assign sigma  = FactorBits'($signed(entry_i[ScaleBits+:SigmaBits]));
  assign eps    = FactorBits'($signed(eps_i));
  assign factor = mu + sigma * eps;
  assign z      = Width'($signed(sum_i));
  assign offset = Width'($signed(entry_i[ScaleBits+SigmaBits+:OffsetBits]));
  assign y      = z * Width'(factor) + offset;
  assign y_o    = OutBits'(y);
  assign bit_o  = !y[Width-1];
endmodule

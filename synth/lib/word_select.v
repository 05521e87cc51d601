// Technology map: a word picked out of a vector (vector[index*Stride +: Width], Yosys' $shiftx with low index bits 0)
// becomes a multiplexer tree of just the words that exist. Yosys' own map builds a shifter over the whole vector and
// lets later passes shave it down, which for the thousands of bits of a layer costs most of the synthesis time.
(* techmap_celltype = "$shiftx" *)
module map_word_select (A, B, Y);
  parameter A_SIGNED = 0;
  parameter B_SIGNED = 0;
  parameter A_WIDTH  = 1;
  parameter B_WIDTH  = 1;
  parameter Y_WIDTH  = 1;
  parameter _TECHMAP_CONSTMSK_B_ = 0;
  parameter _TECHMAP_CONSTVAL_B_ = 0;

  input [A_WIDTH-1:0] A;
  input [B_WIDTH-1:0] B;
  output [Y_WIDTH-1:0] Y;

  // Low bits of B that are always 0.
  function integer low_zeros;
    input integer unused;
    integer i, running;
    begin
      low_zeros = 0;
      running   = 1;
      for (i = 0; i < B_WIDTH - 1; i = i + 1) begin
        if (running && ((_TECHMAP_CONSTMSK_B_ >> i) & 1) && !((_TECHMAP_CONSTVAL_B_ >> i) & 1)) low_zeros = low_zeros + 1;
        else running = 0;
      end
    end
  endfunction

  localparam Zeros  = low_zeros(0);
  localparam Stride = 1 << Zeros;
  localparam Words  = (A_WIDTH + Stride - 1) / Stride;
  localparam Wanted = $clog2(Words);
  localparam Select = (Wanted < B_WIDTH - Zeros) ? Wanted : B_WIDTH - Zeros;  // more would be out of range: undefined
  wire _TECHMAP_FAIL_ = B_SIGNED || Y_WIDTH > Stride || Zeros > 24 || Select < 1;

  wire [Y_WIDTH*(1<<Select)-1:0] words;
  genvar w;
  generate
    for (w = 0; w < (1 << Select); w = w + 1) begin : gen_word
      if (w * Stride + Y_WIDTH <= A_WIDTH) assign words[w*Y_WIDTH+:Y_WIDTH] = A[w*Stride+:Y_WIDTH];
      else if (w * Stride < A_WIDTH) assign words[w*Y_WIDTH+:Y_WIDTH] = {{Y_WIDTH{1'bx}}, A[A_WIDTH-1:w*Stride]};
      else assign words[w*Y_WIDTH+:Y_WIDTH] = {Y_WIDTH{1'bx}};
    end
    if (Select >= 1) \$bmux #(.WIDTH(Y_WIDTH), .S_WIDTH(Select)) tree (.A(words), .S(B[Zeros+:Select]), .Y(Y));
  endgenerate
endmodule

// Number of ones among Taps bits, for Columns columns at once (bit-sliced: one vector per bit of weight 2^k).
// A count of n taps is the sum of the counts of two halves with the last tap as the carry in: n − popcount(n) full
// adders when n + 1 is a power of two (120 for 127), and only half adders beyond that.
// Each bit of the ripple adder has its own carry net in its own scope: Verilator 5.006 evaluates a carry vector that
// feeds itself wrongly, and it resolves a name in a recursive module to a like-named one of the parent (wrong counts, seen
// with a parent's gen_bit.carry_out): hence the long names. A bench must not make this recursive module its top.
module cim_popcount #(
    parameter int Taps    = 7,
    parameter int Columns = 1
) (
    input  logic [Taps*Columns-1:0]             taps_i,   // tap t at [t*Columns +: Columns]
    output logic [$clog2(Taps+1)*Columns-1:0] count_o   // bit k at [k*Columns +: Columns]
);
  // Left = Right or Right + 1; the count of the left half is always one bit narrower than the whole count.
  localparam int Left      = Taps / 2;
  localparam int Right     = Taps - 1 - Left;
  localparam int LeftBits  = $clog2(Left + 1);
  localparam int RightBits = $clog2(Right + 1);

  if (Taps == 1) begin : gen_one
    assign count_o = taps_i;
  end else begin : gen_add
    logic [LeftBits*Columns-1:0] left, right;

    cim_popcount #(
        .Taps   (Left),
        .Columns(Columns)
    ) u_left (
        .taps_i (taps_i[0+:Left*Columns]),
        .count_o(left)
    );
    if (Right == 0) begin : gen_no_right
      assign right = '0;
    end else begin : gen_right
      cim_popcount #(
          .Taps   (Right),
          .Columns(Columns)
      ) u_right (
          .taps_i (taps_i[Left*Columns+:Right*Columns]),
          .count_o(right[0+:RightBits*Columns])
      );
      if (RightBits < LeftBits) begin : gen_pad
        assign right[RightBits*Columns+:Columns] = '0;
      end
    end

    for (genvar k = 0; k < LeftBits; k++) begin : gen_popcount_bit
      logic [Columns-1:0] popcount_carry_in, popcount_carry_out;
      if (k == 0) begin : gen_first
        assign popcount_carry_in = taps_i[(Taps-1)*Columns+:Columns];
      end else begin : gen_next
        assign popcount_carry_in = gen_popcount_bit[k-1].popcount_carry_out;
      end
      cim_fa #(
          .Columns(Columns)
      ) u_fa (
          .a_i    (left[k*Columns+:Columns]),
          .b_i    (right[k*Columns+:Columns]),
          .c_i    (popcount_carry_in),
          .sum_o  (count_o[k*Columns+:Columns]),
          .carry_o(popcount_carry_out)
      );
    end
    assign count_o[LeftBits*Columns+:Columns] = gen_popcount_bit[LeftBits-1].popcount_carry_out;
  end
endmodule

// Digital side of up to 64 array columns: popcount of the sense bits, accumulator, hold register. Where a macro's columns
// count their matches themselves (CodeBits > 0, cim_array_adc), their codes take the place of the popcount.
// Bit-sliced: one vector per bit of weight 2^k over all columns (rtl/README.md says why). Per column and cycle
//   sum = (first_i ? 0 : shift_i ? 2*acc : acc) + popcount(sense bits);  acc_en_i: acc <- sum;  load_i: hold <- sum.
// shift_i at the first group of a bit plane makes the accumulator a shift-add over planes, most significant first.
// The hold register frees the accumulator while the post lanes read the finished counts.
`include "cim_assert.svh"

(* keep_hierarchy *)
module cim_column_block #(
    parameter int Columns   = 64,  // columns of this block
    parameter int Group     = 8,   // rows sensed at once
    parameter int AccBits   = 8,   // must hold the largest count: cnt(rows * (2^planes - 1))
    parameter int CodeBits  = 0,   // of a column's code; 0: sense bits, counted here
    parameter int SenseBits = (CodeBits > 0) ? CodeBits : Group  // derived; do not set
) (
    input  logic                         clk_i,
    input  logic                         rst_ni,
    input  logic [SenseBits*Columns-1:0] sense_i,   // row r (1 = match), or bit r of the codes, at [r*Columns +: Columns]
    input  logic                         acc_en_i,
    input  logic                         first_i,
    input  logic                         shift_i,
    input  logic                         load_i,
    output logic [  AccBits*Columns-1:0] count_o    // plane-major
);
  `CIM_STATIC_ASSERT(gen_sizes, Columns >= 1 && Group >= 1 && AccBits >= 1 && CodeBits >= 0,
                     "cim_column_block: Columns, Group and AccBits must be at least 1")

  localparam int CountBits = (CodeBits > 0) ? CodeBits : $clog2(Group + 1);
  localparam int Top       = AccBits - 1;

  logic [AccBits*Columns-1:0] acc_q `CIM_ARCH;
  logic [AccBits*Columns-1:0] hold_q `CIM_ARCH;

  logic [CountBits*Columns-1:0] count;  // of this group
  logic [  AccBits*Columns-1:0] sum;

  if (CodeBits > 0) begin : gen_codes
    assign count = sense_i;
  end else begin : gen_count
    cim_popcount #(
        .Taps   (Group),
        .Columns(Columns)
    ) u_popcount (
        .taps_i (sense_i),
        .count_o(count)
    );
  end

  // One net per bit in its own scope: Verilator 5.006 evaluates a vector that feeds itself wrongly.
  // The scope must not be called gen_bit: with two blocks or more, Verilator 5.006 takes the gen_bit[k].carry_out of the
  // recursive cim_popcount below for this one's and computes wrong counts (tests/rtl/engine_tb.sv with two blocks).
  for (genvar k = 0; k < AccBits; k++) begin : gen_sum
    logic [Columns-1:0] held, below, base, addend, carry_in, carry_out;

    assign held = acc_q[k*Columns+:Columns];
    if (k == 0) begin : gen_low
      assign below    = '0;
      assign carry_in = '0;
    end else begin : gen_high
      assign below    = gen_sum[k-1].held;
      assign carry_in = gen_sum[k-1].carry_out;
    end
    if (k < CountBits) begin : gen_addend
      assign addend = count[k*Columns+:Columns];
    end else begin : gen_no_addend
      assign addend = '0;
    end
    assign base = first_i ? '0 : shift_i ? below : held;

    cim_fa #(
        .Columns(Columns)
    ) u_fa (
        .a_i    (base),
        .b_i    (addend),
        .c_i    (carry_in),
        .sum_o  (sum[k*Columns+:Columns]),
        .carry_o(carry_out)
    );
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      acc_q  <= '0;
      hold_q <= '0;
    end else begin
      if (acc_en_i) acc_q <= sum;
      if (load_i) hold_q <= sum;
    end
  end

  assign count_o = hold_q;

  // A group with fewer rows than Group can need fewer bits than its popcount has.
  if (CountBits > AccBits) begin : gen_short
    logic [(CountBits-AccBits)*Columns-1:0] excess;
    assign excess = count[AccBits*Columns+:(CountBits-AccBits)*Columns];
    `CIM_ASSUME(CountFits, !acc_en_i || excess == '0)
  end
  `CIM_ASSUME(LoadImpliesAccumulate, !load_i || acc_en_i)
  `CIM_ASSUME(SumFits, !acc_en_i || gen_sum[Top].carry_out == '0)
  `CIM_ASSUME(ShiftFits, !(acc_en_i && shift_i && !first_i) || gen_sum[Top].held == '0)
endmodule

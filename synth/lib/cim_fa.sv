// Takes the place of rtl/cim_fa.sv when the cell library has a full-adder cell: one box a column, which the technology
// map of the run (full_adder.v, written from the Liberty file) turns into that cell. ABC leaves boxes alone, so the
// adders stay adders.
(* blackbox *)
module neuspin_full_adder (
    input  logic A,
    input  logic B,
    input  logic C,
    output logic S,
    output logic CO
);
endmodule

module cim_fa #(
    parameter int Columns = 1
) (
    input  logic [Columns-1:0] a_i,
    input  logic [Columns-1:0] b_i,
    input  logic [Columns-1:0] c_i,
    output logic [Columns-1:0] sum_o,
    output logic [Columns-1:0] carry_o
);
  for (genvar i = 0; i < Columns; i++) begin : gen_column
    neuspin_full_adder u_adder (
        .A (a_i[i]),
        .B (b_i[i]),
        .C (c_i[i]),
        .S (sum_o[i]),
        .CO(carry_o[i])
    );
  end
endmodule

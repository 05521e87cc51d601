// One stream for several consumers (combinational): a beat moves when all of them are ready, to all at once, so that none needs
// to remember who has had it. Every ready_i must come from registers alone (cim_row_buffer).
`include "cim_assert.svh"

module cim_stream_fork #(
    parameter int Consumers = 2
) (
    input  logic                 valid_i,
    output logic                 ready_o,
    output logic [Consumers-1:0] valid_o,
    input  logic [Consumers-1:0] ready_i
);
  `CIM_STATIC_ASSERT(gen_consumers, Consumers >= 1, "cim_stream_fork: Consumers must be at least 1")

  assign ready_o = &ready_i;
  assign valid_o = {Consumers{valid_i && ready_o}};

  `CIM_ASSERT_COMB(TakenByAllOrNone, (valid_o & ~ready_i) == '0 && (valid_o == '0 || (&valid_o && valid_i && ready_o)))
endmodule

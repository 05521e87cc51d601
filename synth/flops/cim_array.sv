// The array macro as flip-flops (neuspin synth --macros=flops): what the weights cost without a memory technology.
// Same pins and timing as behavioral/cim_array.sv. Flip-flops of a cell library have no power-up value: the weights come
// over the programming bus, InitFile and FaultFile are not used; what was never written reads as unknown.
module cim_array #(
    parameter int Rows      = 8,   // a multiple of Group
    parameter int Cols      = 8,   // columns
    parameter int Group     = 4,   // rows sensed at once
    parameter     InitFile  = "",  // not used
    parameter     FaultFile = "",  // not used
    parameter int GroupBits = (Rows / Group > 1) ? $clog2(Rows / Group) : 1,  // derived; do not set
    parameter int RowBits   = (Rows > 1) ? $clog2(Rows) : 1                   // derived; do not set
) (
    input  logic                  clk_i,
    input  logic                  en_i,
    input  logic [ GroupBits-1:0] group_i,
    input  logic [     Group-1:0] wl_i,
    input  logic [     Group-1:0] wlb_i,
    input  logic                  we_i,
    input  logic [   RowBits-1:0] waddr_i,
    input  logic [      Cols-1:0] wdata_i,
    output logic [Group*Cols-1:0] sense_o
);
  localparam int SlabBits = Group * Cols;

  // Flat, so that a group is one wide read multiplexer instead of one per row over all rows.
  logic [ Rows*Cols-1:0] weights_q;
  logic [  SlabBits-1:0] slab;
  logic [Group*Cols-1:0] sense_q;

  for (genvar i = 0; i < Rows; i++) begin : gen_row
    localparam logic [RowBits-1:0] Address = RowBits'(i);
    always_ff @(posedge clk_i) begin
      if (we_i && waddr_i == Address) weights_q[i*Cols+:Cols] <= wdata_i;
    end
  end

  assign slab = weights_q[group_i*SlabBits+:SlabBits];

  for (genvar r = 0; r < Group; r++) begin : gen_sense
    logic [Cols-1:0] row;
    assign row = slab[r*Cols+:Cols];
    always_ff @(posedge clk_i) begin
      if (en_i) sense_q[r*Cols+:Cols] <= ({Cols{wl_i[r]}} & row) | ({Cols{wlb_i[r]}} & ~row);
    end
  end

  assign sense_o = sense_q;
endmodule

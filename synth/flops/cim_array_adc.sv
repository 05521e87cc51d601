// The array macro with converters as flip-flops (neuspin synth --macros=flops): the weights and a digital count a column in
// place of currents and converters. Same pins and timing as behavioral/cim_array_adc.sv. Flip-flops of a cell library have no
// power-up value: the weights come over the programming bus, the image files are not used; what was never written reads as
// unknown.
module cim_array_adc #(
    parameter int Rows      = 8,   // a multiple of Group
    parameter int Cols      = 8,   // columns
    parameter int Group     = 4,   // rows read at once
    parameter int AdcBits   = 3,   // range of a count, see the behavioural view
    parameter     InitFile  = "",  // not used
    parameter     FaultFile = "",  // not used
    parameter     CellFile  = "",  // not used
    parameter     NoiseFile = "",  // not used
    parameter int GroupBits = (Rows / Group > 1) ? $clog2(Rows / Group) : 1,  // derived; do not set
    parameter int RowBits   = (Rows > 1) ? $clog2(Rows) : 1,                  // derived; do not set
    parameter int CodeBits  = $clog2(Group + 1)                               // derived; do not set
) (
    input  logic                     clk_i,
    input  logic                     rst_ni,
    input  logic                     en_i,
    input  logic [    GroupBits-1:0] group_i,
    input  logic [        Group-1:0] wl_i,
    input  logic [        Group-1:0] wlb_i,
    input  logic                     we_i,
    input  logic [      RowBits-1:0] waddr_i,
    input  logic [         Cols-1:0] wdata_i,
    output logic [CodeBits*Cols-1:0] code_o
);
  localparam int SlabBits = Group * Cols;
  localparam int Range    = 2 ** AdcBits;

  // Flat, so that a group is one wide read multiplexer instead of one per row over all rows.
  logic [      Rows*Cols-1:0] weights_q;
  logic [       SlabBits-1:0] slab;
  logic [  CodeBits*Cols-1:0] code_q;

  for (genvar i = 0; i < Rows; i++) begin : gen_row
    localparam logic [RowBits-1:0] Address = RowBits'(i);
    always_ff @(posedge clk_i) begin
      if (we_i && waddr_i == Address) weights_q[i*Cols+:Cols] <= wdata_i;
    end
  end

  assign slab = weights_q[group_i*SlabBits+:SlabBits];

  logic [CodeBits-1:0] least, most;  // of the range
  if (Range > Group) begin : gen_every_count
    assign least = '0;
    assign most  = '1;
  end else begin : gen_middle
    logic [CodeBits-1:0] driven;
    always_comb begin
      driven = '0;
      for (int r = 0; r < Group; r++) driven = driven + CodeBits'(wl_i[r] || wlb_i[r]);
    end
    assign least = 32'(driven) < Range ? '0 : CodeBits'((32'(driven) - Range + 2) / 2);
    assign most  = driven - least;
  end

  for (genvar c = 0; c < Cols; c++) begin : gen_column
    logic [CodeBits-1:0] count, above, code;
    always_comb begin
      count = '0;
      for (int r = 0; r < Group; r++)
        count = count + CodeBits'((wl_i[r] && slab[r*Cols+c]) || (wlb_i[r] && !slab[r*Cols+c]));
    end
    // Not count < least: a comparison with a constant 0 looks like a slip to lint.
    assign above = count > least ? count : least;
    assign code  = above < most ? above : most;
    for (genvar k = 0; k < CodeBits; k++) begin : gen_bit
      always_ff @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) code_q[k*Cols+c] <= 1'b0;
        else if (en_i) code_q[k*Cols+c] <= code[k];
      end
    end
  end

  assign code_o = code_q;
endmodule

// Input buffer of a layer: two banks, each a whole input vector, filled by beats and read all at once. An image is Vectors
// vectors (1; the pixels of a convolution's map).
// Stream side: a beat is taken when valid_i && ready_o; beats of one vector arrive in order, Words of them. Array side:
// rows_o is the oldest full bank, stable from rows_valid_o until the cycle of release_i, which frees it. One bank fills
// while the other is read, so that neither side waits in steady state. ready_o comes from registers alone.
`include "cim_assert.svh"

module cim_row_buffer #(
    parameter int Words     = 2,  // beats a vector, at least 1
    parameter int BeatWidth = 8,  // bits a beat
    parameter int Vectors   = 1,  // vectors an image
    parameter int WordBits  = (Words > 1) ? $clog2(Words) : 1,     // derived; do not set
    parameter int VecBits   = (Vectors > 1) ? $clog2(Vectors) : 1  // derived; do not set
) (
    input  logic                       clk_i,
    input  logic                       rst_ni,
    input  logic [      BeatWidth-1:0] data_i,
    input  logic                       valid_i,
    output logic                       ready_o,
    output logic                       fill_last_o,  // the beat being offered completes its image
    output logic [Words*BeatWidth-1:0] rows_o,
    output logic                       rows_valid_o,
    input  logic                       release_i
);
  `CIM_STATIC_ASSERT(gen_sizes, Words >= 1 && BeatWidth >= 1 && Vectors >= 1,
                     "cim_row_buffer: Words, BeatWidth and Vectors must be at least 1")

  localparam logic [WordBits-1:0] LastWord = WordBits'(Words - 1);
  localparam logic [VecBits-1:0] LastVector = VecBits'(Vectors - 1);

  // Wide vectors are meant: `'0` of more than 8192 bits looks like a slip to Verilator.
  /* verilator lint_off WIDTHCONCAT */
  logic [Words*BeatWidth-1:0] bank0_q `CIM_ARCH;
  logic [Words*BeatWidth-1:0] bank1_q `CIM_ARCH;
  logic [1:0]          full_q `CIM_ARCH;
  logic                wr_bank_q `CIM_ARCH;
  logic                rd_bank_q `CIM_ARCH;
  logic [WordBits-1:0] widx_q `CIM_ARCH;
  logic [VecBits-1:0]  vidx_q `CIM_ARCH;

  logic       last_word, last_vector, take, fill;
  logic [1:0] full_d;

  assign ready_o      = !full_q[wr_bank_q];
  assign last_word    = widx_q == LastWord;
  assign last_vector  = vidx_q == LastVector;
  assign fill_last_o  = last_word && last_vector;
  assign rows_o       = rd_bank_q ? bank1_q : bank0_q;
  assign rows_valid_o = full_q[rd_bank_q];

  assign take = valid_i && ready_o;
  assign fill = take && last_word;

  // Filling and freeing never meet in one bank: the first needs it empty, the second full.
  always_comb begin
    full_d = full_q;
    if (fill) full_d[wr_bank_q] = 1'b1;
    if (release_i) full_d[rd_bank_q] = 1'b0;
  end

  // The loop is the decoder of the word written; an indexed assignment makes Yosys build shifters as wide as the bank.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      bank0_q <= '0;
    end else if (take && !wr_bank_q) begin
      for (int w = 0; w < Words; w++) begin
        if (32'(widx_q) == w) bank0_q[w*BeatWidth+:BeatWidth] <= data_i;
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      bank1_q <= '0;
    end else if (take && wr_bank_q) begin
      for (int w = 0; w < Words; w++) begin
        if (32'(widx_q) == w) bank1_q[w*BeatWidth+:BeatWidth] <= data_i;
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      full_q    <= '0;
      wr_bank_q <= 1'b0;
      rd_bank_q <= 1'b0;
      widx_q    <= '0;
      vidx_q    <= '0;
    end else begin
      full_q <= full_d;
      if (take) widx_q <= last_word ? '0 : widx_q + 1'b1;
      if (fill) wr_bank_q <= !wr_bank_q;
      if (fill) vidx_q <= last_vector ? '0 : vidx_q + 1'b1;
      if (release_i) rd_bank_q <= !rd_bank_q;
    end
  end

  `CIM_ASSUME(ReleasedOnlyWhenFull, !release_i || rows_valid_o)
  `CIM_ASSERT(WordInRange, 32'(widx_q) < Words)
  `CIM_ASSERT(VectorInRange, 32'(vidx_q) < Vectors)
  // The bank being filled is the one being read only when both hold the same state.
  `CIM_ASSERT(BanksInOrder, wr_bank_q != rd_bank_q || full_q == 2'b00 || full_q == 2'b11)
  `CIM_ASSERT(PartialBankNotFull, widx_q == '0 || ready_o)

  // Shadow: the vectors taken and not released, and the one on rows_o, for the properties
`ifndef SYNTHESIS
  logic [1:0] vectors_q;
  logic kept_q;
  logic [Words*BeatWidth-1:0] was_rows_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {vectors_q, kept_q} <= '0;
      was_rows_q <= '0;
    end else begin
      vectors_q  <= vectors_q + 2'(fill) - 2'(release_i);
      kept_q     <= rows_valid_o && !release_i;
      was_rows_q <= rows_o;
    end
  end
  `CIM_ASSERT(EveryVectorIsHeld, vectors_q == 2'(full_q[0]) + 2'(full_q[1]))
  `CIM_ASSERT(RowsStayUntilReleased, !kept_q || (rows_valid_o && rows_o == was_rows_q))
`endif
endmodule

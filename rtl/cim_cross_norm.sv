// Sign of every output u against the mean of all of them (inverted normalisation: the statistics run over the outputs of one
// input, so the affine before them does not cancel): 1 where Outputs*u >= sum of u. Exact, no divider.
// A vector of Words words streams into one of two memories while its sum grows; the other, complete, streams out through two
// stages: memory read (r1_*), comparison (data_q). A word a cycle in steady state; ready_o comes from registers alone.
`include "cim_assert.svh"

module cim_cross_norm #(
    parameter int Lanes    = 4,  // outputs a word
    parameter int Words    = 2,  // ceil(Outputs / Lanes)
    parameter int Outputs  = 8,
    parameter int DataBits = 8,  // of u, signed
    parameter int WordBits = (Words > 1) ? $clog2(Words) : 1,    // derived; do not set
    parameter int SumBits  = DataBits + $clog2(Outputs + 1)      // derived; do not set
) (
    input  logic                      clk_i,
    input  logic                      rst_ni,
    input  logic [Lanes*DataBits-1:0] data_i,
    input  logic                      valid_i,
    output logic                      ready_o,
    output logic [         Lanes-1:0] data_o,
    output logic                      valid_o,
    input  logic                      ready_i
);
  `CIM_STATIC_ASSERT(gen_words, Outputs >= 1 && Lanes >= 1 && Words == (Outputs + Lanes - 1) / Lanes,
                     "cim_cross_norm: Words must be ceil(Outputs / Lanes)")

  localparam int LastLanes = Outputs - (Words - 1) * Lanes;  // lanes in use in the last word
  localparam logic [WordBits-1:0] LastWord = WordBits'(Words - 1);

  logic [         1:0] full_q `CIM_ARCH;
  logic                wr_bank_q `CIM_ARCH;
  logic                rd_bank_q `CIM_ARCH;
  logic [WordBits-1:0] widx_q `CIM_ARCH;
  logic [WordBits-1:0] ridx_q `CIM_ARCH;
  logic [ SumBits-1:0] sum0_q `CIM_ARCH;
  logic [ SumBits-1:0] sum1_q `CIM_ARCH;
  logic                r1_valid_q `CIM_ARCH;
  logic                r1_bank_q `CIM_ARCH;
  logic [ SumBits-1:0] r1_sum_q `CIM_ARCH;
  logic [   Lanes-1:0] data_q `CIM_ARCH;
  logic                valid_q `CIM_ARCH;

  logic                      take, fill, last_in, out_adv, r1_adv, fire, last_out, free, move;
  logic [               1:0] full_d, mem_write, mem_read;
  logic [Lanes*DataBits-1:0] rdata0, rdata1, rdata;
  logic [       SumBits-1:0] part, sum;
  logic [         Lanes-1:0] data_d;

  // ---- in ----
  assign ready_o = !full_q[wr_bank_q];
  assign take    = valid_i && ready_o;
  assign last_in = widx_q == LastWord;
  assign fill    = take && last_in;

  always_comb begin
    part = '0;
    for (int l = 0; l < Lanes; l++) begin
      if (l < LastLanes || !last_in) part = part + SumBits'($signed(data_i[l*DataBits+:DataBits]));
    end
  end
  assign sum = part + ((widx_q == '0) ? '0 : wr_bank_q ? sum1_q : sum0_q);

  // ---- out ----
  assign out_adv  = !valid_q || ready_i;
  assign r1_adv   = !r1_valid_q || out_adv;
  assign fire     = full_q[rd_bank_q] && r1_adv;
  assign last_out = ridx_q == LastWord;
  assign free     = fire && last_out;
  assign move     = r1_valid_q && out_adv;
  assign rdata    = r1_bank_q ? rdata1 : rdata0;

  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    logic signed [SumBits-1:0] scaled;  // fits: |u| <= 2^(DataBits-1), Outputs < 2^cnt(Outputs)
    assign scaled    = SumBits'($signed(rdata[l*DataBits+:DataBits])) * SumBits'(Outputs);
    assign data_d[l] = scaled >= $signed(r1_sum_q);
  end

  // Filling and freeing never meet in one bank: the first needs it empty, the second full.
  always_comb begin
    full_d = full_q;
    if (fill) full_d[wr_bank_q] = 1'b1;
    if (free) full_d[rd_bank_q] = 1'b0;
  end

  assign mem_write = {take && wr_bank_q, take && !wr_bank_q};
  assign mem_read  = {fire && rd_bank_q, fire && !rd_bank_q};

  cim_sram_1rw #(
      .Depth(Words),
      .Width(Lanes * DataBits)
  ) u_sram0 (
      .clk_i  (clk_i),
      .en_i   (mem_write[0] || mem_read[0]),
      .we_i   (mem_write[0]),
      .addr_i (mem_write[0] ? widx_q : ridx_q),
      .wdata_i(data_i),
      .rdata_o(rdata0)
  );
  cim_sram_1rw #(
      .Depth(Words),
      .Width(Lanes * DataBits)
  ) u_sram1 (
      .clk_i  (clk_i),
      .en_i   (mem_write[1] || mem_read[1]),
      .we_i   (mem_write[1]),
      .addr_i (mem_write[1] ? widx_q : ridx_q),
      .wdata_i(data_i),
      .rdata_o(rdata1)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      full_q     <= '0;
      wr_bank_q  <= 1'b0;
      rd_bank_q  <= 1'b0;
      widx_q     <= '0;
      ridx_q     <= '0;
      sum0_q     <= '0;
      sum1_q     <= '0;
      r1_valid_q <= 1'b0;
      r1_bank_q  <= 1'b0;
      r1_sum_q   <= '0;
      data_q     <= '0;
      valid_q    <= 1'b0;
    end else begin
      full_q <= full_d;
      if (take) widx_q <= last_in ? '0 : widx_q + 1'b1;
      if (take && !wr_bank_q) sum0_q <= sum;
      if (take && wr_bank_q) sum1_q <= sum;
      if (fill) wr_bank_q <= !wr_bank_q;
      if (fire) begin
        ridx_q    <= last_out ? '0 : ridx_q + 1'b1;
        r1_bank_q <= rd_bank_q;
        r1_sum_q  <= rd_bank_q ? sum1_q : sum0_q;
      end
      if (free) rd_bank_q <= !rd_bank_q;
      if (r1_adv) r1_valid_q <= fire;
      if (move) data_q <= data_d;
      if (out_adv) valid_q <= r1_valid_q;
    end
  end

  assign data_o  = data_q;
  assign valid_o = valid_q;

  `CIM_ASSERT(WordsInRange, 32'(widx_q) < Words && 32'(ridx_q) < Words)
  `CIM_ASSERT(NeverReadAndWrite, (mem_write & mem_read) == '0)
  `CIM_ASSERT(BanksInOrder, wr_bank_q != rd_bank_q || full_q == 2'b00 || full_q == 2'b11)
  `CIM_ASSERT(PartialBankNotFull, widx_q == '0 || ready_o)
  `CIM_ASSERT(ReadingBankFull, ridx_q == '0 || full_q[rd_bank_q])
  `CIM_ASSERT(OutputNotOverwritten, !move || !valid_q || ready_i)

  // Shadow: what came into each stage and has not left it, for the properties
`ifndef SYNTHESIS
  logic fired_q, moved_q, stalled_q;
  logic [1:0] vectors_q;
  logic [Lanes-1:0] was_data_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {vectors_q, fired_q, moved_q, stalled_q, was_data_q} <= '0;
    end else begin
      vectors_q <= vectors_q + 2'(fill) - 2'(free);
      fired_q   <= fire || (r1_valid_q && !move);
      moved_q   <= move || (valid_o && !ready_i);
      {stalled_q, was_data_q} <= {valid_o && !ready_i, data_o};
    end
  end
  `CIM_ASSERT(EveryVectorIsHeld, vectors_q == 2'(full_q[0]) + 2'(full_q[1]))
  `CIM_ASSERT(EveryReadIsCompared, r1_valid_q == fired_q && (!fire || !r1_valid_q || move))
  `CIM_ASSERT(EveryBeatIsOffered, valid_o == moved_q)
  `CIM_ASSERT(OfferedBeatStays, !stalled_q || (valid_o && data_o == was_data_q))
`endif
endmodule

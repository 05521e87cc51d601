// Inverted normalisation in front of a sign: an output is +1 where u is at least the mean of u over all outputs of the
// layer, that is where Outputs*u >= sum of u. No divider, no variance (the sign does not see it).
// Two banks of SRAM hold a vector each: one fills and is summed while the other is compared, so that a vector costs Words
// cycles. A word read is compared a cycle later, against the sum taken along with it.
`include "cim_assert.svh"

module cim_cross_norm #(
    parameter int Lanes    = 4,   // outputs a word
    parameter int Words    = 2,   // ceil(Outputs / Lanes)
    parameter int Outputs  = 8,
    parameter int DataBits = 8    // u, signed
) (
    input  logic                      clk_i,
    input  logic                      rst_ni,
    input  logic [Lanes*DataBits-1:0] data_i,
    input  logic                      valid_i,
    input  logic                      ready_i,
    output logic                      ready_o,
    output logic [         Lanes-1:0] data_o,
    output logic                      valid_o
);
  `CIM_STATIC_ASSERT(gen_words, Words == (Outputs + Lanes - 1) / Lanes,
                     "cim_cross_norm: Words must be ceil(Outputs / Lanes)")

  localparam int IdxBits  = (Words > 1) ? $clog2(Words) : 1;
  localparam int SumBits  = DataBits + $clog2(Outputs + 1);
  localparam int BeatBits = Lanes * DataBits;
  localparam int Rest     = Outputs - (Words - 1) * Lanes;  // outputs in the last word

  logic [        1:0] full_q `CIM_ARCH;
  logic               wr_bank_q `CIM_ARCH;
  logic               rd_bank_q `CIM_ARCH;
  logic [IdxBits-1:0] widx_q `CIM_ARCH;
  logic [IdxBits-1:0] ridx_q `CIM_ARCH;
  logic [SumBits-1:0] sum0_q `CIM_ARCH;
  logic [SumBits-1:0] sum1_q `CIM_ARCH;
  logic               r1_valid_q `CIM_ARCH;
  logic               r1_bank_q `CIM_ARCH;
  logic [SumBits-1:0] r1_sum_q `CIM_ARCH;
  logic [  Lanes-1:0] data_q `CIM_ARCH;
  logic               valid_q `CIM_ARCH;

  logic                accept, write_last, out_adv, r1_adv, fire, read_last, move;
  logic [ SumBits-1:0] part, sum_d;
  logic [BeatBits-1:0] rdata0, rdata1, word;
  logic [   Lanes-1:0] data_d;

  assign ready_o    = !full_q[wr_bank_q];
  assign accept     = valid_i && ready_o;
  assign write_last = 32'(widx_q) == Words - 1;
  assign out_adv    = !valid_q || ready_i;
  assign r1_adv     = !r1_valid_q || out_adv;
  assign fire       = full_q[rd_bank_q] && r1_adv;
  assign read_last  = 32'(ridx_q) == Words - 1;
  assign move       = r1_valid_q && out_adv;

  cim_sram_1rw #(
      .Depth(Words),
      .Width(BeatBits)
  ) u_sram0 (
      .clk_i  (clk_i),
      .en_i   ((accept && !wr_bank_q) || (fire && !rd_bank_q)),
      .we_i   (accept && !wr_bank_q),
      .addr_i ((accept && !wr_bank_q) ? widx_q : ridx_q),
      .wdata_i(data_i),
      .rdata_o(rdata0)
  );
  cim_sram_1rw #(
      .Depth(Words),
      .Width(BeatBits)
  ) u_sram1 (
      .clk_i  (clk_i),
      .en_i   ((accept && wr_bank_q) || (fire && rd_bank_q)),
      .we_i   (accept && wr_bank_q),
      .addr_i ((accept && wr_bank_q) ? widx_q : ridx_q),
      .wdata_i(data_i),
      .rdata_o(rdata1)
  );

  // The last word's lanes past the last output hold nothing.
  always_comb begin
    part = '0;
    for (int l = 0; l < Lanes; l++) begin
      if (l < Rest || !write_last) part = part + SumBits'($signed(data_i[l*DataBits+:DataBits]));
    end
  end
  assign sum_d = part + (widx_q == '0 ? '0 : wr_bank_q ? sum1_q : sum0_q);

  assign word = r1_bank_q ? rdata1 : rdata0;
  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    logic signed [SumBits:0] u, scaled;
    assign u         = (SumBits + 1)'($signed(word[l*DataBits+:DataBits]));
    assign scaled    = u * (SumBits + 1)'(Outputs);
    assign data_d[l] = scaled >= (SumBits + 1)'($signed(r1_sum_q));
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      full_q    <= '0;
      wr_bank_q <= 1'b0;
      rd_bank_q <= 1'b0;
      widx_q    <= '0;
      ridx_q    <= '0;
      sum0_q    <= '0;
      sum1_q    <= '0;
    end else begin
      if (accept) begin
        widx_q <= write_last ? '0 : widx_q + 1'b1;
        if (wr_bank_q) sum1_q <= sum_d;
        else sum0_q <= sum_d;
        if (write_last) begin
          full_q[wr_bank_q] <= 1'b1;
          wr_bank_q         <= !wr_bank_q;
        end
      end
      if (fire) begin
        ridx_q <= read_last ? '0 : ridx_q + 1'b1;
        if (read_last) begin
          full_q[rd_bank_q] <= 1'b0;
          rd_bank_q         <= !rd_bank_q;
        end
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      r1_valid_q <= 1'b0;
      r1_bank_q  <= 1'b0;
      r1_sum_q   <= '0;
      data_q     <= '0;
      valid_q    <= 1'b0;
    end else begin
      if (r1_adv) r1_valid_q <= fire;
      if (fire) begin
        r1_bank_q <= rd_bank_q;
        r1_sum_q  <= rd_bank_q ? sum1_q : sum0_q;
      end
      if (move) data_q <= data_d;
      if (out_adv) valid_q <= r1_valid_q;
    end
  end

  assign data_o  = data_q;
  assign valid_o = valid_q;

  `CIM_ASSERT(BanksApart, !(accept && fire) || wr_bank_q != rd_bank_q)
  `CIM_ASSERT(IndexInRange, 32'(widx_q) < Words && 32'(ridx_q) < Words)
  `CIM_ASSERT(OutputNotOverwritten, !move || !valid_q || ready_i)
endmodule

// Maximum over Pool x Pool windows (stride Pool) of a map of activation bits: the bit of the largest sum is the OR of the bits,
// or their AND in lanes whose output falls with the sum (negative_i). Rows and columns that fill no window are taken and dropped.
// Words beats a pixel, pixels row by row. A window's row gathers in acc_q; its last beat joins what the rows above left in u_sram
// and goes back there, or out with the last row. Memory read (s1_*) and output register (data_q) are one stage each; a beat a
// cycle, two for the last beat of a window's middle rows. ready_o hangs on ready_i: both ends belong to one engine.
`include "cim_assert.svh"

module cim_max_pool #(
    parameter int Lanes  = 4,  // bits a beat
    parameter int Words  = 2,  // beats a pixel
    parameter int Height = 4,  // of the map, at least Pool
    parameter int Width  = 4,
    parameter int Pool   = 2   // at least 2
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic [Lanes-1:0] data_i,
    input  logic [Lanes-1:0] negative_i,
    input  logic             valid_i,
    output logic             ready_o,
    output logic [Lanes-1:0] data_o,
    output logic             valid_o,
    input  logic             ready_i
);
  `CIM_STATIC_ASSERT(gen_sizes, Lanes >= 1 && Words >= 1, "cim_max_pool: Lanes and Words must be at least 1")
  `CIM_STATIC_ASSERT(gen_pool, Pool >= 2 && Height >= Pool && Width >= Pool,
                     "cim_max_pool: Pool must be at least 2 and fit into the map")

  localparam int OutHeight = Height / Pool;
  localparam int OutWidth  = Width / Pool;
  localparam int Slots     = OutWidth * Words;  // of the memory
  localparam int AddrBits  = (Slots > 1) ? $clog2(Slots) : 1;
  localparam int WordBits  = (Words > 1) ? $clog2(Words) : 1;
  localparam int XBits     = $clog2(Width);
  localparam int YBits     = $clog2(Height);
  localparam int PoolBits  = $clog2(Pool);
  localparam int OutXBits  = $clog2(OutWidth + 1);
  localparam int OutYBits  = $clog2(OutHeight + 1);

  logic [WordBits-1:0] word_q `CIM_ARCH;
  logic [XBits-1:0] x_q `CIM_ARCH;      // in the map
  logic [PoolBits-1:0] xm_q `CIM_ARCH;  // in the window
  logic [OutXBits-1:0] px_q `CIM_ARCH;  // of the window
  logic [YBits-1:0] y_q `CIM_ARCH;
  logic [PoolBits-1:0] ym_q `CIM_ARCH;
  logic [OutYBits-1:0] py_q `CIM_ARCH;
  logic [Words*Lanes-1:0] acc_q `CIM_ARCH;
  logic s1_valid_q `CIM_ARCH;
  logic s1_emit_q `CIM_ARCH;
  logic [Lanes-1:0] s1_bits_q `CIM_ARCH;
  logic [Lanes-1:0] s1_negative_q `CIM_ARCH;
  logic [AddrBits-1:0] s1_addr_q `CIM_ARCH;
  logic [Lanes-1:0] data_q `CIM_ARCH;
  logic valid_q `CIM_ARCH;

  logic out_adv, s1_done, emit, take, hit, last_word, row_end, map_end, window_x, window_y, gather, store, fetch, put_back;
  logic [AddrBits-1:0] addr;
  logic [Lanes-1:0] gathered, part, total, rdata;

  // ---- where the beat on offer lies ----
  assign last_word = 32'(word_q) == Words - 1;
  assign row_end   = 32'(x_q) == Width - 1;
  assign map_end   = 32'(y_q) == Height - 1;
  assign window_x  = 32'(xm_q) == Pool - 1;
  assign window_y  = 32'(ym_q) == Pool - 1;
  assign addr      = AddrBits'(px_q * Words) + AddrBits'(word_q);
  assign hit       = take && 32'(px_q) < OutWidth && 32'(py_q) < OutHeight;

  // ---- what it does ----
  assign out_adv  = !valid_q || ready_i;
  assign emit     = s1_valid_q && s1_emit_q && out_adv;
  assign put_back = s1_valid_q && !s1_emit_q;
  assign s1_done  = emit || put_back;
  assign ready_o  = !s1_valid_q || emit;
  assign take     = valid_i && ready_o;
  assign gather   = hit && !window_x;
  assign store    = hit && window_x && ym_q == '0;
  assign fetch    = hit && window_x && ym_q != '0;

  // The maximum of two, lane by lane.
  function automatic logic [Lanes-1:0] join_bits(input logic [Lanes-1:0] a, input logic [Lanes-1:0] b, input logic [Lanes-1:0] n);
    join_bits = (a & b) | ((a | b) & ~n);
  endfunction
  assign part  = (xm_q == '0) ? data_i : join_bits(gathered, data_i, negative_i);
  assign total = join_bits(rdata, s1_bits_q, s1_negative_q);

  cim_and_or #(
      .Words(Words),
      .Width(Lanes)
  ) u_gathered (
      .words_i (acc_q),
      .select_i(Words'(1'b1) << word_q),
      .word_o  (gathered)
  );

  cim_sram_1rw #(
      .Depth(Slots),
      .Width(Lanes)
  ) u_sram (
      .clk_i  (clk_i),
      .en_i   (store || fetch || put_back),
      .we_i   (store || put_back),
      .addr_i (put_back ? s1_addr_q : addr),
      .wdata_i(put_back ? total : part),
      .rdata_o(rdata)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      word_q <= '0;
      x_q    <= '0;
      xm_q   <= '0;
      px_q   <= '0;
      y_q    <= '0;
      ym_q   <= '0;
      py_q   <= '0;
    end else if (take) begin
      word_q <= last_word ? '0 : word_q + 1'b1;
      if (last_word) begin
        x_q  <= row_end ? '0 : x_q + 1'b1;
        xm_q <= (row_end || window_x) ? '0 : xm_q + 1'b1;
        px_q <= row_end ? '0 : window_x ? px_q + 1'b1 : px_q;
      end
      if (last_word && row_end) begin
        y_q  <= map_end ? '0 : y_q + 1'b1;
        ym_q <= (map_end || window_y) ? '0 : ym_q + 1'b1;
        py_q <= map_end ? '0 : window_y ? py_q + 1'b1 : py_q;
      end
    end
  end

  // The loop is the decoder of the word written; an indexed assignment makes Yosys build shifters as wide as the register.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      acc_q <= '0;
    end else if (gather) begin
      for (int w = 0; w < Words; w++) begin
        if (32'(word_q) == w) acc_q[w*Lanes+:Lanes] <= part;
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      s1_valid_q    <= 1'b0;
      s1_emit_q     <= 1'b0;
      s1_bits_q     <= '0;
      s1_negative_q <= '0;
      s1_addr_q     <= '0;
      data_q        <= '0;
      valid_q       <= 1'b0;
    end else begin
      if (fetch || s1_done) s1_valid_q <= fetch;
      if (fetch) begin
        s1_emit_q     <= window_y;
        s1_bits_q     <= part;
        s1_negative_q <= negative_i;
        s1_addr_q     <= addr;
      end
      if (emit) data_q <= total;
      if (out_adv) valid_q <= emit;
    end
  end

  assign data_o  = data_q;
  assign valid_o = valid_q;

  `CIM_ASSERT(BeatInRange, 32'(word_q) < Words && 32'(x_q) < Width && 32'(y_q) < Height)
  `CIM_ASSERT(WindowInRange, 32'(px_q) <= OutWidth && 32'(py_q) <= OutHeight && 32'(xm_q) < Pool && 32'(ym_q) < Pool)
  `CIM_ASSERT(PositionsAgree, 32'(px_q) * Pool + 32'(xm_q) == 32'(x_q) && 32'(py_q) * Pool + 32'(ym_q) == 32'(y_q))
  `CIM_ASSERT(AddressInRange, !(store || fetch || put_back) || (put_back ? 32'(s1_addr_q) : 32'(addr)) < Slots)
  `CIM_ASSERT(OnePortOneUse, !put_back || !take)
  `CIM_ASSERT(OutputNotOverwritten, !emit || !valid_q || ready_i)
  `CIM_ASSERT(ReadsAreUsed, !fetch || !s1_valid_q || s1_done)

  // Shadow: what came into each stage and has not left it, for the properties
`ifndef SYNTHESIS
  logic fetched_q, emitted_q, stalled_q;
  logic [Lanes-1:0] was_data_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {fetched_q, emitted_q, stalled_q, was_data_q} <= '0;
    end else begin
      fetched_q <= fetch || (s1_valid_q && !s1_done);
      emitted_q <= emit || (valid_o && !ready_i);
      {stalled_q, was_data_q} <= {valid_o && !ready_i, data_o};
    end
  end
  `CIM_ASSERT(EveryReadIsJoined, s1_valid_q == fetched_q)
  `CIM_ASSERT(EveryBeatIsOffered, valid_o == emitted_q)
  `CIM_ASSERT(OfferedBeatStays, !stalled_q || (valid_o && data_o == was_data_q))
`endif
endmodule

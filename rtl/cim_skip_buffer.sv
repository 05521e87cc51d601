// The skip connection of a layer: output bits of an earlier layer wait, pixel by pixel, until the sums they are added to are there.
// Pixels come whole (from a cim_row_buffer), go through a circular buffer in one single-port SRAM (reading goes first) and stand at
// its output until the lanes have fired all words of a window; bits_o then follows fire_i by a cycle, as sums and entries do.
// With Replay a map arrives once and serves passes_i passes: its pixels are given up in the last one.
// A window also waits for the choice of its pass: valid_o says that both are there.
`include "cim_assert.svh"

module cim_skip_buffer #(
    parameter int Bits     = 6,  // of a pixel: outputs of the layer
    parameter int Lanes    = 4,  // of this layer
    parameter int Words    = 2,  // ceil(Bits / Lanes)
    parameter int Pixels   = 4,  // of a map
    parameter int Depth    = 3,  // pixels of the buffer
    parameter int Replay   = 0,  // 1: needs Depth >= Pixels
    parameter int PassBits = 8,
    parameter int WordBits = (Words > 1) ? $clog2(Words) : 1  // derived; do not set
) (
    input  logic                clk_i,
    input  logic                rst_ni,
    input  logic [PassBits-1:0] passes_i,         // at least 1; changes only while idle
    input  logic [    Bits-1:0] pixel_i,
    input  logic                pixel_valid_i,
    output logic                pixel_release_o,
    input  logic                choice_valid_i,
    output logic                valid_o,
    input  logic                fire_i,           // word word_i is used, only while valid_o
    input  logic [WordBits-1:0] word_i,
    output logic [   Lanes-1:0] bits_o
);
  `CIM_STATIC_ASSERT(gen_words, Bits >= 1 && Words == (Bits + Lanes - 1) / Lanes, "cim_skip_buffer: Words must be ceil(Bits / Lanes)")
  `CIM_STATIC_ASSERT(gen_depth, Pixels >= 1 && Depth >= 1 && (Replay == 0 || Depth >= Pixels),
                     "cim_skip_buffer: Depth must be at least 1, with Replay a whole map")

  localparam int AddrBits  = (Depth > 1) ? $clog2(Depth) : 1;
  localparam int CountBits = $clog2(Depth + 1);
  localparam int PixelBits = (Pixels > 1) ? $clog2(Pixels) : 1;
  localparam int Slots     = Lanes * Words;

  logic [AddrBits-1:0] wr_addr_q `CIM_ARCH;
  logic [AddrBits-1:0] rd_addr_q `CIM_ARCH;
  logic [AddrBits-1:0] map_addr_q `CIM_ARCH;  // Replay: of the map's first pixel
  logic [CountBits-1:0] held_q `CIM_ARCH;     // pixels in the buffer
  logic [CountBits-1:0] ahead_q `CIM_ARCH;    // of these read before in this pass, kept for the next
  logic [PixelBits-1:0] pixel_q `CIM_ARCH;    // to be read next
  logic [PassBits-1:0] pass_q `CIM_ARCH;
  logic valid_q `CIM_ARCH;
  logic [Lanes-1:0] bits_q `CIM_ARCH;

  logic last_word, pixel_done, fetch, store, map_end, last_pass;
  logic [AddrBits-1:0] next_addr;
  logic [Bits-1:0] rdata;
  logic [Lanes-1:0] bits;

  assign last_word       = 32'(word_i) == Words - 1;
  assign pixel_done      = fire_i && last_word;
  assign fetch           = held_q > ahead_q && (!valid_q || pixel_done);
  assign store           = pixel_valid_i && 32'(held_q) < Depth && !fetch;
  assign map_end         = 32'(pixel_q) == Pixels - 1;
  assign last_pass       = Replay == 0 || pass_q == passes_i - 1'b1;
  assign next_addr       = (32'(rd_addr_q) == Depth - 1) ? '0 : rd_addr_q + 1'b1;
  assign pixel_release_o = store;
  assign valid_o         = valid_q && choice_valid_i;

  cim_sram_1rw #(
      .Depth(Depth),
      .Width(Bits)
  ) u_sram (
      .clk_i  (clk_i),
      .en_i   (fetch || store),
      .we_i   (store),
      .addr_i (store ? wr_addr_q : rd_addr_q),
      .wdata_i(pixel_i),
      .rdata_o(rdata)
  );

  cim_and_or #(
      .Words(Words),
      .Width(Lanes)
  ) u_bits (
      .words_i (Slots'(rdata)),
      .select_i(Words'(1'b1) << word_i),
      .word_o  (bits)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      wr_addr_q  <= '0;
      rd_addr_q  <= '0;
      map_addr_q <= '0;
      held_q     <= '0;
      ahead_q    <= '0;
      pixel_q    <= '0;
      pass_q     <= '0;
      valid_q    <= 1'b0;
      bits_q     <= '0;
    end else begin
      if (store) wr_addr_q <= (32'(wr_addr_q) == Depth - 1) ? '0 : wr_addr_q + 1'b1;
      if (store) held_q <= held_q + 1'b1;
      if (fetch) begin
        rd_addr_q <= (map_end && !last_pass) ? map_addr_q : next_addr;
        pixel_q   <= map_end ? '0 : pixel_q + 1'b1;
        if (last_pass) held_q <= held_q - 1'b1;
        else ahead_q <= map_end ? '0 : ahead_q + 1'b1;
        if (Replay != 0 && map_end) pass_q <= last_pass ? '0 : pass_q + 1'b1;
        if (Replay != 0 && map_end && last_pass) map_addr_q <= next_addr;
      end
      if (fetch || pixel_done) valid_q <= fetch;
      if (fire_i) bits_q <= bits;
    end
  end

  assign bits_o = bits_q;

  if (Replay == 0) begin : gen_single
    logic unused_passes;
    assign unused_passes = ^passes_i;
  end else begin : gen_replay
    `CIM_ASSUME(PassesPositive, passes_i != '0)
    `CIM_ASSUME_STABLE(PassesKeptDuringMap, held_q == '0 && pixel_q == '0, passes_i)
    `CIM_ASSERT(PassInRange, pass_q < passes_i)
  end

  `CIM_ASSUME(FiresOnlyWhenValid, !fire_i || (valid_o && 32'(word_i) < Words))
  `CIM_ASSERT(StoresWhereFree, !store || 32'(held_q) < Depth)
  `CIM_ASSERT(CountsInRange, 32'(held_q) <= Depth && ahead_q <= held_q && 32'(ahead_q) <= 32'(pixel_q) && 32'(pixel_q) < Pixels)
  `CIM_ASSERT(AddressesInRange, 32'(wr_addr_q) < Depth && 32'(rd_addr_q) < Depth && 32'(map_addr_q) < Depth)
  `CIM_ASSERT(BufferIsCircular, 32'(rd_addr_q) + 32'(held_q) - 32'(ahead_q) == 32'(wr_addr_q) ||
                                32'(rd_addr_q) + 32'(held_q) - 32'(ahead_q) == 32'(wr_addr_q) + Depth)
  `CIM_ASSERT(PixelStaysUntilUsed, !fetch || !valid_q || pixel_done)

  // Shadow: what was fetched and not used, and the bits of the word that fired, for the properties
`ifndef SYNTHESIS
  logic fetched_q, fired_q;
  logic [Lanes-1:0] was_bits_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {fetched_q, fired_q, was_bits_q} <= '0;
    end else begin
      fetched_q <= fetch || (valid_q && !pixel_done);
      {fired_q, was_bits_q} <= {fire_i, bits_o};
    end
  end
  `CIM_ASSERT(EveryPixelIsOffered, valid_q == fetched_q)
  `CIM_ASSERT(BitsStayUntilNextWord, fired_q || bits_o == was_bits_q)
`endif
endmodule

// Windows of a convolution from a map that streams in pixel by pixel; no pixel is taken from the stream twice.
// Fill side: pixels go into a circular buffer (u_sram) while there is room; pixel_release_o takes one. Scan side: the columns
// of a window that the window before has not, tap by tap from the top, shift into window_q; a complete window moves to rows_o,
// stable from rows_valid_o until the cycle of release_i, while the next one forms. A pixel is given up when no later window,
// and with Replay no later pass, needs it. Positions outside the map hold PadValue and, with Absent, are flagged in absent_o.
// Every register and equation: rtl/README.md, where the smallest Depth that does not deadlock is derived, too.
`include "cim_assert.svh"

module cim_window_buffer #(
    parameter int Channels = 2,  // elements a pixel
    parameter int ElemBits = 1,  // bits an element
    parameter int Height   = 4,  // of the map
    parameter int Width    = 4,
    parameter int Kernel   = 3,
    parameter int Stride   = 1,
    parameter int Padding  = 0,  // below Kernel
    parameter int PadValue = 0,  // of an element outside the map
    parameter int Absent   = 0,  // 1: positions outside the map are flagged
    parameter int OutHeight = (Height + 2 * Padding - Kernel) / Stride + 1,  // windows, at most these; fewer where not all
    parameter int OutWidth  = (Width + 2 * Padding - Kernel) / Stride + 1,   // are wanted
    parameter int Depth    = 9,  // pixels of the buffer
    parameter int TapMajor = 0,  // rows are ordered 0: channel, tap; 1: tap, channel
    parameter int Replay   = 0,  // 1: every map is walked passes_i times
    parameter int PassBits = 8   // width of passes_i
) (
    input  logic                                       clk_i,
    input  logic                                       rst_ni,
    input  logic [              Channels*ElemBits-1:0] pixel_i,
    input  logic                                       pixel_valid_i,
    output logic                                       pixel_release_o,
    input  logic [                       PassBits-1:0] passes_i,         // at least 1; changes only while idle
    output logic [Kernel*Kernel*Channels*ElemBits-1:0] rows_o,
    output logic [                  Kernel*Kernel-1:0] absent_o,         // tap ky*Kernel + kx
    output logic                                       rows_valid_o,
    input  logic                                       release_i
);
  localparam int Taps = Kernel * Kernel, PixelBits = Channels * ElemBits, WindowBits = Taps * PixelBits;
  localparam int Pixels = Height * Width;
  localparam int Skip = (Stride > Kernel) ? 1 + Stride - Kernel : 1;  // columns from a window's last to the next new one
  localparam int Step = (TapMajor != 0) ? PixelBits : ElemBits;       // bits from kx to kx + 1
  localparam int AddrBits = (Depth > 1) ? $clog2(Depth) : 1;
  localparam int IndexBits = ((Pixels > 1) ? $clog2(Pixels) : 1) + 1, CountBits = $clog2(Pixels + Depth + 1) + 1;
  localparam int PosBits = $clog2(((Height > Width) ? Height : Width) + 2 * Padding + Stride + Kernel + 1) + 1;
  localparam int TapBits = (Kernel > 1) ? $clog2(Kernel) : 1;
  localparam int OutYBits = (OutHeight > 1) ? $clog2(OutHeight) : 1, OutXBits = (OutWidth > 1) ? $clog2(OutWidth) : 1;

  `CIM_STATIC_ASSERT(gen_map, Channels >= 1 && ElemBits >= 1 && Height >= 1 && Width >= 1 && Depth >= 1,
                     "cim_window_buffer: Channels, ElemBits, Height, Width and Depth must be at least 1")
  `CIM_STATIC_ASSERT(gen_kernel, Kernel >= 1 && Stride >= 1 && Padding >= 0 && Padding < Kernel
                     && Height + 2 * Padding >= Kernel && Width + 2 * Padding >= Kernel,
                     "cim_window_buffer: a window must fit into the padded map, Padding be below Kernel, Stride at least 1")

  // Wide vectors are meant: a replication to more than 8192 bits looks like a slip to Verilator.
  /* verilator lint_off WIDTHCONCAT */
  localparam logic [AddrBits-1:0] LastAddr = AddrBits'(Depth - 1), MapStep = AddrBits'(Pixels % Depth);
  localparam logic [AddrBits-1:0] RowStep = AddrBits'(Width % Depth);
  localparam logic [TapBits-1:0] LastTap = TapBits'(Kernel - 1), NextCol = TapBits'((Kernel > Stride) ? Kernel - Stride : 0);
  localparam logic [OutYBits-1:0] LastY = OutYBits'(OutHeight - 1);
  localparam logic [OutXBits-1:0] LastX = OutXBits'(OutWidth - 1);
  localparam logic signed [PosBits-1:0] Start = PosBits'(-Padding);
  localparam logic signed [PosBits-1:0] MapHeight = PosBits'(Height), MapWidth = PosBits'(Width);

  logic [AddrBits-1:0] wr_addr_q `CIM_ARCH;  // fill side
  logic signed [CountBits-1:0] stored_q `CIM_ARCH, freed_q `CIM_ARCH;
  logic [OutYBits-1:0] oy_q `CIM_ARCH;  // scan
  logic [OutXBits-1:0] ox_q `CIM_ARCH;
  logic [TapBits-1:0] col_q `CIM_ARCH, ky_q `CIM_ARCH;
  logic signed [PosBits-1:0] top_q `CIM_ARCH, x_q `CIM_ARCH;
  logic [PassBits-1:0] pass_q `CIM_ARCH;
  logic [AddrBits-1:0] image_addr_q `CIM_ARCH, row_addr_q `CIM_ARCH, col_addr_q `CIM_ARCH, tap_addr_q `CIM_ARCH;
  logic [IndexBits-1:0] base_q `CIM_ARCH, tap_index_q `CIM_ARCH;
  logic s1_valid_q `CIM_ARCH, s1_real_q `CIM_ARCH, s1_last_q `CIM_ARCH;  // memory read
  logic [TapBits-1:0] s1_ky_q `CIM_ARCH;
  logic [WindowBits-1:0] window_q `CIM_ARCH, rows_q `CIM_ARCH;
  logic [Taps-1:0] gap_q `CIM_ARCH, absent_q `CIM_ARCH;
  logic rows_valid_q `CIM_ARCH;

  // v between 0 and limit
  function automatic logic [PosBits-1:0] clip(input logic signed [PosBits-1:0] v, input logic signed [PosBits-1:0] limit);
    clip = v[PosBits-1] ? '0 : (v > limit) ? limit : v;
  endfunction
  // wrap(addr + step), both below Depth
  function automatic logic [AddrBits-1:0] ahead(input logic [AddrBits-1:0] addr, input logic [AddrBits-1:0] step);
    ahead = (addr > LastAddr - step) ? addr - (LastAddr - step) - 1'b1 : addr + step;
  endfunction

  // ---- scan: where it stands and where it goes ----
  logic write, read, issue, on_map, first, s1_adv, complete, column_end, window_end, band_end, pass_end, last_pass, image_end;
  logic signed [PosBits-1:0] y, x_next;
  logic [PosBits-1:0] columns, rows_below;  // from the column to the next one, from the band to the next one, on the map
  logic [AddrBits-1:0] addr, column_step, band_step, next_map, next_band;
  logic [IndexBits-1:0] index, band_pixels;

  assign y      = top_q + $signed(PosBits'(ky_q));
  assign on_map = !y[PosBits-1] && y < MapHeight && !x_q[PosBits-1] && x_q < MapWidth;
  assign first  = ky_q == '0 || y == '0;
  assign index  = first ? base_q + IndexBits'(clip(x_q, MapWidth)) : tap_index_q;
  assign addr   = first ? col_addr_q : tap_addr_q;
  assign issue  = (!on_map || (stored_q > $signed(CountBits'(index)) && !write)) && (!s1_valid_q || s1_adv);
  assign read   = issue && on_map;

  assign column_end = issue && ky_q == LastTap;
  assign window_end = column_end && col_q == LastTap;
  assign band_end   = window_end && ox_q == LastX;
  assign pass_end   = band_end && oy_q == LastY;
  assign last_pass  = Replay == 0 || pass_q == passes_i - 1'b1;
  assign image_end  = pass_end && last_pass;

  assign x_next     = x_q + ((col_q == LastTap) ? PosBits'(Skip) : PosBits'(1));
  assign columns    = clip(x_next, MapWidth) - clip(x_q, MapWidth);
  assign rows_below = clip(top_q + PosBits'(Stride), MapHeight) - clip(top_q, MapHeight);
  assign next_map   = last_pass ? ahead(image_addr_q, MapStep) : image_addr_q;
  assign next_band  = pass_end ? next_map : ahead(row_addr_q, band_step);
  always_comb begin
    column_step = '0;
    for (int n = 1; n <= Skip; n++) if (32'(columns) == n) column_step = AddrBits'(n % Depth);
    band_step   = '0;
    band_pixels = '0;
    for (int n = 1; n <= Stride; n++) begin
      if (32'(rows_below) == n) band_step = AddrBits'((n * Width) % Depth);
      if (32'(rows_below) == n) band_pixels = IndexBits'(n * Width);
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      ky_q   <= '0;
      col_q  <= '0;
      ox_q   <= '0;
      oy_q   <= '0;
      x_q    <= Start;
      top_q  <= Start;
      pass_q <= '0;
    end else begin
      if (issue) ky_q <= column_end ? '0 : ky_q + 1'b1;
      if (column_end) col_q <= band_end ? '0 : window_end ? NextCol : col_q + 1'b1;
      if (column_end) x_q <= band_end ? Start : x_next;
      if (window_end) ox_q <= band_end ? '0 : ox_q + 1'b1;
      if (band_end) oy_q <= pass_end ? '0 : oy_q + 1'b1;
      if (band_end) top_q <= pass_end ? Start : top_q + PosBits'(Stride);
      if (pass_end && Replay != 0) pass_q <= last_pass ? '0 : pass_q + 1'b1;
    end
  end

  // ---- fill and give up ----
  logic free, as_it_goes;  // the second: no later band needs this one's top row
  logic signed [CountBits-1:0] held, need, map_done;
  logic [PixelBits-1:0] rdata;

  assign held       = stored_q - freed_q;
  assign write      = pixel_valid_i && held < $signed(CountBits'(Depth));
  assign as_it_goes = oy_q == LastY || rows_below != '0;
  assign need       = last_pass ? CountBits'(base_q) + (as_it_goes ? CountBits'(clip(x_q, MapWidth)) : '0) : '0;
  assign free       = freed_q < need && freed_q < stored_q;
  assign map_done   = image_end ? CountBits'(Pixels) : '0;

  cim_sram_1rw #(
      .Depth(Depth),
      .Width(PixelBits)
  ) u_sram (
      .clk_i  (clk_i),
      .en_i   (write || read),
      .we_i   (write),
      .addr_i (write ? wr_addr_q : addr),
      .wdata_i(pixel_i),
      .rdata_o(rdata)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {image_addr_q, row_addr_q, col_addr_q, tap_addr_q, wr_addr_q} <= '0;
      {base_q, tap_index_q} <= '0;
      stored_q <= '0;
      freed_q  <= '0;
    end else begin
      if (read) tap_index_q <= index + IndexBits'(Width);
      if (read) tap_addr_q <= ahead(addr, RowStep);
      if (column_end) col_addr_q <= band_end ? next_band : ahead(col_addr_q, column_step);
      if (band_end) row_addr_q <= next_band;
      if (band_end) base_q <= pass_end ? '0 : base_q + band_pixels;
      if (pass_end) image_addr_q <= next_map;
      if (write) wr_addr_q <= ahead(wr_addr_q, AddrBits'(1 % Depth));
      stored_q <= stored_q + $signed(CountBits'(write)) - map_done;
      freed_q  <= freed_q + $signed(CountBits'(free)) - map_done;
    end
  end

  // ---- window: a new column (kx = Kernel - 1) pushes the others to the left, then its taps come in from the top ----
  localparam int Copies = (TapMajor != 0) ? 1 : Channels;  // of the taps' order along the rows
  logic [Taps-1:0] newest, taken, gap_d;  // taps of the new column; the one that comes in
  logic [Taps*Step-1:0] newest_step, taken_step;
  logic [WindowBits-1:0] newest_rows, taken_rows, everywhere, pushed, window_d;
  logic [PixelBits-1:0] pixel;

  for (genvar t = 0; t < Taps; t++) begin : gen_tap
    assign newest[t]                  = (t % Kernel == Kernel - 1) ? 1'b1 : 1'b0;
    assign taken[t]                   = newest[t] && 32'(s1_ky_q) == t / Kernel;
    assign newest_step[t*Step+:Step]  = {Step{newest[t]}};
    assign taken_step[t*Step+:Step]   = {Step{taken[t]}};
  end
  for (genvar c = 0; c < Copies; c++) begin : gen_copy
    assign everywhere[c*Taps*Step+:Taps*Step] = {Taps{pixel[c*Step+:Step]}};
  end
  assign newest_rows = {Copies{newest_step}};
  assign taken_rows  = {Copies{taken_step}};
  assign pixel       = s1_real_q ? rdata : {Channels{ElemBits'(PadValue)}};
  assign pushed      = (s1_ky_q == '0) ? (window_q & newest_rows) | ((window_q >> Step) & ~newest_rows) : window_q;
  assign window_d    = (pushed & ~taken_rows) | (everywhere & taken_rows);
  assign gap_d       = (((s1_ky_q == '0) ? (gap_q & newest) | ((gap_q >> 1) & ~newest) : gap_q) & ~taken)
                       | ((Absent != 0 && !s1_real_q) ? taken : '0);
  assign s1_adv      = s1_valid_q && (!s1_last_q || !rows_valid_q || release_i);
  assign complete    = s1_adv && s1_last_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {s1_valid_q, s1_ky_q, s1_real_q, s1_last_q} <= '0;
      window_q     <= '0;
      gap_q        <= '0;
      rows_q       <= '0;
      absent_q     <= '0;
      rows_valid_q <= 1'b0;
    end else begin
      if (issue || s1_adv) s1_valid_q <= issue;
      if (issue) {s1_ky_q, s1_real_q, s1_last_q} <= {ky_q, on_map, ky_q == LastTap && col_q == LastTap};
      if (s1_adv) window_q <= window_d;
      if (s1_adv) gap_q <= gap_d;
      if (complete) rows_q <= window_d;
      if (complete) absent_q <= gap_d;
      if (complete || release_i) rows_valid_q <= complete;
    end
  end

  assign pixel_release_o = write;
  assign {rows_valid_o, absent_o, rows_o} = {rows_valid_q, absent_q, rows_q};

  `CIM_ASSUME(PassesPositive, Replay == 0 || passes_i != '0)
  `CIM_ASSUME_STABLE(PassesKeptDuringMap, Replay == 0 || stored_q <= 0, passes_i)
  `CIM_ASSUME(ReleasedOnlyWhenValid, !release_i || rows_valid_o)
  `CIM_ASSERT(HoldsAtMostDepth, held >= 0 && 32'(held) <= Depth)
  `CIM_ASSERT(ReadPixelIsHeld, !read || (freed_q <= $signed(CountBits'(index)) && stored_q > $signed(CountBits'(index))))
  `CIM_ASSERT(NeverReadAndWrite, !read || !write)
  `CIM_ASSERT(AddressesInRange, wr_addr_q <= LastAddr && addr <= LastAddr)
  `CIM_ASSERT(WindowNotOverwritten, !complete || !rows_valid_q || release_i)
endmodule

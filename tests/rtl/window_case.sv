// One point of window_tb: cim_window_buffer with the smallest Depth plus Extra pixels, Images random maps one after the other,
// walked Passes times each (Replay where more than once). The reference keeps the maps whole and indexes every window directly.
// Extra < 0: the scan must starve (or a window be wrong) before the last window. Otherwise all windows must come, equal to the
// last bit, stay while they are not released, and every pixel of the stream must be taken.
module window_case #(
    parameter int Channels = 2,
    parameter int ElemBits = 1,
    parameter int Height = 4,
    parameter int Width = 4,
    parameter int Kernel = 3,
    parameter int Stride = 1,
    parameter int Padding = 0,
    parameter int PadValue = 0,
    parameter int Absent = 0,
    parameter int TapMajor = 0,
    parameter int Passes = 1,
    parameter int Extra = 0,
    parameter int Images = 4
) (
    input logic clk,
    input logic rst_n,
    output logic finished,
    output int errors,
    output int windows
);
  localparam int Pixels = Height * Width;
  localparam int PixelBits = Channels * ElemBits;
  localparam int Taps = Kernel * Kernel;
  localparam int OutHeight = (Height + 2 * Padding - Kernel) / Stride + 1;
  localparam int OutWidth = (Width + 2 * Padding - Kernel) / Stride + 1;
  localparam int Total = Images * Passes * OutHeight * OutWidth;
  localparam int Starved = 1000;  // cycles without a window or a pixel

  // The rule of rtl/README.md.
  function automatic int least(input int unused);
    int top, first, bottom, right, need;
    least = 1;
    right = (OutWidth - 1) * Stride - Padding + Kernel - 1;
    if (right > Width - 1) right = Width - 1;
    for (int oy = 0; oy < OutHeight; oy++) begin
      top = oy * Stride - Padding;
      first = top < 0 ? 0 : top;
      bottom = top + Kernel - 1 < Height - 1 ? top + Kernel - 1 : Height - 1;
      if (oy == OutHeight - 1 || (top + Stride > 0 && Stride > first - top)) need = (bottom - first) * Width + 1;
      else need = (bottom - first) * Width + right + 1;
      if (Passes > 1) need = bottom * Width + right + 1;
      if (need > least) least = need;
    end
  endfunction
  localparam int Least = least(0);
  localparam int Depth = Least + Extra;

  logic [PixelBits-1:0] map[0:Images*Pixels-1];
  logic [PixelBits-1:0] pixel = '0;
  logic [Taps*PixelBits-1:0] rows, expected_rows;
  logic [Taps-1:0] absent, expected_absent;
  logic pixel_valid = 1'b0, pixel_release, rows_valid, release_rows = 1'b0, gave_up = 1'b0;
  int sent = 0, idle = 0, density_in = 8, density_out = 8, cycle = 0, prepared = -1;

  cim_window_buffer #(.Channels(Channels), .ElemBits(ElemBits), .Height(Height), .Width(Width), .Kernel(Kernel), .Stride(Stride),
                      .Padding(Padding), .PadValue(PadValue), .Absent(Absent), .Depth(Depth), .TapMajor(TapMajor),
                      .Replay((Passes > 1) ? 1 : 0)) dut (
      .clk_i(clk), .rst_ni(rst_n), .pixel_i(pixel), .pixel_valid_i(pixel_valid), .pixel_release_o(pixel_release),
      .passes_i(8'(Passes)), .rows_o(rows), .absent_o(absent), .rows_valid_o(rows_valid), .release_i(release_rows));

  // Window n of the run, straight from the maps.
  task automatic prepare(input int n);
    int image, oy, ox, y, x, row;
    logic outside;
    logic [PixelBits-1:0] from;
    image = n / (Passes * OutHeight * OutWidth);
    oy = n % (OutHeight * OutWidth) / OutWidth;
    ox = n % OutWidth;
    for (int ky = 0; ky < Kernel; ky++) begin
      for (int kx = 0; kx < Kernel; kx++) begin
        y = oy * Stride - Padding + ky;
        x = ox * Stride - Padding + kx;
        outside = y < 0 || y >= Height || x < 0 || x >= Width;
        from = outside ? '0 : map[image*Pixels+y*Width+x];
        expected_absent[ky*Kernel+kx] = outside && Absent != 0;
        for (int c = 0; c < Channels; c++) begin
          row = TapMajor != 0 ? (ky * Kernel + kx) * Channels + c : (c * Kernel + ky) * Kernel + kx;
          expected_rows[row*ElemBits+:ElemBits] = outside ? ElemBits'(PadValue) : from[c*ElemBits+:ElemBits];
        end
      end
    end
    prepared = n;
  endtask

  assign finished = gave_up || (windows == Total && sent == Images * Pixels && idle > 50);

  always @(posedge clk) if (rst_n && !finished) begin
    idle = idle + 1;
    if (rows_valid) begin
      if (windows < Total && prepared != windows) prepare(windows);
      if (windows == Total || rows !== expected_rows || absent !== expected_absent) begin
        errors = errors + 1;
        if (errors < 4 && Extra >= 0) $display("%m window %0d: %h absent %b, expected %h absent %b", windows, rows, absent, expected_rows, expected_absent);
      end
      if (release_rows) windows = windows + 1;
      if (release_rows) idle = 0;
    end
    if (rows_valid === 1'bx || pixel_release === 1'bx || (pixel_release && !pixel_valid)) errors = errors + 1;
    if (pixel_release && pixel_valid) begin
      sent = sent + 1;
      idle = 0;
      pixel_valid <= 1'b0;  // the next one is offered below
    end
    if (idle > Starved) gave_up = 1'b1;
    cycle = cycle + 1;
  end

  // A pixel stays until it is taken; windows are released at random. Both densities change every 64 cycles, from never to always.
  always @(negedge clk) if (rst_n) begin
    if (cycle % 64 == 0) begin
      density_in = $urandom % 10;
      density_out = $urandom % 10;
    end
    if (!pixel_valid && sent < Images * Pixels && $urandom % 8 < density_in) begin
      pixel_valid = 1'b1;
      pixel = map[sent];
    end
    release_rows = rows_valid && $urandom % 8 < density_out;
  end

  initial begin
    errors = 0;
    windows = 0;
    for (int p = 0; p < Images * Pixels; p++) for (int b = 0; b < PixelBits; b++) map[p][b] = $urandom;
  end
endmodule

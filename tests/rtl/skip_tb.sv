// Self-checking bench of cim_skip_buffer: Images random maps one after the other, each used Passes times (Replay where more than
// once), words fired at random, the choice there or not. Every word must be the one of a reference that keeps the maps whole.
module skip_tb;
  parameter int Bits = 5;
  parameter int Lanes = 2;
  parameter int Words = 3;
  parameter int Pixels = 6;
  parameter int Depth = 2;
  parameter int Passes = 1;
  parameter int Images = 40;

  localparam int WordBits = (Words > 1) ? $clog2(Words) : 1;
  localparam int Total = Images * Passes * Pixels * Words;

  logic clk = 1'b0, rst_n = 1'b0;
  always #5 clk = !clk;

  logic [Bits-1:0] map[0:Images*Pixels-1];
  logic [Bits-1:0] pixel = '0;
  logic [Lanes-1:0] bits, expected = '0;
  logic [WordBits-1:0] word = '0;
  logic pixel_valid = 1'b0, released, choice = 1'b0, valid, fire = 1'b0, fired = 1'b0;
  int sent = 0, used = 0, errors = 0, density_in = 8, density_out = 8;

  cim_skip_buffer #(.Bits(Bits), .Lanes(Lanes), .Words(Words), .Pixels(Pixels), .Depth(Depth), .Replay((Passes > 1) ? 1 : 0)) dut (
      .clk_i(clk), .rst_ni(rst_n), .passes_i(8'(Passes)), .pixel_i(pixel), .pixel_valid_i(pixel_valid), .pixel_release_o(released),
      .choice_valid_i(choice), .valid_o(valid), .fire_i(fire), .word_i(word), .bits_o(bits));

  task automatic prepare(input int n);
    int at, channel;
    at = n / (Passes * Pixels * Words) * Pixels + n / Words % Pixels;
    for (int l = 0; l < Lanes; l++) begin
      channel = n % Words * Lanes + l;
      expected[l] = channel < Bits ? map[at][channel] : 1'b0;
    end
  endtask

  always @(posedge clk) if (rst_n) begin
    if (fired && bits !== expected) begin
      errors = errors + 1;
      if (errors < 4) $display("word %0d: %b, expected %b", used - 1, bits, expected);
    end
    fired = fire;
    if (fire) begin
      prepare(used);
      used = used + 1;
    end
    if (released === 1'bx || valid === 1'bx || (released && !pixel_valid) || (valid && !choice)) errors = errors + 1;
    if (released) begin
      sent = sent + 1;
      pixel_valid <= 1'b0;
    end
  end

  // Both densities change every 64 cycles, from never to always.
  int cycle = 0;
  always @(negedge clk) if (rst_n) begin
    if (cycle % 64 == 0) begin
      density_in = $urandom % 10;
      density_out = $urandom % 10;
    end
    cycle = cycle + 1;
    if (!pixel_valid && sent < Images * Pixels && $urandom % 8 < density_in) begin
      pixel_valid = 1'b1;
      pixel = map[sent];
    end
    choice = $urandom % 4 != 0;
    word = used % Words;
    #1 fire = valid && used < Total && $urandom % 8 < density_out;
  end

  initial begin
    for (int p = 0; p < Images * Pixels; p++) map[p] = $urandom;
    repeat (3) @(negedge clk);
    rst_n = 1'b1;
    for (int c = 0; c < 400000 && used < Total; c++) @(negedge clk);
    repeat (5) @(negedge clk);
    if (errors != 0 || used != Total || sent != Images * Pixels || dut.held_q != 0) begin
      $fatal(1, "FAIL: %0d errors, %0d of %0d words, %0d pixels sent", errors, used, Total, sent);
    end
    $display("PASS %0d words", used);
    $finish;
  end
endmodule

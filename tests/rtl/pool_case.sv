// One point of pool_tb: cim_max_pool on Images random maps of integers, of which it sees, lane by lane, whether they reach a
// threshold (inverted where the output falls with the sum). The reference takes the maximum of the integers, directly.
module pool_case #(
    parameter int Lanes = 3,
    parameter int Words = 2,
    parameter int Height = 4,
    parameter int Width = 4,
    parameter int Pool = 2,
    parameter int Images = 4
) (
    input logic clk,
    input logic rst_n,
    output logic finished,
    output int errors,
    output int beats
);
  localparam int OutHeight = Height / Pool;
  localparam int OutWidth = Width / Pool;
  localparam int Channels = Lanes * Words;
  localparam int BeatsIn = Images * Height * Width * Words;
  localparam int BeatsOut = Images * OutHeight * OutWidth * Words;

  int map[0:Images*Height*Width*Channels-1];  // image, y, x, channel
  int threshold[0:Channels-1];
  logic [Channels-1:0] negative;
  logic [Lanes-1:0] data = '0, negative_lanes = '0, out, expected;
  logic valid = 1'b0, ready, out_valid, out_ready = 1'b0;
  int sent = 0, idle = 0, cycle = 0, density_in = 8, density_out = 8;

  cim_max_pool #(.Lanes(Lanes), .Words(Words), .Height(Height), .Width(Width), .Pool(Pool)) dut (
      .clk_i(clk), .rst_ni(rst_n), .data_i(data), .negative_i(negative_lanes), .valid_i(valid), .ready_o(ready), .data_o(out),
      .valid_o(out_valid), .ready_i(out_ready));

  function automatic logic bit_of(input int channel, input int value);
    bit_of = (value >= threshold[channel]) ^ negative[channel];
  endfunction

  task automatic prepare(input int beat);
    int word, pixel, image, y, x, best, value, channel;
    word = beat % Words;
    pixel = beat / Words;
    x = pixel % OutWidth;
    y = pixel / OutWidth % OutHeight;
    image = pixel / (OutWidth * OutHeight);
    for (int l = 0; l < Lanes; l++) begin
      channel = word * Lanes + l;
      for (int wy = 0; wy < Pool; wy++) begin
        for (int wx = 0; wx < Pool; wx++) begin
          value = map[((image*Height+y*Pool+wy)*Width+x*Pool+wx)*Channels+channel];
          if (wy + wx == 0 || value > best) best = value;
        end
      end
      expected[l] = bit_of(channel, best);
    end
  endtask

  assign finished = beats == BeatsOut && sent == BeatsIn && idle > 20;

  always @(posedge clk) if (rst_n && !finished) begin
    idle = idle + 1;
    if (out_valid) begin
      if (beats < BeatsOut) prepare(beats);
      if (beats == BeatsOut || out !== expected) begin
        errors = errors + 1;
        if (errors < 4) $display("%m beat %0d: %b, expected %b", beats, out, expected);
      end
      if (out_ready) beats = beats + 1;
      if (out_ready) idle = 0;
    end
    if (out_valid === 1'bx || ready === 1'bx) errors = errors + 1;
    if (valid && ready) begin
      sent = sent + 1;
      idle = 0;
      valid <= 1'b0;  // the next one is offered below
    end
    cycle = cycle + 1;
  end

  // A beat stays until it is taken. Densities change every 64 cycles, from never to always.
  always @(negedge clk) if (rst_n) begin
    if (cycle % 64 == 0) begin
      density_in = $urandom % 10;
      density_out = $urandom % 10;
    end
    if (!valid && sent < BeatsIn && $urandom % 8 < density_in) begin
      valid = 1'b1;
      for (int l = 0; l < Lanes; l++) begin
        data[l] = bit_of(sent % Words * Lanes + l, map[sent/Words*Channels+sent%Words*Lanes+l]);
        negative_lanes[l] = negative[sent%Words*Lanes+l];
      end
    end
    out_ready = $urandom % 8 < density_out;
  end

  // One value in Pool*Pool reaches the threshold, or misses it: both results are frequent.
  initial begin
    errors = 0;
    beats = 0;
    for (int c = 0; c < Channels; c++) begin
      negative[c] = $urandom;
      threshold[c] = $urandom % 7 - 3;
    end
    for (int n = 0; n < Images * Height * Width * Channels; n++) begin
      map[n] = threshold[n%Channels] + (($urandom % (Pool * Pool) == 0) ? $urandom % 5 : -1 - $urandom % 5);
    end
  end
endmodule

// One point of avg_pool_tb: cim_avg_pool behind cim_post_ctrl, as in an engine, on Images maps of random sums, with random stalls of
// windows, choices and receiver. The reference adds the sums of each pool, directly.
module avg_pool_case #(
    parameter int Lanes = 3,
    parameter int Words = 2,
    parameter int Height = 4,  // windows
    parameter int Width = 4,
    parameter int Pool = 2,
    parameter int SumBits = 5,
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
  localparam int Windows = Images * Height * Width;
  localparam int BeatsOut = Images * OutHeight * OutWidth * Words;
  localparam int TotalBits = SumBits + $clog2(Pool * Pool);
  localparam int WordBits = (Words > 1) ? $clog2(Words) : 1;

  int map[0:Windows*Channels-1];  // image, y, x, channel
  logic load = 1'b0, choice = 1'b0, out_ready = 1'b0;
  logic hold_free, start, fire, move, beat_valid, beat_ready, out_valid;
  logic [WordBits-1:0] word;
  logic [Lanes*SumBits-1:0] sum = '0;
  logic [Lanes*TotalBits-1:0] total, data = '0, expected;
  int held = -1, idle = 0, cycle = 0, blocked = 0, density_in = 8, density_choice = 8, density_out = 8;

  cim_post_ctrl #(.Words(Words)) ctrl (
      .clk_i(clk), .rst_ni(rst_n), .load_i(load && hold_free), .mask_valid_i(start), .mask_bank_i('0), .passes_i(8'd1),
      .ready_i(beat_ready), .hold_free_o(hold_free), .mask_ready_o(), .fire_o(fire), .word_o(word), .addr_o(), .move_o(move),
      .valid_o(beat_valid), .last_o());
  cim_avg_pool #(.Lanes(Lanes), .Words(Words), .Width(Width), .Pool(Pool), .SumBits(SumBits), .TotalBits(TotalBits)) dut (
      .clk_i(clk), .rst_ni(rst_n), .choice_valid_i(choice), .start_o(start), .fire_i(fire), .word_i(word), .move_i(move),
      .sum_i(sum), .total_o(total), .valid_i(beat_valid), .ready_o(beat_ready), .valid_o(out_valid), .ready_i(out_ready));

  task automatic prepare(input int beat);
    int pixel, image, y, x, all;
    pixel = beat / Words;
    x = pixel % OutWidth;
    y = pixel / OutWidth % OutHeight;
    image = pixel / (OutWidth * OutHeight);
    for (int l = 0; l < Lanes; l++) begin
      all = 0;
      for (int wy = 0; wy < Pool; wy++) begin
        for (int wx = 0; wx < Pool; wx++) begin
          all = all + map[((image*Height+y*Pool+wy)*Width+x*Pool+wx)*Channels+beat%Words*Lanes+l];
        end
      end
      expected[l*TotalBits+:TotalBits] = TotalBits'(all);
    end
  endtask

  assign finished = beats == BeatsOut && held == Windows - 1 && idle > 20;

  always @(posedge clk) if (rst_n && !finished) begin
    idle = idle + 1;
    if (out_valid) begin
      if (beats < BeatsOut) prepare(beats);
      if (beats == BeatsOut || data !== expected) begin
        errors = errors + 1;
        if (errors < 4) $display("%m beat %0d: %h, expected %h", beats, data, expected);
      end
      if (out_ready) beats = beats + 1;
      if (out_ready) idle = 0;
    end
    if (out_valid === 1'bx || start === 1'bx) errors = errors + 1;
    if (choice && !start) blocked = blocked + 1;
    if (move) data <= total;
    for (int l = 0; l < Lanes; l++) begin
      if (fire) sum[l*SumBits+:SumBits] <= SumBits'(map[held*Channels+word*Lanes+l]);
    end
    if (load && hold_free) begin
      held <= held + 1;
      load <= 1'b0;  // the next one is offered below
      idle = 0;
    end
    cycle = cycle + 1;
  end

  // A window on offer stays until it is taken. Densities change every 64 cycles, from never to always.
  always @(negedge clk) if (rst_n) begin
    if (cycle % 64 == 0) begin
      density_in = $urandom % 10;
      density_choice = $urandom % 10;
      density_out = $urandom % 10;
    end
    if (!load && held < Windows - 1) load = $urandom % 8 < density_in;
    choice = $urandom % 8 < density_choice;
    out_ready = $urandom % 8 < density_out;
  end

  // Small and largest sums.
  initial begin
    errors = 0;
    beats = 0;
    for (int n = 0; n < Windows * Channels; n++) begin
      map[n] = $urandom % (1 << SumBits) - (1 << (SumBits - 1));
      if (n / Channels / (Height * Width) == 1) map[n] = -(1 << (SumBits - 1));
      if (n / Channels / (Height * Width) == 2) map[n] = (1 << (SumBits - 1)) - 1;
    end
  end
endmodule

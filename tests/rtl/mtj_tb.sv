// Self-checking bench of cim_mtj_bit: every bit of one unit of a table against SET, READ and RESET written out in 64-bit
// arithmetic, with random pulse lengths and pauses; and how bits correlate where RESETs fail (devices.md, acceptance test 9).
// Dir/units.mem: unit u of 3 switches at code c with (c + 1 + 2u)/16, keeps a 1 at a RESET with Fails/64, reads wrong with
// Wrong/64 (run_tb.sh).
module mtj_tb;
  parameter int Fails = 16;
  parameter int Wrong = 0;
  parameter int Draws = 30000;
  parameter Dir = ".";

  localparam int Unit = 2;
  localparam int UnitId = 11;
  localparam int Seed = 77;
  localparam int Code = 1;

  logic clk = 1'b0, rst_n = 1'b0;
  always #5 clk = !clk;
  logic set = 1'b0, rd = 1'b0, reset = 1'b0, shown, trim;

  cim_mtj_bit #(.DriveBits(2), .UnitId(UnitId), .Seed(Seed), .TableFile({Dir, "/units.mem"}), .TableUnits(3), .TableIndex(Unit)) dut (
      .clk_i(clk), .rst_ni(rst_n), .set_i(set), .read_i(rd), .reset_i(reset), .drive_i(2'(Code)), .bit_o(shown), .trim_o(trim));

  function automatic longint finalise(input longint given);
    longint x;
    x = given & 64'hffffffff;
    x = x ^ (x / 65536);
    x = (x * 64'h7feb352d) & 64'hffffffff;
    x = x ^ (x / 32768);
    x = (x * 64'h846ca68b) & 64'hffffffff;
    finalise = x ^ (x / 65536);
  endfunction
  // Draw `number` of a stream is below `parts` of 64.
  function automatic int below(input longint stream, input int number, input int parts);
    longint x;
    x = finalise(finalise(finalise(64'(Seed) + 64'h9E3779B9) ^ stream) ^ 64'(number));
    below = (x < 64'd67108864 * parts) ? 1 : 0;
  endfunction

  task automatic clocks(input int count);
    repeat (count) @(negedge clk);
  endtask

  int state, expected, last, ones, pairs;
  real mean, wanted, correlation;

  initial begin
    state = 1;  // at power-up
    last = 0;
    ones = 0;
    pairs = 0;
    // Non-volatile: neither rst_ni nor pins that move meanwhile change the state; the first RESET may fail, as event −1.
    reset = 1'b1;
    clocks(2);
    reset = 1'b0;
    rst_n = 1'b1;
    rd = 1'b1;
    #1;
    if (32'(shown) !== (1 ^ below(UnitId + 64'h40000000, 32'hffffffff, Wrong))) $fatal(1, "FAIL: not antiparallel at power-up");
    rd = 1'b0;
    reset = 1'b1;
    clocks(2);
    reset = 1'b0;
    if (below(UnitId + 64'h80000000, 32'hffffffff, Fails) == 0) state = 0;
    for (int e = 0; e < Draws; e++) begin
      set = 1'b1;
      clocks(1 + $urandom % 2);
      set = 1'b0;
      if (below(UnitId, e, 4 * (Code + 1 + 2 * Unit)) != 0) state = 1;
      clocks($urandom % 2);
      rd = 1'b1;
      expected = state ^ below(UnitId + 64'h40000000, e, Wrong);
      for (int c = $urandom % 2; c >= 0; c--) begin
        #1;
        if (32'(shown) !== expected) begin
          $display("FAIL draw %0d: %b instead of %0d", e, shown, expected);
          $fatal;
        end
        clocks(1);
      end
      rd = 1'b0;
      #1;
      if (shown !== 1'b0) $fatal;
      reset = 1'b1;
      clocks(1 + $urandom % 3);
      reset = 1'b0;
      if (below(UnitId + 64'h80000000, e, Fails) == 0) state = 0;
      clocks($urandom % 2);
      ones = ones + expected;
      pairs = pairs + (expected & last);
      last = expected;
    end
    if (Wrong == 0) begin
      mean = 1.0 * ones / Draws;
      wanted = (1.0 - (Code + 1.0 + 2.0 * Unit) / 16) * Fails / 64;
      correlation = (1.0 * pairs / Draws - mean * mean) / (mean * (1 - mean));
      $display("lag-1 correlation %f, wanted %f", correlation, wanted);
      if ((correlation - wanted) ** 2 > 9.0 / Draws) begin
        $display("FAIL");
        $fatal;
      end
    end
    for (int e = Draws; state == 0; e++) begin  // some SET leaves a 1, and a reset of the logic keeps it
      set = 1'b1;
      clocks(1);
      set = 1'b0;
      state = below(UnitId, e, 4 * (Code + 1 + 2 * Unit));
      clocks(1);
    end
    rst_n = 1'b0;
    clocks(3);
    rst_n = 1'b1;
    if (dut.state_q !== 1'b1) $fatal(1, "FAIL: rst_ni cleared the junction");
    $display("PASS %0d draws", Draws);
    $finish;
  end
endmodule

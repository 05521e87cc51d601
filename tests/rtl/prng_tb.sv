// Self-checking bench of the digital substitute (behavioral/prng): the draws of many units, and their probability.
// First no two, three or four of Units units have draws whose parity never changes: what units that run on one linear
// generator show where their states happen to be related (64 draws, every subset). Then the states of four units are made so,
// the fourth the XOR of the others, which lasts for ever: the parity of their draws, of p = 1/2 and of p = 1/4, must
// be as often odd as that of independent units, and each unit's frequency of ones as wanted, within 5 standard deviations.
// Dir/half.mem: code 0 switches with p = 1/2, code 1 with 1/4 (run_tb.sh).
module prng_tb;
  parameter int Units = 64;
  parameter int Draws = 5000;  // of each code, of the four units
  parameter Dir = ".";

  logic clk = 1'b0, rst_n = 1'b0, run_all = 1'b1;
  always #5 clk = !clk;
  logic set = 1'b0, rd = 1'b0, reset = 1'b0, code = 1'b0;
  logic [Units-1:0] shown;
  logic [3:0] four;

  for (genvar u = 0; u < Units; u++) begin : gen_unit
    cim_mtj_bit #(.DriveBits(1), .UnitId(u), .TableFile({Dir, "/half.mem"})) u_mtj (
        .clk_i(clk && run_all), .rst_ni(rst_n), .set_i(set), .read_i(rd), .reset_i(reset), .drive_i(code), .bit_o(shown[u]),
        .trim_o());
  end
  for (genvar u = 0; u < 4; u++) begin : gen_four
    cim_mtj_bit #(.DriveBits(1), .UnitId(1000 + 7 * u), .TableFile({Dir, "/half.mem"})) u_mtj (
        .clk_i(clk), .rst_ni(rst_n), .set_i(set), .read_i(rd), .reset_i(reset), .drive_i(code), .bit_o(four[u]), .trim_o());
  end

  task automatic draw;
    set = 1'b1;
    @(negedge clk);
    set = 1'b0;
    rd = 1'b1;
    #1;
  endtask
  task automatic finish_draw;
    rd = 1'b0;
    reset = 1'b1;
    @(negedge clk);
    reset = 1'b0;
  endtask

  // How far `count` of Draws is from what probability p gives, in standard deviations.
  function automatic real off(input int count, input real p);
    off = (1.0 * count - Draws * p) / $sqrt(Draws * p * (1.0 - p));
  endfunction

  function automatic int constant(input logic [63:0] parities);
    constant = (parities == '0 || parities == '1) ? 1 : 0;
  endfunction

  logic [63:0] seen[0:Units-1];
  logic [63:0] two, three;
  int related = 0, errors = 0, odd, ones[0:3];
  real p, worst;

  initial begin
    repeat (2) @(negedge clk);
    rst_n = 1'b1;
    for (int d = 0; d < 64; d++) begin
      draw();
      for (int u = 0; u < Units; u++) seen[u][d] = shown[u];
      finish_draw();
    end
    run_all = 1'b0;
    for (int a = 0; a < Units; a++) for (int b = a + 1; b < Units; b++) begin
      two = seen[a] ^ seen[b];
      related = related + constant(two);
      for (int c = b + 1; c < Units; c++) begin
        three = two ^ seen[c];
        related = related + constant(three);
        for (int d = c + 1; d < Units; d++) related = related + constant(three ^ seen[d]);
      end
    end
    $display("%0d units: %0d subsets of 2, 3 or 4 whose parity never changes", Units, related);

    gen_four[3].u_mtj.rng_q = gen_four[0].u_mtj.rng_q ^ gen_four[1].u_mtj.rng_q ^ gen_four[2].u_mtj.rng_q;
    for (int c = 0; c < 2; c++) begin
      code = c != 0;
      p = (c == 0) ? 0.5 : 0.25;
      odd = 0;
      for (int u = 0; u < 4; u++) ones[u] = 0;
      for (int d = 0; d < Draws; d++) begin
        draw();
        odd = odd + 32'(^four);
        for (int u = 0; u < 4; u++) ones[u] = ones[u] + 32'(four[u]);
        finish_draw();
      end
      if ((gen_four[0].u_mtj.rng_q ^ gen_four[1].u_mtj.rng_q ^ gen_four[2].u_mtj.rng_q) !== gen_four[3].u_mtj.rng_q)
        $fatal(1, "FAIL: the generator is not the one this bench is about");
      worst = off(odd, (1.0 - (1.0 - 2.0 * p) ** 4) / 2.0);
      $display("four related units, p = %4.2f: odd in %0d of %0d draws, %5.2f standard deviations off", p, odd, Draws, worst);
      if (worst ** 2 > 25.0) errors = errors + 1;
      for (int u = 0; u < 4; u++) if (off(ones[u], p) ** 2 > 25.0) errors = errors + 1;
    end
    if (related != 0 || errors != 0) $fatal(1, "FAIL: %0d related, %0d figures off", related, errors);
    $display("PASS");
    $finish;
  end
endmodule

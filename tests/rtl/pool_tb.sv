// Self-checking bench of cim_max_pool (pool_case.sv): windows that fill the map and windows that leave rows, columns or both over.
module pool_tb;
  parameter int Images = 5;

  localparam int Points = 8;
  logic clk = 1'b0, rst_n = 1'b0;
  always #5 clk = !clk;

  logic [Points-1:0] finished;
  int errors[0:Points-1];
  int beats[0:Points-1];

`define POINT(n_, lanes_, words_, h_, w_, pool_) \
  pool_case #(.Lanes(lanes_), .Words(words_), .Height(h_), .Width(w_), .Pool(pool_), .Images(Images)) u_point_``n_ ( \
      .clk(clk), .rst_n(rst_n), .finished(finished[n_]), .errors(errors[n_]), .beats(beats[n_]));
  // lanes, words, height, width, pool
  `POINT(0, 3, 2, 4, 4, 2)
  `POINT(1, 1, 1, 2, 2, 2)
  `POINT(2, 4, 3, 7, 9, 2)
  `POINT(3, 5, 1, 6, 9, 3)
  `POINT(4, 2, 2, 8, 7, 3)
  `POINT(5, 1, 3, 11, 3, 3)
  `POINT(6, 7, 1, 4, 11, 4)
  `POINT(7, 2, 5, 3, 3, 2)

  int all = 0, failures = 0;
  initial begin
    repeat (3) @(negedge clk);
    rst_n = 1'b1;
    for (int c = 0; c < 100000 && finished !== '1; c++) @(negedge clk);
    for (int n = 0; n < Points; n++) begin
      all = all + beats[n];
      failures = failures + errors[n];
    end
    if (failures != 0 || finished !== '1) $fatal(1, "FAIL: %0d errors, finished %b", failures, finished);
    $display("PASS %0d beats", all);
    $finish;
  end
endmodule

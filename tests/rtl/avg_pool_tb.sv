// Self-checking bench of cim_avg_pool (avg_pool_case.sv): pools in a row, one pool a row, one pool a map, one word and several.
module avg_pool_tb;
  parameter int Images = 6;

  localparam int Points = 8;
  logic clk = 1'b0, rst_n = 1'b0;
  always #5 clk = !clk;

  logic [Points-1:0] finished;
  int errors[0:Points-1];
  int beats[0:Points-1];
  int blocked[0:Points-1];

`define POINT(n_, lanes_, words_, h_, w_, pool_) \
  avg_pool_case #(.Lanes(lanes_), .Words(words_), .Height(h_), .Width(w_), .Pool(pool_), .Images(Images)) u_point_``n_ ( \
      .clk(clk), .rst_n(rst_n), .finished(finished[n_]), .errors(errors[n_]), .beats(beats[n_])); \
  assign blocked[n_] = u_point_``n_.blocked;
  // lanes, words, height, width, pool
  `POINT(0, 3, 2, 4, 4, 2)
  `POINT(1, 1, 1, 2, 2, 2)
  `POINT(2, 4, 3, 6, 8, 2)
  `POINT(3, 5, 1, 6, 9, 3)
  `POINT(4, 2, 2, 9, 6, 3)
  `POINT(5, 1, 3, 12, 3, 3)
  `POINT(6, 7, 1, 4, 12, 4)
  `POINT(7, 1, 10, 7, 7, 7)

  int all = 0, failures = 0, waits = 0;
  initial begin
    repeat (3) @(negedge clk);
    rst_n = 1'b1;
    for (int c = 0; c < 200000 && finished !== '1; c++) @(negedge clk);
    for (int n = 0; n < Points; n++) begin
      all = all + beats[n];
      failures = failures + errors[n];
      waits = waits + blocked[n];
    end
    // One pool a row needs no memory, so nothing waits for it.
    if (blocked[1] != 0 || blocked[5] != 0 || blocked[7] != 0) failures = failures + 1;
    if (failures != 0 || finished !== '1) $fatal(1, "FAIL: %0d errors, finished %b", failures, finished);
    if (waits == 0) $fatal(1, "FAIL: no word ever waited for the memory");
    $display("PASS %0d beats, %0d clocks with the memory taken", all, waits);
    $finish;
  end
endmodule

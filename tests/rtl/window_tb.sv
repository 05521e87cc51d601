// Self-checking bench of cim_window_buffer: at every point the smallest Depth by the rule of rtl/README.md completes, so do larger
// ones, and one pixel less starves (window_case.sv). Points: kernels, strides and paddings that cover each other or do not, both
// row orders, one row, one column, the map walked several times.
module window_tb;
  parameter int Images = 3;

  localparam int Points = 20;
  logic clk = 1'b0, rst_n = 1'b0;
  always #5 clk = !clk;

  logic [3*Points-1:0] finished;
  int errors[0:3*Points-1];
  int windows[0:3*Points-1];

`define POINT(n_, c_, e_, h_, w_, k_, s_, p_, value_, absent_, major_, passes_) \
  for (genvar g = 0; g < 3; g++) begin : gen_point_``n_ \
    window_case #(.Channels(c_), .ElemBits(e_), .Height(h_), .Width(w_), .Kernel(k_), .Stride(s_), .Padding(p_), \
                  .PadValue(value_), .Absent(absent_), .TapMajor(major_), .Passes(passes_), .Images(Images), \
                  .Extra(g == 2 ? n_ * n_ + 1 : g == 1 ? 0 : -1)) u_case ( \
        .clk(clk), .rst_n(rst_n), .finished(finished[3*n_+g]), .errors(errors[3*n_+g]), .windows(windows[3*n_+g])); \
    always @(posedge finished[3*n_+g]) if (g == 0 ? windows[3*n_] == u_case.Total && errors[3*n_] == 0 \
        : windows[3*n_+g] != u_case.Total || errors[3*n_+g] != 0) wrong(n_, u_case.Depth, windows[3*n_+g], u_case.Total); \
  end
  // channels, bits, height, width, kernel, stride, padding, pad value, absent, tap-major, passes
  `POINT(0, 2, 1, 5, 6, 3, 1, 0, 0, 0, 0, 1)
  `POINT(1, 3, 2, 6, 5, 3, 1, 1, 0, 1, 0, 1)
  `POINT(2, 1, 4, 7, 6, 3, 2, 1, 9, 0, 1, 1)
  `POINT(3, 2, 1, 5, 7, 2, 2, 0, 0, 0, 1, 1)
  `POINT(4, 2, 3, 7, 8, 2, 3, 1, 5, 1, 0, 1)
  `POINT(5, 1, 1, 5, 7, 5, 1, 4, 1, 1, 1, 1)
  `POINT(6, 2, 2, 4, 5, 3, 1, 1, 2, 1, 1, 3)
  `POINT(7, 1, 1, 6, 6, 3, 2, 0, 0, 0, 0, 2)
  `POINT(8, 1, 1, 9, 8, 7, 2, 3, 1, 0, 0, 1)
  `POINT(9, 1, 3, 1, 9, 3, 1, 1, 0, 1, 0, 1)
  `POINT(10, 3, 1, 4, 5, 1, 1, 0, 0, 0, 0, 2)
  `POINT(11, 1, 2, 11, 10, 3, 7, 2, 3, 0, 1, 2)
  `POINT(12, 2, 1, 6, 1, 2, 1, 1, 1, 0, 0, 1)
  `POINT(13, 2, 2, 9, 11, 4, 3, 2, 1, 1, 1, 1)
  `POINT(14, 5, 1, 8, 8, 5, 1, 2, 0, 1, 0, 1)
  `POINT(15, 1, 1, 3, 3, 7, 1, 6, 0, 1, 0, 1)
  `POINT(16, 1, 1, 8, 9, 4, 7, 0, 0, 0, 0, 1)
  `POINT(17, 1, 8, 7, 7, 3, 3, 2, 255, 0, 1, 1)
  `POINT(18, 2, 1, 2, 13, 2, 1, 0, 0, 0, 1, 4)
  `POINT(19, 64, 1, 4, 4, 3, 1, 1, 1, 0, 0, 1)

  int failures = 0;
  task automatic wrong(input int n, input int depth, input int seen, input int total);
    failures = failures + 1;
    $display("point %0d, depth %0d: %0d of %0d windows", n, depth, seen, total);
  endtask

  int all = 0;
  initial begin
    repeat (3) @(negedge clk);
    rst_n = 1'b1;
    for (int c = 0; c < 400000 && finished !== '1; c++) @(negedge clk);
    for (int n = 0; n < 3 * Points; n++) all = all + windows[n];
    if (failures != 0 || finished !== '1) $fatal(1, "FAIL: %0d wrong, finished %b", failures, finished);
    $display("PASS %0d windows", all);
    $finish;
  end
endmodule

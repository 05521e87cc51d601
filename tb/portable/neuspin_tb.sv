// Portable self-checking testbench of a generated design: plays tb/in.memh, compares with tb/expected.memh, checks the
// stream rules and the counters, and prints one line that starts with PASS or FAIL. Run it inside the output folder.
//   +no_stalls     offer and take every beat at once; the cycle count must then equal the planned one
//   +stall_seed=N  another pattern of random stalls
`include "neuspin_tb_macros.svh"

module neuspin_tb;
  `include "neuspin_tb_constants.svh"

  localparam int DrainCycles = 200;  // nothing may come out after the last expected beat
  localparam int ShownErrors = 10;
  localparam logic [7:0] AddrId = 8'd0, AddrSpecId = 8'd1, AddrImagesIn = 8'd9, AddrImagesOut = 8'd10, AddrCalibrate = 8'd14;

  logic clk = 1'b0;
  logic rst_n = 1'b0;
  initial forever #(HalfPeriod) clk = !clk;

  logic [InBits-1:0] in_data;
  logic in_valid, in_ready;
  logic [127:0] out_data;
  logic out_valid, out_ready, out_last;
  logic [7:0] reg_addr = AddrId;
  logic [31:0] reg_rdata;
  // Nothing is written or programmed. Variables, because Icarus 11 stops without a word on constants here.
  logic reg_we = 1'b0;
  logic prog_we = 1'b0;

  `NEUSPIN_TOP u_dut (
      .clk_i      (clk),
      .rst_ni     (rst_n),
      .in_data_i  (in_data),
      .in_valid_i (in_valid),
      .in_ready_o (in_ready),
      .out_data_o (out_data),
      .out_valid_o(out_valid),
      .out_ready_i(out_ready),
      .out_last_o (out_last),
      .reg_we_i   (reg_we),
      .reg_addr_i (reg_addr),
      .reg_wdata_i(32'd0),
      .reg_rdata_o(reg_rdata),
      .prog_we_i  (prog_we),
      .prog_unit_i(16'd0),
      .prog_addr_i(16'd0),
      .prog_data_i({ProgBits{1'b0}})
  );

  logic [InBits-1:0] beats[0:InBeats-1];
  logic [128:0] expected[0:OutBeats-1];  // {last, data}
  logic stalls;
  logic [31:0] lfsr;
  integer stream_errors = 0;    // counted by the clocked process
  integer register_errors = 0;  // counted at the end
  initial begin
    $readmemh("tb/in.memh", beats);
    $readmemh("tb/expected.memh", expected);
    stalls = !$test$plusargs("no_stalls");
    if (!$value$plusargs("stall_seed=%d", lfsr) || lfsr == 0) lfsr = 32'h1;
  end

  // 32-bit Galois LFSR, 16 steps a clock: four fresh bits for each side
  function automatic logic [31:0] advance(input logic [31:0] state);
    integer i;
    advance = state;
    for (i = 0; i < 16; i = i + 1) advance = {1'b0, advance[31:1]} ^ (advance[0] ? 32'h8020_0003 : 32'h0);
  endfunction

  logic started = 1'b0;     // random choices are at hand
  integer cycle = 0;        // since reset
  integer in_at = 0;        // beats accepted
  integer out_at = 0;
  integer first_cycle = 0;  // of the first accepted input beat
  integer last_cycle = 0;   // of the last accepted output beat
  logic held = 1'b0;        // a beat was offered and not taken in the clock before
  logic [128:0] held_beat = '0;

  task automatic mismatch(input integer at, input logic [128:0] want, input logic [128:0] got);
    stream_errors <= stream_errors + 1;
    if (stream_errors < ShownErrors) begin
      $display("MISMATCH output beat %0d cycle %0d: expected last,data = %h, actual %h", at, cycle, want, got);
    end
  endtask

  always @(posedge clk) begin
    if (!rst_n) begin
      in_valid  <= 1'b0;
      out_ready <= 1'b0;
      in_data   <= '0;
    end else begin
      lfsr  <= advance(lfsr);
      cycle <= cycle + 1;

      // source: once offered, a beat stays until it is taken
      if (in_valid && in_ready) begin
        if (in_at == 0) first_cycle <= cycle;
        in_at <= in_at + 1;
      end
      if (!in_valid || in_ready) begin
        if (started && in_at + (in_valid ? 1 : 0) < InBeats && !(stalls && lfsr[3:0] < 4'd5)) begin
          in_valid <= 1'b1;
          in_data  <= beats[in_at+(in_valid?1 : 0)];
        end else begin
          in_valid <= 1'b0;
        end
      end

      // sink
      out_ready <= !(stalls && lfsr[7:4] < 4'd5);
      if (out_valid && out_ready) begin
        if (out_at >= OutBeats) mismatch(out_at, '0, {out_last, out_data});
        else if ({out_last, out_data} !== expected[out_at]) mismatch(out_at, expected[out_at], {out_last, out_data});
        out_at     <= out_at + 1;
        last_cycle <= cycle;
      end
      if (held && (!out_valid || {out_last, out_data} !== held_beat)) mismatch(out_at, held_beat, {out_last, out_data});
      held      <= out_valid && !out_ready;
      held_beat <= {out_last, out_data};
    end
  end

  task automatic expect_register(input logic [7:0] address, input logic [31:0] want);
    reg_addr = address;
    @(negedge clk);
    if (reg_rdata !== want) begin
      $display("MISMATCH register %0d: expected %h, actual %h", address, want, reg_rdata);
      register_errors = register_errors + 1;
    end
  endtask

  initial begin
    repeat (4) @(negedge clk);
    rst_n = 1'b1;
    repeat (WaitCycles) @(negedge clk);
    expect_register(AddrCalibrate, 32'd0);
    started = 1'b1;
    while (out_at < OutBeats && cycle < CycleLimit) @(negedge clk);
    repeat (DrainCycles) @(negedge clk);
    if (out_at != OutBeats) begin
      $display("MISMATCH %0d output beats after %0d cycles, expected %0d", out_at, cycle, OutBeats);
      register_errors = register_errors + 1;
    end
    expect_register(AddrId, 32'h4e53_5031);
    expect_register(AddrSpecId, SpecId);
    expect_register(AddrImagesIn, Images);
    expect_register(AddrImagesOut, Images);
    if (!stalls && PlannedCycles != 0 && last_cycle - first_cycle + 1 != PlannedCycles) begin
      $display("MISMATCH %0d cycles, planned %0d", last_cycle - first_cycle + 1, PlannedCycles);
      register_errors = register_errors + 1;
    end
    if (stream_errors + register_errors == 0) begin
      $display("PASS %0d images, %0d output beats, %0d cycles", Images, OutBeats, last_cycle - first_cycle + 1);
    end else begin
      $display("FAIL %0d errors", stream_errors + register_errors);
    end
    $finish;
  end
endmodule

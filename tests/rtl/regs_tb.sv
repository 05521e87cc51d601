// Self-checking bench of cim_regs: random writes, reads and events against the register map of rtl/README.md.
module regs_tb;
  parameter int Units = 5;
  parameter int DriveBits = 6;
  parameter int MaxPasses = 20;
  parameter int Cycles = 20000;

  localparam logic [Units*DriveBits-1:0] DriveInit = {Units{6'h2a}} ^ 30'h1;

  logic clk = 1'b0, rst_n = 1'b0;
  always #5 clk = !clk;

  logic we = 1'b0, in_valid = 1'b0, in_ready = 1'b0, in_last = 1'b0, out_valid = 1'b0, out_ready = 1'b0, out_last = 1'b0;
  logic [7:0] addr = '0;
  logic [31:0] wdata = '0, rdata;
  logic [Units-1:0] samples = '0;
  logic [7:0] passes;
  logic [11:0] ood_threshold;
  logic [3:0] ood_k;
  logic [Units*DriveBits-1:0] drive;

  cim_regs #(
      .Units       (Units),
      .DriveBits   (DriveBits),
      .DriveInit   (DriveInit),
      .Passes      (11),
      .MaxPasses   (MaxPasses),
      .OodThreshold(300),
      .OodK        (2),
      .SpecId      (32'hdeadbeef)
  ) dut (
      .clk_i          (clk),
      .rst_ni         (rst_n),
      .reg_we_i       (we),
      .reg_addr_i     (addr),
      .reg_wdata_i    (wdata),
      .reg_rdata_o    (rdata),
      .in_valid_i     (in_valid),
      .in_ready_i     (in_ready),
      .in_last_i      (in_last),
      .out_valid_i    (out_valid),
      .out_ready_i    (out_ready),
      .out_last_i     (out_last),
      .samples_i      (samples),
      .passes_o       (passes),
      .ood_threshold_o(ood_threshold),
      .ood_k_o        (ood_k),
      .drive_o        (drive)
  );

  // What a read of every address returns
  logic [31:0] map[0:255];

  task automatic checkAll(input int cycle);
    if (rdata !== map[addr]) begin
      $display("FAIL cycle %0d: address %0d reads %h, expected %h", cycle, addr, rdata, map[addr]);
      $fatal;
    end
    if (passes !== map[2] || ood_threshold !== map[3] || ood_k !== map[4]) begin
      $display("FAIL cycle %0d: passes %0d threshold %0d k %0d", cycle, passes, ood_threshold, ood_k);
      $fatal;
    end
    for (int u = 0; u < Units; u++) begin
      if (drive[u*DriveBits+:DriveBits] !== map[64+u]) begin
        $display("FAIL cycle %0d: drive %0d is %h, expected %h", cycle, u, drive[u*DriveBits+:DriveBits], map[64+u]);
        $fatal;
      end
    end
  endtask

  task automatic clock;
    map[8] = map[8] + 1;
    if (in_valid && in_ready && in_last) map[9] = map[9] + 1;
    if (out_valid && out_ready && out_last) map[10] = map[10] + 1;
    if (in_valid && !in_ready) map[11] = map[11] + 1;
    if (out_valid && !out_ready) map[12] = map[12] + 1;
    for (int u = 0; u < Units; u++) if (samples[u]) map[13] = map[13] + 1;
    if (we) begin
      if (addr == 2) map[2] = wdata == 0 ? 1 : wdata > MaxPasses ? MaxPasses : wdata;
      if (addr == 3) map[3] = wdata % 4096;
      if (addr == 4) map[4] = wdata % 16;
      if (addr == 5) for (int a = 8; a <= 13; a++) map[a] = 0;
      if (addr >= 64 && addr < 64 + Units) map[addr] = wdata % (1 << DriveBits);
    end
  endtask

  initial begin
    for (int a = 0; a < 256; a++) map[a] = 0;
    map[0] = 32'h4e535031;
    map[1] = 32'hdeadbeef;
    map[2] = 11;
    map[3] = 300;
    map[4] = 2;
    for (int u = 0; u < Units; u++) map[64+u] = DriveInit[u*DriveBits+:DriveBits];
    @(negedge clk);
    rst_n = 1'b1;
    for (int cycle = 0; cycle < Cycles; cycle++) begin
      we = $urandom % 4 == 0;
      case ($urandom % 4)
        0: addr = $urandom;
        1: addr = 64 + $urandom % (Units + 2);
        default: addr = $urandom % 16;
      endcase
      if (addr == 5) we = $urandom % 64 == 0;  // let the counters grow
      case ($urandom % 3)
        0: wdata = $urandom % (MaxPasses + 3);
        1: wdata = 1 << ($urandom % 32);
        default: wdata = $urandom;
      endcase
      {in_valid, in_ready, in_last, out_valid, out_ready, out_last} = $urandom;
      samples = $urandom;
      #1 checkAll(cycle);
      clock();
      @(negedge clk);
    end
    $display("PASS %0d cycles", Cycles);
    $finish;
  end
endmodule

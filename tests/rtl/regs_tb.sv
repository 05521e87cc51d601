// Self-checking bench of cim_regs: random writes, reads and events against the register map of rtl/README.md.
module regs_tb;
  parameter int Banks = 5;
  parameter int SampleBits = 6;
  parameter int Layers = 3;
  parameter int RowBits = 7;
  parameter int MaxPasses = 20;
  parameter int Cycles = 20000;

  logic clk = 1'b0, rst_n = 1'b0;
  always #5 clk = !clk;

  logic we = 1'b0, in_valid = 1'b0, in_ready = 1'b0, in_last = 1'b0, out_valid = 1'b0, out_ready = 1'b0, out_last = 1'b0;
  logic [7:0] addr = '0;
  logic [31:0] wdata = '0, rdata;
  logic [Banks*SampleBits-1:0] samples = '0;
  logic [Layers-1:0] reads = '0;
  logic [Layers*RowBits-1:0] rows = '0;
  logic [Banks-1:0] calibrating = '0, alarm = '0;
  logic [Banks*32-1:0] unit_rdata = '0;
  logic [15:0] unit_id;
  logic [7:0] unit_word;
  logic unit_we, calibrate;
  logic [31:0] unit_wdata;
  logic [7:0] passes;
  logic [11:0] ood_threshold;
  logic [3:0] ood_k;

  cim_regs #(
      .Banks       (Banks),
      .SampleBits  (SampleBits),
      .Layers      (Layers),
      .RowBits     (RowBits),
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
      .reads_i        (reads),
      .rows_i         (rows),
      .calibrating_i  (calibrating),
      .alarm_i        (alarm),
      .unit_rdata_i   (unit_rdata),
      .unit_id_o      (unit_id),
      .unit_word_o    (unit_word),
      .unit_we_o      (unit_we),
      .unit_wdata_o   (unit_wdata),
      .calibrate_o    (calibrate),
      .passes_o       (passes),
      .ood_threshold_o(ood_threshold),
      .ood_k_o        (ood_k)
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
    if (unit_id !== map[6] % 65536 || unit_word !== map[6] / 65536 || unit_we !== (we && addr == 7) ||
        unit_wdata !== wdata || calibrate !== (we && addr == 14)) begin
      $display("FAIL cycle %0d: unit %0d word %0d we %b wdata %h calibrate %b", cycle, unit_id, unit_word, unit_we,
               unit_wdata, calibrate);
      $fatal;
    end
  endtask

  task automatic clock;
    map[8] = map[8] + 1;
    if (in_valid && in_ready && in_last) map[9] = map[9] + 1;
    if (out_valid && out_ready && out_last) map[10] = map[10] + 1;
    if (in_valid && !in_ready) map[11] = map[11] + 1;
    if (out_valid && !out_ready) map[12] = map[12] + 1;
    for (int b = 0; b < Banks; b++) map[13] = map[13] + samples[b*SampleBits+:SampleBits];
    for (int l = 0; l < Layers; l++) begin
      map[16] = map[16] + reads[l];
      map[17] = map[17] + rows[l*RowBits+:RowBits];
    end
    if (we) begin
      if (addr == 2) map[2] = wdata == 0 ? 1 : wdata > MaxPasses ? MaxPasses : wdata;
      if (addr == 3) map[3] = wdata % 4096;
      if (addr == 4) map[4] = wdata % 16;
      if (addr == 5) begin
        for (int a = 8; a <= 13; a++) map[a] = 0;
        map[16] = 0;
        map[17] = 0;
      end
      if (addr == 6) map[6] = wdata % (1 << 24);
    end
  endtask

  initial begin
    for (int a = 0; a < 256; a++) map[a] = 0;
    map[0] = 32'h4e535031;
    map[1] = 32'hdeadbeef;
    map[2] = 11;
    map[3] = 300;
    map[4] = 2;
    @(negedge clk);
    rst_n = 1'b1;
    for (int cycle = 0; cycle < Cycles; cycle++) begin
      we = $urandom % 4 == 0;
      case ($urandom % 4)
        0: addr = $urandom;
        1: addr = 6 + $urandom % 2 * 8 + $urandom % 2;  // the unit bus, CALIBRATE, ALARMS
        default: addr = $urandom % 18;
      endcase
      if (addr == 5) we = $urandom % 64 == 0;  // let the counters grow
      case ($urandom % 3)
        0: wdata = $urandom % (MaxPasses + 3);
        1: wdata = 1 << ($urandom % 32);
        default: wdata = $urandom;
      endcase
      {in_valid, in_ready, in_last, out_valid, out_ready, out_last} = $urandom;
      samples = {$urandom, $urandom};
      reads = $urandom;
      rows = $urandom;
      alarm = $urandom;
      calibrating = $urandom % 4 == 0 ? $urandom : 0;
      // One bank answers, or none; sometimes two, which the OR must show.
      unit_rdata = '0;
      map[7] = 0;
      for (int b = 0; b < Banks; b++) begin
        if ($urandom % Banks == 0) unit_rdata[b*32+:32] = $urandom;
        map[7] = map[7] | unit_rdata[b*32+:32];
      end
      map[14] = calibrating != 0 ? 1 : 0;
      map[15] = alarm;
      #1 checkAll(cycle);
      clock();
      @(negedge clk);
    end
    $display("PASS %0d cycles", Cycles);
    $finish;
  end
endmodule

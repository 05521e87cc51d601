// How evenly cim_arbiter_onehot chooses: arbiters of several sizes side by side, each without and with whitening, all asked
// for a choice in every clock until they made Draws. Compiled by Verilator once and run for every set of devices (uniform.sh):
//   +draws=N      choices of each arbiter; of those that whiten +white_draws=N
//   +calibrate=1  the calibration loop runs first
// Device tables come from the folder it runs in: chance_<Choices>.mem, one row of codes a unit of that arbiter.
// Prints "count <Choices> <Whiten> <n> <usage counter n>", as read on the unit bus, and "residual <Choices> <Whiten> <unit>
// <drive code> <residual>"; the bench's own count of onehot_o must equal the counters. uniform.sh judges the figures.
module uniform_arbiter #(
    parameter int Choices = 2,
    parameter int Whiten  = 0,
    parameter int CalLog2 = 12
) (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic [31:0] draws_i,
    input  logic        calibrate_i,
    input  logic        wait_i,       // nothing is taken yet
    input  logic        report_i,
    input  logic [ 7:0] word_i,
    input  logic [15:0] unit_i,
    output logic        calibrating_o,
    output logic        done_o
);
  localparam int IndexBits = $clog2(Choices);

  logic                 valid, ready, alarm;
  logic [IndexBits-1:0] index;
  logic [  Choices-1:0] onehot;
  logic [         31:0] rdata;
  logic [$clog2(IndexBits+1)-1:0] sampled;
  logic [31:0] count[0:Choices-1];
  logic [31:0] taken_q, code;

  cim_arbiter_onehot #(
      .Choices   (Choices),
      .Whiten    (Whiten),
      .DriveBits (4),
      .DriveInit (8),
      .Calibrate (1),
      .CalLog2   (CalLog2),
      .CalTarget (2 ** (CalLog2 - 1)),
      .Seed      (Choices),
      .TableFile ({"chance_", 8'(48 + Choices / 10), 8'(48 + Choices % 10), ".mem"}),
      .TableUnits(IndexBits)
  ) dut (
      .clk_i        (clk_i),
      .rst_ni       (rst_ni),
      .mask_ready_i (ready),
      .mask_valid_o (valid),
      .index_o      (index),
      .onehot_o     (onehot),
      .unit_id_i    (unit_i),
      .unit_word_i  (word_i),
      .unit_we_i    (1'b0),
      .unit_wdata_i ('0),
      .calibrate_i  (calibrate_i),
      .unit_rdata_o (rdata),
      .calibrating_o(calibrating_o),
      .alarm_o      (alarm),
      .sampled_o    (sampled)
  );

  assign ready  = !wait_i && taken_q < draws_i;
  assign done_o = taken_q >= draws_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      taken_q <= '0;
      for (int n = 0; n < Choices; n++) count[n] <= '0;
    end else if (ready && valid) begin
      taken_q <= taken_q + 32'd1;
      if (onehot == Choices'(1) << index) count[index] <= count[index] + 32'd1;
      else $display("FAIL: %0d choices: index %0d, one-hot %b", Choices, index, onehot);
    end
  end

  always_ff @(posedge clk_i) begin
    if (report_i && word_i == 8'd0) code <= rdata;
    if (report_i && word_i == 8'd1 && 32'(unit_i) < IndexBits)
      $display("residual %0d %0d %0d %0d %0d", Choices, Whiten, unit_i, code, $signed(rdata));
    if (report_i && word_i >= 8'd16 && 32'(word_i) < 16 + Choices) begin
      $display("count %0d %0d %0d %0d", Choices, Whiten, word_i - 8'd16, rdata);
      if (rdata != count[IndexBits'(word_i-8'd16)])
        $display("FAIL: %0d choices: usage counter %0d is %0d, chosen %0d times", Choices, word_i - 8'd16, rdata,
                 count[IndexBits'(word_i-8'd16)]);
    end
  end

  logic unused;
  assign unused = ^{alarm, sampled};
endmodule

module uniform_tb (
    input logic clk_i,
    input logic rst_ni
);
  localparam int Sizes = 9;
  localparam int Points = 2 * Sizes;
  localparam int Units = 5;
  localparam int MostChoices = 32;
  localparam int MostClocks = 60_000_000;

  function automatic int choices(input int size);
    case (size)
      0: choices = 2;
      1: choices = 3;
      2: choices = 5;
      3: choices = 7;
      4: choices = 8;
      5: choices = 12;
      6: choices = 16;
      7: choices = 31;
      default: choices = 32;
    endcase
  endfunction

  logic [31:0] draws, white_draws, calibrate, clock_q;
  logic [Points-1:0] calibrating, done;
  logic started_q, waiting_q, report_q;
  logic [ 7:0] step_q, word;
  logic [15:0] unit;

  // The sweep: drive code and residual of every unit, then the usage counters.
  assign unit = (step_q < 8'(2 * Units)) ? 16'(step_q >> 1) : 16'd0;
  assign word = (step_q < 8'(2 * Units)) ? step_q % 8'd2 : step_q - 8'(2 * Units) + 8'd16;

  initial begin
    if ($value$plusargs("draws=%d", draws) == 0) draws = 1000;
    if ($value$plusargs("white_draws=%d", white_draws) == 0) white_draws = draws;
    if ($value$plusargs("calibrate=%d", calibrate) == 0) calibrate = 0;
  end

  for (genvar p = 0; p < Points; p++) begin : gen_point
    uniform_arbiter #(
        .Choices(choices(p / 2)),
        .Whiten (p % 2)
    ) u_arbiter (
        .clk_i        (clk_i),
        .rst_ni       (rst_ni),
        .draws_i      ((p % 2 != 0) ? white_draws : draws),
        .calibrate_i  (!started_q && calibrate != 0),
        .wait_i       (waiting_q),
        .report_i     (report_q),
        .word_i       (word),
        .unit_i       (unit),
        .calibrating_o(calibrating[p]),
        .done_o       (done[p])
    );
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      clock_q   <= '0;
      started_q <= 1'b0;
      waiting_q <= 1'b1;
      report_q  <= 1'b0;
      step_q    <= '0;
    end else begin
      clock_q   <= clock_q + 32'd1;
      started_q <= 1'b1;
      if (started_q && calibrating == '0) waiting_q <= 1'b0;
      if (done == '1 && !waiting_q) report_q <= 1'b1;
      if (report_q) step_q <= step_q + 8'd1;
      if (step_q == 8'(2 * Units + MostChoices)) begin
        $display("clocks %0d", clock_q);
        $finish;
      end
      if (clock_q == MostClocks) begin
        $display("FAIL: not done after %0d clocks: %b", MostClocks, done);
        $finish;
      end
    end
  end
endmodule

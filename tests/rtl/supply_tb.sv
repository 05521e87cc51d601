// Self-checking bench of the supplies of random choices (cim_mask_supply, cim_arbiter_onehot) with their bank: draws, queue,
// unit bus, health monitor and calibration, under random ready, bus traffic and calibration commands at any time.
// The model counts draws, not clocks: what each unit's n-th draw is, and from that every mask, alarm, drive code and residual.
// It sees when a draw happens (sampled_o) and predicts the rest, each clock. Modules must be at least 2, so that a draw of all
// units differs from one of a calibration. Dir/chance.mem: switching probability of unit u at code c (run_tb.sh).
module supply_tb;
  parameter int Arbiter = 0;
  parameter int Choices = 3;
  parameter int Bits = 5;
  parameter int Share = 1;
  parameter int Whiten = 0;
  parameter int SetCycles = 2;
  parameter int HealthLog2 = 4;
  parameter int RunCutoff = 7;
  parameter int OnesLow = 4;
  parameter int OnesHigh = 12;
  parameter int Calibrate = 2;
  parameter int CalLog2 = 5;
  parameter int CalTarget = 16;
  parameter int Cycles = 60000;
  parameter int Units = 8;  // in the table file; run_tb.sh sets it
  parameter Dir = ".";

  localparam int IndexBits = $clog2(Choices);
  localparam int Modules = Arbiter ? IndexBits : (Bits + Share - 1) / Share;
  localparam int Rounds = Arbiter ? 1 : (Bits + Modules - 1) / Modules;
  localparam int Width = Arbiter ? IndexBits : Bits;
  localparam int SampledBits = $clog2(Modules + 1);
  localparam int FirstUnit = 300;
  localparam int DriveInit = 1;
  localparam int Seed = 4711;
  localparam int Window = 2 ** CalLog2;

  logic clk = 1'b0, rst_n = 1'b0;
  always #5 clk = !clk;

  logic ready = 1'b0, valid, we = 1'b0, calibrate = 1'b0, calibrating, alarm;
  logic [Width-1:0] mask;
  logic [Choices-1:0] onehot;
  logic [15:0] id = '0;
  logic [7:0] bus_word = '0;
  logic [31:0] wdata = '0, rdata;
  logic [SampledBits-1:0] sampled;

  if (Arbiter != 0) begin : gen_arbiter
    cim_arbiter_onehot #(.Choices(Choices), .SetCycles(SetCycles), .Whiten(Whiten), .DriveBits(3), .DriveInit(DriveInit),
        .HealthLog2(HealthLog2), .RunCutoff(RunCutoff), .OnesLow(OnesLow), .OnesHigh(OnesHigh), .Calibrate(Calibrate),
        .CalLog2(CalLog2), .CalTarget(CalTarget), .FirstUnit(FirstUnit), .Seed(Seed),
        .TableFile({Dir, "/chance.mem"}), .TableUnits(Modules)) dut (
        .clk_i(clk), .rst_ni(rst_n), .mask_ready_i(ready), .mask_valid_o(valid), .index_o(mask), .onehot_o(onehot),
        .unit_id_i(id), .unit_word_i(bus_word), .unit_we_i(we), .unit_wdata_i(wdata), .calibrate_i(calibrate),
        .unit_rdata_o(rdata), .calibrating_o(calibrating), .alarm_o(alarm), .sampled_o(sampled));
  end else begin : gen_masks
    cim_mask_supply #(.Bits(Bits), .Modules(Modules), .SetCycles(SetCycles), .Whiten(Whiten), .DriveBits(3),
        .DriveInit(DriveInit), .HealthLog2(HealthLog2), .RunCutoff(RunCutoff), .OnesLow(OnesLow), .OnesHigh(OnesHigh),
        .Calibrate(Calibrate), .CalLog2(CalLog2), .CalTarget(CalTarget), .FirstUnit(FirstUnit), .Seed(Seed),
        .TableFile({Dir, "/chance.mem"}), .TableUnits(Modules)) dut (
        .clk_i(clk), .rst_ni(rst_n), .mask_ready_i(ready), .mask_valid_o(valid), .mask_o(mask), .unit_id_i(id),
        .unit_word_i(bus_word), .unit_we_i(we), .unit_wdata_i(wdata), .calibrate_i(calibrate), .unit_rdata_o(rdata),
        .calibrating_o(calibrating), .alarm_o(alarm), .sampled_o(sampled));
    assign onehot = '0;
  end

  // ---- the model ----
  int draws[0:Modules-1];     // of each unit so far
  int code[0:Modules-1];
  int residual[0:Modules-1];
  int alarmed[0:Modules-1];
  int kept[0:Modules-1];      // first half of a whitened pair
  int drawn[0:Modules-1];     // in this cycle
  int usage[0:255];
  int half = 0, round = 0, tries = 0;
  logic [Width-1:0] growing;
  logic [Width-1:0] queue[0:1];
  int held = 0;
  // health
  int watched = 0, watch_draws = 0, watch_ones = 0, watch_run = 0, watch_last = 0;
  // calibration
  int cal_on, cal_unit = 0, cal_draws = 0, cal_ones = 0, cal_windows = 0, cal_up = 0, cal_best = 0, cal_best_code = 0;
  int errors = 0, taken = 0, calibrations = 0, alarms = 0, quiet = 0, steps = 0, cycle = 0;

  function automatic longint finalise(input longint given);
    longint x;
    x = given & 64'hffffffff;
    x = x ^ (x / 65536);
    x = (x * 64'h7feb352d) & 64'hffffffff;
    x = x ^ (x / 32768);
    x = (x * 64'h846ca68b) & 64'hffffffff;
    finalise = x ^ (x / 65536);
  endfunction
  function automatic longint chance(input int u, input int c);  // p = (10(c + 1) + 37u mod 11 − 5) / 100
    chance = 64'd4294967296 * ((c + 1) * 10 + (u * 37) % 11 - 5) / 100;
  endfunction
  function automatic int draw(input int u);
    longint x;
    x = finalise(64'(Seed) + 64'h9E3779B9);
    x = finalise(x ^ 64'(FirstUnit + u));
    x = finalise(x ^ 64'(draws[u]));
    draw = (x < chance(u, code[u])) ? 1 : 0;
  endfunction
  function automatic int size(input int v);
    size = v < 0 ? -v : v;
  endfunction

  task automatic fail(input int line);
    errors = errors + 1;
    if (errors < 10) $display("cycle %0d, line %0d: id %0d word %0d", cycle, line, id, bus_word);
  endtask

  task automatic finish_choice(input logic [Width-1:0] made);
    if (held > 1) fail(1);
    queue[held%2] = made;
    held = held + 1;
  endtask

  task automatic deliver;
    int number;
    if (Arbiter != 0) begin
      number = 0;
      for (int u = 0; u < Modules; u++) number = number + drawn[u] * 2 ** u;
      if (number < Choices) begin
        finish_choice(Width'(number));
        tries = 0;
      end else if (tries == 15) begin
        finish_choice(Width'(number - Choices));
        tries = 0;
      end else tries = tries + 1;
    end else begin
      for (int u = 0; u < Modules; u++) if (round * Modules + u < Bits) growing[round*Modules+u] = drawn[u] != 0;
      round = round + 1;
      if (round == Rounds) begin
        finish_choice(growing);
        round = 0;
      end
    end
  endtask

  // One unit at a time, a window each: too many equal bits in a row, or too few or too many ones.
  task automatic watch(input int bit_drawn);
    watch_run = (watch_draws == 0 || bit_drawn != watch_last) ? 1 : watch_run + 1;
    watch_last = bit_drawn;
    watch_draws = watch_draws + 1;
    watch_ones = watch_ones + bit_drawn;
    if (watch_run >= RunCutoff || (watch_draws == 2 ** HealthLog2 && (watch_ones < OnesLow || watch_ones > OnesHigh))) begin
      if (!(we && id == 16'(FirstUnit + watched) && bus_word == 8'd2)) alarmed[watched] = 1;
      alarms = alarms + 1;
    end
    if (watch_draws == 2 ** HealthLog2) begin
      watch_draws = 0;
      watch_ones = 0;
      watched = (watched + 1) % Modules;
    end
  endtask

  // A window's count decides: one code further, or stay at the better of the last two.
  task automatic judge;
    int off, up;
    off = cal_ones - CalTarget;
    up = off < 0 ? 1 : 0;
    steps = steps + 1;
    if (cal_windows == 0 || size(off) < size(cal_best)) begin
      cal_best = off;
      cal_best_code = code[cal_unit];
    end
    if (off == 0 || (up ? code[cal_unit] == 7 : code[cal_unit] == 0) || (cal_windows != 0 && up != cal_up)) begin
      code[cal_unit] = cal_best_code;
      residual[cal_unit] = cal_best;
      cal_unit = cal_unit + 1;
      cal_windows = 0;
    end else begin
      code[cal_unit] = code[cal_unit] + 2 * up - 1;
      residual[cal_unit] = off;
      cal_windows = cal_windows + 1;
      cal_up = up;
    end
    cal_draws = 0;
    cal_ones = 0;
  endtask

  task automatic sample;
    if (int'(sampled) == Modules) begin
      for (int u = 0; u < Modules; u++) begin
        drawn[u] = draw(u);
        draws[u] = draws[u] + 1;
      end
      if (HealthLog2 > 0 && !calibrating) watch(drawn[watched]);
      if (Whiten != 0 && half == 0) begin
        for (int u = 0; u < Modules; u++) kept[u] = drawn[u];
        half = 1;
      end else begin
        if (Whiten != 0) for (int u = 0; u < Modules; u++) drawn[u] = drawn[u] ^ kept[u];
        half = 0;
        if (!calibrating) deliver();
      end
    end else if (int'(sampled) == 1 && calibrating && cal_unit < Modules) begin
      cal_ones = cal_ones + draw(cal_unit);
      draws[cal_unit] = draws[cal_unit] + 1;
      cal_draws = cal_draws + 1;
      if (cal_draws == Window) judge();
    end else fail(2);
    quiet = 0;
  endtask

  function automatic int expected(input int unused);
    int u;
    u = int'(id) - FirstUnit;
    expected = 0;
    if (u >= 0 && u < Modules) begin
      if (bus_word == 0) expected = code[u];
      if (bus_word == 1) expected = residual[u];
      if (bus_word == 2) expected = alarmed[u];
      if (Arbiter != 0 && u == 0 && bus_word >= 16 && int'(bus_word) - 16 < Choices) expected = usage[int'(bus_word)-16];
    end
  endfunction

  int any_alarm;
  always @(posedge clk) if (rst_n) begin
    cycle = cycle + 1;
    any_alarm = 0;
    for (int u = 0; u < Modules; u++) if (alarmed[u] != 0) any_alarm = 1;
    if (valid !== (held != 0)) fail(3);
    if (calibrating !== (cal_on != 0)) fail(4);
    if (alarm !== (any_alarm != 0)) fail(5);
    if (rdata !== expected(0)) fail(6);
    if (valid && mask !== queue[0]) fail(7);
    if (Arbiter != 0 && onehot !== (valid ? Choices'(2 ** mask) : Choices'(0))) fail(8);
    quiet = quiet + 1;
    // The clock edge.
    if (we && bus_word == 2) begin
      if (int'(id) >= FirstUnit && int'(id) < FirstUnit + Modules) alarmed[int'(id)-FirstUnit] = 0;
    end
    if (we && bus_word == 0) begin
      if (int'(id) >= FirstUnit && int'(id) < FirstUnit + Modules) code[int'(id)-FirstUnit] = int'(wdata[2:0]);
    end
    if (ready && valid) begin
      taken = taken + 1;
      if (Arbiter != 0) usage[int'(mask)] = usage[int'(mask)] + 1;
      queue[0] = queue[1];
      held = held - 1;
    end
    if (sampled != 0) sample();
    if (calibrating) begin
      held = 0;
      round = 0;
      tries = 0;
    end
  end

  // The calibrator rests when its last unit's round is over; when exactly is the sequencer's business (rtl: proved).
  int over = 0;
  logic commanded;
  always @(negedge clk) if (rst_n) begin
    commanded = calibrate && Calibrate != 0 && cal_on == 0;
    if (cal_on != 0 && cal_unit == Modules) begin
      over = over + 1;
      if (!calibrating) begin
        cal_on = 0;
        over = 0;
        calibrations = calibrations + 1;
      end
      if (over > SetCycles + 6) fail(9);
    end
    if (commanded) begin
      cal_on = 1;
      cal_unit = 0;
      cal_windows = 0;
      cal_draws = 0;
      cal_ones = 0;
    end
  end

  initial begin
    for (int u = 0; u < Modules; u++) begin
      draws[u] = 0;
      code[u] = DriveInit;
      residual[u] = 0;
      alarmed[u] = 0;
      kept[u] = 0;
    end
    for (int n = 0; n < 256; n++) usage[n] = 0;
    cal_on = Calibrate == 2 ? 1 : 0;
    @(negedge clk);
    rst_n = 1'b1;
    for (int c = 0; c < Cycles && errors == 0; c++) begin
      #1;  // after the model's own negedge
      ready = (c / 500 % 3 == 0) ? 1'b1 : $urandom % 16 == 0;
      if (c / 500 % 7 == 6) ready = 1'b0;
      calibrate = $urandom % 4000 == 0 && !calibrate;
      id = 16'(FirstUnit - 1 + $urandom % (Modules + 2));
      bus_word = ($urandom % 4 == 0) ? 8'(16 + $urandom % (Choices + 1)) : 8'($urandom % 4);
      if ($urandom % 8 == 0) id = 16'(FirstUnit);
      we = 1'b0;
      wdata = $urandom;
      // An alarm may be cleared at any time, a drive code written only while nothing is drawn or asked for.
      if (bus_word == 2) we = $urandom % 64 == 0;
      if (bus_word == 0 && held == 2 && quiet > 2 * SetCycles + 12 && !ready && !calibrate && cal_on == 0) we = $urandom % 16 == 0;
      if (bus_word == 1 || bus_word == 3) we = $urandom % 8 == 0;  // ignored
      @(negedge clk);
    end
    if (errors != 0 || taken < 100 || (HealthLog2 > 0 && alarms == 0) || (Calibrate != 0 && (calibrations < 3 || steps <= calibrations * Modules)))
      $fatal(1, "FAIL: %0d errors, %0d taken, %0d alarms, %0d calibrations", errors, taken, alarms, calibrations);
    $display("PASS %0d taken, %0d alarms, %0d calibrations of %0d units in %0d windows", taken, alarms, calibrations, Modules, steps);
    $finish;
  end
endmodule

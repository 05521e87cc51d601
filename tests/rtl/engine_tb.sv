// Self-checking bench of a layer engine (engine_dut.sv) against z = sum of input * weight in plain integers: no counts of
// matches, no active rows, no slices, no clocks; random choices from the draws of the devices as behavioral/reference says.
// Weights and scale entries go in over the programming bus; the schedule is written into the ROM. The first half of the
// vectors runs without stalls and must take exactly max(stages) cycles a vector (but not where an arbiter may reject draws);
// the second half has random stalls on both sides. Ends with "PASS ..." or a message and a non-zero status.
// Dir/chance.mem: switching probability (c + 1)/10 of drive code c (run_tb.sh).
module engine_tb;
  parameter int Inputs = 13;
  parameter int Outputs = 11;
  parameter int ElemBits = 1;
  parameter int Bipolar = 1;
  parameter int BeatElems = 4;
  parameter int Group = 4;
  parameter int AdcBits = 0;    // > 0: columns sum currents; must tell all counts of a group apart
  parameter int TileRows = 8;
  parameter int TileCols = 8;
  parameter int BlockCols = 64;
  parameter int Lanes = 3;
  parameter int Form = 0;
  parameter int Last = 0;
  parameter int CrossNorm = 0;
  parameter int ReplayInput = 0;
  parameter int ReplaySums = 0;
  parameter int Passes = 1;     // windows a vector with either replay
  parameter int Choice = 0;     // see engine_dut.sv
  parameter int Banks = (Choice == 1) ? 2 : 1;
  parameter int Slices = 1;
  parameter int Arrays = 1;
  parameter int MaskGroup = 1;  // Choice 2: inputs of a mask bit
  parameter int NoiseBits = 3;  // Choice 4
  parameter int Share = 1;      // mask bits of a device
  parameter int Whiten = 0;
  parameter int SetCycles = 2;
  parameter int Vectors = 40;
  parameter Dir = ".";

  localparam int RowTiles = (Inputs + TileRows - 1) / TileRows;
  localparam int ColTiles = (Outputs + TileCols - 1) / TileCols;
  localparam int Groups = TileRows / Group;
  localparam int Steps = Groups * ElemBits;
  localparam int Beats = (Inputs + BeatElems - 1) / BeatElems;
  localparam int BeatWidth = BeatElems * ElemBits;
  localparam int Words = (Outputs + Lanes - 1) / Lanes;
  localparam int Replays = (ReplayInput != 0 || ReplaySums != 0) ? Passes : 1;
  localparam int Scale = 2 ** ElemBits - 1;
  localparam int Largest = 2 ** Slices - 1;  // weight
  localparam int MaskBits = (Choice == 1) ? $clog2(Banks) : (Choice == 2) ? (Inputs + MaskGroup - 1) / MaskGroup :
                            (Choice == 4) ? Lanes * NoiseBits : 1;
  localparam int Modules = (MaskBits + Share - 1) / Share;
  localparam int Rounds = (MaskBits + Modules - 1) / Modules;
  localparam int Choices = (Choice == 3) ? Arrays : (Choice == 5) ? Banks : 1;
  localparam int Arbiter = (Choice == 3 || Choice == 5) ? 1 : 0;
  localparam int AccBits = $clog2(TileRows * Scale + 1);
  localparam int ActiveBits = $clog2(RowTiles * TileRows * Scale + 1);
  localparam int SumBits = $clog2(Inputs * Scale * Largest + 1) + 1;
  localparam int ThetaBits = SumBits + 1;
  localparam int ScaleBits = 7;
  localparam int SigmaBits = 5;
  localparam int OffsetBits = 9;
  localparam int OutBits = SumBits + ScaleBits + 6;
  localparam int EntryBits = (Form == 0) ? 1 + ThetaBits : ScaleBits + OffsetBits + ((Form == 2) ? SigmaBits : 0);
  localparam int DataBits = Last ? Lanes * OutBits : Lanes;
  localparam int GroupBits = (Groups > 1) ? $clog2(Groups) : 1;
  localparam int PlaneBits = (ElemBits > 1) ? $clog2(ElemBits) : 1;
  localparam int StepBits = 3 + PlaneBits + GroupBits;
  localparam int ScaleUnit = 1000;
  localparam int RoundCycles = (SetCycles + 3) * (Whiten ? 2 : 1);  // set, read, reset, idle
  localparam int MaskCycles = (Choice == 0) ? 0 : Replays * Rounds * RoundCycles * ((Choice == 4) ? Words : 1);
  localparam int ReadCycles = Steps * (ReplayInput ? Replays : 1);
  localparam int PostCycles = Words * Replays;
  localparam int Slowest1 = (Beats > ReadCycles) ? Beats : ReadCycles;
  localparam int Slowest2 = (PostCycles > MaskCycles) ? PostCycles : MaskCycles;
  localparam int VectorCycles = (Slowest1 > Slowest2) ? Slowest1 : Slowest2;
  localparam int RateKnown = (Arbiter == 0 || Choices == 2 ** $clog2(Choices)) ? 1 : 0;
  localparam int Windows = Vectors * Replays;
  localparam int Entries = Banks * Words * Lanes;
  localparam int Seed = 77;
  localparam int FirstUnit = 5;
  localparam int DriveCode = (Arbiter != 0 || Choice == 4) ? 4 : 3;  // p = 0.5 or 0.4

  logic clk = 1'b0, rst_n = 1'b0;
  always #5 clk = !clk;

  logic [BeatWidth-1:0] in_data = '0;
  logic in_valid = 1'b0, in_ready, out_ready = 1'b0, out_valid, out_last;
  logic [DataBits-1:0] out_data;
  logic prog_we = 1'b0;
  logic [15:0] prog_unit = '0, prog_addr = '0;
  logic [TileCols-1:0] prog_row = '0;
  logic [Lanes*EntryBits-1:0] prog_word = '0;
  logic [7:0] passes = Replays;

  engine_dut #(
      .Inputs(Inputs), .Outputs(Outputs), .ElemBits(ElemBits), .Bipolar(Bipolar), .BeatElems(BeatElems), .Group(Group),
      .AdcBits(AdcBits),
      .TileRows(TileRows), .TileCols(TileCols), .BlockCols(BlockCols), .Lanes(Lanes), .Form(Form), .Last(Last),
      .CrossNorm(CrossNorm), .ReplayInput(ReplayInput), .ReplaySums(ReplaySums), .Slices(Slices), .Arrays(Arrays),
      .Banks(Banks), .Choice(Choice), .MaskBits(MaskBits), .MaskGroup(MaskGroup), .Modules(Modules),
      .NoiseBits(NoiseBits), .Whiten(Whiten), .SetCycles(SetCycles), .DriveInit(DriveCode), .Seed(Seed),
      .FirstUnit(FirstUnit), .TableFile({Dir, "/chance.mem"}), .ActiveBits(ActiveBits), .AccBits(AccBits),
      .SumBits(SumBits), .ThetaBits(ThetaBits), .ScaleBits(ScaleBits), .SigmaBits(SigmaBits), .OffsetBits(OffsetBits),
      .OutBits(OutBits), .EntryBits(EntryBits), .DataBits(DataBits), .ScaleUnit(ScaleUnit), .Steps(Steps),
      .StepBits(StepBits)
  ) u_dut (.*);

  // ---- what it must compute ----
  int weight[0:Arrays*Inputs*Outputs-1];  // odd, -Largest ... Largest
  int value[0:Vectors*Inputs-1];          // bipolar: +1, -1; else 0 ... 2^ElemBits - 1
  int theta[0:Entries-1];                 // column j of bank b at b*Words*Lanes + j
  int invert[0:Entries-1];
  int scale[0:Entries-1];
  int sigma[0:Entries-1];
  int offset[0:Entries-1];
  int chosen[0:Windows-1];                // bank or array of a window; the arbiter's numbers need the history

  // The k-th draw of a device, in 64-bit arithmetic.
  function automatic longint finalise(input longint given);
    longint x;
    x = given & 64'hffffffff;
    x = x ^ (x / 65536);
    x = (x * 64'h7feb352d) & 64'hffffffff;
    x = x ^ (x / 32768);
    x = (x * 64'h846ca68b) & 64'hffffffff;
    finalise = x ^ (x / 65536);
  endfunction
  function automatic int single(input int device, input int number);
    longint x;
    x = finalise(64'(Seed) + 64'h9E3779B9);
    x = finalise(x ^ 64'(FirstUnit + device));
    x = finalise(x ^ 64'(number));
    single = (x < 64'd4294967296 * (DriveCode + 1) / 10) ? 1 : 0;
  endfunction
  function automatic int draw(input int device, input int number);
    draw = Whiten ? (single(device, 2 * number) != single(device, 2 * number + 1) ? 1 : 0) : single(device, number);
  endfunction
  function automatic int mask_bit(input int mask, input int b);
    mask_bit = draw(b % Modules, mask * Rounds + b / Modules);
  endfunction

  task automatic choose_all;
    int number, drawn, tries;
    number = 0;
    for (int w = 0; w < Windows; w++) begin
      chosen[w] = 0;
      if (Choice == 1) for (int b = 0; b < MaskBits; b++) chosen[w] = chosen[w] + mask_bit(w, b) * 2 ** b;
      if (Arbiter != 0) begin
        drawn = Choices;
        tries = 0;
        while (drawn >= Choices && tries < 16) begin
          drawn = 0;
          for (int d = 0; d < $clog2(Choices); d++) drawn = drawn + draw(d, number) * 2 ** d;
          number = number + 1;
          tries = tries + 1;
        end
        chosen[w] = (drawn < Choices) ? drawn : drawn - Choices;
      end
    end
  endtask

  function automatic int dot(input int w, input int j);
    int total, base;
    total = 0;
    base = (Choice == 3) ? chosen[w] * Inputs * Outputs : 0;
    for (int i = 0; i < Inputs; i++) begin
      if (!(Choice == 2 && mask_bit(w, i / MaskGroup) != 0))
        total = total + value[w/Replays*Inputs+i] * weight[base+i*Outputs+j];
    end
    dot = total;
  endfunction

  function automatic int entry_of(input int w, input int j);
    entry_of = ((Choice == 1 || Choice == 5) ? chosen[w] : 0) * Words * Lanes + j;
  endfunction

  function automatic int level(input int w, input int j);  // y
    int eps;
    eps = 0;
    if (Choice == 4) begin
      for (int b = 0; b < NoiseBits; b++)
        eps = eps + 2 * mask_bit(w * Words + j / Lanes, (j % Lanes) * NoiseBits + b) - 1;
    end
    level = dot(w, j) * (scale[entry_of(w, j)] + sigma[entry_of(w, j)] * eps) + offset[entry_of(w, j)];
  endfunction

  int errors = 0, ones = 0, cycle = 0;
  int fed_vector = 0, fed_beat = 0, window = 0, out_word = 0, mark = 0, rate_checks = 0;
  longint total = 0;  // of y over the outputs of the window
  int seen[0:255];    // choices
  logic running = 1'b0;

  task automatic check(input int w, input int j, input int lane);
    int got, want, e, z, y;
    e = entry_of(w, j);
    z = dot(w, j);
    y = level(w, j);
    if (Last != 0) begin
      got  = int'($signed(out_data[(lane*OutBits)%DataBits+:(Last?OutBits:1)]));
      want = y;
    end else begin
      got = int'(out_data[lane%DataBits]);
      if (CrossNorm != 0) want = (64'(Outputs) * y >= total) ? 1 : 0;
      else if (Form != 0) want = (y >= 0) ? 1 : 0;
      else want = ((z >= theta[e]) ? 1 : 0) ^ invert[e];
      ones = ones + want;
    end
    if (got != want) begin
      errors = errors + 1;
      $display("window %0d column %0d: got %0d, want %0d (z = %0d, choice %0d)", w, j, got, want, z, chosen[w]);
    end
  endtask

  always @(posedge clk) begin
    cycle <= cycle + 1;
    if (running) begin
      // Input side: a beat stays until it is taken.
      if (!in_valid || in_ready) begin
        if (fed_vector < Vectors && (fed_vector < Vectors / 2 || $urandom % 3 != 0)) begin
          in_valid <= 1'b1;
          for (int e = 0; e < BeatElems; e++) begin
            if (fed_beat * BeatElems + e >= Inputs) in_data[e*ElemBits+:ElemBits] <= ElemBits'($urandom);
            else if (Bipolar != 0)
              in_data[e*ElemBits+:ElemBits] <= (value[fed_vector*Inputs+fed_beat*BeatElems+e] > 0) ? 1'b1 : 1'b0;
            else in_data[e*ElemBits+:ElemBits] <= ElemBits'(value[fed_vector*Inputs+fed_beat*BeatElems+e]);
          end
          fed_beat   <= (fed_beat == Beats - 1) ? 0 : fed_beat + 1;
          fed_vector <= (fed_beat == Beats - 1) ? fed_vector + 1 : fed_vector;
        end else begin
          in_valid <= 1'b0;
        end
      end
      // Output side.
      out_ready <= window < Vectors / 2 * Replays || $urandom % 3 != 0;
      if (out_valid && out_ready) begin
        if (CrossNorm != 0 && out_word == 0) begin
          total = 0;
          for (int j = 0; j < Outputs; j++) total = total + level(window, j);
        end
        for (int l = 0; l < Lanes; l++) if (out_word * Lanes + l < Outputs) check(window, out_word * Lanes + l, l);
        if (CrossNorm == 0 && out_last != (out_word == Words - 1)) begin
          errors = errors + 1;
          $display("window %0d word %0d: last is wrong", window, out_word);
        end
        out_word <= (out_word == Words - 1) ? 0 : out_word + 1;
        if (out_word == Words - 1) begin
          window <= window + 1;
          seen[chosen[window]] = seen[chosen[window]] + 1;
          // A vector's last beat follows the one before by the cycles of the slowest stage, once the pipeline is full.
          if ((window + 1) % Replays == 0) begin
            if (RateKnown != 0 && window / Replays >= 4 && window / Replays < Vectors / 2 - 1) begin
              rate_checks <= rate_checks + 1;
              if (cycle - mark != VectorCycles) begin
                errors = errors + 1;
                $display("vector %0d took %0d cycles, want %0d", window / Replays, cycle - mark, VectorCycles);
              end
            end
            mark <= cycle;
          end
        end
      end
    end
  end

  task automatic program_word(input int unit, input int at);
    prog_we   = 1'b1;
    prog_unit = 16'(unit);
    prog_addr = 16'(at);
    @(negedge clk);
    prog_we = 1'b0;
  endtask

  int unused_choices, tile_row, tile_col;
  initial begin
    for (int n = 0; n < 256; n++) seen[n] = 0;
    for (int i = 0; i < Arrays * Inputs * Outputs; i++) weight[i] = 2 * ($urandom % (Largest + 1)) - Largest;
    for (int i = 0; i < Vectors * Inputs; i++) begin
      value[i] = $urandom % (Scale + 1);
      // The extremes too: all inputs at their largest, then at their smallest.
      if (i / Inputs == 5) value[i] = Scale;
      if (i / Inputs == 6) value[i] = 0;
      if (Bipolar != 0) value[i] = 2 * value[i] - 1;
    end
    for (int j = 0; j < Outputs; j++)
      if (j % 5 == 2) for (int i = 0; i < Arrays * Inputs; i++) weight[i*Outputs+j] = ((j % 2) * 2 - 1) * Largest;
    for (int e = 0; e < Entries; e++) begin
      theta[e]  = $urandom % (2 * Inputs * Scale * Largest / 3 + 1) - Inputs * Scale * Largest / 3;
      invert[e] = $urandom % 2;
      scale[e]  = $urandom % 128 - 64;
      sigma[e]  = $urandom % 32 - 16;
      offset[e] = $urandom % 512 - 256;
      if (e % 7 == 3) theta[e] = Inputs * Scale * Largest + 1;  // never
      if (CrossNorm != 0 && Banks > 1 && e / (Words * Lanes) == Banks - 1) begin  // all equal: each is the mean
        scale[e]  = 0;
        sigma[e]  = 0;
        offset[e] = -77;
      end
    end
    choose_all();
    // The schedule: planes from the most significant down, all groups of each.
    #1;
    for (int s = 0; s < Steps; s++)
      u_dut.u_ctrl.u_rom.mem[s] = {s == Steps - 1, s == 0, s % Groups == 0, PlaneBits'(ElemBits - 1 - s / Groups), GroupBits'(s % Groups)};
    @(negedge clk);
    for (int t = 0; t < RowTiles * ColTiles * Slices * Arrays; t++) for (int i = 0; i < TileRows; i++) begin
      tile_row = t / (Arrays * Slices * ColTiles) * TileRows + i;
      for (int c = 0; c < TileCols; c++) begin  // what no input or output uses holds junk
        tile_col = t / (Arrays * Slices) % ColTiles * TileCols + c;
        prog_row[c] = 1'($urandom);
        if (tile_row < Inputs && tile_col < Outputs)
          prog_row[c] = (weight[(t%Arrays*Inputs+tile_row)*Outputs+tile_col] + Largest) / 2 / 2 ** (t / Arrays % Slices) % 2 == 1;
      end
      program_word(t, i);
    end
    for (int w = 0; w < Banks * Words; w++) begin
      for (int l = 0; l < Lanes; l++) begin
        case (Form)
          0: prog_word[l*EntryBits+:EntryBits] = EntryBits'({1'(invert[w*Lanes+l]), ThetaBits'(theta[w*Lanes+l])});
          1: prog_word[l*EntryBits+:EntryBits] = EntryBits'({OffsetBits'(offset[w*Lanes+l]), ScaleBits'(scale[w*Lanes+l])});
          default:
          prog_word[l*EntryBits+:EntryBits] = EntryBits'({OffsetBits'(offset[w*Lanes+l]), SigmaBits'(sigma[w*Lanes+l]), ScaleBits'(scale[w*Lanes+l])});
        endcase
      end
      program_word(ScaleUnit, w);
    end
    @(negedge clk);
    rst_n   = 1'b1;
    running = 1'b1;
    while (window < Windows && cycle < Vectors * VectorCycles * 20 + 20000 && errors < 20) @(negedge clk);
    if (window != Windows) $display("stopped after %0d of %0d windows", window, Windows);
    if (Choice == 1 || Arbiter != 0) for (int n = 0; n < Banks * Arrays; n++) if (seen[n] == 0) unused_choices = 1;
    if (errors != 0 || window != Windows || (RateKnown != 0 && rate_checks == 0) || unused_choices != 0)
      $fatal(1, "FAIL: %0d errors, choice missing: %0d", errors, unused_choices);
    $display("PASS %0d windows, %0d cycles a vector (%0d checked), %0d ones", window, VectorCycles, rate_checks, ones);
    $finish;
  end
  initial unused_choices = 0;
endmodule

// Self-checking bench of a layer engine: row buffer, controllers, drivers, tiles, sums, post lanes, scale memory and
// dropout module composed as in rtl/README.md, against z = sum of input * weight in plain integers (no counts of matches,
// no active rows, no clocks). Weights and scale entries go in over the programming bus; the schedule is written into the
// ROM. The first half of the vectors runs without stalls and must take exactly max(stages) cycles a vector; the second half
// has random stalls on both sides. Ends with "PASS ..." or a message and a non-zero status.
module engine_tb;
  parameter int Inputs = 13;
  parameter int Outputs = 11;
  parameter int ElemBits = 1;
  parameter int Bipolar = 1;
  parameter int BeatElems = 4;
  parameter int Group = 4;
  parameter int TileRows = 8;
  parameter int TileCols = 8;
  parameter int BlockCols = 64;
  parameter int Lanes = 3;
  parameter int Form = 0;
  parameter int Last = 0;
  parameter int ReplayInput = 0;
  parameter int ReplaySums = 0;
  parameter int Passes = 1;      // windows a vector with either replay
  parameter int Stochastic = 0;  // 1: a dropout bit a window chooses the bank
  parameter int SetCycles = 2;
  parameter int Vectors = 40;

  localparam int RowTiles = (Inputs + TileRows - 1) / TileRows;
  localparam int ColTiles = (Outputs + TileCols - 1) / TileCols;
  localparam int Groups = TileRows / Group;
  localparam int Steps = Groups * ElemBits;
  localparam int Beats = (Inputs + BeatElems - 1) / BeatElems;
  localparam int BeatWidth = BeatElems * ElemBits;
  localparam int Words = (Outputs + Lanes - 1) / Lanes;
  localparam int Banks = Stochastic ? 2 : 1;
  localparam int Replays = (ReplayInput != 0 || ReplaySums != 0) ? Passes : 1;
  localparam int Scale = 2 ** ElemBits - 1;
  localparam int AccBits = $clog2(TileRows * Scale + 1);
  localparam int ActiveBits = $clog2(RowTiles * TileRows * Scale + 1);
  localparam int SumBits = $clog2(Inputs * Scale + 1) + 1;
  localparam int ThetaBits = SumBits + 1;
  localparam int ScaleBits = 7;
  localparam int OffsetBits = 9;
  localparam int OutBits = SumBits + ScaleBits + 2;
  localparam int EntryBits = Form ? ScaleBits + OffsetBits : 1 + ThetaBits;
  localparam int DataBits = Last ? Lanes * OutBits : Lanes;
  localparam int GroupBits = (Groups > 1) ? $clog2(Groups) : 1;
  localparam int PlaneBits = (ElemBits > 1) ? $clog2(ElemBits) : 1;
  localparam int WordBits = (Words > 1) ? $clog2(Words) : 1;
  localparam int AddrBits = (Banks * Words > 1) ? $clog2(Banks * Words) : 1;
  localparam int StepBits = 3 + PlaneBits + GroupBits;
  localparam int ScaleUnit = 100;
  localparam int SampleCycles = SetCycles + 3;  // set, read, reset, idle
  localparam int ReadCycles = Steps * (ReplayInput ? Replays : 1);
  localparam int PostCycles = Words * Replays;
  localparam int MaskCycles = Stochastic ? SampleCycles * Replays : 0;
  localparam int Slowest1 = (Beats > ReadCycles) ? Beats : ReadCycles;
  localparam int Slowest2 = (PostCycles > MaskCycles) ? PostCycles : MaskCycles;
  localparam int VectorCycles = (Slowest1 > Slowest2) ? Slowest1 : Slowest2;
  localparam int Seed = 77;
  localparam int UnitId = 5;

  logic clk = 1'b0, rst_n = 1'b0;
  always #5 clk = !clk;

  // ---- the engine ----
  logic [BeatWidth-1:0] in_data = '0;
  logic in_valid = 1'b0, in_ready, fill_last, out_ready = 1'b0, out_valid, out_last;
  logic [DataBits-1:0] out_data;
  logic prog_we = 1'b0;
  logic [15:0] prog_unit = '0, prog_addr = '0;
  logic [TileCols-1:0] prog_row = '0;
  logic [Lanes*EntryBits-1:0] prog_word = '0;
  logic [7:0] passes = Replays;

  logic [Beats*BeatWidth-1:0] rows;
  logic rows_valid, rows_release, rd, acc_en, first, shift, load, hold_free, fire, move;
  logic [GroupBits-1:0] group;
  logic [PlaneBits-1:0] plane;
  logic [RowTiles*Group-1:0] wl, wlb;
  logic [RowTiles*AccBits*Outputs-1:0] counts;
  logic [ActiveBits-1:0] active;
  logic [WordBits-1:0] word;
  logic [AddrBits-1:0] addr;
  logic [Lanes*SumBits-1:0] sums;
  logic [Lanes*EntryBits-1:0] entry;
  logic mask_valid, mask_ready, mask_bit, sampled;

  cim_row_buffer #(.Words(Beats), .BeatWidth(BeatWidth)) u_rows (
      .clk_i(clk), .rst_ni(rst_n), .data_i(in_data), .valid_i(in_valid), .ready_o(in_ready), .fill_last_o(fill_last),
      .rows_o(rows), .rows_valid_o(rows_valid), .release_i(rows_release));

  cim_tile_ctrl #(.Steps(Steps), .GroupBits(GroupBits), .PlaneBits(PlaneBits), .ReplayInput(ReplayInput)) u_ctrl (
      .clk_i(clk), .rst_ni(rst_n), .rows_valid_i(rows_valid), .hold_free_i(hold_free), .passes_i(passes), .read_o(rd),
      .group_o(group), .plane_o(plane), .rows_release_o(rows_release), .acc_en_o(acc_en), .first_o(first),
      .shift_o(shift), .load_o(load));

  for (genvar r = 0; r < RowTiles; r++) begin : gen_rows
    localparam int Used = (Inputs - r * TileRows < TileRows) ? Inputs - r * TileRows : TileRows;
    cim_wl_drive #(.Rows(Used), .ElemBits(ElemBits), .Bipolar(Bipolar), .Group(Group), .Groups(Groups)) u_drive (
        .rows_i(rows[r*TileRows*ElemBits+:Used*ElemBits]), .group_i(group), .plane_i(plane),
        .wl_o(wl[r*Group+:Group]), .wlb_o(wlb[r*Group+:Group]));
    for (genvar c = 0; c < ColTiles; c++) begin : gen_cols
      localparam int Width = (Outputs - c * TileCols < TileCols) ? Outputs - c * TileCols : TileCols;
      logic [AccBits*Width-1:0] tile_counts;
      cim_tile #(.Rows(TileRows), .ArrayCols(TileCols), .Cols(Width), .Group(Group), .AccBits(AccBits),
                 .BlockCols(BlockCols), .ProgUnit(r * ColTiles + c)) u_tile (
          .clk_i(clk), .rst_ni(rst_n), .read_i(rd), .group_i(group), .wl_i(wl[r*Group+:Group]),
          .wlb_i(wlb[r*Group+:Group]), .acc_en_i(acc_en), .first_i(first), .shift_i(shift), .load_i(load),
          .prog_we_i(prog_we), .prog_unit_i(prog_unit), .prog_addr_i(prog_addr), .prog_data_i(prog_row),
          .count_o(tile_counts));
      for (genvar k = 0; k < AccBits; k++) begin : gen_plane
        assign counts[(r*AccBits+k)*Outputs+c*TileCols+:Width] = tile_counts[k*Width+:Width];
      end
    end
  end

  cim_active_counter #(.Taps(RowTiles * Group), .ActiveBits(ActiveBits)) u_active (
      .clk_i(clk), .rst_ni(rst_n), .wl_i(wl), .wlb_i(wlb), .read_i(rd), .acc_en_i(acc_en), .first_i(first),
      .shift_i(shift), .load_i(load), .active_o(active));

  cim_lane_sum #(.RowTiles(RowTiles), .Cols(Outputs), .AccBits(AccBits), .ActiveBits(ActiveBits), .Lanes(Lanes),
                 .Words(Words), .SumBits(SumBits)) u_sum (
      .clk_i(clk), .rst_ni(rst_n), .fire_i(fire), .word_i(word), .counts_i(counts), .active_i(active), .sum_o(sums));

  cim_post_ctrl #(.Words(Words), .Banks(Banks), .ReplaySums(ReplaySums)) u_post_ctrl (
      .clk_i(clk), .rst_ni(rst_n), .load_i(load), .mask_valid_i(Stochastic ? mask_valid : 1'b1),
      .mask_bank_i(Stochastic ? mask_bit : 1'b0), .passes_i(passes), .ready_i(out_ready), .hold_free_o(hold_free),
      .mask_ready_o(mask_ready), .fire_o(fire), .word_o(word), .addr_o(addr), .move_o(move), .valid_o(out_valid),
      .last_o(out_last));

  cim_scale_mem #(.Depth(Banks * Words), .Width(Lanes * EntryBits), .ProgUnit(ScaleUnit)) u_scale_mem (
      .clk_i(clk), .rst_ni(rst_n), .en_i(fire), .addr_i(addr), .prog_we_i(prog_we), .prog_unit_i(prog_unit),
      .prog_addr_i(prog_addr), .prog_data_i(prog_word), .rdata_o(entry));

  cim_post_lanes #(.Form(Form), .Last(Last), .Lanes(Lanes), .SumBits(SumBits), .ThetaBits(ThetaBits),
                   .ScaleBits(ScaleBits), .OffsetBits(OffsetBits), .OutBits(OutBits)) u_lanes (
      .clk_i(clk), .rst_ni(rst_n), .move_i(move), .sum_i(sums), .entry_i(entry), .data_o(out_data));

  cim_dropout_module #(.SetCycles(SetCycles), .DriveBits(3), .UnitId(UnitId), .Seed(Seed)) u_mask (
      .clk_i(clk), .rst_ni(rst_n), .drive_i(3'd6), .mask_ready_i(mask_ready), .mask_valid_o(mask_valid),
      .mask_bit_o(mask_bit), .sampled_o(sampled));

  // ---- what it must compute ----
  int weight[0:Inputs*Outputs-1];    // +1, -1
  int value[0:Vectors*Inputs-1];     // bipolar: +1, -1; else 0 ... 2^ElemBits - 1
  int theta[0:Banks*Words*Lanes-1];  // column j of bank b at b*Words*Lanes + j
  int invert[0:Banks*Words*Lanes-1];
  int scale[0:Banks*Words*Lanes-1];
  int offset[0:Banks*Words*Lanes-1];

  function automatic int dot(input int v, input int j);
    int total;
    total = 0;
    for (int i = 0; i < Inputs; i++) total = total + value[v*Inputs+i] * weight[i*Outputs+j];
    dot = total;
  endfunction

  // The draw of an event in 64-bit arithmetic; drive code 6 has probability 0.4.
  function automatic longint finalise(input longint given);
    longint x;
    x = given & 64'hffffffff;
    x = x ^ (x / 65536);
    x = (x * 64'h7feb352d) & 64'hffffffff;
    x = x ^ (x / 32768);
    x = (x * 64'h846ca68b) & 64'hffffffff;
    finalise = x ^ (x / 65536);
  endfunction
  function automatic int dropped(input int number);
    longint x;
    x = finalise(64'(Seed) + 64'h9E3779B9);
    x = finalise(x ^ 64'(UnitId));
    x = finalise(x ^ 64'(number));
    dropped = (x < 64'd1717986918) ? 1 : 0;
  endfunction

  int errors = 0, ones = 0, drops = 0, cycle = 0;
  int fed_vector = 0, fed_beat = 0, window = 0, out_word = 0, mark = 0, rate_checks = 0;
  logic running = 1'b0;

  task automatic check(input int v, input int j, input int bank, input int lane);
    int z, y, e, got, want;
    z = dot(v, j);
    e = bank * Words * Lanes + j;
    y = z * scale[e] + offset[e];
    if (Last != 0) begin
      got  = int'($signed(out_data[(lane*OutBits)%DataBits+:(Last?OutBits:1)]));
      want = y;
    end else begin
      got  = int'(out_data[lane%DataBits]);
      want = (Form != 0) ? (y >= 0 ? 1 : 0) : (z >= theta[e] ? 1 : 0) ^ invert[e];
      ones = ones + want;
    end
    if (got != want) begin
      errors = errors + 1;
      $display("window %0d vector %0d column %0d bank %0d: got %0d, want %0d (z = %0d)", window, v, j, bank, got, want, z);
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
        for (int l = 0; l < Lanes; l++) begin
          if (out_word * Lanes + l < Outputs)
            check(window / Replays, out_word * Lanes + l, Stochastic ? dropped(window) : 0, l);
        end
        if (out_last != (out_word == Words - 1)) begin
          errors = errors + 1;
          $display("window %0d word %0d: last is wrong", window, out_word);
        end
        out_word <= (out_word == Words - 1) ? 0 : out_word + 1;
        if (out_word == Words - 1) begin
          window <= window + 1;
          if (Stochastic != 0) drops <= drops + dropped(window);
          // A vector's last beat follows the one before by the cycles of the slowest stage, once the pipeline is full.
          if ((window + 1) % Replays == 0) begin
            if (window / Replays >= 4 && window / Replays < Vectors / 2 - 1) begin
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

  initial begin
    for (int i = 0; i < Inputs * Outputs; i++) weight[i] = ($urandom % 2 != 0) ? 1 : -1;
    for (int i = 0; i < Vectors * Inputs; i++) begin
      value[i] = $urandom % (Scale + 1);
      // The extremes too: all inputs at their largest, then at their smallest.
      if (i / Inputs == 5) value[i] = Scale;
      if (i / Inputs == 6) value[i] = 0;
      if (Bipolar != 0) value[i] = 2 * value[i] - 1;
    end
    for (int j = 0; j < Outputs; j++) if (j % 5 == 2) for (int i = 0; i < Inputs; i++) weight[i*Outputs+j] = (j % 2) * 2 - 1;
    for (int e = 0; e < Banks * Words * Lanes; e++) begin
      theta[e]  = $urandom % (2 * Inputs * Scale / 3 + 1) - Inputs * Scale / 3;
      invert[e] = $urandom % 2;
      scale[e]  = $urandom % 128 - 64;
      offset[e] = $urandom % 512 - 256;
      if (e % 7 == 3) theta[e] = Inputs * Scale + 1;  // never
    end
    // The schedule: planes from the most significant down, all groups of each.
    #1;
    for (int s = 0; s < Steps; s++)
      u_ctrl.u_rom.mem[s] = {s == Steps - 1, s == 0, s % Groups == 0, PlaneBits'(ElemBits - 1 - s / Groups), GroupBits'(s % Groups)};
    u_mask.u_mtj.chance[6] = 33'd1717986918;
    @(negedge clk);
    for (int r = 0; r < RowTiles; r++) for (int c = 0; c < ColTiles; c++) for (int i = 0; i < TileRows; i++) begin
      for (int j = 0; j < TileCols; j++) begin  // what no input or output uses holds junk
        prog_row[j] = 1'($urandom);
        if (r * TileRows + i < Inputs && c * TileCols + j < Outputs)
          prog_row[j] = weight[(r*TileRows+i)*Outputs+c*TileCols+j] > 0;
      end
      program_word(r * ColTiles + c, i);
    end
    for (int w = 0; w < Banks * Words; w++) begin
      for (int l = 0; l < Lanes; l++) begin
        if (Form != 0) prog_word[l*EntryBits+:EntryBits] = EntryBits'({OffsetBits'(offset[w*Lanes+l]), ScaleBits'(scale[w*Lanes+l])});
        else prog_word[l*EntryBits+:EntryBits] = EntryBits'({1'(invert[w*Lanes+l]), ThetaBits'(theta[w*Lanes+l])});
      end
      program_word(ScaleUnit, w);
    end
    @(negedge clk);
    rst_n   = 1'b1;
    running = 1'b1;
    while (window < Vectors * Replays && cycle < Vectors * VectorCycles * 8 + 20000 && errors < 20) @(negedge clk);
    if (window != Vectors * Replays) $display("stopped after %0d of %0d windows", window, Vectors * Replays);
    if (errors != 0 || window != Vectors * Replays || rate_checks == 0 || (Stochastic != 0 && (drops == 0 || drops == window)))
      $fatal(1, "FAIL: %0d errors", errors);
    $display("PASS %0d windows, %0d cycles a vector, %0d ones, %0d dropped", window, VectorCycles, ones, drops);
    $finish;
  end
endmodule

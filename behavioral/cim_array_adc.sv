// Behavioural view of the array macro whose columns sum currents ("adc" sensing): Rows x Cols weights, a group of rows read
// at once, a converter a column that counts matches.
// en_i: a cycle later the code of every column is at code_o, bit k at [k*Cols +: Cols]: the matches of the driven rows,
// nearest whole number, cut to the converter's range. The range holds 2^AdcBits counts (one less where they cannot be in
// the middle) around half of the driven rows, but never less than none or more than all of them: its reference is a column
// that shares the word lines. Where 2^AdcBits > Group it holds every count. Without en_i the codes hold. we_i writes a row;
// never together with en_i.
// A row conducts through one of two junctions, `one` (input +1, parallel where the weight is 1) or `zero` (input -1, parallel
// where it is 0). Of an ideal junction 2^13 parallel and 0 antiparallel, what CellFile says of a real chip's: units of
// 2^-13 of a match, above the reference. FaultFile: junctions that hold the other state until their row is programmed.
// Read noise: what a column conducts moves by a draw of its own every read, nearly normal: the sum of eight random bytes,
// times a standard deviation by driven rows and matches. As the events of cim_mtj_bit a draw is a hash of a counter, here
// of the array's reads since reset, so that any read runs alone in the C++ twin.
// The weights are non-volatile; reset clears the codes and the counter.
`include "cim_assert.svh"

module cim_array_adc #(
    parameter int Rows      = 8,   // a multiple of Group
    parameter int Cols      = 8,   // columns
    parameter int Group     = 4,   // rows read at once
    parameter int AdcBits   = 3,   // of a converter, see above; at least 1
    parameter     InitFile  = "",  // one hexadecimal line a row, row 0 first; "" starts with all weights 0
    parameter     FaultFile = "",  // as cim_array's; high and low must be 0, since CellFile has what such junctions conduct
    parameter     CellFile  = "",  // one line a cell, row by row: currents of `one` parallel, antiparallel, `zero` parallel,
                                   // antiparallel, 16 bits each, lowest first; then one a column: its offset; "": ideal
    parameter     NoiseFile = "",  // lines of 32 bits: the seed if +neuspin_seed=<decimal> gives none; number of the first
                                   // column on the chip; by driven rows 0 ... Group and matches 0 ... Group the standard
                                   // deviation, 2^-25*209.02 ... of a match; "": no noise
    parameter int GroupBits = (Rows / Group > 1) ? $clog2(Rows / Group) : 1,  // derived; do not set
    parameter int RowBits   = (Rows > 1) ? $clog2(Rows) : 1,                  // derived; do not set
    parameter int CodeBits  = $clog2(Group + 1)                               // derived; do not set
) (
    input  logic                     clk_i,
    input  logic                     rst_ni,
    input  logic                     en_i,
    input  logic [    GroupBits-1:0] group_i,
    input  logic [        Group-1:0] wl_i,
    input  logic [        Group-1:0] wlb_i,
    input  logic                     we_i,
    input  logic [      RowBits-1:0] waddr_i,
    input  logic [         Cols-1:0] wdata_i,
    output logic [CodeBits*Cols-1:0] code_o
);
  `CIM_STATIC_ASSERT(gen_rows, Rows % Group == 0, "cim_array_adc: Rows must be a multiple of Group")
  `CIM_STATIC_ASSERT(gen_adc, AdcBits >= 1 && AdcBits <= 16, "cim_array_adc: AdcBits must be 1 to 16")

  localparam int Range = 2 ** AdcBits;
  localparam int Half  = 2 ** 12;  // half a match

  // Wide vectors are meant: `'0` of more than 8192 bits looks like a slip to Verilator.
  /* verilator lint_off WIDTHCONCAT */
  logic [         Cols-1:0] one[0:Rows-1];   // 1 = the junction is parallel
  logic [         Cols-1:0] zero[0:Rows-1];
  logic [CodeBits*Cols-1:0] code_q;

  task automatic load;
    if (InitFile != "") $readmemh(InitFile, one);
    else for (int i = 0; i < Rows; i++) one[i] = '0;
    for (int i = 0; i < Rows; i++) zero[i] = ~one[i];
  endtask

  // Not always_ff: `initial` writes these, too (cim_array.sv).
  always @(posedge clk_i) begin
    if (we_i) begin
      one[waddr_i]  <= wdata_i;
      zero[waddr_i] <= ~wdata_i;
    end
  end

  if (FaultFile == "") begin : gen_as_programmed
    initial load();
  end else begin : gen_faults
    logic [6*Cols-1:0] fault[0:Rows-1];
    initial begin
      load();
      $readmemh(FaultFile, fault);
      for (int i = 0; i < Rows; i++) begin
        one[i]  = one[i] ^ fault[i][0+:Cols];
        zero[i] = zero[i] ^ fault[i][3*Cols+:Cols];
        if ((fault[i][Cols+:2*Cols] | fault[i][4*Cols+:2*Cols]) != '0) $fatal(1, "%m: stuck junctions belong into CellFile");
      end
    end
  end

  if (CellFile == "" && NoiseFile == "" && Range > Group) begin : gen_counted
    // Every count is in range, all junctions are alike and reads too: a ripple counter a column, one vector per bit.
    function automatic logic [CodeBits*Cols-1:0] counts(input logic [GroupBits-1:0] group, input logic [Group-1:0] wl,
                                                        input logic [Group-1:0] wlb);
      logic [Cols-1:0] carry, held;
      counts = '0;
      for (int r = 0; r < Group; r++) begin
        carry = ({Cols{wl[r]}} & one[RowBits'(group*Group+r)]) | ({Cols{wlb[r]}} & zero[RowBits'(group*Group+r)]);
        for (int k = 0; k < CodeBits; k++) begin
          held                 = counts[k*Cols+:Cols];
          counts[k*Cols+:Cols] = held ^ carry;
          carry                = held & carry;
        end
      end
    endfunction

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) code_q <= '0;
      else if (en_i) code_q <= counts(group_i, wl_i, wlb_i);
    end
  end else begin : gen_summed
    logic [63:0] cells[0:Rows*Cols+Cols-1];
    initial begin
      if (CellFile != "") $readmemh(CellFile, cells);
      else begin
        for (int i = 0; i < Rows * Cols; i++) cells[i] = {16'd0, 16'h2000, 16'd0, 16'h2000};
        for (int i = Rows * Cols; i < Rows * Cols + Cols; i++) cells[i] = '0;
      end
    end

    localparam bit Noisy = NoiseFile != "";
    localparam int Sigmas = Noisy ? (Group + 1) * (Group + 1) : 1;
    logic [31:0] noise[0:Sigmas+1];
    logic [31:0] key[0:Cols-1];
    logic [31:0] seed, reads_q;

    function automatic logic [31:0] mix(input logic [31:0] value);
      logic [31:0] x;
      x   = value;
      x   = x ^ (x >> 16);
      x   = x * 32'h7feb352d;
      x   = x ^ (x >> 15);
      x   = x * 32'h846ca68b;
      mix = x ^ (x >> 16);
    endfunction

    initial begin
      for (int i = 0; i < Sigmas + 2; i++) noise[i] = '0;
      if (Noisy) $readmemh(NoiseFile, noise);
      if (!$value$plusargs("neuspin_seed=%d", seed)) seed = noise[0];
      for (int c = 0; c < Cols; c++) key[c] = mix(mix(seed + 32'h9E3779B9) ^ (32'hC0000000 + noise[1] + 32'(c)));
    end

    // Of read number `read`: draws 2*read and 2*read+1.
    function automatic int moved(input logic [31:0] sigma, input logic [31:0] column, input logic [31:0] read);
      logic [63:0] drawn;
      int bytes;
      drawn = {mix(column ^ (2 * read + 1)), mix(column ^ (2 * read))};
      bytes = 0;
      for (int b = 0; b < 8; b++) bytes = bytes + 32'(drawn[8*b+:8]);
      moved = ($signed(sigma) * (bytes - 1020) + 2048) >>> 12;
    endfunction

    function automatic int current(input logic [63:0] junctions, input logic high, input logic low, input logic is_one,
                                   input logic is_zero);
      logic [15:0] chosen;
      if (high) chosen = is_one ? junctions[15:0] : junctions[31:16];
      else if (low) chosen = is_zero ? junctions[47:32] : junctions[63:48];
      else chosen = '0;
      current = 32'($signed(chosen));
    endfunction

    function automatic logic [CodeBits*Cols-1:0] codes(input logic [GroupBits-1:0] group, input logic [Group-1:0] wl,
                                                       input logic [Group-1:0] wlb, input logic [31:0] read);
      int driven, least, most, sum, near;
      logic [RowBits-1:0] row;
      driven = 0;
      for (int r = 0; r < Group; r++) if (wl[r] || wlb[r]) driven = driven + 1;
      least  = driven < Range ? 0 : (driven - Range + 2) / 2;
      most   = driven - least;
      codes  = '0;
      for (int c = 0; c < Cols; c++) begin
        sum = 32'(cells[Rows*Cols+c][31:0]);
        for (int r = 0; r < Group; r++) begin
          row = RowBits'(group * Group + r);
          sum = sum + current(cells[32'(row)*Cols+c], wl[r], wlb[r], one[row][c], zero[row][c]);
        end
        if (Noisy) begin
          near = (sum + Half) >>> 13;
          if (near < 0) near = 0;
          if (near > driven) near = driven;
          sum = sum + moved(noise[2+driven*(Group+1)+near], key[c], read);
        end
        sum = (sum + Half) >>> 13;
        if (sum < least) sum = least;
        if (sum > most) sum = most;
        for (int k = 0; k < CodeBits; k++) codes[k*Cols+c] = sum[k];
      end
    endfunction

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        code_q  <= '0;
        reads_q <= '0;
      end else if (en_i) begin
        code_q  <= codes(group_i, wl_i, wlb_i, reads_q);
        reads_q <= reads_q + 1'b1;
      end
    end
  end

  assign code_o = code_q;

  // Weights have no reset: these properties hold from the first clock, the pins being driven by reset logic.
  `CIM_ASSERT_COMB(NeverReadAndWrite, !(en_i && we_i))
  `CIM_ASSERT_COMB(WordLinesExclusive, !en_i || (wl_i & wlb_i) == '0)
endmodule

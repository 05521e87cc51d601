// Register port and performance counters. Word addresses; a write takes one cycle, reg_rdata_o is combinational.
//   0 ID  1 SPEC_ID  2 PASSES  3 OOD_THRESHOLD  4 OOD_K  5 CLEAR (w)  6 UNIT  7 UNIT_DATA
//   8 CYCLES  9 IMAGES_IN  10 IMAGES_OUT  11 IN_STALLS  12 OUT_STALLS  13 SAMPLES  14 CALIBRATE  15 ALARMS
//   16 READS  17 ROW_READS
// Other addresses read 0 and ignore writes. Clearing wins over counting; counters wrap. UNIT names a stochastic unit and a word
// of it, UNIT_DATA is that word: the banks answer on the unit bus, 0 where they do not hold it.
`include "cim_assert.svh"

module cim_regs #(
    parameter int          Banks        = 1,   // of stochastic units, at least 1 (inputs tied to 0 where there is none)
    parameter int          SampleBits   = 1,   // of a bank's draws in a cycle
    parameter int          Layers       = 1,   // whose array reads are counted
    parameter int          RowBits      = 1,   // of the rows that a layer drives in a read
    parameter int          Passes       = 1,   // reset value of PASSES, 1 … MaxPasses
    parameter int          MaxPasses    = 255,
    parameter int          OodThreshold = 0,   // reset value, 12 fraction bits
    parameter int          OodK         = 1,   // reset value
    parameter logic [31:0] SpecId       = '0   // low 32 bits of the spec hash
) (
    input logic clk_i,
    input logic rst_ni,

    input  logic        reg_we_i,
    input  logic [7:0]  reg_addr_i,
    input  logic [31:0] reg_wdata_i,
    output logic [31:0] reg_rdata_o,

    // what is counted: the two streams of the top level, the bits drawn by each bank, the reads of each layer's arrays
    input logic                        in_valid_i,
    input logic                        in_ready_i,
    input logic                        in_last_i,
    input logic                        out_valid_i,
    input logic                        out_ready_i,
    input logic                        out_last_i,
    input logic [Banks*SampleBits-1:0] samples_i,
    input logic [          Layers-1:0] reads_i,
    input logic [  Layers*RowBits-1:0] rows_i,

    // state of the banks, and the unit bus to all of them
    input  logic [   Banks-1:0] calibrating_i,
    input  logic [   Banks-1:0] alarm_i,
    input  logic [Banks*32-1:0] unit_rdata_i,
    output logic [        15:0] unit_id_o,
    output logic [         7:0] unit_word_o,
    output logic                unit_we_o,
    output logic [        31:0] unit_wdata_o,
    output logic                calibrate_o,

    output logic [ 7:0] passes_o,
    output logic [11:0] ood_threshold_o,
    output logic [ 3:0] ood_k_o
);
  localparam logic [31:0] Id = 32'h4e53_5031;  // "NSP1"
  localparam int Alarms = (Banks < 32) ? Banks : 32;

  localparam logic [7:0] AddrId           = 8'd0;
  localparam logic [7:0] AddrSpecId       = 8'd1;
  localparam logic [7:0] AddrPasses       = 8'd2;
  localparam logic [7:0] AddrOodThreshold = 8'd3;
  localparam logic [7:0] AddrOodK         = 8'd4;
  localparam logic [7:0] AddrClear        = 8'd5;
  localparam logic [7:0] AddrUnit         = 8'd6;
  localparam logic [7:0] AddrUnitData     = 8'd7;
  localparam logic [7:0] AddrCycles       = 8'd8;
  localparam logic [7:0] AddrImagesIn     = 8'd9;
  localparam logic [7:0] AddrImagesOut    = 8'd10;
  localparam logic [7:0] AddrInStalls     = 8'd11;
  localparam logic [7:0] AddrOutStalls    = 8'd12;
  localparam logic [7:0] AddrSamples      = 8'd13;
  localparam logic [7:0] AddrCalibrate    = 8'd14;
  localparam logic [7:0] AddrAlarms       = 8'd15;
  localparam logic [7:0] AddrReads        = 8'd16;
  localparam logic [7:0] AddrRowReads     = 8'd17;

  logic [7:0] passes_q `CIM_ARCH;
  logic [11:0] ood_threshold_q `CIM_ARCH;
  logic [3:0] ood_k_q `CIM_ARCH;
  logic [23:0] unit_q `CIM_ARCH;
  logic [31:0] cycles_q `CIM_ARCH;
  logic [31:0] images_in_q `CIM_ARCH;
  logic [31:0] images_out_q `CIM_ARCH;
  logic [31:0] in_stalls_q `CIM_ARCH;
  logic [31:0] out_stalls_q `CIM_ARCH;
  logic [31:0] samples_q `CIM_ARCH;
  logic [31:0] reads_q `CIM_ARCH;
  logic [31:0] row_reads_q `CIM_ARCH;

  logic [7:0] passes_clamped;
  assign passes_clamped = reg_wdata_i == '0 ? 8'd1 : reg_wdata_i > MaxPasses ? 8'(MaxPasses) : reg_wdata_i[7:0];

  logic [31:0] drawn, read, driven, unit_rdata;
  always_comb begin
    drawn = '0;
    for (int b = 0; b < Banks; b++) drawn = drawn + 32'(samples_i[b*SampleBits+:SampleBits]);
    read   = '0;
    driven = '0;
    for (int l = 0; l < Layers; l++) begin
      read   = read + 32'(reads_i[l]);
      driven = driven + 32'(rows_i[l*RowBits+:RowBits]);
    end
  end

  cim_and_or #(
      .Words(Banks),
      .Width(32)
  ) u_unit_rdata (
      .words_i (unit_rdata_i),
      .select_i({Banks{1'b1}}),
      .word_o  (unit_rdata)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      passes_q        <= 8'(Passes);
      ood_threshold_q <= 12'(OodThreshold);
      ood_k_q         <= 4'(OodK);
      unit_q          <= '0;
    end else if (reg_we_i) begin
      if (reg_addr_i == AddrPasses) passes_q <= passes_clamped;
      if (reg_addr_i == AddrOodThreshold) ood_threshold_q <= reg_wdata_i[11:0];
      if (reg_addr_i == AddrOodK) ood_k_q <= reg_wdata_i[3:0];
      if (reg_addr_i == AddrUnit) unit_q <= reg_wdata_i[23:0];
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {cycles_q, images_in_q, images_out_q, in_stalls_q, out_stalls_q, samples_q, reads_q, row_reads_q} <= '0;
    end else if (reg_we_i && reg_addr_i == AddrClear) begin
      {cycles_q, images_in_q, images_out_q, in_stalls_q, out_stalls_q, samples_q, reads_q, row_reads_q} <= '0;
    end else begin
      cycles_q     <= cycles_q + 32'd1;
      images_in_q  <= images_in_q + 32'(in_valid_i && in_ready_i && in_last_i);
      images_out_q <= images_out_q + 32'(out_valid_i && out_ready_i && out_last_i);
      in_stalls_q  <= in_stalls_q + 32'(in_valid_i && !in_ready_i);
      out_stalls_q <= out_stalls_q + 32'(out_valid_i && !out_ready_i);
      samples_q    <= samples_q + drawn;
      reads_q      <= reads_q + read;
      row_reads_q  <= row_reads_q + driven;
    end
  end

  always_comb begin
    reg_rdata_o = '0;
    case (reg_addr_i)
      AddrId:           reg_rdata_o = Id;
      AddrSpecId:       reg_rdata_o = SpecId;
      AddrPasses:       reg_rdata_o = 32'(passes_q);
      AddrOodThreshold: reg_rdata_o = 32'(ood_threshold_q);
      AddrOodK:         reg_rdata_o = 32'(ood_k_q);
      AddrCycles:       reg_rdata_o = cycles_q;
      AddrImagesIn:     reg_rdata_o = images_in_q;
      AddrImagesOut:    reg_rdata_o = images_out_q;
      AddrInStalls:     reg_rdata_o = in_stalls_q;
      AddrOutStalls:    reg_rdata_o = out_stalls_q;
      AddrSamples:      reg_rdata_o = samples_q;
      AddrUnit:         reg_rdata_o = 32'(unit_q);
      AddrUnitData:     reg_rdata_o = unit_rdata;
      AddrCalibrate:    reg_rdata_o = 32'(|calibrating_i);
      AddrAlarms:       reg_rdata_o = 32'(alarm_i[Alarms-1:0]);
      AddrReads:        reg_rdata_o = reads_q;
      AddrRowReads:     reg_rdata_o = row_reads_q;
      default:          reg_rdata_o = '0;
    endcase
  end

  assign passes_o        = passes_q;
  assign ood_threshold_o = ood_threshold_q;
  assign ood_k_o         = ood_k_q;

  assign unit_id_o    = unit_q[15:0];
  assign unit_word_o  = unit_q[23:16];
  assign unit_we_o    = reg_we_i && reg_addr_i == AddrUnitData;
  assign unit_wdata_o = reg_wdata_i;
  assign calibrate_o  = reg_we_i && reg_addr_i == AddrCalibrate;

  if (Banks > 32) begin : gen_unused_alarms
    logic unused_alarm;
    assign unused_alarm = ^alarm_i;
  end

  `CIM_STATIC_ASSERT(gen_banks, Banks >= 1 && SampleBits >= 1 && SampleBits <= 32,
                     "cim_regs: Banks must be at least 1, SampleBits 1 to 32")
  `CIM_STATIC_ASSERT(gen_layers, Layers >= 1 && RowBits >= 1 && RowBits <= 32,
                     "cim_regs: Layers must be at least 1, RowBits 1 to 32")
  `CIM_STATIC_ASSERT(gen_passes, Passes >= 1 && Passes <= MaxPasses && MaxPasses <= 255,
                     "cim_regs: Passes must be 1 to MaxPasses, MaxPasses at most 255")
  `CIM_STATIC_ASSERT(gen_ood, OodThreshold >= 0 && OodThreshold <= 4095 && OodK >= 0 && OodK <= 15,
                     "cim_regs: OodThreshold must be 0 to 4095 and OodK 0 to 15")
  `CIM_ASSERT(PassesStayInRange, MaxPasses - 32'(passes_q) < MaxPasses)
endmodule

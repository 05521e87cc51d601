// Register port and performance counters. Word addresses; a write takes one cycle, reg_rdata_o is combinational.
//   0 ID  1 SPEC_ID  2 PASSES  3 OOD_THRESHOLD  4 OOD_K  5 CLEAR (w)
//   8 CYCLES  9 IMAGES_IN  10 IMAGES_OUT  11 IN_STALLS  12 OUT_STALLS  13 SAMPLES  64+u DRIVE[u]
// Other addresses read 0 and ignore writes. Clearing wins over counting; counters wrap.
`include "cim_assert.svh"

module cim_regs #(
    parameter int                         Units        = 1,   // dropout modules, 1 … 192 (address space)
    parameter int                         DriveBits    = 4,
    parameter logic [Units*DriveBits-1:0] DriveInit    = '0,  // unit u's code at [u*DriveBits +: DriveBits]
    parameter int                         Passes       = 1,   // reset value of PASSES, 1 … MaxPasses
    parameter int                         MaxPasses    = 255,
    parameter int                         OodThreshold = 0,   // reset value, 12 fraction bits
    parameter int                         OodK         = 1,   // reset value
    parameter logic [31:0]                SpecId       = '0   // low 32 bits of the spec hash
) (
    input logic clk_i,
    input logic rst_ni,

    input  logic        reg_we_i,
    input  logic [7:0]  reg_addr_i,
    input  logic [31:0] reg_wdata_i,
    output logic [31:0] reg_rdata_o,

    // what is counted: the two streams of the top level, and a pulse per dropout bit drawn
    input logic             in_valid_i,
    input logic             in_ready_i,
    input logic             in_last_i,
    input logic             out_valid_i,
    input logic             out_ready_i,
    input logic             out_last_i,
    input logic [Units-1:0] samples_i,

    output logic [7:0]                 passes_o,
    output logic [11:0]                ood_threshold_o,
    output logic [3:0]                 ood_k_o,
    output logic [Units*DriveBits-1:0] drive_o
);
  localparam logic [31:0] Id = 32'h4e53_5031;  // "NSP1"
  localparam int DriveBase = 64;

  localparam logic [7:0] AddrId           = 8'd0;
  localparam logic [7:0] AddrSpecId       = 8'd1;
  localparam logic [7:0] AddrPasses       = 8'd2;
  localparam logic [7:0] AddrOodThreshold = 8'd3;
  localparam logic [7:0] AddrOodK         = 8'd4;
  localparam logic [7:0] AddrClear        = 8'd5;
  localparam logic [7:0] AddrCycles       = 8'd8;
  localparam logic [7:0] AddrImagesIn     = 8'd9;
  localparam logic [7:0] AddrImagesOut    = 8'd10;
  localparam logic [7:0] AddrInStalls     = 8'd11;
  localparam logic [7:0] AddrOutStalls    = 8'd12;
  localparam logic [7:0] AddrSamples      = 8'd13;

  logic [7:0] passes_q `CIM_ARCH;
  logic [11:0] ood_threshold_q `CIM_ARCH;
  logic [3:0] ood_k_q `CIM_ARCH;
  logic [Units*DriveBits-1:0] drive_q `CIM_ARCH;
  logic [31:0] cycles_q `CIM_ARCH;
  logic [31:0] images_in_q `CIM_ARCH;
  logic [31:0] images_out_q `CIM_ARCH;
  logic [31:0] in_stalls_q `CIM_ARCH;
  logic [31:0] out_stalls_q `CIM_ARCH;
  logic [31:0] samples_q `CIM_ARCH;

  logic [7:0] passes_clamped;
  assign passes_clamped = reg_wdata_i == '0 ? 8'd1 : reg_wdata_i > MaxPasses ? 8'(MaxPasses) : reg_wdata_i[7:0];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      passes_q        <= 8'(Passes);
      ood_threshold_q <= 12'(OodThreshold);
      ood_k_q         <= 4'(OodK);
      drive_q         <= DriveInit;
    end else if (reg_we_i) begin
      if (reg_addr_i == AddrPasses) passes_q <= passes_clamped;
      if (reg_addr_i == AddrOodThreshold) ood_threshold_q <= reg_wdata_i[11:0];
      if (reg_addr_i == AddrOodK) ood_k_q <= reg_wdata_i[3:0];
      for (int u = 0; u < Units; u++) begin
        if (reg_addr_i == 8'(DriveBase + u)) drive_q[u*DriveBits+:DriveBits] <= reg_wdata_i[DriveBits-1:0];
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {cycles_q, images_in_q, images_out_q, in_stalls_q, out_stalls_q, samples_q} <= '0;
    end else if (reg_we_i && reg_addr_i == AddrClear) begin
      {cycles_q, images_in_q, images_out_q, in_stalls_q, out_stalls_q, samples_q} <= '0;
    end else begin
      cycles_q     <= cycles_q + 32'd1;
      images_in_q  <= images_in_q + 32'(in_valid_i && in_ready_i && in_last_i);
      images_out_q <= images_out_q + 32'(out_valid_i && out_ready_i && out_last_i);
      in_stalls_q  <= in_stalls_q + 32'(in_valid_i && !in_ready_i);
      out_stalls_q <= out_stalls_q + 32'(out_valid_i && !out_ready_i);
      samples_q    <= samples_q + 32'($countones(samples_i));
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
      default: begin
        for (int u = 0; u < Units; u++) begin
          if (reg_addr_i == 8'(DriveBase + u)) reg_rdata_o = 32'(drive_q[u*DriveBits+:DriveBits]);
        end
      end
    endcase
  end

  assign passes_o        = passes_q;
  assign ood_threshold_o = ood_threshold_q;
  assign ood_k_o         = ood_k_q;
  assign drive_o         = drive_q;

  `CIM_STATIC_ASSERT(gen_units, Units >= 1 && Units <= 192, "cim_regs: Units must be 1 to 192")
  `CIM_STATIC_ASSERT(gen_drive_bits, DriveBits >= 1 && DriveBits <= 32, "cim_regs: DriveBits must be 1 to 32")
  `CIM_STATIC_ASSERT(gen_passes, Passes >= 1 && Passes <= MaxPasses && MaxPasses <= 255,
                     "cim_regs: Passes must be 1 to MaxPasses, MaxPasses at most 255")
  `CIM_STATIC_ASSERT(gen_ood, OodThreshold >= 0 && OodThreshold <= 4095 && OodK >= 0 && OodK <= 15,
                     "cim_regs: OodThreshold must be 0 to 4095 and OodK 0 to 15")
  `CIM_ASSERT(PassesStayInRange, MaxPasses - 32'(passes_q) < MaxPasses)
endmodule

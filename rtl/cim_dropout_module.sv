// One stochastic unit: an MTJ with its drive code, and what is recorded about it (residual of the last calibration, alarm).
// The sequencer's pins make it draw; bit_o is the draw, XORed with the draw kept before (keep_i) where bits are whitened.
`include "cim_assert.svh"

module cim_dropout_module #(
    parameter int                   DriveBits    = 4,
    parameter logic [DriveBits-1:0] DriveInit    = '0,
    parameter int                   ResidualBits = 10,
    parameter int                   UnitId       = 0,   // which device this is, for the draws of the simulation model
    parameter logic [31:0]          Seed         = 1,   // of the simulation model
    parameter                       TableFile    = "",  // drive code -> probability, see cim_mtj_bit
    parameter int                   TableUnits   = 1,
    parameter int                   TableIndex   = 0
) (
    input  logic                    clk_i,
    input  logic                    rst_ni,
    input  logic                    set_i,
    input  logic                    read_i,
    input  logic                    reset_i,
    input  logic                    keep_i,          // in a READ cycle: the draw becomes the first of two
    input  logic                    alarm_i,
    input  logic                    alarm_clear_i,
    input  logic                    drive_we_i,
    input  logic [   DriveBits-1:0] drive_wdata_i,
    input  logic                    cal_we_i,        // the calibration's code and residual; wins over drive_we_i
    input  logic [   DriveBits-1:0] cal_code_i,
    input  logic [ResidualBits-1:0] cal_residual_i,
    output logic                    raw_o,
    output logic                    bit_o,
    output logic                    trim_o,          // the drive code matters: worth calibrating
    output logic [   DriveBits-1:0] drive_o,
    output logic [ResidualBits-1:0] residual_o,
    output logic                    alarm_o
);
  logic [   DriveBits-1:0] drive_q `CIM_ARCH;
  logic [ResidualBits-1:0] residual_q `CIM_ARCH;
  logic                    alarm_q `CIM_ARCH;
  logic                    white_q `CIM_ARCH;

  cim_mtj_bit #(
      .DriveBits (DriveBits),
      .UnitId    (UnitId),
      .Seed      (Seed),
      .TableFile (TableFile),
      .TableUnits(TableUnits),
      .TableIndex(TableIndex)
  ) u_mtj (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .set_i  (set_i),
      .read_i (read_i),
      .reset_i(reset_i),
      .drive_i(drive_q),
      .bit_o  (raw_o),
      .trim_o (trim_o)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      drive_q    <= DriveInit;
      residual_q <= '0;
      alarm_q    <= 1'b0;
      white_q    <= 1'b0;
    end else begin
      if (cal_we_i) drive_q <= cal_code_i;
      else if (drive_we_i) drive_q <= drive_wdata_i;
      if (cal_we_i) residual_q <= cal_residual_i;
      if (alarm_clear_i) alarm_q <= 1'b0;
      else if (alarm_i) alarm_q <= 1'b1;
      if (keep_i) white_q <= raw_o;
    end
  end

  assign bit_o      = raw_o ^ white_q;
  assign drive_o    = drive_q;
  assign residual_o = residual_q;
  assign alarm_o    = alarm_q;

  `CIM_ASSUME(KeepsWhatItReads, !keep_i || read_i)
endmodule

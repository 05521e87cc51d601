// A bank of stochastic units that draw together: sequencer, units, health monitor, calibration loop, unit bus.
// want_i asks for a round; done_o presents the bits of all units. While the calibration runs (active_o) rounds belong to it
// and only the unit being calibrated is pulsed; a round that was under way when it began is lost to the consumer, which
// empties its queue while active_o is 1.
`include "cim_assert.svh"

module cim_stochastic_bank #(
    parameter int                   Modules     = 2,   // units
    parameter int                   SetCycles   = 1,
    parameter int                   ReadCycles  = 1,
    parameter int                   ResetCycles = 1,
    parameter int                   Whiten      = 0,   // 1: every bit is the XOR of two draws
    parameter int                   DriveBits   = 4,
    parameter logic [DriveBits-1:0] DriveInit   = '0,  // reset value of every drive code
    parameter int                   HealthLog2  = 4,   // draws a health window = 2^this; 0: no monitor
    parameter int                   RunCutoff   = 255,
    parameter int                   OnesLow     = 0,
    parameter int                   OnesHigh    = 16,
    parameter int                   Calibrate   = 1,   // 0: no loop, 1: on command, 2: also after reset
    parameter int                   CalLog2     = 8,   // draws a calibration window = 2^this
    parameter int                   CalTarget   = 51,
    parameter int                   FirstUnit   = 0,   // id of unit 0
    parameter logic [31:0]          Seed        = 1,
    parameter                       TableFile   = "",
    parameter int                   TableUnits  = 1,
    parameter int                   SampleBits  = $clog2(Modules + 1)  // derived; do not set
) (
    input  logic                  clk_i,
    input  logic                  rst_ni,
    input  logic                  want_i,
    output logic                  done_o,
    output logic [   Modules-1:0] bits_o,
    output logic                  active_o,
    // unit bus
    input  logic [          15:0] unit_id_i,
    input  logic [           7:0] unit_word_i,
    input  logic                  unit_we_i,
    input  logic [          31:0] unit_wdata_i,
    input  logic                  calibrate_i,
    output logic [          31:0] unit_rdata_o,
    output logic                  calibrating_o,
    output logic                  alarm_o,
    output logic [SampleBits-1:0] sampled_o
);
  `CIM_STATIC_ASSERT(gen_modules, Modules >= 1 && FirstUnit + Modules <= 65536,
                     "cim_stochastic_bank: unit ids have 16 bits")

  localparam int ResidualBits = CalLog2 + 2;
  localparam logic [7:0] WordDrive = 8'd0;
  localparam logic [7:0] WordResidual = 8'd1;
  localparam logic [7:0] WordAlarm = 8'd2;

  logic cal_round_q `CIM_ARCH;  // the present round is the calibration's

  logic                             set_pin, read_pin, reset_pin, idle, sample, keep, seq_done, start;
  logic                             cal_active, cal_want;
  logic [              Modules-1:0] selected, raw, trim, alarm_set, alarms, cal_write, hit;
  logic [    Modules*DriveBits-1:0] drives;
  logic [ Modules*ResidualBits-1:0] residuals;
  logic [            DriveBits-1:0] cal_code;
  logic [         ResidualBits-1:0] cal_residual;

  cim_mtj_sequencer #(
      .SetCycles  (SetCycles),
      .ReadCycles (ReadCycles),
      .ResetCycles(ResetCycles),
      .Whiten     (Whiten)
  ) u_sequencer (
      .clk_i   (clk_i),
      .rst_ni  (rst_ni),
      .start_i (start),
      .set_o   (set_pin),
      .read_o  (read_pin),
      .reset_o (reset_pin),
      .idle_o  (idle),
      .sample_o(sample),
      .keep_o  (keep),
      .done_o  (seq_done)
  );
  assign start = cal_want || (want_i && !cal_active);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      cal_round_q <= 1'b0;
    end else if (idle && start) begin
      cal_round_q <= cal_active;
    end
  end

  for (genvar m = 0; m < Modules; m++) begin : gen_unit
    logic pulsed;
    assign pulsed = !cal_round_q || selected[m];
    assign hit[m] = unit_id_i == 16'(FirstUnit + m);

    cim_dropout_module #(
        .DriveBits   (DriveBits),
        .DriveInit   (DriveInit),
        .ResidualBits(ResidualBits),
        .UnitId      (FirstUnit + m),
        .Seed        (Seed),
        .TableFile   (TableFile),
        .TableUnits  (TableUnits),
        .TableIndex  (TableUnits == 1 ? 0 : m)
    ) u_unit (
        .clk_i         (clk_i),
        .rst_ni        (rst_ni),
        .set_i         (set_pin && pulsed),
        .read_i        (read_pin && pulsed),
        .reset_i       (reset_pin && pulsed),
        .keep_i        (keep && !cal_round_q),
        .alarm_i       (alarm_set[m]),
        .alarm_clear_i (hit[m] && unit_we_i && unit_word_i == WordAlarm),
        .drive_we_i    (hit[m] && unit_we_i && unit_word_i == WordDrive),
        .drive_wdata_i (unit_wdata_i[DriveBits-1:0]),
        .cal_we_i      (cal_write[m]),
        .cal_code_i    (cal_code),
        .cal_residual_i(cal_residual),
        .raw_o         (raw[m]),
        .bit_o         (bits_o[m]),
        .trim_o        (trim[m]),
        .drive_o       (drives[m*DriveBits+:DriveBits]),
        .residual_o    (residuals[m*ResidualBits+:ResidualBits]),
        .alarm_o       (alarms[m])
    );
  end

  if (HealthLog2 > 0) begin : gen_monitor
    cim_unit_monitor #(
        .Units     (Modules),
        .WindowLog2(HealthLog2),
        .RunCutoff (RunCutoff),
        .OnesLow   (OnesLow),
        .OnesHigh  (OnesHigh)
    ) u_monitor (
        .clk_i   (clk_i),
        .rst_ni  (rst_ni),
        .sample_i(sample && !cal_round_q && !cal_active),
        .raw_i   (raw),
        .alarm_o (alarm_set)
    );
  end else begin : gen_no_monitor
    assign alarm_set = '0;
  end

  if (Calibrate != 0) begin : gen_calibrator
    cim_unit_calibrator #(
        .Units     (Modules),
        .DriveBits (DriveBits),
        .WindowLog2(CalLog2),
        .Target    (CalTarget),
        .AtStart   (Calibrate == 2 ? 1 : 0)
    ) u_calibrator (
        .clk_i     (clk_i),
        .rst_ni    (rst_ni),
        .start_i   (calibrate_i),
        .idle_i    (idle),
        .sample_i  (sample && cal_round_q),
        .raw_i     (raw),
        .trim_i    (trim),
        .drive_i   (drives),
        .active_o  (cal_active),
        .want_o    (cal_want),
        .select_o  (selected),
        .write_o   (cal_write),
        .code_o    (cal_code),
        .residual_o(cal_residual)
    );
  end else begin : gen_no_calibrator
    logic unused;
    assign unused       = ^{calibrate_i, trim};
    assign cal_active   = 1'b0;
    assign cal_want     = 1'b0;
    assign selected     = '0;
    assign cal_write    = '0;
    assign cal_code     = '0;
    assign cal_residual = '0;
  end

  logic unused_raw;  // without monitor and calibration nobody looks at raw draws
  assign unused_raw = ^raw;
  if (DriveBits < 32) begin : gen_unused_wdata
    logic unused_wdata;
    assign unused_wdata = ^unit_wdata_i[31:DriveBits];
  end

  // What the unit bus reads: one multiplexer a record, by AND and OR over the units.
  logic [   DriveBits-1:0] drive_read;
  logic [ResidualBits-1:0] residual_read;
  cim_and_or #(
      .Words(Modules),
      .Width(DriveBits)
  ) u_drive_read (
      .words_i (drives),
      .select_i(hit),
      .word_o  (drive_read)
  );
  cim_and_or #(
      .Words(Modules),
      .Width(ResidualBits)
  ) u_residual_read (
      .words_i (residuals),
      .select_i(hit),
      .word_o  (residual_read)
  );

  always_comb begin
    case (unit_word_i)
      WordDrive:    unit_rdata_o = 32'(drive_read);
      WordResidual: unit_rdata_o = 32'($signed(residual_read));
      WordAlarm:    unit_rdata_o = 32'(|(alarms & hit));
      default:      unit_rdata_o = '0;
    endcase
  end

  assign active_o      = cal_active;
  assign done_o        = seq_done && !cal_round_q && !cal_active;
  assign calibrating_o = cal_active;
  assign alarm_o       = |alarms;
  assign sampled_o     = !sample ? '0 : cal_round_q ? SampleBits'(1) : SampleBits'(Modules);

  `CIM_ASSERT(PinsExclusive, !(set_pin && read_pin) && !(set_pin && reset_pin) && !(read_pin && reset_pin))
  `CIM_ASSERT(NothingDrawnWhileCalibrating, !(done_o && active_o))
endmodule

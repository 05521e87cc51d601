// A bank of stochastic units that draw together: one sequencer, the units, their monitor, their calibration.
// want_i asks for rounds; done_o marks the cycle in which bits_o holds a round's bits. While the bank calibrates (active_o)
// nothing is delivered and what the supply holds is void. In a calibration round (cal_round_q) only the selected unit's pins
// move. The unit bus reads and writes one unit: word 0 drive code, 1 residual, 2 alarm (rtl/README.md).
`include "cim_assert.svh"

module cim_stochastic_bank #(
    parameter int          Modules     = 1,     // units of this bank
    parameter int          SetCycles   = 1,     // 1 to 256
    parameter int          ReadCycles  = 1,     // 1 to 256
    parameter int          ResetCycles = 1,     // 1 to 256
    parameter int          Whiten      = 0,     // 1: a bit is the XOR of two draws
    parameter int          DriveBits   = 4,     // of a drive code
    parameter int          DriveInit   = 0,     // reset value of every drive code
    parameter int          HealthLog2  = 0,     // draws of a health window; 0: no monitor
    parameter int          RunCutoff   = 255,   // see cim_unit_monitor
    parameter int          OnesLow     = 0,
    parameter int          OnesHigh    = 65536,
    parameter int          Calibrate   = 0,     // 0 never, 1 on command, 2 also after reset
    parameter int          CalLog2     = 8,     // draws of a calibration window
    parameter int          CalTarget   = 128,   // switches wanted in it
    parameter int          FirstUnit   = 0,     // id of unit 0
    parameter logic [31:0] Seed        = 1,     // of the simulation model
    parameter              TableFile   = "",    // see cim_mtj_bit
    parameter int          TableUnits  = 1,     // 1: all units alike, otherwise Modules
    parameter int          SampledBits = $clog2(Modules + 1)  // derived; do not set
) (
    input  logic                   clk_i,
    input  logic                   rst_ni,
    input  logic                   want_i,
    output logic                   done_o,
    output logic [    Modules-1:0] bits_o,
    output logic                   active_o,
    // unit bus
    input  logic [           15:0] unit_id_i,
    input  logic [            7:0] unit_word_i,
    input  logic                   unit_we_i,
    input  logic [           31:0] unit_wdata_i,
    input  logic                   calibrate_i,
    output logic [           31:0] unit_rdata_o,
    output logic                   calibrating_o,
    output logic                   alarm_o,
    output logic [SampledBits-1:0] sampled_o      // draws of this cycle
);
  `CIM_STATIC_ASSERT(gen_modules, Modules >= 1 && FirstUnit >= 0 && FirstUnit + Modules <= 65536,
                     "cim_stochastic_bank: units have ids 0 to 65535, a bank at least one")
  `CIM_STATIC_ASSERT(gen_table, TableUnits == 1 || TableUnits == Modules,
                     "cim_stochastic_bank: TableUnits must be 1 or Modules")
  `CIM_STATIC_ASSERT(gen_calibrate, Calibrate >= 0 && Calibrate <= 2, "cim_stochastic_bank: Calibrate must be 0 to 2")
  `CIM_STATIC_ASSERT(gen_drive, DriveBits >= 1 && DriveBits <= 16, "cim_stochastic_bank: DriveBits must be 1 to 16")

  localparam int ResidualBits = CalLog2 + 2;
  localparam int RecordBits   = 1 + ResidualBits + DriveBits;

  logic cal_round_q `CIM_ARCH;

  logic start, set, read, reset, idle, sample, keep, round_done, cal_want;
  logic [           Modules-1:0] on, cal_select, cal_write, alarm_now, raw, trim, alarms, hit;
  logic [ Modules*DriveBits-1:0] drives;
  logic [Modules*RecordBits-1:0] records;  // {alarm, residual, drive} of each unit
  logic [         DriveBits-1:0] cal_code;
  logic [      ResidualBits-1:0] cal_residual;

  assign start    = cal_want || (want_i && !active_o);
  assign done_o   = round_done && !cal_round_q && !active_o;

  cim_mtj_sequencer #(
      .SetCycles  (SetCycles),
      .ReadCycles (ReadCycles),
      .ResetCycles(ResetCycles),
      .Whiten     (Whiten)
  ) u_sequencer (
      .clk_i   (clk_i),
      .rst_ni  (rst_ni),
      .start_i (start),
      .set_o   (set),
      .read_o  (read),
      .reset_o (reset),
      .idle_o  (idle),
      .sample_o(sample),
      .keep_o  (keep),
      .done_o  (round_done)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) cal_round_q <= 1'b0;
    else if (idle && start) cal_round_q <= active_o;
  end

  // ---- unit bus ----
  logic [15:0] bus_index;
  logic        bus_here;
  logic        drive_write, alarm_clear;

  assign bus_index   = unit_id_i - 16'(FirstUnit);
  assign bus_here    = 32'(bus_index) < Modules;  // an id below FirstUnit wraps to a large index
  assign hit         = Modules'(bus_here) << bus_index;
  assign drive_write = unit_we_i && unit_word_i == 8'd0;
  assign alarm_clear = unit_we_i && unit_word_i == 8'd2;

  logic [ResidualBits-1:0] record_residual;
  logic [   DriveBits-1:0] record_drive;
  logic                    record_alarm;

  cim_and_or #(
      .Words(Modules),
      .Width(RecordBits)
  ) u_record (
      .words_i (records),
      .select_i(hit),
      .word_o  ({record_alarm, record_residual, record_drive})
  );

  always_comb begin
    case (unit_word_i)
      8'd0:    unit_rdata_o = 32'(record_drive);
      8'd1:    unit_rdata_o = 32'($signed(record_residual));
      8'd2:    unit_rdata_o = 32'(record_alarm);
      default: unit_rdata_o = '0;
    endcase
  end

  if (DriveBits < 32) begin : gen_unused_wdata
    logic unused_wdata;
    assign unused_wdata = ^unit_wdata_i;
  end

  // ---- units ----
  assign on = cal_round_q ? cal_select : '1;

  for (genvar m = 0; m < Modules; m++) begin : gen_unit
    logic [ResidualBits-1:0] residual;
    cim_dropout_module #(
        .DriveBits   (DriveBits),
        .DriveInit   (DriveInit),
        .ResidualBits(ResidualBits),
        .UnitId      (FirstUnit + m),
        .Seed        (Seed),
        .TableFile   (TableFile),
        .TableUnits  (TableUnits),
        .TableIndex  ((TableUnits == 1) ? 0 : m)
    ) u_unit (
        .clk_i         (clk_i),
        .rst_ni        (rst_ni),
        .set_i         (set && on[m]),
        .read_i        (read && on[m]),
        .reset_i       (reset && on[m]),
        .keep_i        (keep && !cal_round_q),
        .alarm_i       (alarm_now[m]),
        .alarm_clear_i (alarm_clear && hit[m]),
        .drive_we_i    (drive_write && hit[m]),
        .drive_wdata_i (unit_wdata_i[DriveBits-1:0]),
        .cal_we_i      (cal_write[m]),
        .cal_code_i    (cal_code),
        .cal_residual_i(cal_residual),
        .raw_o         (raw[m]),
        .bit_o         (bits_o[m]),
        .trim_o        (trim[m]),
        .drive_o       (drives[m*DriveBits+:DriveBits]),
        .residual_o    (residual),
        .alarm_o       (alarms[m])
    );
    assign records[m*RecordBits+:RecordBits] = {alarms[m], residual, drives[m*DriveBits+:DriveBits]};
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
        .sample_i(sample && !cal_round_q && !active_o),
        .raw_i   (raw),
        .alarm_o (alarm_now)
    );
  end else begin : gen_no_monitor
    assign alarm_now = '0;
  end

  if (Calibrate != 0) begin : gen_calibrator
    cim_unit_calibrator #(
        .Units     (Modules),
        .DriveBits (DriveBits),
        .WindowLog2(CalLog2),
        .Target    (CalTarget),
        .AtStart   ((Calibrate == 2) ? 1 : 0)
    ) u_calibrator (
        .clk_i     (clk_i),
        .rst_ni    (rst_ni),
        .start_i   (calibrate_i),
        .idle_i    (idle),
        .sample_i  (sample && cal_round_q),
        .raw_i     (raw),
        .trim_i    (trim),
        .drive_i   (drives),
        .active_o  (active_o),
        .want_o    (cal_want),
        .select_o  (cal_select),
        .write_o   (cal_write),
        .code_o    (cal_code),
        .residual_o(cal_residual)
    );
  end else begin : gen_no_calibrator
    logic unused_trim;
    assign unused_trim  = ^{trim, calibrate_i, raw};
    assign active_o     = 1'b0;
    assign cal_want     = 1'b0;
    assign cal_select   = '0;
    assign cal_write    = '0;
    assign cal_code     = '0;
    assign cal_residual = '0;
  end

  assign sampled_o     = !sample ? '0 : cal_round_q ? SampledBits'(1) : SampledBits'(Modules);
  assign calibrating_o = active_o;
  assign alarm_o       = |alarms;

  `CIM_ASSERT(NothingDeliveredWhileCalibrating, !done_o || (!active_o && !cal_round_q))
  `CIM_ASSERT(CalibrationRoundsOnlyWhileActive, !(cal_round_q && !idle) || active_o)
  `CIM_ASSERT(DeliversWhatIsRead, !done_o || (read && on == '1))
endmodule

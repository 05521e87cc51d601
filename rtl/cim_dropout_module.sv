// One stochastic unit: the junction with its drive code and what is known about it.
// The bank drives the pins (set_i, read_i, reset_i) and watches raw_o, the bit as read; bit_o is what the supply takes: the raw
// bit, XORed with the one kept by keep_i where two draws make one fair bit (otherwise nothing is ever kept).
// The drive code sets the switching probability. A calibration step (cal_we_i) writes it together with the residual of its
// window and wins over the unit bus (drive_we_i). The alarm of the monitor stays until it is cleared.
`include "cim_assert.svh"

module cim_dropout_module #(
    parameter int          DriveBits    = 4,   // width of the drive code
    parameter int          DriveInit    = 0,   // its reset value
    parameter int          ResidualBits = 12,  // signed
    parameter int          UnitId       = 0,   // which device this is, for the draws of the simulation model
    parameter logic [31:0] Seed         = 1,   // of the simulation model
    parameter              TableFile    = "",  // drive code -> probability, see cim_mtj_bit
    parameter int          TableUnits   = 1,
    parameter int          TableIndex   = 0
) (
    input  logic                    clk_i,
    input  logic                    rst_ni,
    input  logic                    set_i,
    input  logic                    read_i,
    input  logic                    reset_i,
    input  logic                    keep_i,
    input  logic                    alarm_i,
    input  logic                    alarm_clear_i,
    input  logic                    drive_we_i,
    input  logic [   DriveBits-1:0] drive_wdata_i,
    input  logic                    cal_we_i,
    input  logic [   DriveBits-1:0] cal_code_i,
    input  logic [ResidualBits-1:0] cal_residual_i,
    output logic                    raw_o,
    output logic                    bit_o,
    output logic                    trim_o,         // the junction's probability needs calibration
    output logic [   DriveBits-1:0] drive_o,
    output logic [ResidualBits-1:0] residual_o,
    output logic                    alarm_o
);
  `CIM_STATIC_ASSERT(gen_drive, DriveBits >= 1 && DriveBits <= 16 && DriveInit >= 0 && DriveInit < 2 ** DriveBits,
                     "cim_dropout_module: DriveBits must be 1 to 16, DriveInit a drive code")

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

  assign bit_o = raw_o ^ white_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      drive_q    <= DriveBits'(DriveInit);
      residual_q <= '0;
      alarm_q    <= 1'b0;
      white_q    <= 1'b0;
    end else begin
      if (cal_we_i) drive_q <= cal_code_i;
      else if (drive_we_i) drive_q <= drive_wdata_i;
      if (cal_we_i) residual_q <= cal_residual_i;
      alarm_q <= !alarm_clear_i && (alarm_q || alarm_i);
      if (keep_i) white_q <= raw_o;
    end
  end

  assign drive_o    = drive_q;
  assign residual_o = residual_q;
  assign alarm_o    = alarm_q;

  `CIM_ASSUME(PinsExclusive, !(set_i && read_i) && !(set_i && reset_i) && !(read_i && reset_i))
  `CIM_ASSUME(KeepsWhatIsRead, !keep_i || read_i)
endmodule

// One stochastic unit: writes a random bit into an MTJ, reads it, erases it, and keeps two bits ahead of the consumer.
// SET (drive_i sets the switching probability) -> READ -> RESET, each its number of cycles; the bit is taken in the last
// READ cycle. The bit on mask_bit_o counts as used when mask_ready_i meets mask_valid_o. As long as a window takes at
// least SetCycles + ReadCycles + ResetCycles + 1 cycles, sampling is hidden.
`include "cim_assert.svh"

module cim_dropout_module #(
    parameter int          SetCycles   = 1,  // 1 to 256
    parameter int          ReadCycles  = 1,  // 1 to 256
    parameter int          ResetCycles = 1,  // 1 to 256
    parameter int          DriveBits   = 4,  // width of the drive code
    parameter int          UnitId      = 0,  // which device this is, for the draws of the simulation model
    parameter logic [31:0] Seed        = 1,  // of the simulation model
    parameter              TableFile   = ""  // drive code -> probability, see cim_mtj_bit
) (
    input  logic                 clk_i,
    input  logic                 rst_ni,
    input  logic [DriveBits-1:0] drive_i,
    input  logic                 mask_ready_i,
    output logic                 mask_valid_o,
    output logic                 mask_bit_o,
    output logic                 sampled_o      // one bit was drawn (counted by cim_regs)
);
  `CIM_STATIC_ASSERT(gen_set, SetCycles >= 1 && SetCycles <= 256, "cim_dropout_module: SetCycles must be 1 to 256")
  `CIM_STATIC_ASSERT(gen_read, ReadCycles >= 1 && ReadCycles <= 256, "cim_dropout_module: ReadCycles must be 1 to 256")
  `CIM_STATIC_ASSERT(gen_reset, ResetCycles >= 1 && ResetCycles <= 256,
                     "cim_dropout_module: ResetCycles must be 1 to 256")

  localparam logic [1:0] StIdle = 2'd0;
  localparam logic [1:0] StSet = 2'd1;
  localparam logic [1:0] StRead = 2'd2;
  localparam logic [1:0] StReset = 2'd3;

  logic [1:0] state_q `CIM_ARCH;
  logic [7:0] cnt_q `CIM_ARCH;
  logic       cur_valid_q `CIM_ARCH;
  logic       cur_q `CIM_ARCH;
  logic       nxt_valid_q `CIM_ARCH;
  logic       nxt_q `CIM_ARCH;

  logic [7:0] last_cnt;
  logic       done, push, pop;
  logic       set_pin, read_pin, reset_pin, mtj_bit;

  assign set_pin   = state_q == StSet;
  assign read_pin  = state_q == StRead;
  assign reset_pin = state_q == StReset;

  cim_mtj_bit #(
      .DriveBits(DriveBits),
      .UnitId   (UnitId),
      .Seed     (Seed),
      .TableFile(TableFile)
  ) u_mtj (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .set_i  (set_pin),
      .read_i (read_pin),
      .reset_i(reset_pin),
      .drive_i(drive_i),
      .bit_o  (mtj_bit)
  );

  assign last_cnt = set_pin ? 8'(SetCycles - 1) : read_pin ? 8'(ReadCycles - 1) : 8'(ResetCycles - 1);
  assign done     = cnt_q == last_cnt;
  assign push     = read_pin && done;
  assign pop      = mask_ready_i && cur_valid_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= StIdle;
      cnt_q   <= '0;
    end else if (state_q == StIdle) begin
      if (!nxt_valid_q) state_q <= StSet;
    end else if (done) begin
      state_q <= state_q + 1'b1;  // Set -> Read -> Reset -> Idle
      cnt_q   <= '0;
    end else begin
      cnt_q <= cnt_q + 1'b1;
    end
  end

  // A queue of two: a pop moves nxt up, a push goes to the first free place after that.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      cur_valid_q <= 1'b0;
      cur_q       <= 1'b0;
      nxt_valid_q <= 1'b0;
      nxt_q       <= 1'b0;
    end else if (pop && push) begin
      cur_q <= nxt_valid_q ? nxt_q : mtj_bit;
      if (nxt_valid_q) nxt_q <= mtj_bit;
    end else if (pop) begin
      cur_q       <= nxt_q;
      cur_valid_q <= nxt_valid_q;
      nxt_valid_q <= 1'b0;
    end else if (push) begin
      if (cur_valid_q) begin
        nxt_q       <= mtj_bit;
        nxt_valid_q <= 1'b1;
      end else begin
        cur_q       <= mtj_bit;
        cur_valid_q <= 1'b1;
      end
    end
  end

  assign mask_valid_o = cur_valid_q;
  assign mask_bit_o   = cur_q;
  assign sampled_o    = push;

  `CIM_ASSERT(PinsExclusive, !(set_pin && read_pin) && !(set_pin && reset_pin) && !(read_pin && reset_pin))
  `CIM_ASSERT(QueueInOrder, cur_valid_q || !nxt_valid_q)
  `CIM_ASSERT(NoBitLost, !push || !nxt_valid_q || pop)
  `CIM_ASSERT(CountInRange, state_q == StIdle ? cnt_q == '0 : cnt_q <= last_cnt)
endmodule

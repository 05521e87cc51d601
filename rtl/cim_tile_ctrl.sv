// Walks the schedule of a layer: which group of which bit plane is read each cycle, and what the accumulators do with it.
// Two stages: the array read (schedule word at pc_q) and, a cycle later, the accumulation of what was sensed (s1_*). A
// window is one walk through the ROM; its last accumulation loads the hold registers and waits for hold_free_i, stalling
// the reads behind it. The row buffer is released with the last read of a window, so the next vector follows without a
// gap; with ReplayInput it is kept for passes_i windows. Reads wait for mask_valid_i where rows or arrays are chosen at random
// (elsewhere it is tied to 1); the choice serves MaskWindows whole windows and is taken with the last read of the last one.
`include "cim_assert.svh"

module cim_tile_ctrl #(
    parameter int Steps        = 2,   // schedule words, at least 1
    parameter int GroupBits    = 1,   // idx(groups)
    parameter int PlaneBits    = 1,   // idx(bit planes)
    parameter int ReplayInput  = 0,   // 1: every vector is walked passes_i times
    parameter int MaskWindows  = 1,   // windows a choice serves, at least 1
    parameter int PassBits     = 8,   // width of passes_i
    parameter     ScheduleFile = ""   // words {last, first, shift, plane, group}
) (
    input  logic                 clk_i,
    input  logic                 rst_ni,
    input  logic                 rows_valid_i,
    input  logic                 mask_valid_i,
    input  logic                 hold_free_i,
    input  logic [ PassBits-1:0] passes_i,       // at least 1; changes only while idle
    output logic                 read_o,
    output logic [GroupBits-1:0] group_o,
    output logic [PlaneBits-1:0] plane_o,
    output logic                 rows_release_o,
    output logic                 mask_ready_o,
    output logic                 acc_en_o,
    output logic                 first_o,
    output logic                 shift_o,
    output logic                 load_o
);
  `CIM_STATIC_ASSERT(gen_steps, Steps >= 1 && MaskWindows >= 1, "cim_tile_ctrl: Steps and MaskWindows must be at least 1")

  localparam int WordBits = 3 + PlaneBits + GroupBits;
  localparam int PcBits   = (Steps > 1) ? $clog2(Steps) : 1;
  localparam int WindowBits = (MaskWindows > 1) ? $clog2(MaskWindows) : 1;
  localparam logic [WindowBits-1:0] LastWindow = WindowBits'(MaskWindows - 1);

  logic [  PcBits-1:0] pc_q `CIM_ARCH;
  logic                s1_valid_q `CIM_ARCH;
  logic                s1_first_q `CIM_ARCH;
  logic                s1_shift_q `CIM_ARCH;
  logic                s1_last_q `CIM_ARCH;
  logic [PassBits-1:0] replay_q `CIM_ARCH;
  logic [WindowBits-1:0] window_q `CIM_ARCH;

  logic [WordBits-1:0] rom_word;
  logic                rom_last, rom_first, rom_shift;
  logic                stall, window_end, last_pass;
  logic [PassBits-1:0] replay_d;

  cim_rom #(
      .Depth   (Steps),
      .Width   (WordBits),
      .InitFile(ScheduleFile)
  ) u_rom (
      .addr_i(pc_q),
      .data_o(rom_word)
  );
  assign {rom_last, rom_first, rom_shift, plane_o, group_o} = rom_word;

  assign stall    = s1_valid_q && s1_last_q && !hold_free_i;
  assign read_o   = rows_valid_i && mask_valid_i && !stall;
  assign acc_en_o = s1_valid_q && !stall;
  assign first_o  = s1_first_q;
  assign shift_o  = s1_shift_q;
  assign load_o   = acc_en_o && s1_last_q;

  assign window_end     = read_o && rom_last;
  assign mask_ready_o   = window_end && window_q == LastWindow;
  assign rows_release_o = window_end && last_pass;

  if (ReplayInput != 0) begin : gen_replay
    assign last_pass = replay_q == passes_i - 1'b1;
    assign replay_d  = !window_end ? replay_q : last_pass ? '0 : replay_q + 1'b1;
    `CIM_ASSUME(PassesPositive, passes_i != '0)
    `CIM_ASSUME_STABLE(PassesKeptDuringVector, !rows_valid_i, passes_i)
    `CIM_ASSERT(ReplayInRange, replay_q < passes_i)
  end else begin : gen_single
    logic unused_passes;
    assign unused_passes = ^passes_i;
    assign last_pass     = 1'b1;
    assign replay_d      = replay_q;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      pc_q       <= '0;
      s1_valid_q <= 1'b0;
      s1_first_q <= 1'b0;
      s1_shift_q <= 1'b0;
      s1_last_q  <= 1'b0;
      replay_q   <= '0;
      window_q   <= '0;
    end else begin
      replay_q <= replay_d;
      if (window_end) window_q <= (window_q == LastWindow) ? '0 : window_q + 1'b1;
      if (!stall) s1_valid_q <= read_o;
      if (read_o) begin
        pc_q       <= rom_last ? '0 : pc_q + 1'b1;
        s1_first_q <= rom_first;
        s1_shift_q <= rom_shift;
        s1_last_q  <= rom_last;
      end
    end
  end

  `CIM_ASSUME(ScheduleEnds, !read_o || 32'(pc_q) != Steps - 1 || rom_last)
  `CIM_ASSERT(StepInRange, 32'(pc_q) < Steps)
  `CIM_ASSERT(LoadImpliesAccumulate, !load_o || acc_en_o)
  `CIM_ASSERT(LoadsOnlyFreeHold, !load_o || hold_free_i)
  `CIM_ASSERT(ReleasesOnlyFull, !rows_release_o || rows_valid_i)
  `CIM_ASSERT(MaskTakenOnlyWhenValid, !mask_ready_o || mask_valid_i)
  `CIM_ASSERT(WindowInRange, 32'(window_q) < MaskWindows)
  `CIM_ASSERT(MaskTakenWithWindow, !mask_ready_o || window_end)
  `CIM_ASSERT(ChoiceOfOneWindow, MaskWindows > 1 || mask_ready_o == window_end)

  // Shadow: what was read and not accumulated, rows not released, for the properties
`ifndef SYNTHESIS
  logic read_q, stalled_q, kept_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) {read_q, stalled_q, kept_q} <= '0;
    else {read_q, stalled_q, kept_q} <= {read_o, s1_valid_q && !acc_en_o, rows_valid_i && !rows_release_o};
  end
  `CIM_ASSUME(RowsStayUntilReleased, !kept_q || rows_valid_i)
  `CIM_ASSERT(EveryReadIsAccumulated, s1_valid_q == (read_q || stalled_q))
  `CIM_ASSERT(ReadNotOverwritten, !read_o || !s1_valid_q || acc_en_o)
`endif
endmodule

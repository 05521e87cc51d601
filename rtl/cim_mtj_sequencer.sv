// SET -> READ -> RESET of a bank of junctions, each phase its number of cycles, one idle cycle before every round.
// Junctions are non-volatile: after rst_ni, during which no pulse leaves, one RESET comes first (primed_q).
// A round starts when start_i is seen while idle_o. sample_o marks the last READ cycle, in which the bits are taken. With
// Whiten a round is two draws in a row: the first is kept (keep_o), the second ends the round (done_o).
`include "cim_assert.svh"

module cim_mtj_sequencer #(
    parameter int SetCycles   = 1,  // 1 to 256
    parameter int ReadCycles  = 1,  // 1 to 256
    parameter int ResetCycles = 1,  // 1 to 256
    parameter int Whiten      = 0   // 1: two draws a round
) (
    input  logic clk_i,
    input  logic rst_ni,
    input  logic start_i,
    output logic set_o,
    output logic read_o,
    output logic reset_o,
    output logic idle_o,    // no round is under way, nor the first RESET still to come
    output logic sample_o,
    output logic keep_o,
    output logic done_o
);
  `CIM_STATIC_ASSERT(gen_set, SetCycles >= 1 && SetCycles <= 256, "cim_mtj_sequencer: SetCycles must be 1 to 256")
  `CIM_STATIC_ASSERT(gen_read, ReadCycles >= 1 && ReadCycles <= 256, "cim_mtj_sequencer: ReadCycles must be 1 to 256")
  `CIM_STATIC_ASSERT(gen_reset, ResetCycles >= 1 && ResetCycles <= 256,
                     "cim_mtj_sequencer: ResetCycles must be 1 to 256")

  localparam logic [1:0] StIdle = 2'd0;
  localparam logic [1:0] StSet = 2'd1;
  localparam logic [1:0] StRead = 2'd2;
  localparam logic [1:0] StReset = 2'd3;

  logic [1:0] state_q `CIM_ARCH;
  logic [7:0] cnt_q `CIM_ARCH;
  logic       half_q `CIM_ARCH;
  logic       primed_q `CIM_ARCH;  // the junctions have had their first RESET

  logic [7:0] last_cnt;
  logic       phase_done;

  assign set_o   = state_q == StSet;
  assign read_o  = state_q == StRead;
  assign reset_o = state_q == StReset;
  assign idle_o  = state_q == StIdle && !half_q && primed_q;

  assign last_cnt   = set_o ? 8'(SetCycles - 1) : read_o ? 8'(ReadCycles - 1) : 8'(ResetCycles - 1);
  assign phase_done = cnt_q == last_cnt;

  assign sample_o = read_o && phase_done;
  assign keep_o   = sample_o && Whiten != 0 && !half_q;
  assign done_o   = sample_o && !keep_o;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q  <= StIdle;
      cnt_q    <= '0;
      half_q   <= 1'b0;
      primed_q <= 1'b0;
    end else begin
      if (sample_o && Whiten != 0) half_q <= !half_q;
      if (reset_o && phase_done) primed_q <= 1'b1;
      if (state_q == StIdle) begin
        if (!primed_q) state_q <= StReset;
        else if (start_i || half_q) state_q <= StSet;
      end else if (phase_done) begin
        state_q <= state_q + 1'b1;  // Set -> Read -> Reset -> Idle
        cnt_q   <= '0;
      end else begin
        cnt_q <= cnt_q + 1'b1;
      end
    end
  end

  `CIM_ASSERT(PinsExclusive, !(set_o && read_o) && !(set_o && reset_o) && !(read_o && reset_o))
  `CIM_ASSERT(FirstOfAllReset, primed_q || !(set_o || read_o || half_q))
  `CIM_ASSERT(CountInRange, state_q == StIdle ? cnt_q == '0 : cnt_q <= last_cnt)
  `CIM_ASSERT(IdleDrivesNothing, !idle_o || !(set_o || read_o || reset_o))
  `CIM_ASSERT(SamplesWhileReading, !sample_o || (read_o && (keep_o != done_o)))
  `CIM_ASSERT(HalfOnlyWhitened, Whiten != 0 || !half_q)
endmodule

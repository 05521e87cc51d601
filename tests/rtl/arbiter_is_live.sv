// Put into cim_arbiter_onehot under proof: whenever no choice is held and the bank is not calibrating, one is there within
// 16 rounds (the most that rejection may take) of set, read, reset and the idle cycle between, twice that with Whiten; after
// rst_ni counted from the end of the RESET that comes first, which must be over in ResetCycles + 1 cycles.
// ChoiceInTime says so; the other two properties are the steps of the argument, which spare the prover finding them.
module arbiter_is_live #(
    parameter int SetCycles   = 1,
    parameter int ReadCycles  = 1,
    parameter int ResetCycles = 1,
    parameter int Whiten      = 0
) (
    input logic       clk_i,
    input logic       rst_ni,
    input logic       active,
    input logic       done,
    input logic       cur_valid_q,
    input logic       nxt_valid_q,
    input logic [3:0] try_q
);
  localparam int Round = (SetCycles + ReadCycles + ResetCycles + 1) * ((Whiten != 0) ? 2 : 1);
  localparam int Bound = 16 * Round;
  localparam int WaitBits = $clog2(Bound + 1);
  localparam int PhaseBits = $clog2(Round + 1);
  localparam int Prime = ResetCycles + 1;
  localparam int PrimeBits = $clog2(Prime + 1);

  logic [ WaitBits-1:0] wait_q;   // cycles without a choice; stops at the bound
  logic [PrimeBits-1:0] prime_q;  // cycles since rst_ni; stops at Prime
  logic                 primed;
  logic [PhaseBits-1:0] phase_q;  // cycles since the last draw, or since one is wanted
  assign primed = prime_q == Prime;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      prime_q <= '0;
      wait_q  <= '0;
      phase_q <= '0;
    end else begin
      prime_q <= primed ? prime_q : prime_q + 1'b1;
      wait_q  <= (cur_valid_q || active || !primed) ? '0 : (wait_q == Bound) ? wait_q : wait_q + 1'b1;
      phase_q <= (done || nxt_valid_q || active || !primed) ? '0 : (phase_q == Round) ? phase_q : phase_q + 1'b1;
    end
  end
  always @(posedge clk_i) begin
    if (rst_ni) begin
      ChoiceInTime : assert (cur_valid_q || wait_q < Bound);
      DrawInTime : assert (phase_q < Round);
      TriesInTime : assert (cur_valid_q || wait_q <= try_q * Round + phase_q);
    end
  end
endmodule

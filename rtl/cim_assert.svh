// Macros shared by the library: visibility of architectural registers, properties, elaboration checks.
// A property is written once, as a Boolean expression over the present values, true at every rising edge out of reset:
//   simulators with SVA (Verilator)     concurrent assertion, the message names the instance (%m)
//   FORMAL (Yosys read_verilog -formal) immediate assertion in a clocked process, for write_aiger + pdr
//   synthesis, Icarus                   nothing
// Expressions holding a comma need parentheses. Modules that use the clocked macros have clk_i and rst_ni.
// Waived for the including file, hence outside the guard: `disable iff` samples the asynchronous reset on purpose.
/* verilator lint_off SYNCASYNCNET */
`ifndef CIM_ASSERT_SVH
`define CIM_ASSERT_SVH

// After the name of a register of rtl/README.md: the lock-step testbench reads it each clock.
`ifdef CIM_VERIFY
`define CIM_ARCH /*verilator public_flat_rd*/
`else
`define CIM_ARCH
`endif

// CIM_ASSERT: what the module promises. CIM_ASSUME: what its environment promises; checked like an assertion in
// simulation, but a premise in the proof of the module alone (`chformal -assume2assert` when composed).
// CIM_ASSUME_STABLE: a signal keeps its value from clock to clock, except where unless_ holds.
// CIM_ASSERT_COMB: the same promise for modules without a clock. Fails on a known 0 only: before reset, values are unknown
// in simulators with four states; and at the end of the time step: signals of one edge do not settle together.
`ifdef FORMAL
`define CIM_ASSERT(name_, expr_) always @(posedge clk_i) if (rst_ni) name_ : assert (expr_);
`define CIM_ASSUME(name_, expr_) always @(posedge clk_i) if (rst_ni) name_ : assume (expr_);
`define CIM_ASSUME_STABLE(name_, unless_, signal_) \
  always @(posedge clk_i) if (rst_ni) name_ : assume ((unless_) || $stable(signal_));
`define CIM_ASSERT_COMB(name_, expr_) always @* name_ : assert (expr_);
`elsif SYNTHESIS
`define CIM_ASSERT(name_, expr_)
`define CIM_ASSUME(name_, expr_)
`define CIM_ASSUME_STABLE(name_, unless_, signal_)
`define CIM_ASSERT_COMB(name_, expr_)
`elsif __ICARUS__
`define CIM_ASSERT(name_, expr_)
`define CIM_ASSUME(name_, expr_)
`define CIM_ASSUME_STABLE(name_, unless_, signal_)
`define CIM_ASSERT_COMB(name_, expr_)
`else
`define CIM_ASSERT(name_, expr_) \
  name_ : assert property (@(posedge clk_i) disable iff (!rst_ni) (expr_)) else $error("%m: property violated");
`define CIM_ASSUME(name_, expr_) \
  name_ : assert property (@(posedge clk_i) disable iff (!rst_ni) (expr_)) else $error("%m: used against its contract");
`define CIM_ASSUME_STABLE(name_, unless_, signal_) \
  name_ : assert property (@(posedge clk_i) disable iff (!rst_ni) ((unless_) || $stable(signal_))) \
    else $error("%m: used against its contract");
`define CIM_ASSERT_COMB(name_, expr_) \
  always_comb name_ : assert final ((expr_) !== 1'b0) else $error("%m: property violated");
`endif

// Stops elaboration on an illegal parameter. Icarus 11 has no elaboration-time $error.
`ifdef __ICARUS__
`define CIM_STATIC_ASSERT(name_, expr_, message_)
`else
`define CIM_STATIC_ASSERT(name_, expr_, message_) if (!(expr_)) begin : name_ $error(message_); end
`endif

`endif

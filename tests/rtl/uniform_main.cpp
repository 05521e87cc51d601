// Clocks uniform_tb until it finishes.
#include "Vuniform_tb.h"
#include "verilated.h"

int main(int argc, char** argv) {
  VerilatedContext context;
  context.commandArgs(argc, argv);
  Vuniform_tb top{&context};
  constexpr int kResetClocks = 4;
  for (int clock = 0; !context.gotFinish(); clock += clock < kResetClocks ? 1 : 0) {
    top.rst_ni = clock >= kResetClocks ? 1 : 0;
    top.clk_i = 0;
    top.eval();
    top.clk_i = 1;
    top.eval();
  }
  top.final();
  return 0;
}

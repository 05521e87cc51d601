// Compiled by Verilator together with an emitted design (prefix Vneuspin_dut) into one shared library.
#include "neuspin_shim.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <type_traits>

#include "Vneuspin_dut.h"
#include "neuspin_print.h"  // before the first header of Verilator
#include "verilated.h"
#include "verilated_syms.h"
#if VM_TRACE_FST
#include "verilated_fst_c.h"
#endif
#if VM_COVERAGE
#include <fstream>

#include "verilated_cov.h"
#endif

#define NEUSPIN_EXPORT extern "C" __attribute__((visibility("default")))

namespace {

// The run time prints through a free function, so the text has no owner; one design runs per thread at a
// time.
thread_local std::string printed;

struct Dut {
  std::unique_ptr<VerilatedContext> context = std::make_unique<VerilatedContext>();
  std::unique_ptr<Vneuspin_dut> top;
  std::string root;  // scope of the top instance, e.g. "TOP.mlp_top"
  std::string text;  // handed out by neuspinText
  int failures = 0;
#if VM_TRACE_FST
  std::unique_ptr<VerilatedFstC> trace;
#endif

  // Every failed assertion ends in $stop, which sets gotError and returns, since fatalOnError is off.
  void settle() {
    top->eval();
#if VM_TRACE_FST
    if (trace) trace->dump(context->time());
#endif
    context->timeInc(1);
    if (context->gotError()) {
      ++failures;
      context->gotError(false);
      context->gotFinish(false);
    }
  }
};

Dut& self(void* dut) {
  return *static_cast<Dut*>(dut);
}

// Ports are CData, SData, IData, QData or VlWide, depending on their width.
template <class Port>
void assignPort(Port& port, const uint32_t* words) {
  if constexpr (!std::is_integral_v<Port>) {
    std::memcpy(port.data(), words, sizeof(Port));
  } else if constexpr (sizeof(Port) == 8) {
    port = static_cast<Port>(words[0]) | static_cast<Port>(words[1]) << 32;
  } else {
    port = static_cast<Port>(words[0]);
  }
}

}  // namespace

extern "C" int neuspinPrintf(const char* format, ...) {
  char buffer[4096];
  va_list arguments;
  va_start(arguments, format);
  const int length = std::vsnprintf(buffer, sizeof buffer, format, arguments);
  va_end(arguments);
  printed += buffer;
  return length;
}

void vl_fatal(const char* file, int line, const char* scope, const char* message) VL_MT_UNSAFE {
  neuspinPrintf("%%Fatal: %s:%d: %s: %s\n", file, line, scope, message);
  Verilated::threadContextp()->gotError(true);
}

NEUSPIN_EXPORT int neuspinAbi(void) {
  return kNeuspinShimAbi;
}

NEUSPIN_EXPORT void* neuspinCreate(const char* top, int argc, const char* const* argv, int random_seed) {
  auto dut = std::make_unique<Dut>();
  dut->context->commandArgs(argc, const_cast<const char**>(argv));
  dut->context->fatalOnError(false);
  dut->context->randReset(2);
  dut->context->randSeed(random_seed);
#if VM_TRACE_FST
  dut->context->traceEverOn(true);
#endif
  printed.clear();
  dut->root = std::string("TOP.") + top;
  dut->top = std::make_unique<Vneuspin_dut>(dut->context.get(), "TOP");
  dut->top->clk_i = 0;
  dut->top->rst_ni = 0;
  dut->settle();
  return dut.release();
}

NEUSPIN_EXPORT void neuspinDestroy(void* dut) {
  neuspinTraceClose(dut);
  self(dut).top->final();
  delete &self(dut);
}

NEUSPIN_EXPORT void neuspinLow(void* dut, const NeuspinInputs* inputs, NeuspinOutputs* outputs) {
  Vneuspin_dut& top = *self(dut).top;
  top.clk_i = 0;
  top.rst_ni = inputs->rst_n;
  assignPort(top.in_data_i, inputs->in_data);
  top.in_valid_i = inputs->in_valid;
  top.out_ready_i = inputs->out_ready;
  top.reg_we_i = inputs->reg_we;
  top.reg_addr_i = inputs->reg_addr;
  top.reg_wdata_i = inputs->reg_wdata;
  top.prog_we_i = inputs->prog_we;
  top.prog_unit_i = inputs->prog_unit;
  top.prog_addr_i = inputs->prog_addr;
  assignPort(top.prog_data_i, inputs->prog_data);
  self(dut).settle();
  for (int word = 0; word < 4; ++word) outputs->out_data[word] = top.out_data_o[word];
  outputs->reg_rdata = top.reg_rdata_o;
  outputs->in_ready = top.in_ready_o;
  outputs->out_valid = top.out_valid_o;
  outputs->out_last = top.out_last_o;
}

NEUSPIN_EXPORT void neuspinHigh(void* dut) {
  self(dut).top->clk_i = 1;
  self(dut).settle();
}

NEUSPIN_EXPORT int neuspinFind(void* dut, const char* scope, const char* signal, NeuspinSignal* result) {
  const std::string name = *scope == '\0' ? self(dut).root : self(dut).root + "." + scope;
  const VerilatedScope* found = self(dut).context->scopeFind(name.c_str());
  const VerilatedVar* variable = found == nullptr ? nullptr : found->varFind(signal);
  if (variable == nullptr || variable->udims() != 0) return 0;
  result->data = variable->datap();
  result->width = variable->elements(0);
  result->bytes = static_cast<int>(variable->totalSize());
  return 1;
}

NEUSPIN_EXPORT void neuspinList(void* dut,
                                void (*visit)(void* context, const char* scope, const char* signal),
                                void* context) {
  const std::string prefix = self(dut).root + ".";
  for (const auto& [name, scope] : *self(dut).context->scopeNameMap()) {
    if (scope->varsp() == nullptr) continue;
    const bool below = std::strncmp(name, prefix.c_str(), prefix.size()) == 0;
    for (const auto& [signal, variable] : *scope->varsp()) {
      if (!variable.isParam()) visit(context, below ? name + prefix.size() : "", signal);
    }
  }
}

NEUSPIN_EXPORT int neuspinFailures(const void* dut) {
  return static_cast<const Dut*>(dut)->failures;
}

NEUSPIN_EXPORT const char* neuspinText(void* dut) {
  self(dut).text.swap(printed);
  printed.clear();
  return self(dut).text.c_str();
}

NEUSPIN_EXPORT int neuspinTraceOpen(void* dut, const char* file) {
#if VM_TRACE_FST
  self(dut).trace = std::make_unique<VerilatedFstC>();
  self(dut).top->trace(self(dut).trace.get(), 99);
  self(dut).trace->open(file);
  return self(dut).trace->isOpen() ? 1 : 0;
#else
  static_cast<void>(dut);
  static_cast<void>(file);
  return 0;
#endif
}

NEUSPIN_EXPORT void neuspinTraceClose(void* dut) {
#if VM_TRACE_FST
  if (self(dut).trace) self(dut).trace->close();
  self(dut).trace.reset();
#else
  static_cast<void>(dut);
#endif
}

NEUSPIN_EXPORT int neuspinCoverageWrite(void* dut, const char* file) {
#if VM_COVERAGE
  if (!std::ofstream(file)) return 0;  // write() ends the program where it cannot open
  self(dut).context->coveragep()->write(file);
  return 1;
#else
  static_cast<void>(dut);
  static_cast<void>(file);
  return 0;
#endif
}

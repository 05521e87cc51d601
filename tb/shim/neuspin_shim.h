/* The C boundary between the lock-step testbench and a verilated design: the shared library built by
 * tb/build.cpp exports these functions, tb/dut.cpp loads them. Plain C types only, because the two sides may
 * be built by different compilers. All vectors are little-endian 32-bit words. */
#ifndef NEUSPIN_SHIM_H
#define NEUSPIN_SHIM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Changes with any change below; part of the build key, and checked after loading. */
enum { kNeuspinShimAbi = 2 };

typedef struct NeuspinInputs {
  const uint32_t* in_data;   /* as many words as in_data_i has */
  const uint32_t* prog_data; /* as many words as prog_data_i has */
  uint32_t reg_wdata;
  uint16_t prog_unit, prog_addr;
  uint8_t reg_addr;
  uint8_t rst_n, in_valid, out_ready, reg_we, prog_we; /* 0 or 1 */
} NeuspinInputs;

typedef struct NeuspinOutputs {
  uint32_t out_data[4];
  uint32_t reg_rdata;
  uint8_t in_ready, out_valid, out_last;
} NeuspinOutputs;

/* A register as Verilator stores it: `bytes` bytes of little-endian words at `data`, valid until destroy. */
typedef struct NeuspinSignal {
  const void* data;
  int width; /* bits */
  int bytes;
} NeuspinSignal;

int neuspinAbi(void);

/* A new instance of the module `top`, in reset (rst_n = 0, clock low), with every register and memory that
 * has no initial value set to random bits. Initial blocks run here, so relative memory images are looked up
 * in the current folder. */
void* neuspinCreate(const char* top, int argc, const char* const* argv, int random_seed);
void neuspinDestroy(void* dut);

/* First half of a clock: clock low, inputs applied, logic settled, outputs sampled. */
void neuspinLow(void* dut, const NeuspinInputs* inputs, NeuspinOutputs* outputs);
/* Second half: the rising edge, with the inputs of the last neuspinLow. */
void neuspinHigh(void* dut);

/* The register `signal` of the instance `scope` (path below the top instance, "" = the top); 0 if there is
 * none. */
int neuspinFind(void* dut, const char* scope, const char* signal, NeuspinSignal* result);
/* Calls visit(context, scope, signal) for every register marked `CIM_ARCH. */
void neuspinList(void* dut, void (*visit)(void* context, const char* scope, const char* signal),
                 void* context);

/* Number of $error, $fatal and failed assertions so far, and the text the design printed since the last
 * neuspinText. */
int neuspinFailures(const void* dut);
const char* neuspinText(void* dut);

/* Starts an FST waveform; 0 if this library was built without. Closing is also done by neuspinDestroy. */
int neuspinTraceOpen(void* dut, const char* file);
void neuspinTraceClose(void* dut);

/* Writes the coverage points counted so far, in Verilator's format; 0 if this library was built without or the
 * file cannot be written. */
int neuspinCoverageWrite(void* dut, const char* file);

#ifdef __cplusplus
}
#endif

#endif

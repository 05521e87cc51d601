/* Included before everything in the verilated library: sends what the design and the Verilator run time print
 * to the shim instead of standard output, so that the testbench can attach it to the clock cycle it belongs
 * to. */
#ifndef NEUSPIN_PRINT_H
#define NEUSPIN_PRINT_H
#ifdef __cplusplus
extern "C"
#endif
    int
    neuspinPrintf(const char* format, ...);
#define VL_PRINTF neuspinPrintf
#define VL_USER_FATAL 1 /* vl_fatal is defined by the shim: the default one aborts the process */
#endif

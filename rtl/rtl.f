// Every module of the library in dependency levels. The macros cim_array, cim_sram_1rw and cim_mtj_bit come from
// behavioral/ (simulation), synth/blackbox/ or synth/flops/ (synthesis). Tools need this folder as include path.

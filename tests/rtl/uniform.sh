#!/bin/bash
# uniform.sh [IDEAL-DRAWS [DRAWS]]: how evenly cim_arbiter_onehot chooses among 2 … 32 (uniform_tb.sv, verilated).
# Ideal devices: every arbiter makes IDEAL-DRAWS (10^6) choices, those that whiten DRAWS; Pearson's chi-square against equal shares must stay below its
# 1 - 10^-4 quantile. Then devices whose p at the planned drive code is off by 0.05, all in one direction or each in its own:
# DRAWS (100,000) choices before and after calibration (the on-chip loop, windows of 4096 draws) and whitening; both must bring the
# shares nearer to equal, and together below the quantile again. The switching curve is the ideal device's, 0.25 logits a code.
# ROOT = repository, WORK = scratch folder, both from the environment.
set -u -o pipefail
ideal_draws=${1:-1000000} draws=${2:-100000}
: "${ROOT:?}" "${WORK:?}"
mkdir -p "$WORK"
cd "$WORK" || exit 1
compiler=g++
command -v clang++ >/dev/null && compiler=clang++
cache=()
command -v ccache >/dev/null && cache=(OBJCACHE=ccache)
verilator --cc --exe -O3 -Wno-fatal -Werror-UNOPTFLAT --top-module uniform_tb -Mdir obj -I"$ROOT/rtl" -y "$ROOT/rtl" \
  -y "$ROOT/behavioral" "$ROOT/tests/rtl/uniform_tb.sv" "$ROOT/tests/rtl/uniform_main.cpp" >verilator.log 2>&1 &&
  make -C obj -f Vuniform_tb.mk -j2 CXX=$compiler LINK=$compiler OPT_FAST=-O1 OPT_SLOW=-O0 OPT_GLOBAL=-O1 VK_PCH_I_FAST= VK_PCH_I_SLOW= \
    ${cache[@]+"${cache[@]}"} >>verilator.log 2>&1 || { tail -30 verilator.log; echo "FAIL: does not build"; exit 1; }

# Folder DEVICES: one table an arbiter size. Off by `bias` at the middle code; "random": the sign drawn for each unit.
tables() {  # DEVICES BIAS
  mkdir -p "$1"
  awk -v devices="$1" -v bias="$2" 'BEGIN {
    srand(1)
    for (choices = 2; choices <= 32; choices++) {
      units = 0
      for (reach = 1; reach < choices; reach *= 2) units++
      file = sprintf("%s/chance_%02d.mem", devices, choices)
      for (unit = 0; unit < units; unit++) {
        sign = (devices == "random" && rand() < 0.5) ? -1 : 1
        p = 0.5 + sign * bias
        for (code = 0; code < 16; code++) {
          here = 1 / (1 + exp(-(log(p / (1 - p)) + 0.25 * (code - 8))))
          high = int(here * 65536)
          printf "%05x%04x\n", high, int((here * 65536 - high) * 65536 + 0.5) > file
        }
        printf "%09x\n%09x\n", 0, 0 > file  # no RESET fails, no read is wrong
      }
      close(file)
    }
  }'
}
tables ideal 0
tables same 0.05
tables random 0.05

run() {  # DEVICES CALIBRATE DRAWS
  (cd "$1" && ../obj/Vuniform_tb "+draws=$3" "+white_draws=$draws" "+calibrate=$2") | sed "s/^/$1 $2 /" >"$1.$2.log" || return 1
}
run ideal 0 "$ideal_draws" && run same 0 "$draws" && run same 1 "$draws" && run random 0 "$draws" && run random 1 "$draws" ||
  { echo "FAIL: a run broke off"; exit 1; }

awk -v "wanted=$ideal_draws" -f "$ROOT/tests/rtl/uniform.awk" ideal.0.log same.0.log same.1.log random.0.log random.1.log && echo "PASS"

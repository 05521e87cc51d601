#!/bin/bash
# run_tb.sh BENCH [Name=value …]: compiles tests/rtl/BENCH.sv with the library and runs it in Icarus.
# A bench checks itself and prints PASS. ROOT = repository, WORK = scratch folder, both from the environment.
set -u
bench=$1
shift
: "${ROOT:?}" "${WORK:?}"
max_passes=20
options=()
for word in "$@"; do
  options+=("-P$bench.$word")
  [[ $word == MaxPasses=* ]] && max_passes=${word#*=}
done
mkdir -p "$WORK"
if [ "$bench" = head_tb ]; then
  "$ROOT/tests/rtl/head_tables.sh" "$WORK" "$max_passes" || exit 1
  options+=("-P$bench.MaxPasses=$max_passes" "-P$bench.Dir=\"$WORK\"")
fi
sources=("$ROOT/tests/rtl/$bench.sv")
[ "$bench" = window_tb ] && sources+=("$ROOT/tests/rtl/window_case.sv")
[ "$bench" = pool_tb ] && sources+=("$ROOT/tests/rtl/pool_case.sv")
[ "$bench" = avg_pool_tb ] && sources+=("$ROOT/tests/rtl/avg_pool_case.sv")
if [ "$bench" = engine_tb ]; then
  sources+=("$ROOT/tests/rtl/engine_dut.sv")
  for ((code = 0; code < 8; code++)); do printf '%09x\n' $(((code + 1) * 4294967296 / 10)); done >"$WORK/chance.mem"
  printf '%09x\n%09x\n' 0 0 >>"$WORK/chance.mem"  # no RESET fails, no read is wrong
  options+=("-P$bench.Dir=\"$WORK\"")
fi
if [ "$bench" = supply_tb ]; then
  for ((unit = 0; unit < 8; unit++)); do
    for ((code = 0; code < 8; code++)); do printf '%09x\n' $((4294967296 * ((code + 1) * 10 + unit * 37 % 11 - 5) / 100)); done
    printf '%09x\n%09x\n' 0 0  # no RESET fails, no read is wrong
  done >"$WORK/chance.mem"
  options+=("-P$bench.Dir=\"$WORK\"")
fi
if [ "$bench" = mtj_tb ]; then
  fails=16 wrong=0
  for word in "$@"; do
    [[ $word == Fails=* ]] && fails=${word#*=}
    [[ $word == Wrong=* ]] && wrong=${word#*=}
  done
  for ((unit = 0; unit < 3; unit++)); do
    for ((code = 0; code < 4; code++)); do printf '%09x\n' $((268435456 * (code + 1 + 2 * unit))); done
    printf '%09x\n%09x\n' $((67108864 * fails)) $((67108864 * wrong))
  done >"$WORK/units.mem"
  options+=("-P$bench.Dir=\"$WORK\"")
fi
macros=("$ROOT"/behavioral/*.sv)
if [ "$bench" = prng_tb ]; then
  printf '%09x\n' $((1 << 31)) $((1 << 30)) 0 0 >"$WORK/half.mem"
  options+=("-P$bench.Dir=\"$WORK\"")
  macros=("$ROOT"/behavioral/prng/*.sv)
fi
iverilog -g2012 -I"$ROOT/rtl" -s "$bench" ${options[@]+"${options[@]}"} -o "$WORK/$bench.vvp" \
  "${sources[@]}" "$ROOT"/rtl/*.sv "${macros[@]}" || exit 1
timeout 120 vvp -n "$WORK/$bench.vvp" | tee "$WORK/$bench.log" | grep -v '^WARNING.*readmemh'
grep -q '^PASS' "$WORK/$bench.log"

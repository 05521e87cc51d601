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
iverilog -g2012 -I"$ROOT/rtl" -s "$bench" ${options[@]+"${options[@]}"} -o "$WORK/$bench.vvp" \
  "$ROOT/tests/rtl/$bench.sv" "$ROOT"/rtl/*.sv "$ROOT"/behavioral/*.sv || exit 1
timeout 120 vvp -n "$WORK/$bench.vvp" | tee "$WORK/$bench.log" | grep -v '^WARNING.*readmemh'
grep -q '^PASS' "$WORK/$bench.log"

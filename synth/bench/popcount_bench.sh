#!/usr/bin/env bash
# popcount_bench.sh [-n "SIZES"] [LIBERTY...]: area and delay of XNOR-popcount-threshold, ours against a plain loop, same
# flow, same run. Without libraries: those of apt (qflow-tech-osu018) and of ../shared/pdk that are there.
# Each netlist is proved equal to its RTL (ABC, on the miter) or, where that takes over 20 s, compared with a direct count
# on 5000 random and corner vectors in Icarus; so are the two RTL forms. NEUSPIN names the binary (default build/bin/neuspin).
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
neuspin=${NEUSPIN:-$root/build/bin/neuspin}
sizes="32 64 128"
if [[ ${1:-} == -n ]]; then sizes=$2; shift 2; fi
libraries=("$@")
if [[ ${#libraries[@]} -eq 0 ]]; then
  for candidate in /usr/share/qflow/tech/osu018/osu018_stdcells.lib \
    "$root"/../shared/pdk/{ihp-sg13g2/sg13g2_stdcell_typ_1p20V_25C,nangate45/nangate45_typ,sky130hd/sky130hd_tt}.lib.gz; do
    if [[ -e $candidate ]]; then libraries+=("$candidate"); else echo "skipped: no such data: $candidate"; fi
  done
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

: > target.toml  # all defaults
declare -A sources=(
  [ours]="$root/rtl/cim_fa.sv $root/rtl/cim_popcount.sv $root/rtl/cim_xnor_threshold.sv"
  [loop]="$root/synth/bench/xnor_threshold_loop.sv"
)
declare -A tops=([ours]=cim_xnor_threshold [loop]=xnor_threshold_loop)

synthesise() {  # FORM N → netlist FORM_N.v, log FORM_N.log
  local map="" files=${sources[$1]}
  if [[ $1 == ours && -e lib/synth/full_adder.v ]]; then
    files="lib/synth/cim_fa.sv $root/rtl/cim_popcount.sv $root/rtl/cim_xnor_threshold.sv"
    map="techmap -map lib/synth/full_adder.v; techmap; opt -full;"
  fi
  yosys -q -l "$1_$2.log" -p "read_liberty -lib lib/synth/cells.lib; read_verilog -sv $files
    chparam -set N $2 ${tops[$1]}; hierarchy -top ${tops[$1]}; synth -flatten -noabc -top ${tops[$1]}; $map
    abc -liberty lib/synth/cells.lib; opt_clean; rename -top dut; stat -liberty lib/synth/cells.lib
    write_verilog -noattr $1_$2.v" >/dev/null
}

area() { awk '/Chip area/ { print $NF }' "$1" | tail -1; }

delay() {  # NETLIST: largest arrival in ns, zero input slew, ideal wires
  command -v sta >/dev/null || { echo "no sta"; return; }
  cat > sta.tcl <<SCRIPT
read_liberty lib/synth/cells.lib
read_verilog $1
link_design dut
create_clock -name v -period 1000
set_input_delay 0 -clock v [all_inputs]
set_output_delay 0 -clock v [all_outputs]
report_checks -format full
SCRIPT
  local scale=1
  grep -q 'time_unit *: *"1ps"' lib/synth/cells.lib && scale=0.001
  sta -exit sta.tcl 2>/dev/null | awk -v s=$scale '/data arrival time/ && !seen++ { printf "%.2f\n", $1 * s }'
}

checked() {  # FORM N: no input tells the RTL from the netlist (proved), or none of 5000 does (where the proof takes too long)
  yosys -q -p "read_verilog -sv ${sources[$1]}; chparam -set N $2 ${tops[$1]}; hierarchy -top ${tops[$1]}
    proc; flatten; opt; rename -top gold; design -stash rtl
    read_liberty -ignore_miss_func lib/synth/cells.lib; read_verilog $1_$2.v; hierarchy -top dut; flatten; rename dut gate
    design -copy-from rtl gold; miter -equiv -flatten gold gate differ; hierarchy -top differ; flatten; opt; techmap; opt
    aigmap; opt_clean; write_aiger differ.aig" >/dev/null
  local answer
  answer=$(timeout 20 yosys-abc -c "read_aiger differ.aig; strash; iprove" || true)
  if grep -q "^UNSATISFIABLE" <<<"$answer"; then echo proved
  elif grep -q "^SATISFIABLE" <<<"$answer"; then echo DIFFERENT
  else
    yosys -q -p "read_liberty -ignore_miss_func lib/synth/cells.lib; read_verilog $1_$2.v; hierarchy -top dut; flatten
      rename dut netlist; write_verilog -noattr netlist.v" >/dev/null
    case $(same_function "$2" netlist.v "netlist") in "0 wrong"*) echo "5000 same" ;; *) echo DIFFERENT ;; esac
  fi
}

same_function() {  # N [FILE MODULE]: ours, the loop (or a netlist) and a count of the bench's own, 5000 random and corner vectors
  local file=${2:-${sources[loop]}} instance="xnor_threshold_loop #(.N(N))"
  if [[ ${3:-} ]]; then instance=$3; fi
  cat > tb.sv <<SCRIPT
module tb;
  localparam int N = $1;
  logic [N-1:0] a, w; logic [\$clog2(N+1)-1:0] threshold; logic ours, loop;
  cim_xnor_threshold #(.N(N)) u_ours (.a_i(a), .w_i(w), .threshold_i(threshold), .q_o(ours));
  $instance u_loop (.a_i(a), .w_i(w), .threshold_i(threshold), .q_o(loop));
  integer i, k, ones, wrong;
  initial begin
    wrong = 0;
    for (i = 0; i < 5000; i = i + 1) begin
      for (k = 0; k < N; k = k + 1) begin a[k] = \$random; w[k] = i % 4 == 0 ? a[k] : i % 4 == 1 ? !a[k] : \$random; end
      if (i % 8 == 4) w[i % N] = !w[i % N];
      ones = 0;
      for (k = 0; k < N; k = k + 1) ones = ones + (a[k] == w[k] ? 1 : 0);
      threshold = i % 3 == 0 ? ones : i % 3 == 1 ? ones - (ones > 0 ? 1 : 0) : \$random;
      #1 if (ours !== (ones > threshold) || loop !== (ones > threshold)) wrong = wrong + 1;
    end
    \$display("%0d wrong of 5000", wrong);
  end
endmodule
SCRIPT
  # shellcheck disable=SC2086
  iverilog -g2012 -I "$root/rtl" -s tb -o tb.vvp tb.sv ${sources[ours]} $file && vvp -n tb.vvp
}

failed=0
yosys -V
for n in $sizes; do
  verdict=$(same_function "$n")
  echo "N = $n: both forms against a direct count: $verdict"
  [[ $verdict == "0 wrong"* ]] || failed=1
done
printf '%-28s %5s %-5s %12s %10s %9s %9s\n' library N form "area um2" "um2/bit" "delay ns" netlist
for library in "${libraries[@]}"; do
  rm -rf lib
  "$neuspin" synth "$root/tests/nets/tiny/det.toml" --target target.toml --lib "$library" --work lib --quiet >/dev/null
  for n in $sizes; do
    for form in ours loop; do
      synthesise $form "$n"
      a=$(area "${form}_$n.log")
      verdict=$(checked $form "$n")
      [[ $verdict != DIFFERENT ]] || failed=1
      printf '%-28s %5d %-5s %12.1f %10.2f %9s %9s\n' "$(basename "$library" | cut -c1-28)" "$n" $form "$a" \
        "$(awk -v a="$a" -v n="$n" 'BEGIN { print a / n }')" "$(delay "${form}_$n.v")" "$verdict"
    done
  done
done
exit $failed

#!/bin/bash
# Checks one block of the RTL library. Usage:
#   check_block.sh elaborate MODULE VIEWS POINT...   lint and elaborate at the defaults and every point, in three tools
#   check_block.sh refuse    MODULE VIEWS POINT...   every point is illegal: lint and Yosys must refuse it
#   check_block.sh prove     MODULE POINT            prove the CIM_ASSERT properties for all reachable states
#   check_block.sh live      MODULE FIRST LAST POINT [SED] the arbiter: prove them and arbiter_is_live.sv for FIRST to LAST
#                                                         choices; with SED, refute them
#   check_block.sh refute    MODULE POINT SED        break the module with a sed command: a property must fail
# A point is "Name=value Name=value …" (empty = the defaults). VIEWS "plain": macros as behavioural models in the
# simulators and as black boxes in Yosys; "macros": also with flip-flops for the arrays and
# memories (synth/flops) and the digital substitute of the junction (behavioral/prng); "no_lint": like plain,
# without Verilator.
# ROOT = repository, WORK = scratch folder, both from the environment.
set -u -o pipefail
step=$1 module=$2
shift 2
: "${ROOT:?}" "${WORK:?}"
work=$WORK/$step.$module
rm -rf "$work" && mkdir -p "$work"
rtl=$ROOT/rtl
log=$work/log

die() {
  echo "FAIL $module: $*"
  [ -s "$log" ] && head -c 4000 "$log"
  exit 1
}

# A view is a folder with the macros, or two separated by a colon where the first has not all of them.
view_files() {  # VIEW → one file a macro
  local folder file seen=" "
  for folder in ${1//:/ }; do
    for file in "$folder"/*.sv; do
      [[ $seen == *" $(basename "$file") "* ]] || echo "$file"
      seen+="$(basename "$file") "
    done
  done
}

source_in() {  # VIEW → the file of the module
  if [ -f "$rtl/$module.sv" ]; then echo "$rtl/$module.sv"; else view_files "$1" | grep "/$module.sv$"; fi
}

parameters() {  # FORMAT-PREFIX POINT → one option a parameter
  local prefix=$1 word
  for word in $2; do printf '%s%s\n' "$prefix" "$word"; done
}

yosys_parameters() {
  local word
  for word in $1; do printf -- '-chparam %s %s ' "${word%%=*}" "${word#*=}"; done
}

lint() {  # POINT VIEW
  local waivers=("$ROOT/tests/rtl/flops.vlt") file
  for file in "$rtl"/lint/*.vlt; do [ -f "$file" ] && waivers+=("$file"); done
  # shellcheck disable=SC2046
  timeout 60 verilator --lint-only -Wall -Werror-UNOPTFLAT +define+CIM_VERIFY=1 -I"$rtl" -y "$rtl" -y ${2//:/ -y } \
    --top-module "$module" $(parameters -G "$1") "${waivers[@]}" "$(source_in "$2")" >"$log" 2>&1
}

elaborate_yosys() {  # POINT VIEW
  # hierarchy parses what it finds missing from the folders; parameters are set before processes are converted
  timeout 60 yosys -q -p "verilog_defaults -add -sv -I$rtl; read_verilog -sv $(source_in "$2")
    hierarchy -check -top $module $(yosys_parameters "$1") -libdir $rtl -libdir ${2//:/ -libdir }
    proc; check -assert" >"$log" 2>&1
}

elaborate_icarus() {  # POINT VIEW
  # every file named: the library search (-y) of Icarus 11 crashes on some of them
  # shellcheck disable=SC2046
  timeout 60 iverilog -g2012 -I"$rtl" -s "$module" $(parameters "-P$module." "$1") -o "$work/icarus" \
    "$rtl"/*.sv $(view_files "$2") >"$log" 2>&1
}

# Later versions of Yosys hold properties as $check cells until they are lowered; 0.23 knows neither the cell nor the option.
lower_checks=
if [[ $(yosys -p "help chformal") == *-lower* ]]; then lower_checks="async2sync; chformal -lower;"; fi

# Unbounded proof: the properties as an And-Inverter graph, decided by property-directed reachability.
# The flip-flops wake up in any state and the first cycle is a reset. Memories and macros become free inputs, which can
# only add behaviour (their cells are deleted, so that their nets count as undriven; left in, a later pass would take
# their outputs for don't-cares). What no property depends on, such as the arbiter's usage counters, goes early, with the
# outputs. What the instances inside assume of their surroundings must be proved, too.
# Prints "proved", "refuted" or "undecided".
decide() {  # POINT SOURCE [CHECKER-FILE CHECKER-INSTANCE]
  sed "s/^endmodule/  starts_in_reset u_starts_in_reset (.clk_i, .rst_ni);\n${4-}\nendmodule/" "$2" >"$work/block.sv"
  timeout 100 yosys -q -p "verilog_defaults -add -sv -formal -I$rtl
    read_verilog -sv -formal $work/block.sv $ROOT/tests/rtl/starts_in_reset.sv ${3-}
    hierarchy -check -top $module $(yosys_parameters "$1") -libdir $rtl -libdir $ROOT/synth/blackbox
    proc; $lower_checks chformal -assume2assert * A:top=1 %d starts_in_reset %d; setattr -mod -unset keep_hierarchy *
    memory_collect; delete t:\$mem_v2; flatten; delete t:*cim_*; setundef -undriven -anyseq
    delete -output; opt_clean -purge; select -assert-min 1 t:\$assert
    async2sync; dffunmap; opt_clean; opt -full; techmap; opt; setundef -anyseq; dffunmap; aigmap
    write_aiger -zinit $work/block.aig" >"$log" 2>&1 ||
    die "no And-Inverter graph at '$1'"
  timeout 100 yosys-abc -c "read_aiger $work/block.aig; fold; strash; pdr" >"$log" 2>&1
  if grep -q "Property proved" "$log"; then
    echo proved
  elif grep -q "was asserted in frame" "$log"; then
    echo refuted
  else
    echo undecided
  fi
}

case $step in
  elaborate)
    views=$1
    shift
    simulated=("$ROOT/behavioral") synthesised=("$ROOT/synth/blackbox")
    if [ "$views" = macros ]; then
      simulated+=("$ROOT/synth/flops:$ROOT/behavioral" "$ROOT/behavioral/prng:$ROOT/behavioral")
      synthesised+=("$ROOT/synth/flops:$ROOT/synth/blackbox" "$ROOT/behavioral/prng:$ROOT/synth/blackbox")
    fi
    for point in "" "$@"; do
      for view in "${simulated[@]}"; do
        [ "$views" = no_lint ] || lint "$point" "$view" || die "Verilator, '$point', $view"
        elaborate_icarus "$point" "$view" || die "Icarus, '$point', $view"
      done
      for view in "${synthesised[@]}"; do elaborate_yosys "$point" "$view" || die "Yosys, '$point', $view"; done
    done
    echo "PASS $module: $(($# + 1)) points"
    ;;
  refuse)
    shift
    for point in "$@"; do
      lint "$point" "$ROOT/behavioral" && die "Verilator accepts illegal '$point'"
      grep -q USERERROR "$log" || die "Verilator refuses '$point', but not by CIM_STATIC_ASSERT"
      elaborate_yosys "$point" "$ROOT/synth/blackbox" && die "Yosys accepts illegal '$point'"
    done
    echo "PASS $module refuses $# illegal points"
    ;;
  prove)
    verdict=$(decide "$1" "$rtl/$module.sv") || { echo "$verdict"; exit 1; }
    [ "$verdict" = proved ] || die "properties at '$1': $verdict"
    echo "PASS $module: properties proved at '$1'"
    ;;
  live)
    checker="  arbiter_is_live #(.SetCycles(SetCycles), .ReadCycles(ReadCycles), .ResetCycles(ResetCycles), .Whiten(Whiten))"
    checker+=" u_live (.clk_i, .rst_ni, .active, .done, .cur_valid_q, .nxt_valid_q, .try_q);"
    source=$rtl/$module.sv wanted=proved
    if [ $# = 4 ]; then
      sed -E "$4" "$source" >"$work/$module.sv"
      cmp -s "$work/$module.sv" "$source" && die "the mutation '$4' changes nothing"
      source=$work/$module.sv wanted=refuted
    fi
    for ((choices = $1; choices <= $2; choices++)); do
      verdict=$(decide "Choices=$choices $3" "$source" "$ROOT/tests/rtl/arbiter_is_live.sv" "$checker") ||
        { echo "$verdict"; exit 1; }
      [ "$verdict" = "$wanted" ] || die "properties with $choices choices, '$3': $verdict"
    done
    echo "PASS $module: one-hot and live, $wanted for $1 to $2 choices at '$3'"
    ;;
  refute)
    sed -E "$2" "$rtl/$module.sv" >"$work/$module.sv"
    cmp -s "$work/$module.sv" "$rtl/$module.sv" && die "the mutation '$2' changes nothing"
    verdict=$(decide "$1" "$work/$module.sv") || { echo "$verdict"; exit 1; }
    [ "$verdict" = refuted ] || die "mutant '$2': $verdict"
    echo "PASS $module: mutant '$2' refuted"
    ;;
  *) die "unknown step $step" ;;
esac

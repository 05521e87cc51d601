#!/usr/bin/env bash
# event_energy.sh [LIBERTY [SRAM_LIBERTY]]: two of gen/energy's events on a real process, to set beside an energy table's.
# Defaults: SG13G2 and its 256 x 64 SRAM of ../shared/pdk. count_bit: cim_column_block (64 columns, 8 rows at once, 8-bit
# accumulators) synthesised and given to OpenSTA: vectorless activity, sense bits random every clock, accumulators always on, a
# group of 32 reads an image; no wires, no clock tree. sram_bit: read and write energy that the macro's Liberty states.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
library=${1:-$root/../shared/pdk/ihp-sg13g2/sg13g2_stdcell_typ_1p20V_25C.lib.gz}
sram=${2:-$root/../shared/pdk/ihp-sg13g2/RM_IHPSG13_1P_256x64_c2_bm_bist_typ_1p20V_25C.lib.gz}
for tool in yosys sta; do command -v $tool >/dev/null || { echo "$tool is missing: apt install yosys opensta" >&2; exit 3; }; done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gzip -dcf "$library" > "$work/cells.lib"
gzip -dcf "$sram" > "$work/sram.lib"
cd "$work"

columns=64 group=8 period=10
yosys -q -p "read_liberty -lib cells.lib
  read_verilog -sv -I $root/rtl $root/rtl/cim_fa.sv $root/rtl/cim_popcount.sv $root/rtl/cim_column_block.sv
  chparam -set Columns $columns -set Group $group -set AccBits 8 cim_column_block; hierarchy -top cim_column_block
  synth -flatten -noabc -top cim_column_block; dfflibmap -liberty cells.lib; abc -liberty cells.lib; opt_clean
  rename -top block; write_verilog -noattr block.v" >/dev/null 2>yosys.log || { cat yosys.log >&2; exit 3; }
cat > power.tcl <<SCRIPT
read_liberty cells.lib
read_verilog block.v
link_design block
create_clock -name clk -period $period [get_ports clk_i]
set_power_activity -input -activity 0.5 -duty 0.5
set_power_activity -input_ports [get_ports {rst_ni acc_en_i}] -activity 0 -duty 1
set_power_activity -input_ports [get_ports shift_i] -activity 0 -duty 0
set_power_activity -input_ports [get_ports {first_i load_i}] -activity 0.06 -duty 0.03
report_power
SCRIPT
sta -exit power.tcl > power.log 2>&1
# Watts a group → fJ an event.
awk -v period=$period -v bits=$((columns * group)) '
  $1 == "Sequential" || $1 == "Combinational" || $1 == "Total" { fj[$1] = $5 * period * 1e-9 * 1e15 / bits }
  END {
    if (!fj["Total"]) exit 1
    printf "count_bit  %.0f fJ: registers %.0f, adders %.0f\n", fj["Total"], fj["Sequential"], fj["Combinational"]
  }' power.log || { cat power.log >&2; exit 3; }
# The first rise_power of the clock under each condition, pJ an access of 64 bits.
awk '
  /pin\(A_CLK\)/ { clock = 1 }
  clock && /when/ { read = /"A_MEN *& *!A_WEN *& *A_REN"/; write = /"A_MEN *& *A_WEN *& *!A_REN"/ }
  clock && /rise_power/ { rise = 1 }
  clock && rise && /values/ {
    value = $0; gsub(/[^0-9.]/, "", value); rise = 0
    if (read && !r) r = value; if (write && !w) w = value
  }
  END { if (!r || !w) exit 1; printf "sram_bit   %.0f fJ read, %.0f fJ written\n", r * 1000 / 64, w * 1000 / 64 }' sram.lib

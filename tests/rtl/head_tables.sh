#!/bin/bash
# head_tables.sh DIR MAX_PASSES: writes the head's table files (rtl/README.md, uncertainty head) for head_tb.sv.
set -eu
dir=$1 max_passes=$2
mkdir -p "$dir"
awk -v dir="$dir" -v max_passes="$max_passes" 'BEGIN {
  for (i = 0; i < 256; i++) printf "%x\n", int(4096 * exp(-i / 256 * log(2)) + 0.5) > (dir "/exp.mem")
  for (i = 0; i < 256; i++) printf "%x\n", int(4096 / (1 + (i + 0.5) / 256) + 0.5) > (dir "/recip.mem")
  for (i = 0; i < 1024; i++) printf "%x\n", (i == 0 ? 0 : int(-(i + 0.375) / 1024 * log((i + 0.375) / 1024) * 4096 + 0.5)) > (dir "/plogp.mem")
  for (i = 0; i <= max_passes; i++) printf "%x\n", (i == 0 ? 0 : int(65536 / i + 0.5)) > (dir "/inv_t.mem")
}'

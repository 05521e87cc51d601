#!/usr/bin/env bash
# area_check.sh SPEC[:TARGET]...: the planner's area model (`neuspin explain`) against what Yosys makes of whole designs
# (`neuspin synth`, library generic, macros as boxes), in gate equivalents. NEUSPIN names the binary (default build/bin/neuspin).
set -euo pipefail
neuspin=${NEUSPIN:-$(cd "$(dirname "$0")/../.." && pwd)/build/bin/neuspin}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "| design | Yosys, GE | model, GE | error |"
echo "|---|---|---|---|"
for design in "$@"; do
  target=()
  if [[ $design == *:* ]]; then target=(--target "${design#*:}"); fi
  "$neuspin" explain "${design%%:*}" "${target[@]}" --quiet --json "$work/explain.json" >/dev/null
  "$neuspin" synth "${design%%:*}" "${target[@]}" --lib generic --quiet --json "$work/synth.json" >/dev/null
  python3 - "$design" "$work" <<'SCRIPT'
import json, sys
name, work = sys.argv[1:]
model = json.load(open(f"{work}/explain.json"))["gate_equivalents"]
area = json.load(open(f"{work}/synth.json"))["area"]
print(f"| {name} | {area:,.0f} | {model:,.0f} | {100 * (model / area - 1):+.1f} % |")
SCRIPT
done

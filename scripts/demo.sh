#!/usr/bin/env bash
# The main job: installs, builds, then takes the example network from specification to area report and prints a summary.
# Usage: scripts/demo.sh [SPEC-FOLDER]        (default: examples/fashion-mlp-scaledrop)
set -euo pipefail
cd "$(dirname "$0")/.."
spec=${1:-examples/fashion-mlp-scaledrop}
out=build/demo/$(basename "$spec")

scripts/setup.sh
echo "== building"
cmake --preset default >/dev/null
cmake --build build --target neuspin
mkdir -p "$out"
neuspin=build/bin/neuspin

echo "== checking the specification";               "$neuspin" check "$spec" --json "$out/check.json"
echo "== generating RTL";                           "$neuspin" generate "$spec" --out "$out/rtl" --json "$out/generate.json"
echo "== simulating RTL against the golden model";  "$neuspin" simulate "$spec" --images 50 --work "$out/simulate" --json "$out/simulate.json"
echo "== evaluating the test set on the golden model"; "$neuspin" evaluate "$spec" --json "$out/evaluate.json"
echo "== synthesising with Yosys";                  "$neuspin" synth "$spec" --work "$out/synth" --json "$out/synth.json"
echo
"$neuspin" report "$out"

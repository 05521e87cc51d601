#!/usr/bin/env bash
# The tests: installs, builds everything, runs every test. .ci/run calls this. Usage: scripts/test.sh [ctest options]
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh --with-tests
echo "== building"
cmake --preset default >/dev/null
cmake --build build
echo "== testing"
ctest --test-dir build --output-on-failure -j 2 "$@"

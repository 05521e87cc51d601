#!/bin/bash
# check_complete.sh ROOT MODULE…: every file of rtl/ must be among the registered modules, and every module have a file.
set -u
root=$1
shift
status=0
for file in "$root"/rtl/*.sv; do
  name=$(basename "$file" .sv)
  [[ " $* " == *" $name "* ]] || { echo "FAIL rtl/$name.sv has no add_cim_block entry in tests/rtl/CMakeLists.txt"; status=1; }
done
for name in "$@"; do
  [ -f "$root/rtl/$name.sv" ] || [ -f "$root/behavioral/$name.sv" ] || { echo "FAIL add_cim_block($name) has no file"; status=1; }
done
exit $status

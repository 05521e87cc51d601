#!/usr/bin/env bash
# Installs from apt what building, running and testing neuspin need (Debian 12, Debian 13, Ubuntu 24.04). Does nothing,
# and needs no root, where everything is there already.
set -euo pipefail

packages=(
  g++ clang make ninja-build cmake pkg-config ccache git ca-certificates perl
  libboost-test-dev libeigen3-dev libfmt-dev libcli11-dev nlohmann-json3-dev libtomlplusplus-dev libtbb-dev libssl-dev zlib1g-dev libzip-dev
  libonnx-dev libprotobuf-dev
  verilator yosys iverilog dataset-fashion-mnist
)
case "${1:-}" in
  --with-tests) packages+=(opensta) ;;
  "") ;;
  *) echo "usage: $0 [--with-tests]" >&2; exit 4 ;;
esac

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
  [[ $state == "install ok installed" ]] || missing+=("$package")
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

echo "== installing ${#missing[@]} packages from apt: ${missing[*]}"
as_root=()
if [[ $(id -u) -ne 0 ]]; then
  command -v sudo >/dev/null || { echo "error: neither root nor sudo; install by hand: ${missing[*]}" >&2; exit 3; }
  as_root=(sudo)
fi
# Ubuntu and Debian 13 do not carry every optional package; those only add checks that say so when they are skipped.
optional=(opensta)
"${as_root[@]}" apt-get update -q
install=()
for package in "${missing[@]}"; do
  if [[ " ${optional[*]} " == *" $package "* ]] && ! apt-cache policy "$package" | grep -q "Candidate: [^(]"; then
    echo "note: $package is not packaged here; the checks that use it are skipped"
    continue
  fi
  install+=("$package")
done
[[ ${#install[@]} -eq 0 ]] ||
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${install[@]}"

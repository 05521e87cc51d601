#!/usr/bin/env bash
# Documents against the tree and the binary: relative links resolve, every folder of code has a README that the top one
# or its parent reaches, and the README's subcommands are the binary's.
set -euo pipefail
root=$1 neuspin=$2
failed=0
fail() { echo "FAIL: $*"; failed=1; }

while IFS= read -r page; do
  while IFS= read -r link; do
    [[ -e $(dirname "$page")/$link ]] || fail "${page#"$root"/} links to $link, which is not there"
  done < <(grep -oE '\]\([^)#: ]+' "$page" | sed 's/^](//')
done < <(git -C "$root" ls-files '*.md' | sed "s|^|$root/|")

for folder in rtl gen/spec gen/plan gen/hdl gen/emit gen/evaluate gen/energy gen/plot behavioral/golden behavioral/reference behavioral/device behavioral/array behavioral/chip tb synth; do
  [[ -s $root/$folder/README.md ]] || fail "$folder has no README.md"
done

documented=$(grep -oE '^\| `neuspin [a-z]+' "$root/README.md" | awk '{print $3}' | sort)
offered=$("$neuspin" --help | sed -n '/^Subcommands:/,/^[A-Z].*:/p' | grep -oE '^  [a-z]+' | tr -d ' ' | sort)
[[ $documented == "$offered" ]] || fail "README lists: $documented; the binary offers: $offered"
for subcommand in $offered; do
  "$neuspin" "$subcommand" --help | grep -q 'Example:' || fail "neuspin $subcommand --help shows no example"
done
exit $failed

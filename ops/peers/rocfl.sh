#!/usr/bin/env bash
# rocfl stores each file of a folder as an object: one process to copy it in, one to commit, as its command line wants it.
# Usage: rocfl.sh ROCFL FROM TO
set -euo pipefail
mkdir -p "$3"
"$1" -q -r "$3" init -l 0003-hash-and-id-n-tuple-storage-layout
for file in "$2"/*; do
  id=urn:x:$(basename "$file")
  "$1" -q -r "$3" new "$id" >/dev/null
  "$1" -q -r "$3" cp "$id" "$file" -- document.pdf
  "$1" -q -r "$3" commit -n mocban -a mailto:archive@example.vn -m 'certified archival object' "$id"
done

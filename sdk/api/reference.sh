#!/usr/bin/env bash
# reference.sh INCLUDE OUT: the API reference of the headers in INCLUDE, as OUT/html. Status 1 when a public symbol has no
# comment or a function of the ABI no thread tag; each is named.
set -euo pipefail
include=$(readlink -f -- "$1")
mkdir -p -- "$2"
out=$(readlink -f -- "$2")
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"

status=0
./thread_tags.py "$include"/evloom/abi/*.h || status=1
rm -rf -- "$out/html"
{
  cat Doxyfile
  printf 'INPUT = "%s"\nSTRIP_FROM_PATH = "%s"\nSTRIP_FROM_INC_PATH = "%s"\nOUTPUT_DIRECTORY = "%s"\n' \
    "$include/evloom" "$include" "$include" "$out"
} | doxygen - || status=1
if ((status != 0)); then
  echo "the API reference is not complete: write the comments that are named above, in the header" >&2
fi
exit "$status"

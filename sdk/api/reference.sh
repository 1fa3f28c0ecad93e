#!/usr/bin/env bash
# reference.sh OUT INCLUDE...: the API reference of the headers in the INCLUDE folders, as OUT/html. Status 1 when a public
# symbol has no comment or a function of the ABI no thread tag; each is named.
set -euo pipefail
mkdir -p -- "$1"
out=$(readlink -f -- "$1")
shift
cd_to=$(dirname -- "${BASH_SOURCE[0]}")
input='' strip='' abi=()
for include in "$@"; do
  include=$(readlink -f -- "$include")
  input+=" \"$include/evloom\""
  strip+=" \"$include\""
  for header in "$include"/evloom/abi/*.h; do
    [[ -e $header ]] && abi+=("$header")
  done
done
cd -- "$cd_to"

status=0
./thread_tags.py "${abi[@]}" || status=1
rm -rf -- "$out/html"
{
  cat Doxyfile
  printf 'INPUT = %s\nSTRIP_FROM_PATH = %s\nSTRIP_FROM_INC_PATH = %s\nOUTPUT_DIRECTORY = "%s"\n' \
    "$input" "$strip" "$strip" "$out"
} | doxygen - || status=1
if ((status != 0)); then
  echo "the API reference is not complete: write the comments that are named above, in the header" >&2
fi
exit "$status"

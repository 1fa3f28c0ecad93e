#!/usr/bin/env bash
# docs_snippets ROOT WORK: every C++ example of docs/plugin-guide.md compiles, alone and without a warning, on the SDK.
set -euo pipefail
root=$1 work=$2

rm -rf -- "$work"
mkdir -p -- "$work"
awk -v work="$work" '/^```cpp$/ { file = work "/" ++count ".cpp"; next } /^```$/ { file = ""; next } file { print > file }' \
  "$root/docs/plugin-guide.md"
count=0
for file in "$work"/*.cpp; do
  g++ -std=c++20 -fsyntax-only -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -I"$root/sdk/include" \
    -I"$root/sdk/testkit/include" "$file"
  count=$((count + 1))
done
if ((count < 5)); then
  echo "docs_snippets: only $count examples found in docs/plugin-guide.md" >&2
  exit 1
fi

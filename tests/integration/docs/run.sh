#!/usr/bin/env bash
# docs_snippets ROOT WORK: every C++ example of the pages for authors compiles, alone and without a warning, on the SDK
# and its test kit.
set -euo pipefail
root=$1 work=$2

rm -rf -- "$work"
mkdir -p -- "$work"
for page in plugin-guide:5 coroutines:3 testing-plugins:3; do
  name=${page%:*}
  awk -v work="$work/$name-" '/^```cpp$/ { count++; file = work count ".cpp"; next } /^```$/ { file = ""; next } file { print > file }' \
    "$root/docs/$name.md"
  count=0
  for file in "$work/$name"-*.cpp; do
    g++ -std=c++20 -fsyntax-only -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -I"$root/sdk/include" \
      -I"$root/sdk/testkit/include" "$file"
    count=$((count + 1))
  done
  if ((count < ${page#*:})); then
    echo "docs_snippets: only $count examples found in docs/$name.md" >&2
    exit 1
  fi
done

#!/usr/bin/env bash
# author_* PART ROOT BUILD WORK: installs BUILD below WORK and does what an author does, in a folder outside of the tree:
#   new        `evloom new` of every kind, each built, tested, inspected and checked
#   examples   those of docs/examples, the same
#   guide      every command of docs/plugin-guide.md, one after the other, with what it is said to print
set -euo pipefail
part=$1 root=$2 build=$3 work=$4
export PREFIX=$work/prefix

fail() {
  printf 'author_%s: %s\n' "$part" "$*" >&2
  exit 1
}

rm -rf -- "$work"
mkdir -p -- "$work/home"
cmake --install "$build" --prefix "$PREFIX" >"$work/install.log" || fail "cmake --install failed: $work/install.log"
# Nothing of this tree may help.
unset CFLAGS CXXFLAGS LDFLAGS CMAKE_PREFIX_PATH CMAKE_CXX_COMPILER_LAUNCHER CMAKE_C_COMPILER_LAUNCHER
export PATH=$PREFIX/bin:$PATH PKG_CONFIG_PATH=$PREFIX/lib/pkgconfig CMAKE_GENERATOR=Ninja
cd -- "$work/home"

# built FOLDER NAME: configures, builds and tests it; the file is one that a host loads.
built() {
  cmake -S "$1" -B "$1/build" -DCMAKE_PREFIX_PATH="$PREFIX" >"$1.log" 2>&1 || fail "cannot configure: $(cat "$1.log")"
  cmake --build "$1/build" -j2 >>"$1.log" 2>&1 || fail "cannot build: $(cat "$1.log")"
  if grep -q 'warning:' "$1.log"; then fail "the build of $2 warns: $(grep 'warning:' "$1.log")"; fi
  ctest --test-dir "$1/build" --no-tests=error --output-on-failure >>"$1.log" 2>&1 || fail "its tests fail: $(cat "$1.log")"
  evloom inspect "$1/build/$2.so" | grep -q '^verdict *can be loaded$' || fail "$2: $(evloom inspect "$1/build/$2.so")"
}

part_new() {
  local name kind
  export CXXFLAGS='-Wall -Wextra -Wpedantic -Wconversion -Wshadow' CFLAGS='-Wall -Wextra -Wpedantic -Wconversion -Wshadow'
  for kind in handler store format; do
    evloom new "$kind" "my-$kind" >"$kind.out"
    grep -q "cmake -B build -DCMAKE_PREFIX_PATH=$PREFIX && cmake --build build" "$kind.out" || fail "$(cat "$kind.out")"
    built "my-$kind" "my-$kind"
  done
  evloom new handler plain --c --dir sub/folder >plain.out
  built sub/folder/plain plain
  for name in my-handler my-store my-format sub/folder/plain; do
    evloom check -c "$name/${name##*/}.yaml" >/dev/null || fail "its configuration is wrong: $name"
    if grep -rn '@[A-Z_]*@' "$name" --include='*' --exclude-dir=build; then fail "a word was not filled in"; fi
  done

  # In C, without CMake, as its README says.
  cd sub/folder/plain
  sed -n 's/^    \(cc .*\)/\1/p' README.md >commands
  [[ $(wc -l <commands) == 2 ]] || fail "the README of a handler in C has no two commands for cc"
  bash -e commands
  evloom inspect plain.so | grep -q '^verdict *can be loaded$' || fail "pkg-config makes no plugin: $(evloom inspect plain.so)"
  cd - >/dev/null

  # Nothing is overwritten, no name is taken that could not be built or loaded.
  cp -r my-handler before
  if evloom new handler my-handler 2>error; then fail "a folder was overwritten"; fi
  grep -q "'my-handler' is there already; nothing is overwritten" error || fail "$(cat error)"
  diff -r before my-handler >/dev/null || fail "a folder that was there has changed"
  for name in Quota 9lives hello http test 'a b' ../x "$(printf 'x%.0s' {1..64})"; do
    if evloom new handler "$name" 2>error; then fail "'$name' was taken"; fi
    grep -q "^evloom: error: '.*' \(cannot be the id\|is the id\|is a part\|is a target\)" error || fail "$(cat error)"
  done
}

part_examples() {
  local folder name count=0
  export CXXFLAGS='-Wall -Wextra -Wpedantic -Wconversion -Wshadow' CFLAGS='-Wall -Wextra -Wpedantic -Wconversion -Wshadow'
  cp -r "$PREFIX/share/doc/evloom/docs/examples" .
  for folder in examples/*/; do
    name=$(basename "$folder")
    built "examples/$name" "$name"
    count=$((count + 1))
  done
  ((count >= 4)) || fail "only $count examples are installed"
}

# matches ACTUAL EXPECTED: the expected text may have "…" for anything; without any text, anything will do.
matches() {
  local pattern
  pattern=$(printf '%s' "${2:-…}" | sed -e 's/[][\\*?]/\\&/g' -e 's/…/*/g')
  # shellcheck disable=SC2053  # a pattern
  [[ $1 == $pattern ]]
}

# The commands of blocks of ```console, "$ COMMAND" with what it prints below it. One that ends in "&" runs on, and what
# it prints is looked for in its log. All in one shell, so that `cd` holds.
part_guide() {
  local line command='' expected='' count=0 in=0 port
  background=()  # not local: the trap runs after this function
  # A free port in the place of the one that the page names.
  port=$((20000 + RANDOM % 10000))
  while (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((20000 + RANDOM % 10000)); done
  export PORT=$port
  # shellcheck disable=SC2317  # called by the trap
  end() {
    for pid in "${background[@]}"; do
      kill -TERM "$pid" 2>/dev/null || continue
      wait "$pid" || true
    done
  }
  trap end EXIT

  # Runs `command` and holds what it prints against `expected`.
  carry_out() {
    [[ -n $command ]] || return 0
    count=$((count + 1))
    local said text=${command//:9090/:$port} log=$work/said
    printf '$ %s\n' "$text"
    if [[ $command == *'&' ]]; then
      log=$work/background
      : >>"$log"  # it is read before the command may have opened it
      eval "${text%&} >>'$log' 2>&1 &"
      background+=($!)
    else
      eval "$text" >"$log" 2>&1 || fail "status $?: $text"$'\n'"$(cat "$log")"
    fi
    expected=${expected//:9090/:$port}
    for _ in {1..100}; do
      said=$(cat "$log")
      if matches "$said" "$expected"; then break; fi
      [[ $command == *'&' ]] || fail "prints something else: $text"$'\n'"$said"$'\n'"instead of"$'\n'"$expected"
      sleep 0.1
    done
    matches "$said" "$expected" || fail "never printed: $expected"$'\n'"$said"
    printf '%s\n' "$said"
    command='' expected=''
  }

  while IFS= read -r line; do
    if [[ $line == '```console' ]]; then
      in=1
    elif [[ $line == '```' ]]; then
      carry_out
      in=0
    elif ((in)) && [[ $line == '$ '* ]]; then
      carry_out
      command=${line#'$ '}
    elif ((in)); then
      expected+=${expected:+$'\n'}$line
    fi
  done <"$root/docs/plugin-guide.md"
  grep -q 'generation 2  serving' "$work/background" || fail "no swap was told: $(cat "$work/background")"
  ((count >= 8)) || fail "only $count commands found in docs/plugin-guide.md"
  words=$(wc -w <"$root/docs/plugin-guide.md")
  ((words < 3000)) || fail "docs/plugin-guide.md has $words words; it should stay below 3,000"
}

"part_$part"

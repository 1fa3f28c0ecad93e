#!/usr/bin/env bash
# install_sdk BUILD WORK: installs BUILD below WORK, moves the installation elsewhere, and builds a C plugin with
# pkg-config and a C++ one with find_package against it. Both files must be such as the host admits.
set -euo pipefail
build=$1 work=$2
here=$(cd -- "$(dirname -- "$0")" && pwd)
prefix=$work/moved

fail() {
  printf 'install_sdk: %s\n' "$*" >&2
  exit 1
}

rm -rf -- "$work"
mkdir -p -- "$work"
cmake --install "$build" --prefix "$work/installed" >"$work/install.log" || fail "cmake --install failed: $work/install.log"
mv -- "$work/installed" "$prefix"

for file in include/evloom/abi/entry.h include/evloom/plugin.hpp include/evloom/testkit.hpp lib/libevloom_testkit.a \
  lib/pkgconfig/evloom.pc \
  lib/cmake/evloom/{evloomConfig,evloomConfigVersion,evloomTargets,EvloomPlugin}.cmake lib/cmake/evloom/evloom_plugin.map \
  share/doc/evloom/{README.md,CHANGELOG.md,LICENSE}; do
  [[ -f $prefix/$file ]] || fail "$file is not installed"
done
if grep -rIl -e "$work" -e "$build" -- "$prefix/lib/cmake" "$prefix/lib/pkgconfig"; then
  fail "these files name a folder of the build, so the installation cannot be moved"
fi

# Out of tree nothing of this tree's flags, variables or packages may help.
unset CFLAGS CXXFLAGS LDFLAGS CMAKE_PREFIX_PATH
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig

# admissible FILE: exports its entry and nothing else, carries the note, and resolves all when it is loaded.
admissible() {
  local exports
  exports=$(nm -D --defined-only -- "$1" | awk '{ print $3 }' | tr '\n' ' ')
  [[ $exports == "evloom_entry " ]] || fail "$1 exports: $exports"
  readelf --notes --wide -- "$1" | grep -q '^ *evloom ' || fail "$1 has no evloom note"
  readelf --dynamic --wide -- "$1" | grep -q 'NOW' || fail "$1 binds lazily"
}

flags() { pkg-config "$@" evloom; }
# shellcheck disable=SC2046  # several flags each
{
  cc -std=c11 -Wall -Wextra -Wpedantic -Werror $(flags --cflags) $(flags --variable=plugin_cflags) \
    -c "$here/c/greet.c" -o "$work/greet.o"
  cc $(flags --variable=plugin_ldflags) "$work/greet.o" -o "$work/greet.so"
}
admissible "$work/greet.so"

cmake -S "$here/cpp" -B "$work/cpp" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release >"$work/configure.log" ||
  fail "configuring against the installation failed: $work/configure.log"
ninja -C "$work/cpp"
admissible "$work/cpp/echo.so"
cmake --install "$work/cpp" --prefix "$prefix" >>"$work/install.log"
plugins=$(flags --variable=plugindir)
[[ $plugins -ef $prefix/lib/evloom/plugins ]] || fail "evloom.pc says that plugins are in $plugins"
[[ -f $plugins/echo.so ]] || fail "echo.so was not installed beside the host's own plugins"

# A plugin with a unit test, which needs no host.
cmake -S "$here/kit" -B "$work/kit" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release >"$work/kit.log" ||
  fail "configuring a unit test against the installation failed: $work/kit.log"
ninja -C "$work/kit"
admissible "$work/kit/tally.so"
ctest --test-dir "$work/kit" --output-on-failure --no-tests=error

# What a plugin lacks is found when it is linked, not when it is swapped in.
if cmake --build "$work/cpp" --target lacking >"$work/lacking.log" 2>&1; then
  fail "a plugin with a missing symbol was linked"
fi
grep -q 'nobody_has_this' "$work/lacking.log" || fail "the missing symbol is not named: $work/lacking.log"

#!/usr/bin/env bash
# clang-tidy over src, or over the files given. Slow: minutes.
source "$(dirname "$0")/lib.sh"
cd "$root"
bash scripts/setup.sh build dev
build_preset release tollgate_system_header # clang-tidy reads the precompiled header, as the compiler does
if [ $# = 0 ]; then mapfile -t files < <(git ls-files -- 'src/*.cpp'); else files=("$@"); fi
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(nproc)" clang-tidy-19 --quiet -p build/release

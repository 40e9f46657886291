#!/usr/bin/env bash
# Formats every C++ file; --check only tells.
source "$(dirname "$0")/lib.sh"
cd "$root"
bash scripts/setup.sh dev
mode=(-i)
[ "${1:-}" = --check ] && mode=(--dry-run --Werror)
git ls-files -z --cached --others --exclude-standard -- 'src/*.[ch]pp' 'include/*.[ch]pp' 'tests/*.[ch]pp' |
    xargs -0 -r -n 20 -P "$(nproc)" clang-format-19 "${mode[@]}"

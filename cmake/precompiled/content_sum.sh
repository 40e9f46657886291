#!/bin/sh
# content_sum.sh OUT COMPILER FLAG... FILE: what the compiler cache knows a precompiled header by. The header itself
# names files of its checkout; its text and its flags are the same in every other one.
set -eu
out=$1
shift
text=$("$@" -E -P)
{ "$1" --version; for flag in "$@"; do echo "${flag##*/}"; done; printf '%s\n' "$text"; } | sha256sum >"$out"

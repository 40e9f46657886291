#!/usr/bin/env bash
# build.sh PRESET TARGET...: packages, then the build.
step_total=2
source "$(dirname "$0")/lib.sh"
cd "$root"
preset=$1
step setup "checking packages" bash scripts/setup.sh build
step "build-$preset" "building $preset" build_preset "$@"
say "in build/$preset"

#!/usr/bin/env bash
# Builds the release binary and compares it with nginx as a plain proxy and with another gateway. --quick: three
# minutes, rougher figures.
step_total=4
source "$(dirname "$0")/lib.sh"
cd "$root"
step setup "checking packages" bash scripts/setup.sh build test bench
step npm "installing the gateway to compare with" npm_ci bench/gateways
step build-release "building" build_preset release tollgate decide_bench
step_now=$((step_now + 1))
say "[$step_now/$step_total] measuring"
say "deciding (no I/O, one core):"
build/release/bench/decide_bench
ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"
node bench/run.mjs "$@"
exec node bench/tenants.mjs "$@"

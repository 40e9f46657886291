#!/usr/bin/env bash
# Everything that must hold. Unit, contract and simulation tests run with AddressSanitizer and UBSan; what starts the
# daemon (integration, OpenAI SDK) runs the release binary, as users do.
step_total=6
source "$(dirname "$0")/lib.sh"
cd "$root"
started=$SECONDS

export TOLLGATE_BINARY=$root/build/release/tollgate
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

run_ctest() { ctest --test-dir build/debug -j "$(nproc)" --output-on-failure --no-tests=error; }

# They wait more than they work.
run_node() { node --test --test-concurrency=$(($(nproc) + 1)) --test-reporter=tap tests/sdk/*.test.mjs tests/integration/*.test.mjs; }

# Sets `passed` and `failed` from the closing lines of a log.
count_ctest() {
    local line
    line=$(grep -E '^[0-9]+% tests passed, ' "$1" | tail -n 1)
    [[ $line =~ ([0-9]+)\ tests\ failed\ out\ of\ ([0-9]+) ]] || return 1
    failed=${BASH_REMATCH[1]} passed=$((BASH_REMATCH[2] - BASH_REMATCH[1]))
}
count_node() {
    passed=$(sed -n 's/^# pass //p' "$1" | tail -n 1)
    failed=$(awk '/^# (fail|cancelled|skipped) / {sum += $3} END {print sum}' "$1")
    [ -n "$passed" ] && [ -n "$failed" ]
}

step setup "checking packages" bash scripts/setup.sh build test
step build-release "building the release binary" build_preset release tollgate
step build-debug "building the tests (AddressSanitizer, UBSan)" build_preset debug all
step npm "installing the OpenAI SDKs" npm_ci tests/sdk

# Both suites run whatever the first one says; the exit code tells.
code=0
step ctest "unit, contract, simulation, commands, tidy" run_ctest || code=1
step node "integration and the OpenAI SDKs, against the release binary" run_node || code=1

total_passed=0 total_failed=0
tally() {
    local count=$1 log=$logs/$2.log
    passed=0 failed=0
    "$count" "$log" || { failed=1 code=1; }
    [ "$failed" = 0 ] || code=1
    total_passed=$((total_passed + passed)) total_failed=$((total_failed + failed))
}
say ""
grep -E '^[0-9]+% tests passed, ' "$logs/ctest.log" || true
tally count_ctest ctest
grep -E '^# (tests|pass|fail|cancelled) ' "$logs/node.log" || true
tally count_node node
say ""
say "all in $((SECONDS - started)) s; logs in build/logs"
say "$total_passed passed, $total_failed failed"
exit $code

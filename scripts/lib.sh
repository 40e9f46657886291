# Sourced by the scripts: one line a step, the output in a log, the log's tail when a step fails.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
logs=$root/build/logs
step_now=0
step_total=${step_total:-1}
mkdir -p "$logs"

# One cache for every checkout of this repository: paths below the root do not count.
export CCACHE_BASEDIR=$root
export CCACHE_NOHASHDIR=1
export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
export NINJA_STATUS='[%p] '

if [ -t 1 ]; then interactive=1; else interactive=0; fi

say() { printf '%s\n' "$*"; }

die() {
    printf '\n%s\n' "$*" >&2
    exit 1
}

# progress_of LINE: the percentage that a line of ninja or ctest tells, or nothing.
progress_of() {
    if [[ $1 =~ ^\[\ *([0-9]+)%\] ]]; then
        percent=${BASH_REMATCH[1]}
    elif [[ $1 =~ ^\ *([0-9]+)/([0-9]+)\ Test ]]; then
        percent=$((BASH_REMATCH[1] * 100 / BASH_REMATCH[2]))
    else
        return 1
    fi
}

# Copies stdin to the log; shows the percentage: rewriting the line on a terminal, else a line every 20 %.
follow() {
    local head=$1 log=$2 line percent=0 shown=0
    while IFS= read -r line || [ -n "$line" ]; do
        printf '%s\n' "$line" >>"$log"
        progress_of "$line" || continue
        if [ "$interactive" = 1 ]; then
            printf '\r%s (%d %%) ' "$head" "$percent"
        elif [ "$percent" -ge $((shown + 20)) ] && [ "$percent" -lt 100 ]; then
            shown=$((percent - percent % 20))
            printf '%s (%d %%)\n' "$head" "$percent"
        fi
    done
}

# step NAME TEXT COMMAND...: runs it with its output in build/logs/NAME.log.
step() {
    local name=$1 text=$2 log=$logs/$1.log from=$SECONDS code=0
    shift 2
    step_now=$((step_now + 1))
    local head="[$step_now/$step_total] $text"
    : >"$log"
    if [ "$interactive" = 1 ]; then printf '%s ' "$head"; else printf '%s\n' "$head"; fi
    set +e
    ("$@") </dev/null 2>&1 | follow "$head" "$log"
    code=${PIPESTATUS[0]}
    set -e
    if [ "$code" != 0 ]; then
        printf '\n%s: failed (exit %d). The end of %s:\n\n' "$head" "$code" "${log#"$root"/}" >&2
        tail -n 60 "$log" >&2
        return "$code"
    fi
    if [ "$interactive" = 1 ]; then printf '\r'; fi
    printf '%s: done, %d s   \n' "$head" $((SECONDS - from))
}

# The build of one preset; targets follow.
build_preset() {
    local preset=$1
    shift
    cmake --preset "$preset" -S "$root" >/dev/null || cmake --preset "$preset" -S "$root"
    cmake --build "$root/build/$preset" --target "$@"
}

npm_ci() { # FOLDER with a lock file
    local at=$root/$1
    # Installed already from exactly this lock file.
    if cmp -s "$at/package-lock.json" "$at/node_modules/.lock"; then return; fi
    (cd "$at" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
    cp "$at/package-lock.json" "$at/node_modules/.lock"
}

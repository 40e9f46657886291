#!/usr/bin/env bash
# Builds the gateway, sends real requests through it, shows what it answered and what the ledger says, and leaves it running.
# OPENAI_API_KEY set: asks OpenAI. DEMO_EXIT=1: ends after the requests.
step_total=3
source "$(dirname "$0")/lib.sh"
cd "$root"

tollgate=${TOLLGATE_BINARY:-$root/build/release/tollgate}
export DEMO_FOLDER=$root/var/demo
config=$root/scripts/demo/tollgate.yaml
model=gpt-5-nano

if [ "$interactive" = 1 ] && [ -z "${NO_COLOR:-}" ]; then
    bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
else
    bold='' dim='' green='' red='' plain=''
fi

children=()
stop_all() {
    trap - EXIT INT TERM
    for pid in "${children[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
    for pid in "${children[@]}"; do wait "$pid" 2>/dev/null || true; done
}
trap stop_all EXIT
trap 'exit 0' INT TERM

is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
# free_port FIRST: FIRST, or the next that nobody listens on.
free_port() {
    local port=$1
    while is_taken "$port"; do port=$((port + 1)); done
    printf '%s' "$port"
}

# await SECONDS PID LOG COMMAND...: until the command succeeds, the process has died, or time is up.
await() {
    local tenths=$(($1 * 10)) pid=$2 log=$3
    shift 3
    for ((; tenths > 0; tenths--)); do
        "$@" >/dev/null 2>&1 && return
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    tail -n 20 "$log" >&2
    return 1
}

start_provider() {
    if [ -n "${OPENAI_API_KEY:-}" ]; then
        export DEMO_PROVIDER=openai DEMO_MOCK_URL=http://127.0.0.1:1
        provider="OpenAI"
        return
    fi
    "$tollgate" mock-upstream --listen 127.0.0.1:0 >"$DEMO_FOLDER/mock.log" 2>&1 &
    children+=($!)
    await 10 $! "$DEMO_FOLDER/mock.log" grep -q 'http://' "$DEMO_FOLDER/mock.log"
    DEMO_MOCK_URL=$(grep -o 'http://[0-9.:]*' "$DEMO_FOLDER/mock.log" | head -n 1)
    export DEMO_PROVIDER=mock DEMO_MOCK_URL
    provider="the built-in provider (set OPENAI_API_KEY to ask OpenAI)"
}

start_gateway() {
    DEMO_PORT=$(free_port 8080)
    DEMO_ADMIN_PORT=$(free_port 9090)
    DEMO_ADMIN_TOKEN=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    export DEMO_PORT DEMO_ADMIN_PORT DEMO_ADMIN_TOKEN
    "$tollgate" serve --config "$config" --ready-file "$DEMO_FOLDER/ready" >"$DEMO_FOLDER/gateway.log" 2>&1 &
    gateway=$!
    children+=("$gateway")
    await 20 "$gateway" "$DEMO_FOLDER/gateway.log" test -s "$DEMO_FOLDER/ready"
    key=$("$tollgate" keys create --tenant demo --label demo --config "$config" --json | jq -r '.secret // .key')
    base=http://127.0.0.1:$DEMO_PORT
}

start_all() {
    rm -rf "$DEMO_FOLDER"
    mkdir -p "$DEMO_FOLDER"
    start_provider
    start_gateway
}

# Breaks long lines at the width of a narrow screen.
wrapped() { fold -s -w 108 | sed 's/^/  /'; }

show_headers() {
    local status
    status=$(sed -n '1s/^HTTP[^ ]* \([0-9]*\).*/\1/p' "$1")
    local colour=$green
    [ "$status" -lt 400 ] || colour=$red
    printf '  %sHTTP %s%s\n' "$colour" "$status" "$plain"
    grep -iE '^(x-request-id|x-ai-[a-z-]*|x-should-retry|retry-after):' "$1" | tr -d '\r' |
        awk -F': ' '{printf "  %-26s %s\n", $1, $2}'
}

show_ledger() {
    printf '  %sGET /v1/account/budget%s\n' "$dim" "$plain"
    curl -sS "$base/v1/account/budget" -H "Authorization: Bearer $key" | jq -r -f "$root/scripts/demo/ledger.jq" |
        column -t -s $'\t' | sed 's/^/  /'
}

# ask TITLE BODY: sends it, shows the request, the decision, the answer and the ledger afterwards.
ask() {
    local title=$1 body=$2
    printf '\n%s%s%s\n' "$bold" "$title" "$plain"
    printf '  %sPOST /v1/chat/completions%s\n' "$dim" "$plain"
    printf '%s\n' "$body" | wrapped
    curl -sS -N -D "$DEMO_FOLDER/headers" -o "$DEMO_FOLDER/answer" "$base/v1/chat/completions" \
        -H "Authorization: Bearer $key" -H 'Content-Type: application/json' -H 'X-AI-Feature: demo' -d "$body"
    say ""
    show_headers "$DEMO_FOLDER/headers"
    say ""
    show_answer
    say ""
    show_ledger
}

# The parts of an answer that tell something; the rest is what every OpenAI answer has.
show_answer() {
    if jq -e . "$DEMO_FOLDER/answer" >/dev/null 2>&1; then
        jq -f "$root/scripts/demo/answer.jq" "$DEMO_FOLDER/answer" | wrapped
        return
    fi
    local events
    sed -n 's/^data: //p' "$DEMO_FOLDER/answer" | sed 's/^\[DONE\]$/"[DONE]"/' |
        jq -rc -f "$root/scripts/demo/answer.jq" | sed 's/^/data: /' >"$DEMO_FOLDER/events"
    events=$(wc -l <"$DEMO_FOLDER/events")
    head -n 3 "$DEMO_FOLDER/events" | wrapped
    [ "$events" -le 7 ] || printf '  %s... %d events in all ...%s\n' "$dim" "$events" "$plain"
    tail -n 4 "$DEMO_FOLDER/events" | wrapped
}

body_of() { # MAX_TOKENS CONTENT [MORE MEMBERS]
    local more=${3:-}
    [ "$DEMO_PROVIDER" = mock ] || more=",\"reasoning_effort\":\"minimal\"$more"
    printf '{"model":"%s","messages":[{"role":"user","content":"%s"}],"max_completion_tokens":%d%s}' \
        "$model" "$2" "$1" "$more"
}

show_snippets() {
    cat <<TEXT

${bold}The gateway is up${plain} at $base, asking $provider.
Requests are logged to ${DEMO_FOLDER#"$root"/}/requests.jsonl. Ctrl-C ends it.

${bold}curl${plain}
  curl $base/v1/chat/completions -H 'Content-Type: application/json' \\
    -H 'Authorization: Bearer $key' \\
    -d '{"model":"$model","max_completion_tokens":200,"messages":[{"role":"user","content":"Hello"}]}'

${bold}Python${plain}
  from openai import OpenAI
  client = OpenAI(base_url="$base/v1", api_key="$key")
  answer = client.chat.completions.create(model="$model", max_completion_tokens=200,
                                          messages=[{"role": "user", "content": "Hello"}])

${bold}Node${plain}
  import OpenAI from 'openai';
  const client = new OpenAI({baseURL: '$base/v1', apiKey: '$key'});
  const answer = await client.chat.completions.create({model: '$model', max_completion_tokens: 200,
                                                       messages: [{role: 'user', content: 'Hello'}]});

TEXT
}

step setup "checking packages" bash scripts/setup.sh build demo
step build-release "building" build_preset release tollgate
step_now=$((step_now + 1))
say "[$step_now/$step_total] starting"
start_all

printf '\nTenant %sdemo%s has 0.001 USD a month, and not a millionth more.\n' "$bold" "$plain"
show_ledger
ask "1. A plain request" "$(body_of 300 'What is a toll gate? One sentence.')"
ask "2. The same as a stream" "$(body_of 300 'What is a toll gate? One sentence.' ',"stream":true,"stream_options":{"include_usage":true}')"
ask "3. One that could cost more than is left: refused before the provider sees it" \
    "$(body_of 20000 'Write the history of toll gates, in full.')"
show_snippets
[ "${DEMO_EXIT:-0}" = 1 ] && exit 0
wait "$gateway" || true

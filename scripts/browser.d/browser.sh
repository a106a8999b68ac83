# shellcheck shell=bash disable=SC2154 # what is not set here, who sources this sets
# The operators' page in a browser. For scripts/test, which has sourced scripts/lib.sh.

# shellcheck disable=SC2034 # who sources this reads it
browser_packages=(chromium=chromium strace=strace lynx=lynx w3m=w3m fonts-dejavu-core python3-venv)

# browse BINARY [all]: starts the program behind nginx with scripts/run, over an invented shop of two weeks, and looks at
# every state of its page. Pictures stay in .build-browser/pictures.
browse() {
    local binary=$1 work=$project/.build-browser folder port key run status=0
    shift
    mkdir -p -- "$work/pictures"
    if [[ ! -x $work/venv/bin/python ]]; then python3 -m venv "$work/venv" || return; fi
    "$work/venv/bin/pip" --quiet install 'playwright==1.*' 'axe-playwright-python==0.1.*' || return
    temporary folder -d -t khoins-browser.XXXXXX
    python3 "$project/scripts/browser.d/sample.py" >"$folder/bodies.jsonl" || return
    "$binary" import --data "$folder/data" "$folder/bodies.jsonl" >/dev/null 2>&1 || true # one is no callback
    python3 "$project/scripts/browser.d/counting.py" "$binary" "$folder" || return
    : >"$folder/run.log"
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    XDG_STATE_HOME=$folder/state "$project/scripts/run" --port "$port" --data "$folder/data" --binary "$binary" \
        >"$folder/run.log" 2>&1 &
    run=$!
    for ((tries = 0; tries < 300; tries++)); do
        ! grep -q '^Serving' "$folder/run.log" || break
        kill -0 "$run" 2>/dev/null || break
        sleep 0.1
    done
    key=$(sed -n 's/^KHOINS_PAGE_KEY=//p' "$folder/state/khoins-callback/run.env")
    "$work/venv/bin/python" "$project/scripts/browser.d/check.py" "http://127.0.0.1:$port/laporan/khoins/panel" "$key" \
        "$work/pictures" "$folder" "$@" || status=$?
    kill -TERM "$run" 2>/dev/null || true
    wait "$run" 2>/dev/null || true
    ((status == 0)) || tail -n 5 "$folder/run.log" >&2
    return "$status"
}

#!/usr/bin/env bash
# check-api.sh   whether the descriptions in api/ satisfy the tools that their users have
# Redocly's recommended rules without a finding; AsyncAPI's own parser; clients made by openapi-typescript, openapi-python-client and oapi-codegen
# compile; the Python one walks the scenario's first fifteen steps through the single binary. Needs Node 20, Python 3.11 with venv, and Go.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD pinned=$PWD/tools/api tools=$PWD/bin/tools/api services=(asset workorder delivery status people)
work=$(mktemp -d)
server=''
clean_up() {
  local status=$?
  trap - EXIT
  if [ -n "$server" ]; then kill "$server" 2>/dev/null && wait "$server" || true; fi
  if [ "$status" != 0 ] && [ -s "$work/serve.log" ]; then tail -n 5 "$work/serve.log"; fi
  rm -rf "$work"
  exit "$status"
}
trap clean_up EXIT

# What is pinned is fetched once per version.
fetch() {
  local want
  want=$(cat "$pinned"/{package.json,package-lock.json,requirements.txt} | sha256sum)
  [ "$want" != "$(cat "$tools/of" 2>/dev/null)" ] || return 0
  rm -rf "$tools"
  mkdir -p "$tools"
  cp "$pinned"/{package.json,package-lock.json,asyncapi.mjs} "$tools"
  (cd "$tools" && npm ci --ignore-scripts --no-audit --no-fund --silent)
  python3 -m venv "$tools/python"
  "$tools/python/bin/pip" install --quiet --disable-pip-version-check -r "$pinned/requirements.txt"
  echo "$want" >"$tools/of"
}

redocly() {
  local s
  printf 'extends: [recommended]\n' >"$work/redocly.yaml"
  for s in "${services[@]}"; do
    REDOCLY_TELEMETRY=off "$tools/node_modules/.bin/redocly" lint --config "$work/redocly.yaml" --format=json "api/openapi/$s.yaml" 2>"$work/said" >"$work/found" || true
    node -e '
      const found = JSON.parse(require("fs").readFileSync(process.argv[1])).problems
      for (const p of found.slice(0, 20)) console.error(p.severity, p.ruleId, p.location[0].source.ref, p.location[0].pointer, p.message)
      process.exit(found.length > 0 ? 1 : 0)' "$work/found" || { cat "$work/said"; return 1; }
  done
}

typescript() {
  local s
  for s in "${services[@]}"; do "$tools/node_modules/.bin/openapi-typescript" "api/openapi/$s.yaml" -o "$work/ts/$s.ts" >/dev/null 2>&1; done
  "$tools/node_modules/.bin/tsc" --noEmit --strict --skipLibCheck "$work"/ts/*.ts
}

python() {
  local s
  for s in "${services[@]}"; do
    printf 'package_name_override: bitacora_%s\npost_hooks: []\n' "$s" >"$work/python.yaml"
    "$tools/python/bin/openapi-python-client" generate --fail-on-warning --meta none --path "api/openapi/$s.yaml" --config "$work/python.yaml" \
      --output-path "$work/python/bitacora_$s" >"$work/said" 2>&1 || { cat "$work/said"; return 1; }
  done
  "$tools/python/bin/python" -m compileall -q "$work/python"
}

golang() {
  local s
  cp -r "$pinned" "$work/go"
  for s in "${services[@]}"; do
    mkdir "$work/go/$s"
    (cd "$work/go" && GOWORK=off go tool oapi-codegen -generate types,client -package "$s" -o "$s/client.go" "$root/api/openapi/$s.yaml" 2>"$work/said") ||
      { cat "$work/said"; return 1; }
  done
  (cd "$work/go" && GOWORK=off go build ./...)
}

walk() {
  local user port
  port=$("$tools/python/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  export BITACORA_HTTP_ADDR=127.0.0.1:$port BITACORA_DATA_DIR=$work/data
  go build -o "$work/bitacora" ./services/bitacora/cmd/bitacora
  BITACORA_DEMO=small "$work/bitacora" serve >"$work/serve.log" 2>&1 &
  server=$!
  curl --silent --fail --retry 60 --retry-delay 1 --retry-all-errors --output /dev/null "http://127.0.0.1:$port/readyz"
  for user in admin contracts planner director-santa-rosalia; do echo "$user $("$work/bitacora" token "$user")"; done |
    PYTHONPATH=$work/python "$tools/python/bin/python" -X utf8 "$pinned/walk.py" "http://127.0.0.1:$port"
}

step() { # title, command...
  local begun=$SECONDS
  "${@:2}" || { echo "FAILED: $1"; exit 1; }
  printf 'ok: %-80s %3d s\n' "$1" $((SECONDS - begun))
}

step "what is pinned" fetch
step "redocly lint, recommended rules: no finding" redocly
step "AsyncAPI's parser" node "$tools/asyncapi.mjs" api/asyncapi.yaml
step "a client by openapi-typescript compiles" typescript
step "a client by openapi-python-client compiles" python
step "a client by oapi-codegen compiles" golang
step "the Python client walks the scenario's first fifteen steps" walk

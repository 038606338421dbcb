#!/usr/bin/env bash
# upgrade-check.sh BEFORE   from the release before to this one and back and forth again, process by process, under load, on real servers
#
# BEFORE is a checkout of the release before (git worktree add ../before e39fc14). Its services run on MongoDB and Kafka, with tokens of
# Keycloak. This release migrates and starts beside them under load; the old ones end one by one; audit. Then back: the old ones beside the
# new ones, the new ones end, the old audit looks (what it says by design is shown); forward again; audit; nothing may be parked at any time.
# Five minutes. It ends the processes that it started, and takes its databases and topics (upgradeTIME_…, upgradeTIME.…) off the servers.
#
# Settings (environment): MONGODB_URI, KAFKA_BROKERS, KEYCLOAK_URL with deploy/keycloak/realm.json in it: servers that run; else those of
#   BITACORA_TOOLS (../shared/tools). UPGRADE_PORT: the first of thirteen ports (20900). PHASE: seconds of load between two steps (10).
set -euo pipefail
cd "$(dirname "$0")/.."
before=$(cd "${1:?a checkout of the release before}" && pwd)
port=${UPGRADE_PORT:-20900} phase=${PHASE:-10}
work=$(mktemp -d)
services=(asset workorder delivery status)
declare -A pid=()
loading=''

say() { printf '\n=== %4d s  %s\n' "$SECONDS" "$*"; }
fail() { echo "upgrade-check: $*" >&2; exit 1; }

clean_up() {
  local status=$?
  trap - EXIT
  set +e
  [ -z "$loading" ] || kill -9 "$loading" # it would look for what was acknowledged
  [ ${#pid[@]} = 0 ] || kill "${pid[@]}"
  wait
  [ "$status" = 0 ] || { for f in "$work"/*.log; do echo "--- $f"; tail -n 20 "$f"; done; }
  [ -z "${prefix:-}" ] || "$work/forget" "$prefix"
  cat "$work/table" 2>/dev/null
  rm -rf "$work"
  exit "$status"
}
trap clean_up EXIT

servers() {
  local tools=${BITACORA_TOOLS:-../shared/tools}
  export -n BITACORA_TOOLS # the programs know no such variable, and say so
  [ -n "${MONGODB_URI:-}" ] || eval "$("$tools/mongo/mongo-up.sh")"
  [ -n "${KAFKA_BROKERS:-}" ] || eval "$("$tools/kafka/kafka-up.sh")"
  [ -n "${KEYCLOAK_URL:-}" ] || eval "$("$tools/keycloak/keycloak-up.sh" deploy/keycloak/realm.json)"
  local run; run=upgrade$(date +%s)
  export BITACORA_MONGODB_URI=$MONGODB_URI BITACORA_KAFKA_BROKERS=$KAFKA_BROKERS BITACORA_KAFKA_PREFIX=$run. BITACORA_KAFKA_REPLICATION_FACTOR=1
  export BITACORA_OIDC_ISSUER=$KEYCLOAK_URL/realms/bitacora BITACORA_LOG_LEVEL=warn
  prefix=$run
}

build() {
  local release
  go build -o "$work/forget" ./pkg/testenv/forget
  for release in old new; do
    mkdir -p "$work/$release"
    (if [ "$release" = old ]; then cd "$before"; fi; go build -o "$work/$release/" ./services/bitacora/cmd/bitacora ./services/bitacora/cmd/load \
      ./services/asset/cmd/asset ./services/workorder/cmd/workorder ./services/delivery/cmd/delivery ./services/status/cmd/status $([ ! -d services/people ] || echo ./services/people/cmd/people))
  done
}

# A service of a release: its port is the release's, so that both run beside each other.
at() { # release service: its port
  [ "$2" != people ] || { echo $((port + 12)); return; }
  local i; for i in 0 1 2 3; do [ "${services[$i]}" != "$2" ] || break; done
  [ "$1" = old ] && echo $((port + i)) || echo $((port + 4 + i))
}
with() { BITACORA_MONGODB_DATABASE=${prefix}_$1 "${@:2}"; } # service command…

begin() { # release service
  # Not through a function, whose shell would be what is told to end.
  BITACORA_HTTP_ADDR=127.0.0.1:$(at "$1" "$2") BITACORA_MONGODB_DATABASE=${prefix}_$2 "$work/$1/$2" >>"$work/$1-$2.log" 2>&1 &
  pid[$1-$2]=$!
  local until=$((SECONDS + 90))
  until curl -sf "http://127.0.0.1:$(at "$1" "$2")/readyz" >/dev/null; do
    [ "$SECONDS" -lt "$until" ] || fail "$1 $2 is not ready"
    sleep 0.3
  done
}

end() { # release service
  kill "${pid[$1-$2]}"
  wait "${pid[$1-$2]}" || fail "$1 $2 ended badly"
  unset "pid[$1-$2]"
}

# The release before knows no directory; it comes with this one and goes with it.
migrate() { local s; for s in "${services[@]}" people; do [ ! -x "$work/$1/$s" ] || with "$s" "$work/$1/$s" migrate; done; }

front() { # a door for each service in front of both releases; other than an ingress it asks those that are not ready yet, too
  local i
  for i in 0 1 2 3; do
    python3 scripts/kube/relay.py 127.0.0.1 $((port + 8 + i)) "$((port + i)),$((port + 4 + i))" >>"$work/door.log" 2>&1 &
    pid[door-$i]=$!
  done
}

who=() # the flags of bitacora's commands
doors() {
  local i
  for i in 0 1 2 3; do who+=("--${services[$i]}-url" "http://127.0.0.1:$((port + 8 + i))"); done
  who+=(--oidc-issuer "$BITACORA_OIDC_ISSUER" --clients deploy/keycloak/clients.json)
}

begin_load() {
  "$work/new/load" "${who[@]//-url/}" --for 20m --acknowledged "$work/acknowledged" --table "$work/table" --title "$1" >"$work/load.log" 2>&1 &
  loading=$!
  local until=$((SECONDS + 120))
  until grep -q "the load is on" "$work/load.log"; do
    if [ "$SECONDS" -ge "$until" ] || ! kill -0 "$loading" 2>/dev/null; then fail "the load does not begin: $(cat "$work/load.log")"; fi
    sleep 0.3
  done
}
end_load() {
  sleep "$phase"
  kill "$loading"
  wait "$loading" || { cat "$work/load.log"; loading=''; fail "the load found something missing"; }
  cat "$work/load.log"
  loading=''
}

audited() { # release [within]
  "$work/$1/bitacora" audit "${who[@]}" --acknowledged "$work/acknowledged" --within "${2:-2m}"
}

parked() {
  local s listed
  for s in "${services[@]}" people; do
    listed=$(with "$s" "$work/$1/bitacora" dlq list --service "$s" | tail -n +2)
    [ -z "$listed" ] || fail "$s has parked: $listed"
  done
}

walked() { "$work/new/bitacora" scenario --busy "${who[@]}" | tail -n 1; }

forward() {
  local s
  begin_load "$1"
  migrate new
  for s in "${services[@]}"; do sleep "$phase"; begin new "$s"; done
  begin new people
  for s in "${services[@]}"; do sleep "$phase"; end old "$s"; done
  end_load
  audited new
  parked new
}

servers
build
say "the release before"
printf '| under load | requests, writes | tried again | failed | acknowledged and there | p99, slowest | figures settled after |\n|---|---|---|---|---|---|---|\n' >"$work/table"
migrate old
for s in "${services[@]}"; do begin old "$s"; done
front
doors
"$work/old/bitacora" scenario "${who[@]}" | tail -n 1
say "this release beside it, which then ends"
forward "upgrade"
walked # what this release alone writes is there for the other to read
say "back: the release before beside this one, which then ends"
begin_load "rollback"
for s in "${services[@]}"; do sleep "$phase"; begin old "$s"; done
for s in "${services[@]}"; do sleep "$phase"; end new "$s"; done
end new people
end_load
parked new
echo "the audit of the release before, after the rollback:"
audited old 30s || echo "(differs: see ARCHITECTURE, figures by these rules and what that release does not know)"
say "forward again"
forward "upgrade again"
walked
parked new
say "nothing parked, everything agrees"

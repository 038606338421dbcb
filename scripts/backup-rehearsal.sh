#!/usr/bin/env bash
# backup-rehearsal.sh [sqlite|mongodb]   lose everything and get it back, with real servers and under load; says what was there before and after
#
# Besides the checkout it uses ../shared/tools (BITACORA_TOOLS): scripts that start MongoDB, Kafka and an OIDC provider, here on ports and in
# folders of their own. deploy/backup.md says what each case means. Five minutes; it stops what it started and removes what it wrote.
#
# Settings (environment):
#   REHEARSAL_HOME   where servers' programs are kept and data are made   (~/.cache/bitacora-tools/rehearsal)
#   LOAD_SECONDS     how long is written before and after each backup      (8)
set -euo pipefail
cd "$(dirname "$0")/.."
home=${REHEARSAL_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/bitacora-tools/rehearsal}
seconds=${LOAD_SECONDS:-8}
work=$home/work
rm -rf "$work"
mkdir -p "$work"
bitacora=$work/bin/bitacora
loading='' pids=()

say() { printf '\n=== %4d s  %s\n' "$SECONDS" "$*"; }
fail() { echo "backup-rehearsal: $*" >&2; exit 1; }
rest() { python3 scripts/backup-load.py "$@"; }

clean_up() {
  local status=$?
  trap - EXIT
  set +e
  [ -z "$loading" ] || kill "$loading" 2>/dev/null
  [ ${#pids[@]} = 0 ] || kill "${pids[@]}" 2>/dev/null
  [ "$status" = 0 ] || tail -n 5 "$work"/*.log 2>/dev/null
  if [ -n "${tools:-}" ]; then
    "$tools/kafka/kafka-down.sh" --wipe
    "$tools/mongo/mongo-down.sh" --wipe
    [ ! -s "$KEYCLOAK_HOME/keycloak.pid" ] || kill "$(cat "$KEYCLOAK_HOME/keycloak.pid")" 2>/dev/null
  fi
  wait 2>/dev/null
  rm -rf "$work"
  exit "$status"
}
trap clean_up EXIT

await() { # seconds, what, command…: until it succeeds
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || fail "$what: not within its time"
    sleep 0.3
  done
}

begin_load() { python3 scripts/backup-load.py load "$work/acknowledged" & loading=$!; } # not through a function, whose shell would be what is killed
end_load() {
  kill "$loading"
  wait "$loading" || true
  loading=''
}

# The counts of documents and their digests, without the figures (which status works out) and what consumers keep of their own doings.
kept() { "$bitacora" survey | awk 'NR > 1 {print $1, $2, $4}' | grep -v -e '^status/' -e '/dead_letters '; }
documents() { "$bitacora" survey | awk -v c="$1" '$1 == c {print $2}'; }
total() { rest figures | python3 -c 'import json, sys; print(json.load(sys.stdin)["nation"]["figures"]["assets"]["total"])'; }
settled() {
  [ "$("$bitacora" survey | awk 'NR > 1 {n += $3} END {print n}')" = 0 ] && [ "$(total)" = "$(documents asset/assets)" ]
}

row() { printf '| %s | %s | %s | %s |\n' "$@" >>"$work/table"; }

compare() { # title: what $work/before and after say, collection by collection
  if ! diff "$work/before" "$work/after" >&2; then fail "$1: not what was there"; fi
  local documents history
  documents=$(awk '$1 !~ "/history" {n += $2} END {print n}' "$work/after")
  history=$(awk '$1 ~ "/history" {n += $2} END {print n}' "$work/after")
  row "$1" "$(wc -l <"$work/after") collections, $documents documents" "$history" "every count and digest the same"
}

build() {
  say "build"
  mkdir -p "$work/bin"
  local program
  for program in "$@"; do CGO_ENABLED=0 go build -trimpath -o "$work/bin/$program" "./services/$program/cmd/$program"; done
}

# --- the single binary -------------------------------------------------------------------------------------------------------------------

serve() { # the small demonstration: the rehearsal compares all there is, again and again
  BITACORA_DEMO=small "$bitacora" serve >"$work/serve.out" 2>"$work/serve.log" &
  pids=($!)
  await 90 "bitacora serve" curl -sf "$ASSET_URL/readyz"
  await 90 "the demonstration" grep -q "is ready" "$work/serve.out"
}

sqlite() {
  build bitacora
  export BITACORA_DATA_DIR=$work/data BITACORA_HTTP_ADDR=127.0.0.1:18480
  export ASSET_URL=http://$BITACORA_HTTP_ADDR STATUS_URL=http://$BITACORA_HTTP_ADDR TOKEN_COMMAND="$bitacora token"
  say "one process, with the demonstration and the scenario"
  serve
  "$bitacora" scenario --url "$ASSET_URL" | tail -n 1
  say "a backup under load, and one that is killed"
  begin_load
  sleep "$seconds"
  "$bitacora" backup "$work/killed" >/dev/null 2>&1 &
  local victim=$!
  until [ -e "$work/killed.part/asset.db" ]; do kill -0 "$victim" 2>/dev/null || break; done
  kill -9 "$victim" 2>/dev/null || fail "the backup ended before it was killed"
  wait "$victim" 2>/dev/null || true
  [ ! -e "$work/killed" ] || fail "a killed backup left a folder that looks whole"
  "$bitacora" backup "$work/killed" >/dev/null
  local began; began=$(date +%s.%N)
  "$bitacora" backup "$work/kept"
  local took; took=$(awk -v a="$began" -v b="$(date +%s.%N)" 'BEGIN {printf "%.1f", b - a}')
  sleep "$seconds"
  end_load
  say "killed, lost and restored"
  kill -9 "${pids[0]}"
  wait "${pids[0]}" 2>/dev/null || true
  mv "$work/data" "$work/lost"
  "$bitacora" restore "$work/kept" >/dev/null
  if "$bitacora" restore "$work/kept" 2>/dev/null; then fail "a restore wrote over a store"; fi
  local in_backup; in_backup=$(documents asset/assets)
  serve
  await 120 "status after the restore" settled
  row "SQLite, backup under load ($took s, $(du -sm "$work/kept" | cut -f1) MB)" "$in_backup assets in it" "" \
    "all $(rest there "$work/acknowledged" "$began") that were acknowledged before it began; status counts $(total)"
  "$bitacora" scenario --url "$ASSET_URL" --busy | tail -n 1

  say "the same at rest: nothing may differ"
  await 120 "status" settled
  kept >"$work/before"
  rest figures >"$work/figures.before"
  "$bitacora" backup "$work/rest" >/dev/null
  kill "${pids[0]}" && wait "${pids[0]}" || true
  rm -rf "$work/data"
  "$bitacora" restore "$work/rest" >/dev/null
  serve
  await 120 "status after the restore" settled
  await 120 "the figures of before" same_figures
  kept >"$work/after"
  compare "SQLite, backup at rest; topics made again from the documents"
  kill "${pids[0]}" && wait "${pids[0]}" || true
  pids=()
  unset BITACORA_DATA_DIR BITACORA_HTTP_ADDR
}

same_figures() { rest figures | diff -q "$work/figures.before" -; }

# --- MongoDB and Kafka -------------------------------------------------------------------------------------------------------------------

servers_up() {
  local out
  out=$("$tools/mongo/mongo-up.sh")
  eval "$out"
  if ! out=$("$tools/kafka/kafka-up.sh"); then # on a busy machine it is given up too soon: it starts all the same
    await 120 "Kafka" bash -c "exec 3<>/dev/tcp/127.0.0.1/$KAFKA_PORT"
    out=$("$tools/kafka/kafka-up.sh")
  fi
  eval "$out"
  export BITACORA_MONGODB_URI=$MONGODB_URI BITACORA_KAFKA_BROKERS=$KAFKA_BROKERS
}

start_services() {
  local program port=18481
  pids=()
  for program in asset workorder delivery status people; do
    BITACORA_HTTP_ADDR=127.0.0.1:$port "$work/bin/$program" >>"$work/$program.log" 2>&1 &
    pids+=($!)
    port=$((port + 1))
  done
  for port in 18481 18482 18483 18484 18485; do await 120 "service on $port" curl -sf "http://127.0.0.1:$port/readyz"; done
}

stop_services() {
  kill "${pids[@]}"
  wait "${pids[@]}" || true
  pids=()
}

scenario() {
  "$bitacora" scenario --asset-url http://127.0.0.1:18481 --workorder-url http://127.0.0.1:18482 --delivery-url http://127.0.0.1:18483 \
    --status-url http://127.0.0.1:18484 --oidc-issuer "$BITACORA_OIDC_ISSUER" --clients deploy/keycloak/clients.json "$@" | tail -n 1
}

# The databases' own snapshot: writes wait while the files are copied (a volume's snapshot takes no time; on more members, lock a secondary).
snapshot() {
  PYTHONPATH=$MONGO_HOME/py python3 - "$MONGO_HOME/$MONGO_PORT/data" "$1" "$MONGO_PORT" <<'PY'
import shutil, sys, time
from pymongo import MongoClient
admin = MongoClient("127.0.0.1", int(sys.argv[3]), directConnection=True).admin
began = time.monotonic()
admin.command("fsync", lock=True)
try:
    shutil.copytree(sys.argv[1], sys.argv[2], ignore=shutil.ignore_patterns("mongod.lock", "diagnostic.data"))
finally:
    admin.command("fsyncUnlock")
print(f"{time.monotonic() - began:.1f}")
PY
}

mongodb() {
  export MONGO_HOME=$home/mongo MONGO_PORT=${MONGO_PORT:-27400} KAFKA_HOME=$home/kafka KAFKA_PORT=${KAFKA_PORT:-9600}
  export KEYCLOAK_HOME=$home/keycloak KEYCLOAK_PORT=${KEYCLOAK_PORT:-8380}
  tools=$(cd "${BITACORA_TOOLS:-../shared/tools}" && pwd)
  build bitacora asset workorder delivery status people
  say "MongoDB, Kafka, an OIDC provider and the services, with the institution's units and the scenario"
  rm -rf "$KEYCLOAK_HOME/kc/data"
  eval "$("$tools/keycloak/keycloak-up.sh" deploy/keycloak/realm.json)"
  "$tools/kafka/kafka-down.sh" --wipe && "$tools/mongo/mongo-down.sh" --wipe
  servers_up
  export BITACORA_OIDC_ISSUER=$KEYCLOAK_URL/realms/bitacora BITACORA_KAFKA_REPLICATION_FACTOR=1 BITACORA_LOG_LEVEL=warn
  export ASSET_URL=http://127.0.0.1:18481 STATUS_URL=http://127.0.0.1:18484 TOKEN_COMMAND="$work/token"
  cat >"$work/token" <<S
#!/bin/sh
curl -sf -d grant_type=client_credentials -d client_id=demo-\$1 -d client_secret=demo-\$1 $BITACORA_OIDC_ISSUER/protocol/openid-connect/token |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])'
S
  chmod +x "$work/token"
  "$bitacora" migrate
  start_services
  rest units services/bitacora/internal/demo/data/units.csv
  scenario
  one_cut
  topics_lost
  older_store
}

one_cut() {
  say "a snapshot under load, which is the older store of later"
  : >"$work/acknowledged"
  begin_load
  sleep "$seconds"
  cut=$(date +%s.%N)
  held=$(snapshot "$work/older")
  sleep "$seconds"
  end_load
  await 120 "status" settled
  say "everything of one cut: servers stopped, copied, lost, put back"
  rest figures >"$work/figures.before"
  kept >"$work/before"
  stop_services
  "$tools/kafka/kafka-down.sh" && "$tools/mongo/mongo-down.sh"
  cp -a "$MONGO_HOME/$MONGO_PORT" "$work/cut.mongo" && cp -a "$KAFKA_HOME/1" "$work/cut.kafka"
  rm -rf "${MONGO_HOME:?}/$MONGO_PORT" "${KAFKA_HOME:?}/1"
  mv "$work/cut.mongo" "$MONGO_HOME/$MONGO_PORT" && mv "$work/cut.kafka" "$KAFKA_HOME/1"
  servers_up
  "$bitacora" survey --topics >"$work/topics"
  start_services
  await 120 "status" settled
  same_figures || fail "the figures are others"
  kept >"$work/after"
  compare "MongoDB and Kafka, both of one cut"
}

topics_lost() {
  say "the topics lost altogether: published again from the documents"
  stop_services
  "$tools/kafka/kafka-down.sh" --wipe
  servers_up
  "$bitacora" migrate
  "$bitacora" republish | tee "$work/republished"
  "$bitacora" survey --topics >"$work/topics"
  [ "$(awk '/^TOPIC/ {t = 1; next} t {n += $6} END {print n}' "$work/topics")" = 0 ] || fail "republish left documents untold"
  start_services
  await 120 "status" settled
  same_figures || fail "the figures are others"
  kept >"$work/after"
  compare "topics lost; $(awk '{n += $2} END {print n}' "$work/republished") documents published again"
}

older_store() {
  say "an older store under topics that are ahead: found out, and begun with new topics"
  stop_services
  "$tools/mongo/mongo-down.sh" --wipe
  mkdir -p "$MONGO_HOME/$MONGO_PORT"
  mv "$work/older" "$MONGO_HOME/$MONGO_PORT/data"
  servers_up
  local late; late=$(awk -v t="$cut" '$2 >= t' "$work/acknowledged" | wc -l)
  if "$bitacora" survey --topics >"$work/topics" 2>"$work/said"; then fail "topics that are ahead were not noticed"; fi
  sed -n '/^TOPIC/,$p' "$work/topics"
  cat "$work/said"
  local unknown; unknown=$(awk '$1 == "bitacora.assets" {print $4}' "$work/topics")
  export BITACORA_KAFKA_PREFIX=r2.
  "$bitacora" migrate
  "$bitacora" republish
  "$bitacora" survey --topics >"$work/topics"
  start_services
  await 120 "status" settled
  local found; found=$(rest there "$work/acknowledged" "$cut")
  row "MongoDB older than the topics (snapshot under load, writes waited $held s)" "$(documents asset/assets) assets" "" \
    "\`survey --topics\` refused: $unknown assets unknown to the store ($late were written after the snapshot began); after new topics all $found acknowledged before it, status counts $(total)"
  scenario --busy
  stop_services
  unset BITACORA_KAFKA_PREFIX
}

printf '| what | documents | events in the history | after |\n|---|---|---|---|\n' >"$work/table"
case ${1:-all} in
  sqlite) sqlite ;;
  mongodb) mongodb ;;
  all) sqlite; mongodb ;;
  *) fail "sqlite or mongodb" ;;
esac
say "what was there before and after"
cat "$work/table"

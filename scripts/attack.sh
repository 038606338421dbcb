#!/usr/bin/env bash
# attack.sh [flags of cmd/attack]   attack an installation of its own: builds what is attacked, fetches schemathesis once per version
# MONGODB_URI and KAFKA_BROKERS name real servers; without them what needs them is left out, and said. What it leaves on them is taken away
# at the end, also when it is interrupted or its program killed.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$PWD/bin/tools/attack pinned=$PWD/tools/attack/requirements.txt
if ! cmp -s "$pinned" "$tools/of"; then
  rm -rf "$tools"
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet --disable-pip-version-check -r "$pinned"
  cp "$pinned" "$tools/of"
fi
built=$(mktemp -d) name=attack$(date +%s)-$$
attacking=''
clean_up() {
  local status=$?
  trap - EXIT
  [ -z "$attacking" ] || { kill "$attacking"; wait "$attacking"; } 2>/dev/null || true
  "$built/forget" "$name" || status=1
  rm -rf "$built"
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT TERM
go build -o "$built/forget" ./pkg/testenv/forget
for program in bitacora asset workorder delivery status people; do
  CGO_ENABLED=0 go build -o "$built/$program" "./services/$program/cmd/$program"
done
go build -o "$built/attack" ./services/bitacora/cmd/attack
"$built/attack" -program "$built/bitacora" -services "$built" -schemathesis "$tools/bin/schemathesis" -name "$name" "$@" &
attacking=$!
wait "$attacking" && status=0 || status=$?
attacking=''
exit "$status"

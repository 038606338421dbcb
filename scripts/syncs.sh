#!/usr/bin/env bash
# syncs.sh PROGRAM [WRITES]   how often the single binary syncs which of its files for an acknowledged registration, one caller (strace, curl, python3)
set -euo pipefail
program=$1 writes=${2:-200}
work=$(mktemp -d)
addr=127.0.0.1:$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
BITACORA_DEMO=false BITACORA_HTTP_ADDR=$addr BITACORA_DATA_DIR=$work/data "$program" serve >"$work/log" 2>&1 &
served=$!
trap 'kill $served 2>/dev/null || true; wait $served || true; rm -rf "$work"' EXIT
curl -sf --retry 100 --retry-delay 0 --retry-max-time 20 --retry-all-errors -o "$work/ready" "http://$addr/readyz"
token=$(BITACORA_DATA_DIR=$work/data "$program" token admin)
post() { curl -sf -H "Authorization: Bearer $token" -H 'Content-Type: application/json' -d "$2" "http://$addr$1"; }
post /v1/units '{"clues":"BSIST000014","name":"Santa Rosalía"}' >"$work/unit"
type=$(post /v1/equipment-types '{"key":"hospital_bed","name_es":"Cama","category":"furniture","tracking":"tagged"}' | python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])')
strace -f -y -e trace=fsync,fdatasync -o "$work/trace" -p "$served" 2>"$work/strace" &
traced=$!
until grep -q attached "$work/strace"; do kill -0 "$traced"; done
for i in $(seq "$writes"); do
  post /v1/assets "{\"unit_id\":\"BSIST000014\",\"type_id\":\"$type\",\"inventory_tag\":\"t-$i\"}" >"$work/asset"
done
kill -INT "$traced"
wait "$traced" || true
# A call that another thread interrupts is written in two lines, of which the second says "resumed" and names no file.
{ grep -oE '<[^>]*/data/[^>]*>' "$work/trace" || true; } | sed -E 's#.*/data/##; s#>##; s#(broker/partitions)/.*#\1#' | sort | uniq -c | sort -rn |
  awk -v n="$writes" '{ all += $1; printf "%7.2f  %s\n", $1 / n, $2 } END { printf "%7.2f  syncs for each write\n", all / n }'

# shellcheck shell=bash disable=SC2154 # variables are kube-e2e.sh's
# What the steps of kube-e2e.sh have in common: words, addresses, the cluster, the OIDC provider, and the end.

say() { printf '\n=== %4d s  %s\n' "$SECONDS" "$*"; }
row() { printf '%s\n' "$*" >>"$table"; }
die() { echo "kube-e2e: $*" >&2; return 1; }

bitacora() { kubectl -n "$namespace" "$@"; }
servers() { kubectl -n servers "$@"; }
address() { echo "http://$(bitacora get service "$release-$1" -o jsonpath='{.spec.clusterIP}')"; }
selector() { echo "app.kubernetes.io/instance=$release,app.kubernetes.io/name in ($(IFS=,; echo "$*"))"; }
# pods NAME…: name and address of each pod of services that is not ending
pods() {
  bitacora get pods -l "$(selector "$@")" -o jsonpath='{range .items[*]}{.metadata.name}{" "}{.status.podIP}{" "}{.metadata.deletionTimestamp}{"\n"}{end}' | awk 'NF == 2'
}
# metric NAME: its largest value in any pod, "absent" where none has it
metric() {
  local ip
  pods "${services[@]}" | while read -r _ ip; do curl -sf -m 5 "http://$ip:8080/metrics" || true; done |
    awk -v name="$1" 'index($1, name) == 1 { seen = 1; if ($2 > most) most = $2 } END { print seen ? most + 0 : "absent" }'
}

# until_true SECONDS COMMAND…: again and again until it succeeds
until_true() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || die "not so in time: $*" || return 1
    sleep 1
  done
}
no_pod_ends() { [ -z "$(bitacora get pods -o jsonpath='{range .items[?(@.metadata.deletionTimestamp)]}{.metadata.name}{end}')" ]; }
rolled_out() {
  local s
  for s in "${programs[@]}"; do bitacora rollout status "deployment/$release-$s" --timeout=180s >/dev/null || return 1; done
  until_true 120 no_pod_ends
}

start_cluster() {
  eval "$(HELM_VERSION='' "$tools/kube/kube-up.sh")"
}

step_cluster() {
  say "a cluster, and images of two versions"
  start_cluster
  local version
  for version in e2e-1 e2e-2; do
    BUILDER=${BUILDER:-host} REGISTRY=bitacora VERSION=$version scripts/images.sh
    # A version at a time: what is loaded is unpacked in memory.
    local program
    for program in "${programs[@]}" bitacora; do "$tools/kube/kube-load.sh" "bitacora/$program:$version" >/dev/null; done
  done
  "$tools/kube/kube-load.sh" "$BITACORA_TEST_MONGO_IMAGE" "$BITACORA_TEST_KAFKA_IMAGE" >/dev/null
}

# The OIDC provider listens on this machine alone: what comes to the cluster's address is passed on to it.
start_provider() {
  local home=${KEYCLOAK_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/bitacora-tools/keycloak}
  if ! curl -sf -o /dev/null "http://127.0.0.1:${KEYCLOAK_PORT:-8180}/realms/master"; then
    keycloak_pid=$home/keycloak.pid
    rm -rf "$home/kc/data" # a realm of before
  fi
  eval "$("$tools/keycloak/keycloak-up.sh" deploy/keycloak/realm.json)"
  if curl -sf -o /dev/null "$issuer/.well-known/openid-configuration"; then return; fi
  python3 scripts/kube/relay.py "$machine" "$port" "${KEYCLOAK_URL##*:}" &
  relay=$!
  until_true 30 curl -sf -o /dev/null "$issuer/.well-known/openid-configuration"
}

# What was started here is stopped here, and what is left is said.
clean_up() {
  local status=$?
  trap - EXIT INT TERM
  set +e
  [ -z "$loading" ] || kill "$loading" 2>/dev/null
  [ "$status" = 0 ] || { kubectl get pods -A -o wide; bitacora get events --sort-by=.lastTimestamp | tail -n 15; } 2>/dev/null
  if [ -z "${KEEP:-}" ]; then
    [ -z "$relay" ] || kill "$relay" 2>/dev/null
    "$tools/kube/kube-down.sh" >/dev/null 2>&1
    [ -z "$keycloak_pid" ] || kill "$(cat "$keycloak_pid")" 2>/dev/null
    # shellcheck disable=SC2046
    docker rmi -f $(docker images -q 'bitacora/*:e2e-*' | sort -u) >/dev/null 2>&1
    left_behind || status=1
  fi
  rm -rf "$work"
  exit "$status"
}

left_behind() {
  local home=${KUBE_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/kube-local} pid left=''
  for pid in $relay $(cat "${keycloak_pid:-/dev/null}"); do
    for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.2; done
    ! kill -0 "$pid" 2>/dev/null || left+=" process $pid"
  done
  left+=$(pgrep -f "$home/(bin|run)/" | sed 's/^/ process /' | tr -d '\n')
  left+=$(awk -v h="$home/" 'index($2, h) == 1 { printf " mount %s", $2 }' /proc/self/mounts)
  [ ! -e /run/netns/kube ] || left+=" network namespace"
  [ -z "$(ls -A "$node_data" 2>/dev/null)" ] || left+=" $node_data"
  [ -z "$(docker images -q 'bitacora/*:e2e-*')" ] || left+=" images"
  echo "left behind:${left:- nothing}"
  [ -z "$left" ]
}

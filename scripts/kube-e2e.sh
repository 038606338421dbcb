#!/usr/bin/env bash
# kube-e2e.sh   prove an installation on a real cluster: install, scenario, then under load an upgrade, a way back, pods deleted, another size
#
# A command of its own, not part of the checks of a change: it takes ten minutes. Besides the checkout it uses ../shared/tools
# (BITACORA_TOOLS): scripts that start a cluster, an OIDC provider, and make images of MongoDB and Kafka. What it started it stops.
#
# Settings (environment):
#   KEEP=1          leave everything running at the end
#   E2E_STEPS       install: end after the scenario; disturb: begin after it, on what KEEP=1 left; all otherwise
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$(cd "${BITACORA_TOOLS:-../shared/tools}" && pwd)
helm=$PWD/bin/tools/helm
machine=10.88.255.1 # under which pods reach this machine
port=${E2E_OIDC_PORT:-8188}
issuer=http://$machine:$port/realms/bitacora
services=(asset workorder delivery status)
work=$(mktemp -d)
relay='' loading=''

say() { printf '\n=== %4d s  %s\n' "$SECONDS" "$*"; }

clean_up() {
  local status=$?
  trap - EXIT
  set +e
  [ -z "$loading" ] || kill "$loading" 2>/dev/null
  [ "$status" = 0 ] || { kubectl get pods -A -o wide; kubectl -n bitacora get events --sort-by=.lastTimestamp | tail -n 15; } 2>/dev/null
  if [ -z "${KEEP:-}" ]; then
    [ -z "$relay" ] || kill "$relay" 2>/dev/null
    "$tools/kube/kube-down.sh" >/dev/null 2>&1
    [ -z "${keycloak_is_ours:-}" ] || kill "$(cat "${KEYCLOAK_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/bitacora-tools/keycloak}/keycloak.pid")" 2>/dev/null
  fi
  rm -rf "$work"
  exit "$status"
}
trap clean_up EXIT

bitacora() { kubectl -n bitacora "$@"; }
address() { echo "http://$(bitacora get service "bitacora-$1" -o jsonpath='{.spec.clusterIP}')"; }

cluster() {
  say "a cluster"
  eval "$(HELM_VERSION='' "$tools/kube/kube-up.sh")"
  eval "$("$tools/containers/images.sh")"
  REGISTRY=bitacora VERSION=e2e-1 scripts/images.sh
  local program
  for program in "${services[@]}" bitacora; do docker tag "bitacora/$program:e2e-1" "bitacora/$program:e2e-2"; done
  # Two images at a time: what is loaded is unpacked in memory.
  for program in "${services[@]}" bitacora; do "$tools/kube/kube-load.sh" "bitacora/$program:e2e-1" "bitacora/$program:e2e-2" >/dev/null; done
  "$tools/kube/kube-load.sh" "$BITACORA_TEST_MONGO_IMAGE" "$BITACORA_TEST_KAFKA_IMAGE" >/dev/null
}

provider() {
  say "an OIDC provider, under an address that pods reach"
  curl -sf -o /dev/null "http://127.0.0.1:${KEYCLOAK_PORT:-8180}/realms/master" || keycloak_is_ours=yes
  eval "$("$tools/keycloak/keycloak-up.sh" deploy/keycloak/realm.json)"
  if curl -sf -o /dev/null "$issuer/.well-known/openid-configuration"; then return; fi
  # It listens on this machine alone: this passes on what comes to the cluster's address.
  python3 - "$machine" "$port" "${KEYCLOAK_URL##*:}" <<'PY' &
import asyncio, sys
host, port, to = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
async def copy(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
async def serve(reader, writer):
    try:
        r, w = await asyncio.open_connection("127.0.0.1", to)
    except OSError:
        writer.close()
        return
    await asyncio.gather(copy(reader, w), copy(r, writer))
async def main():
    async with await asyncio.start_server(serve, host, port) as s:
        await s.serve_forever()
asyncio.run(main())
PY
  relay=$!
  until curl -sf -o /dev/null "$issuer/.well-known/openid-configuration"; do kill -0 "$relay" && sleep 0.3; done
}

servers() {
  say "MongoDB and Kafka as pods"
  kubectl delete namespace bitacora servers --ignore-not-found >/dev/null # of a run before
  kubectl create namespace servers >/dev/null
  sed "s#MONGO_IMAGE#$BITACORA_TEST_MONGO_IMAGE#; s#KAFKA_IMAGE#$BITACORA_TEST_KAFKA_IMAGE#" scripts/kube/servers.yaml | kubectl -n servers apply -f - >/dev/null
  kubectl -n servers rollout status statefulset/mongodb statefulset/kafka --timeout=180s
  local members="10.96.0.200:27017 10.96.0.201:27017 10.96.0.202:27017"
  # shellcheck disable=SC2086
  PYTHONPATH=$(dirname "$(dirname "$("$tools/mongo/mongo-up.sh" fetch)")")/py python3 "$tools/mongo/initiate.py" $members
  # The namespace itself refuses what is not restricted.
  kubectl create namespace bitacora >/dev/null
  kubectl label namespace bitacora pod-security.kubernetes.io/enforce=restricted >/dev/null
  bitacora create secret generic db --from-literal="uri=mongodb://${members// /,}/?replicaSet=rs0&w=majority" >/dev/null
  bitacora create secret generic clients --from-file=clients.json=deploy/keycloak/clients.json >/dev/null
}

release() { # helm's command and what is special
  "$helm" --namespace bitacora "$@" charts/bitacora -f deploy/env/state/values.yaml \
    --set "global.mongodb.existingSecret=db,global.kafka.brokers={kafka.servers.svc.cluster.local:9092},global.kafka.replicationFactor=1" \
    --set "global.kafka.tls.enabled=false,global.kafka.sasl.mechanism=,global.oidc.issuer=$issuer,test.clientsSecret=clients" \
    --set "global.networkPolicy.egressPorts={9092,27017,$port},global.monitoring.serviceMonitor=false,global.monitoring.rules=false"
}

install() {
  say "the server takes every object (dry run)"
  release install bitacora --dry-run=server --set global.image.tag=e2e-1 >/dev/null
  say "helm install"
  release install bitacora --wait --timeout 5m --set global.image.tag=e2e-1 | head -n 4
  bitacora get pods
  say "helm test: the scenario"
  "$helm" --namespace bitacora test bitacora --logs --timeout 5m | tail -n 45
}

under_load() { # title, command...
  local title=$1
  shift
  "$work/load" -clients deploy/keycloak/clients.json -token-url "$issuer/protocol/openid-connect/token" -for 10m \
    -asset "$(address asset)" -workorder "$(address workorder)" -status "$(address status)" >"$work/report" 2>&1 &
  loading=$!
  say "$title"
  "$@"
  # What ends is part of it.
  while [ -n "$(bitacora get pods -o jsonpath='{range .items[?(@.metadata.deletionTimestamp)]}{.metadata.name}{end}')" ]; do sleep 1; done
  kill -TERM "$loading"
  wait "$loading" || { cat "$work/report"; return 1; }
  loading=''
  cat "$work/report"
}

rolled_out() { local s; for s in "${services[@]}"; do bitacora rollout status "deployment/bitacora-$s" --timeout=180s >/dev/null; done; }

delete_pods() {
  local pod
  for pod in $(bitacora get pods -l app.kubernetes.io/name=asset -o name) $(bitacora get pods -l app.kubernetes.io/name=status -o name); do
    bitacora delete "$pod" --wait=false
    bitacora wait --for=delete "$pod" --timeout=90s >/dev/null
    rolled_out
  done
}

if [ "${E2E_STEPS:-}" = disturb ]; then
  eval "$(HELM_VERSION='' "$tools/kube/kube-up.sh")"
  provider
else
  cluster
  provider
  servers
  scripts/charts.sh
  install
fi
[ "${E2E_STEPS:-}" != install ] || exit 0
(cd tools/charts && GOWORK=off go build -o "$work/load" ./load)
under_load "rolling upgrade to another tag" release upgrade bitacora --wait --timeout 5m --set global.image.tag=e2e-2
under_load "helm rollback" "$helm" --namespace bitacora rollback bitacora 1 --wait --timeout 5m
under_load "pods deleted one after another" delete_pods
under_load "three pods of each" sh -c "for s in ${services[*]}; do kubectl -n bitacora scale deployment/bitacora-\$s --replicas=3; kubectl -n bitacora rollout status deployment/bitacora-\$s --timeout=180s; done"
say "helm test once more"
"$helm" --namespace bitacora test bitacora --timeout 5m | tail -n 5
say "proved"

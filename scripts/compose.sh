#!/usr/bin/env bash
# compose.sh up|down    Bitácora with MongoDB, Kafka and Keycloak on this machine (deploy/compose.yaml), by Docker's compose of either kind
#
# up builds the images, starts what does not run and waits until all services and the console are ready; it may be repeated. down keeps the data.
#
# Settings (environment):
#   WIPE=1                     down: the data, too
#   MONGO_IMAGE, KAFKA_IMAGE, KEYCLOAK_IMAGE   other images of the three servers    (mongo:6.0, apache/kafka:4.1.1, quay.io/keycloak/keycloak:26.4)
#   ASSET_PORT, WORKORDER_PORT, DELIVERY_PORT, STATUS_PORT, PEOPLE_PORT, CONSOLE_PORT, KEYCLOAK_PORT   ports on 127.0.0.1   (8081 to 8085, 8080, 8180)
#   REGISTRY, VERSION          names and tag of the images                          (bitacora, git describe)
#   IMAGES=present             do not build: the images are there or can be pulled
#   COMPOSE_PROJECT_NAME       what containers and volumes begin with               (bitacora)
set -euo pipefail
cd "$(dirname "$0")/.."
export REGISTRY=${REGISTRY:-bitacora} COMPOSE_PROJECT_NAME=${COMPOSE_PROJECT_NAME:-bitacora}
VERSION=${VERSION:-$(git describe --tags --always --dirty 2>/dev/null || echo dev)}
export VERSION
if docker compose version >/dev/null 2>&1; then
  compose() { docker compose -f deploy/compose.yaml "$@"; }
else
  compose() { docker-compose -f deploy/compose.yaml "$@"; }
fi

migration_failed() {
  local container
  for container in $(docker ps -aq --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" --filter label=com.docker.compose.service=migrate); do
    case $(docker inspect --format '{{.State.Status}} {{.State.ExitCode}}' "$container") in "exited 0") ;; exited*) return 0 ;; esac
  done
  return 1
}

up() {
  [ "${IMAGES:-}" = present ] || scripts/images.sh
  compose up -d mongodb kafka keycloak
  # A busy machine's Kafka may not have all its partitions in time: a migration that failed goes on with what it has begun. Nothing else is
  # tried again: a port that is taken stays so.
  local tries=1
  until compose up -d; do
    if ! migration_failed || [ "$tries" -ge 3 ]; then exit 1; fi
    tries=$((tries + 1))
  done
  local port end=$((SECONDS + 180))
  for port in "${ASSET_PORT:-8081}" "${WORKORDER_PORT:-8082}" "${DELIVERY_PORT:-8083}" "${STATUS_PORT:-8084}" "${PEOPLE_PORT:-8085}" "${CONSOLE_PORT:-8080}"; do
    until curl -sf -o /dev/null "http://127.0.0.1:$port/readyz"; do
      if [ "$SECONDS" -ge "$end" ]; then
        compose ps
        echo "compose: the service on port $port did not become ready" >&2
        exit 1
      fi
      sleep 0.5
    done
  done
  local keycloak=http://127.0.0.1:${KEYCLOAK_PORT:-8180}
  cat <<S

Bitácora is ready: http://127.0.0.1:${CONSOLE_PORT:-8080}, with the people of the realm (director-santa-rosalia, password demo-director-santa-rosalia, and so on). Each service has its own port, and its API reference under its name (/asset/docs):
  asset       http://127.0.0.1:${ASSET_PORT:-8081}/asset/docs        units, areas, equipment types, assets, stock
  workorder   http://127.0.0.1:${WORKORDER_PORT:-8082}/workorder/docs    contractors, contracts, programmes, work orders
  delivery    http://127.0.0.1:${DELIVERY_PORT:-8083}/delivery/docs     deliveries
  status      http://127.0.0.1:${STATUS_PORT:-8084}/status/docs       figures of units, offices, states, the nation
  people      http://127.0.0.1:${PEOPLE_PORT:-8085}/people/docs       who is who
  Keycloak    $keycloak    administrator admin, password admin: a demonstration, on this machine only

A token of the planner, for five minutes (deploy/keycloak/clients.json has the others):
  curl -s -d grant_type=client_credentials -d client_id=demo-planner -d client_secret=demo-planner \\
    $keycloak/realms/bitacora/protocol/openid-connect/token

Walk the scenario:
  docker run --rm --network ${COMPOSE_PROJECT_NAME}_default -v "\$PWD/deploy/keycloak/clients.json:/clients.json:ro" $REGISTRY/bitacora:$VERSION \\
    scenario --asset-url http://asset:8081 --workorder-url http://workorder:8082 --delivery-url http://delivery:8083 --status-url http://status:8084 \\
    --token-url http://keycloak.localhost:${KEYCLOAK_PORT:-8180}/realms/bitacora/protocol/openid-connect/token --clients /clients.json
S
}

case ${1:-} in
  up) up ;;
  down) compose down ${WIPE:+-v} ;;
  *) sed -n '2,/^set/p' "$0" | sed '$d; s/^# \{0,1\}//' >&2; exit 2 ;;
esac

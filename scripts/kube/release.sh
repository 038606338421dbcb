# shellcheck shell=bash disable=SC2154 # variables are kube-e2e.sh's
# Installing, testing, loading and comparing a release.

new_namespace() { # it refuses by itself what is not restricted
  kubectl create namespace "$namespace" >/dev/null
  kubectl label namespace "$namespace" pod-security.kubernetes.io/enforce=restricted >/dev/null
  bitacora create secret generic clients --from-file=clients.json=deploy/keycloak/clients.json >/dev/null
  # One of the realm's people, of whom everybody knows the password.
  bitacora create secret generic person --from-literal=username=planner --from-literal=password=demo-planner >/dev/null
}

# The console's address as browsers know it: one that the realm's client admits. Nobody listens there: the test goes to the Service.
pages=http://127.0.0.1

helm_release() { # helm's command and what is special
  "$helm" --namespace "$namespace" "$@" charts/bitacora -f deploy/env/state/values.yaml \
    --set "global.kafka.brokers={$broker},global.kafka.replicationFactor=1,global.oidc.issuer=$issuer,global.console.url=$pages,test.clientsSecret=clients,test.personSecret=person" \
    --set "global.mongodb.tlsSecret=mongodb-tls,status.mongodb.existingSecret=bitacora-mongodb-x509" \
    --set "global.networkPolicy.egressPorts={9092,27017,$port},global.monitoring.serviceMonitor=false,global.monitoring.rules=false"
}

step_install() {
  new_namespace
  service_secrets >/dev/null
  say "the server takes every object (dry run)"
  helm_release install "$release" --dry-run=server --set global.image.tag=e2e-1 >/dev/null
  say "helm install"
  local begun=$SECONDS
  helm_release install "$release" --wait --timeout 5m --set global.image.tag=e2e-1 >/dev/null
  bitacora get pods
  row "| every object accepted by the server (dry run), then \`helm install --wait\` with the migrations: $((SECONDS - begun)) s | | | 0 | | | |"
}

step_test() { # lines of it that are shown, what it is called
  say "${2:-}helm test: the console and the scenario"
  "$helm" --namespace "$namespace" test "$release" --logs --timeout 5m >"$work/scenario" || { cat "$work/scenario"; return 1; }
  tail -n "${1:-44}" "$work/scenario"
  grep -q '^somebody signed in and out' "$work/scenario" || die "nobody signed in at the console"
  row "| ${2:-}\`helm test\`: $(sed -n 's/^all \([0-9]* steps\).* in \([0-9.m]*s\).*/\1 in \2/p' "$work/scenario" | sed -n 1p), and a person signed in at the console and out | | | 0 | | | |"
}

# served VERSION: whether each pod of each service is of that version, by its own word
served() {
  local ip version s
  for s in "${services[@]}"; do
    while read -r _ ip; do
      version=$(curl -sf -m 5 "http://$ip:8080/$s/openapi.json" | python3 -c 'import json, sys; print(json.load(sys.stdin)["info"]["version"])')
      [ "$version" = "$1" ] || die "a pod of $s is $version, not $1" || return 1
    done < <(pods "$s")
  done
}

build_tools() {
  go build -o "$work/load" ./services/bitacora/cmd/load
  go build -o "$work/bitacora" ./services/bitacora/cmd/bitacora
}

addresses() { # flags for load (-) or bitacora (-url)
  local s
  for s in "${services[@]}"; do printf -- '--%s%s=%s ' "$s" "$1" "$(address "$s")"; done
}

# under_load TITLE COMMAND…: do it while the load is on; once=-once (the default) means that no request may have to be sent again
under_load() {
  local title=$1
  : >"$work/report"
  shift
  say "$title"
  # shellcheck disable=SC2046,SC2086
  "$work/load" -clients deploy/keycloak/clients.json -oidc-issuer "$issuer" -for 20m $(reached) -acknowledged "${acknowledged:-$work/acknowledged}" \
    -table "$table" -title "$title" ${once--once} >"$work/report" 2>&1 &
  loading=$!
  until grep -q 'the load is on' "$work/report"; do kill -0 "$loading" || { cat "$work/report"; return 1; }; sleep 0.2; done
  "$@"
  # What ends is part of it.
  until_true 120 no_pod_ends
  kill -TERM "$loading"
  wait "$loading" || { loading=''; cat "$work/report"; return 1; }
  loading=''
  cat "$work/report"
}
reached() { # flags for load: one address for the trial's one program
  if [ "$namespace" = bitacora ]; then addresses ''; else printf -- '--url=%s ' "$(address single)"; fi
}

step_audit() {
  say "the services, the topics and the figures agree"
  [ -s "$work/acknowledged" ] || touch "$work/acknowledged"
  # The newest version of each.
  sort -t@ -k1,1 -k2,2nr "$work/acknowledged" | sort -t@ -u -k1,1 >"$work/newest"
  # shellcheck disable=SC2046
  with_topics "$work/bitacora" audit $(addresses -url) --oidc-issuer "$issuer" --clients deploy/keycloak/clients.json \
    --acknowledged "$work/newest" --within 3m | tee "$work/audit"
  row "| all documents, all topics and all figures held against each other: $(awk '/ in the service,/ { d += $3; e += $(NF - 7) } END { print d " documents" }' "$work/audit"), $(sed -n 's/^ok *\([0-9]* acknowledged versions\).*/\1/p' "$work/audit") | | | 0 differences | | | |"
}

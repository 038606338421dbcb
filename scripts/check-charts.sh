#!/usr/bin/env bash
# check-charts.sh          everything that can be known of the charts without a cluster
# check-charts.sh update   write the goldens and snapshots anew instead of comparing with them
# Called by the Makefile, which builds helm, helm-unittest and kubeconform (bin/tools) first.
set -euo pipefail
cd "$(dirname "$0")/.."
update=${1:-}
tools=$PWD/bin/tools
services=(asset workorder delivery status people)
goldens=charts/bitacora/tests/golden
needed=charts/asset/tests/values.yaml # what a service cannot do without
pages=charts/console/tests/values.yaml # what the console cannot do without beside that
work=$(mktemp -d)
doing=''

clean_up() {
  local status=$?
  [ "$status" = 0 ] || echo "FAILED: $doing"
  rm -rf "$work"
  exit "$status"
}
trap clean_up EXIT

step() { # title, command...
  local begun=$SECONDS
  doing=$1
  shift
  "$@" # not part of a condition, where bash would go on after a command that fails
  printf '%-90s %3d s\n' "ok: $doing" $((SECONDS - begun))
}

render() { "$tools/helm" template bitacora charts/bitacora --namespace bitacora "$@"; }
values_of() { if [ "$1" = everything ]; then echo charts/bitacora/tests/everything.yaml; else echo "deploy/env/$1/values.yaml"; fi; }

generated() {
  (cd tools/charts && GOWORK=off go run ./values -check ../../charts)
  (cd tools/charts/monitoring && GOWORK=off go run ./dashboards -check ../../../deploy/grafana)
}

lint() {
  "$tools/helm" lint --quiet --strict -f "$needed" "${services[@]/#/charts/}" charts/bitacora
  "$tools/helm" lint --quiet --strict -f "$needed" -f "$pages" charts/console
  "$tools/helm" lint --quiet --strict --set global.oidc.issuer=https://id.example charts/single
  "$tools/helm" lint --quiet --strict charts/lib
}

unit_tests() {
  local chart
  for chart in asset console single bitacora; do
    "$tools/helm-unittest" ${update:+--update-snapshot} "charts/$chart" >"$work/unittest" || { cat "$work/unittest"; return 1; }
    grep '^Tests:' "$work/unittest" | sed "s/^/$chart /"
  done
  # A snapshot that was not there is written, not compared.
  [ -n "$update" ] || git -c safe.directory='*' diff --exit-code --stat -- 'charts/*/tests/__snapshot__'
}

render_all() {
  local size
  for size in trial state nation everything; do
    render -f "$(values_of "$size")" >"$work/$size.yaml" || return 1
  done
}

compare_goldens() {
  local size failed=0
  mkdir -p "$goldens"
  for size in trial state nation everything; do
    if [ -n "$update" ]; then cp "$work/$size.yaml" "$goldens/$size.yaml"; fi
    diff -u "$goldens/$size.yaml" "$work/$size.yaml" | head -n 40 || true
    cmp -s "$goldens/$size.yaml" "$work/$size.yaml" || failed=1
  done
  [ "$failed" = 0 ] || echo "what is rendered has changed: if that is meant, scripts/check-charts.sh update"
  return "$failed"
}

conform() { "$tools/kubeconform" -strict -summary -schema-location 'charts/schemas/{{.ResourceKind}}{{.KindSuffix}}.json' "$@"; }

api_schemas() {
  conform "$work"/{trial,state,nation,everything}.yaml || return 1
  # The check itself must see what is wrong.
  sed 's/terminationGracePeriodSeconds:/terminationGracePeriodSecond:/' "$work/state.yaml" >"$work/misspelt.yaml"
  if conform "$work/misspelt.yaml" >"$work/said" 2>&1 || ! grep -q "terminationGracePeriodSecond'" "$work/said"; then
    echo "a misspelt field was let through"
    return 1
  fi
}

# Pods start anew when their settings change, and only then.
checksums() {
  local changed same
  sum() { render -f deploy/env/state/values.yaml "$@" | sed -n 's/^ *checksum\/config: //p'; }
  same=$(sum)
  [ -n "$same" ] && [ "$same" = "$(sum --set asset.replicas=5)" ] || { echo "other checksums without other settings"; return 1; }
  for changed in global.log.level=debug asset.extraEnv.GOMEMLIMIT=400MiB status.requests.maxInFlight=7; do
    [ "$same" != "$(sum --set "$changed")" ] || { echo "the same checksums with $changed"; return 1; }
  done
}

pod_security() {
  (cd tools/charts && GOWORK=off go build -o "$work/podsecurity" ./podsecurity) || return 1
  local size
  for size in trial nation everything; do "$work/podsecurity" <"$work/$size.yaml" || return 1; done
  # The check itself must see what is wrong.
  if sed 's/runAsNonRoot: true/runAsNonRoot: false/' "$work/nation.yaml" | "$work/podsecurity" >/dev/null 2>&1; then
    echo "pods as root were let through"
    return 1
  fi
}

no_secrets() { ! grep -n -E '^kind: Secret|:latest' "$work"/{trial,state,nation,everything}.yaml; }

# Each must be refused by a schema, and by nothing else.
typos() {
  local typo failed=0
  for typo in globl.log.level=info global.image.tga=1 global.kafka.broker=x global.kafka.tls.enable=true global.oidc.isuer=x asset.replica=3 asset.resource.limits.cpu=1 \
    workorder.autoscaling.maxReplica=3 delivery.mongodb.secret=x status.placement.nodeselector.a=b single.storage.sise=1Gi tests.busy=true test.clientSecret=x \
    global.log.level=loud global.image.tag=a/b global.ingress.host=https://b.example asset.resources.limits.memory=lots asset.resources.limits=null single.storage.size=20 asset.service.nodePort=80 \
    asset.image.digest=sha256:1 asset.mongodb.database=a.b global.mongodb.timeout=0s global.telemetry.otlpEndpoint=otel:4318 global.image.registry= \
    global.image.pullPolicy=Sometimes asset.replicas=two asset.autoscaling.cpuPercent=700 global.kafka.brokers[0]=kafka global.kafka.sasl.mechanism=GSSAPI global.monitoring.interval=5m global.oidc.issuer=id.example global.console.url=b.example/x global.console.clientid=x console.session.secret=x console.services.asset=asset:8081 console.timeout=0s console.kafka.existingSecret=x; do
    # What is switched off is not looked at.
    if render -f "$needed" --set single.enabled=true,console.enabled=true --set "$typo" >/dev/null 2>"$work/refused"; then
      echo "not refused: $typo"
      failed=1
    elif ! grep -q "don't meet the specifications of the schema" "$work/refused"; then
      echo "refused for another reason: $typo: $(cat "$work/refused")"
      failed=1
    fi
  done
  return "$failed"
}

# A value that nothing is made of would be a promise not kept.
effects() { (cd tools/charts && GOWORK=off go run ./effects ../../charts/bitacora asset,console,single ../../charts/bitacora/tests/{everything,single}.yaml ../../deploy/env/state/values.yaml); }

# The paths of a service are said by its chart and by its operations; under its name are its reference page and description.
paths() {
  local s failed=0
  for s in "${services[@]}"; do
    diff <(sed -n 's/^- //p' "charts/$s/templates/all.yaml" | sort) <({ echo "/$s"; sed -n 's#^  \(/v1/[a-z-]*\).*#\1#p' "api/openapi/$s.yaml"; } | sort -u) || { echo "^ charts/$s"; failed=1; }
  done
  return "$failed"
}

# Alerts, runbooks, dashboards and the table of metrics, held against services that run; see tools/charts/monitoring.
monitoring() {
  render -f deploy/env/trial/values.yaml --set global.monitoring.serviceMonitor=true,global.monitoring.rules=true >"$work/watched.yaml" || return 1
  (cd tools/charts/monitoring && BITACORA_RENDERED=$work GOWORK=off go test -count 1 -parallel 9 ./...) >"$work/said" 2>&1 || { cat "$work/said"; return 1; }
}

# settings SIZE SOURCE: the ConfigMap of charts/bitacora's part SOURCE as NAME=value, files replaced by some that are here.
settings() {
  awk -v part="bitacora/charts/$2/" '/^# Source: /{in_part = index($0, part) > 0} /^kind:/{map = $2 == "ConfigMap"} in_part && map && /^  [A-Z_]+: /{name = $1; sub(":", "", name); sub(/^  [A-Z_]+: /, ""); gsub(/^"|"$/, ""); print name "=" $0}' "$work/$1.yaml" |
    sed -E "s#^([A-Z_]+_FILE)=.*#\1=$work/file#; s#^(SSL_CERT_DIR)=.*#\1=$work#"
}

# Programs understand every variable that they are given: `config` takes an unknown one for an error.
understood() {
  head -c 32 /dev/urandom | base64 >"$work/file" # what a session key must look like; other secrets may be anything
  go build -o "$work/" ./services/asset/cmd/asset ./services/console/cmd/console ./services/bitacora/cmd/bitacora || return 1
  local size program env
  for size in state nation everything; do
    for program in asset console; do
      settings "$size" "$program" >"$work/env"
      [ -s "$work/env" ] || { echo "no settings of $program in $size"; return 1; }
      mapfile -t env <"$work/env" # a value may hold blanks
      [ "$program" != asset ] || env+=(BITACORA_KAFKA_SASL_USER=u)
      env -i "${env[@]}" "$work/$program" config >"$work/said" 2>&1 || { cat "$work/said"; return 1; }
    done
  done
  mapfile -t env < <(settings trial single)
  env -i "${env[@]}" "$work/bitacora" config check >"$work/said" 2>&1 || { cat "$work/said"; return 1; }
  # The check itself must see what is wrong.
  ! env -i "${env[@]}" BITACORA_LOG_LEVLE=x "$work/bitacora" config check >/dev/null 2>&1
}

begun=$SECONDS
step "values, schemas, READMEs and dashboards are what they are made from" generated
step "charts made ready" scripts/charts.sh
step "helm lint" lint
step "unit tests" unit_tests
step "rendered for three sizes and with every flag" render_all
step "rendered goldens" compare_goldens
step "every object against the API's schema" api_schemas
step "another setting is another checksum" checksums
step "pod security: restricted" pod_security
step "no secret, no image without a version" no_secrets
step "misspelt and impossible values are refused" typos
step "every value has an effect" effects
step "paths are those of the operations" paths
step "each alert fires and has its runbook, every metric that is named is there" monitoring
step "settings are understood by the programs" understood
echo "all of it: $((SECONDS - begun)) s"

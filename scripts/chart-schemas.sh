#!/usr/bin/env bash
# chart-schemas.sh   write charts/schemas anew, from the published sources of what defines the kinds: run it after a change of the versions below
set -euo pipefail
cd "$(dirname "$0")/../tools/charts"

kubernetes=v1.34.4 gateway=v1.4.0 operator=v0.85.0
export GOWORK=off GOFLAGS=-mod=mod
folder() {
  local found
  found=$(go mod download -json "$1" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
  [ -d "$found" ] || { echo "no $1" >&2; return 1; }
  echo "$found"
}

openapi=$(folder "k8s.io/kubernetes@$kubernetes")/api/openapi-spec/v3
routes=$(folder "sigs.k8s.io/gateway-api@$gateway")/config/crd/standard
monitors=$(folder "github.com/prometheus-operator/prometheus-operator@$operator")/example/prometheus-operator-crd
mkdir -p ../../charts/schemas
go run ./schemas ../../charts/schemas "$openapi"/api__v1_openapi.json "$openapi"/apis__{apps__v1,batch__v1,networking.k8s.io__v1,autoscaling__v2,policy__v1}_openapi.json \
  "$routes"/gateway.networking.k8s.io_httproutes.yaml "$monitors"/monitoring.coreos.com_{servicemonitors,prometheusrules}.yaml

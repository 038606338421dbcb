#!/usr/bin/env bash
# charts.sh           make the charts ready to use: their values, schemas and READMEs and the dashboards written, what they are made of put into them
# charts.sh values    only the first
# charts.sh package DIR   ready, and packed into DIR
# Called by the Makefile, which builds the tools first.
set -euo pipefail
cd "$(dirname "$0")/.."
helm=$PWD/bin/tools/helm

(cd tools/charts && GOWORK=off go run ./values ../../charts)
(cd tools/charts/monitoring && GOWORK=off go run ./dashboards ../../../deploy/grafana)
[ "${1:-}" != values ] || exit 0

# Helm keeps nothing of the user's here, and asks no repository.
HELM_CACHE_HOME=$(mktemp -d)
HELM_CONFIG_HOME=$HELM_CACHE_HOME HELM_DATA_HOME=$HELM_CACHE_HOME
export HELM_CACHE_HOME HELM_CONFIG_HOME HELM_DATA_HOME
trap 'rm -rf "$HELM_CACHE_HOME"' EXIT
rm -rf charts/bitacora/dashboards
cp -r deploy/grafana charts/bitacora/dashboards
for chart in asset workorder delivery status people console single bitacora; do
  rm -rf "charts/$chart/charts" "charts/$chart/Chart.lock"
  "$helm" dependency update --skip-refresh "charts/$chart" >/dev/null
done
if [ "${1:-}" = package ]; then
  mkdir -p "$2"
  "$helm" package --destination "$2" charts/asset charts/workorder charts/delivery charts/status charts/people charts/console charts/single charts/bitacora
fi

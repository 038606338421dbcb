#!/usr/bin/env bash
# lint.sh         formatting and linters over every module, those of the tools too; all are looked at before it fails
# lint.sh fmt     format instead
# Called by the Makefile, which builds bin/tools/golangci-lint first.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
failed=0
for module in $(go list -m -f '{{.Dir}}') "$root"/tools/charts "$root"/tools/charts/monitoring; do
  cd "$module"
  case $module in "$root"/tools/*) export GOWORK=off ;; esac
  # A module without a Go file yet has nothing to say, which the linter calls an error.
  [ -n "$(go list ./... 2>/dev/null)" ] || continue
  if [ "${1:-}" = fmt ]; then
    "$root/bin/tools/golangci-lint" fmt --config "$root/.golangci.yml" ./...
  else
    "$root/bin/tools/golangci-lint" run --config "$root/.golangci.yml" ./... || failed=1
  fi
done
exit "$failed"

#!/usr/bin/env bash
# operate.sh NAMESPACE RELEASE SERVICE COMMAND…   run a command of the program bitacora with a service's own settings and secrets, as a pod
# that is gone afterwards:
#   scripts/operate.sh bitacora bitacora asset dlq list --service asset
# The single binary has the program in its own pod: kubectl -n NAMESPACE exec RELEASE-single-0 -- /program dlq list --service asset
set -euo pipefail
[ $# -ge 4 ] || { sed -n '2,4s/^# //p' "$0"; exit 2; }
namespace=$1 release=$2 service=$3
shift 3
args=''
for arg in "$@"; do
  case $arg in *[\"\\]*) echo "no quotes and no backslashes, please: $arg"; exit 2 ;; esac
  args+="${args:+,}\"$arg\""
done
# The Deployment's own pod, but for the program, what it is asked to do, and that it is asked once.
spec=$(kubectl -n "$namespace" get deployment "$release-$service" -o jsonpath='{.spec.template.spec}' |
  sed -E "s#\"image\":\"([^\"]*)/$service:#\"args\":[${args//#/\\#}],\"image\":\"\1/bitacora:#; s/\"restartPolicy\":\"Always\"/\"restartPolicy\":\"Never\"/; s/\"(startup|liveness|readiness)Probe\":\{[^{}]*(\{[^{}]*\}[^{}]*)*\},//g")
exec kubectl -n "$namespace" run "$release-operate-$RANDOM" --rm --stdin --quiet --restart=Never --image=replaced --overrides="{\"spec\":$spec}" </dev/null

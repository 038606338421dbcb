#!/usr/bin/env bash
# operate.sh NAMESPACE RELEASE SERVICE COMMAND…   run a command of the program bitacora with a service's own settings and secrets, as a pod
# that is gone afterwards. Its database is that service's alone: name the service to the command, too:
#   scripts/operate.sh bitacora bitacora asset dlq list --service asset
#   scripts/operate.sh bitacora bitacora asset republish --service asset bitacora.units
# Of the single binary it is a pod with its volume, for what needs the data folder to itself; stop the binary first:
#   kubectl -n NAMESPACE scale statefulset/RELEASE-single --replicas=0 && kubectl -n NAMESPACE wait --for=delete pod/RELEASE-single-0
#   scripts/operate.sh NAMESPACE RELEASE single republish
#   kubectl -n NAMESPACE scale statefulset/RELEASE-single --replicas=1
# What may run beside it runs in its own pod: kubectl -n NAMESPACE exec RELEASE-single-0 -- /program dlq list --service asset
set -euo pipefail
[ $# -ge 4 ] || { sed -n '2,10s/^# //p' "$0"; exit 2; }
namespace=$1 release=$2 service=$3
shift 3
args=''
for arg in "$@"; do
  case $arg in *[\"\\\&]*) echo "no quotes, backslashes and ampersands, please: $arg"; exit 2 ;; esac
  args+="${args:+,}\"$arg\""
done
args=${args//#/\\#}
# The workload's own pod, but for the program, what it is asked to do, and that it is asked once.
kind=deployment change="s#\"image\":\"([^\"]*)/$service:#\"args\":[$args],\"image\":\"\1/bitacora:#"
if [ "$service" = single ]; then
  kind=statefulset
  change="s#\"args\":\[\"serve\"\]#\"args\":[$args]#; s#\"volumes\":\[#&{\"name\":\"data\",\"persistentVolumeClaim\":{\"claimName\":\"data-$release-single-0\"}},#"
fi
spec=$(kubectl -n "$namespace" get "$kind" "$release-$service" -o jsonpath='{.spec.template.spec}' |
  sed -E "$change; s/\"restartPolicy\":\"Always\"/\"restartPolicy\":\"Never\"/; s/\"(startup|liveness|readiness)Probe\":\{[^{}]*(\{[^{}]*\}[^{}]*)*\},//g")
exec kubectl -n "$namespace" run "$release-operate-$RANDOM" --rm --stdin --quiet --restart=Never --image=replaced --overrides="{\"spec\":$spec}" </dev/null

# shellcheck shell=bash disable=SC2154 # variables are kube-e2e.sh's
# What happens to an installation in use.

upgrade_to() {
  helm_release upgrade "$release" --wait --timeout 5m --set "global.image.tag=$1" >/dev/null
  rolled_out
  served "$1"
}
step_upgrade() { under_load "rolling upgrade of all services to another version, until the last old pod had gone" upgrade_to e2e-2; }

roll_back() {
  "$helm" --namespace "$namespace" rollback "$release" 1 --wait --timeout 5m >/dev/null
  rolled_out
  served e2e-1
}
step_rollback() { under_load "\`helm rollback\`" roll_back; }

delete_pods() {
  local pod
  for pod in $(pods "${programs[@]}" | cut -d' ' -f1); do
    bitacora delete pod "$pod" --wait=false >/dev/null
    bitacora wait --for=delete "pod/$pod" --timeout=90s >/dev/null
    rolled_out
  done
}
step_pods() { under_load "every pod of every service deleted, one after another" delete_pods; }

scale_to() {
  local s
  for s in "${programs[@]}"; do bitacora scale "deployment/$release-$s" --replicas="$1" >/dev/null; done
  rolled_out
}
up_and_down() { scale_to 3; scale_to 2; }
step_scale() { under_load "from two to three pods of each service, and back" up_and_down; }

# One node is all there is: drained, it holds what is not evicted yet, and what was evicted waits for a node, until it is one again. The
# budgets must keep one pod of each service serving all the while.
waiting() { [ "$(bitacora get pods --field-selector=status.phase=Pending -o name | wc -l)" -ge "${#programs[@]}" ]; }
drain() {
  local node draining
  node=$(kubectl get nodes -o jsonpath='{.items[0].metadata.name}')
  kubectl drain "$node" --pod-selector="$(selector "${programs[@]}")" --delete-emptydir-data --timeout=300s >"$work/drain" 2>&1 &
  draining=$!
  until_true 60 waiting
  sleep 10 # time for evictions that would be one too many
  bitacora get pods
  kubectl uncordon "$node" >/dev/null
  wait "$draining" || { cat "$work/drain"; return 1; }
  evicted=$(grep -c ' evicted$' "$work/drain")
  refused=$(grep -c 'violate the pod.s disruption budget' "$work/drain")
  echo "$evicted pods evicted; $refused evictions were refused for the time being, for the sake of the budgets"
  if [ "$evicted" -ne $((2 * ${#programs[@]})) ] || [ "$refused" = 0 ]; then die "that is not what was expected"; fi
  rolled_out
}
step_drain() { under_load "\`kubectl drain\` of the node: each budget lets one pod go at a time; what was evicted waits until the node is one again, then the next go" drain; }

kill_container() { # namespace pod container: SIGKILL to its first process
  local id
  id=$(kubectl -n "$1" get pod "$2" -o jsonpath="{.status.containerStatuses[?(@.name=='$3')].containerID}")
  ctr -a "${KUBE_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/kube-local}/run/containerd.sock" -n k8s.io tasks kill -s SIGKILL "${id#containerd://}"
}
restarted() { [ "$(kubectl -n "$1" get pod "$2" -o jsonpath='{.status.containerStatuses[0].restartCount}')" -ge "$3" ]; }

kill_primary() {
  local primary member begun
  sleep 5
  primary=$(mongo primary)
  for member in 0 1 2; do [ "${members[$member]}" != "$primary" ] || break; done
  kill_container servers "mongodb-$member" mongod
  begun=$(date +%s.%N)
  until_true 60 elected "$primary"
  elected_after=$(echo "$begun $(date +%s.%N)" | awk '{ printf "%.0f", $2 - $1 }')
  echo "$primary killed; $new_primary elected after $elected_after s"
  until_true 60 restarted servers "mongodb-$member" 1
  servers rollout status statefulset/mongodb --timeout=120s >/dev/null
  sleep 15
}
elected() { new_primary=$(mongo primary) && [ "$new_primary" != "$1" ]; }
step_mongodb() {
  once='' under_load "MongoDB's primary killed (SIGKILL)" kill_primary
  row "| … a new primary after $elected_after s; what was asked meanwhile waited, or was answered 503 and sent again under its Idempotency-Key | | | | | | |"
}

drained() { awk -v n="$(metric bitacora_outbox_oldest_seconds)" -v d="$(metric bitacora_outbox_documents)" 'BEGIN { exit !(n < 10 && d < 50) }'; }
caught_up() { awk -v n="$(metric bitacora_consumer_lag_records)" 'BEGIN { exit !(n < 50) }'; }
kafka_away() {
  local begun
  servers scale statefulset/kafka --replicas=0 >/dev/null
  servers wait --for=delete pod/kafka-0 --timeout=60s >/dev/null
  echo "Kafka is away for ${KAFKA_AWAY:-300} s"
  sleep "${KAFKA_AWAY:-300}"
  waited=$(metric bitacora_outbox_documents)
  bitacora get pods
  servers scale statefulset/kafka --replicas=1 >/dev/null
  servers rollout status statefulset/kafka --timeout=120s >/dev/null
  begun=$SECONDS
  until_true 300 drained
  drained_after=$((SECONDS - begun))
  until_true 300 caught_up
  caught_up_after=$((SECONDS - begun))
  echo "$waited documents waited in one outbox at most; drained $drained_after s after Kafka was ready again, consumers at the end after $caught_up_after s"
}
step_kafka() {
  under_load "Kafka away for ${KAFKA_AWAY:-300} s" kafka_away
  row "| … at its return $waited documents of one service waited; the outboxes were empty $drained_after s later, the consumers at the end of their topics after $caught_up_after s | | | | | | |"
  [ -z "$(bitacora get pods -o jsonpath='{range .items[*]}{.status.containerStatuses[?(@.restartCount>0)].name}{end}')" ] || die "pods were started anew"
}

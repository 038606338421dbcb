# shellcheck shell=bash disable=SC2154 # variables are kube-e2e.sh's
# The trial's shape: the single binary on a volume, without MongoDB and Kafka.

trial_ready() { bitacora rollout status "statefulset/$release-single" --timeout=120s >/dev/null; }

kill_trial() {
  sleep 10
  kill_container "$namespace" "$release-single-0" single
  until_true 60 restarted "$namespace" "$release-single-0" 1
  trial_ready
  sleep 10
}

replace_trial() {
  sleep 10
  bitacora delete pod "$release-single-0" >/dev/null
  trial_ready
  sleep 10
}

step_trial() {
  local namespace=bitacora-trial volume=$node_data/trial begun=$SECONDS
  say "the trial: the single binary on a volume"
  kubectl delete namespace "$namespace" --ignore-not-found >/dev/null
  kubectl delete persistentvolume bitacora-trial --ignore-not-found >/dev/null
  rm -rf "$volume"
  # Such a volume is not made the pod's by Kubernetes.
  install -d -o 65532 -g 65532 -m 0700 "$volume"
  sed "s#DATA_FOLDER#$volume#; s#NAMESPACE#$namespace#; s#CLAIM#data-$release-single-0#" scripts/kube/volume.yaml | kubectl apply -f - >/dev/null
  new_namespace
  "$helm" --namespace "$namespace" install "$release" charts/bitacora -f deploy/env/trial/values.yaml --wait --timeout 5m \
    --set "global.image.tag=e2e-1,global.oidc.issuer=$issuer,global.networkPolicy.egressPorts={$port},global.console.url=$pages,test.clientsSecret=clients,test.personSecret=person" >/dev/null
  bitacora get pods,pvc
  row "| trial, the single binary: \`helm install --wait\` with a volume: $((SECONDS - begun)) s | | | 0 | | | |"
  step_test 2 "trial: "
  local acknowledged=$work/trial-acknowledged
  once='' under_load "trial: its process killed (SIGKILL)" kill_trial
  once='' under_load "trial: its pod deleted and made anew on the same volume" replace_trial
  "$work/bitacora" audit --url "$(address single)" --oidc-issuer "$issuer" --clients deploy/keycloak/clients.json --acknowledged "$acknowledged" --within 2m |
    tee "$work/audit"
  row "| trial: all documents and all figures held against each other: $(sed -n 's/^ok *\([0-9]* acknowledged versions\).*/\1/p' "$work/audit") | | | 0 differences | | | |"
  step_test 2 "trial: "
  "$helm" --namespace "$namespace" uninstall "$release" --wait >/dev/null
}

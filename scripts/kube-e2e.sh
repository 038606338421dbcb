#!/usr/bin/env bash
# kube-e2e.sh   prove an installation on a real cluster: install, scenario, then everything that happens to one in use, under load
#
# A command of its own, not part of the checks of a change: it takes half an hour. Besides the checkout it uses ../shared/tools
# (BITACORA_TOOLS): scripts that start a cluster, an OIDC provider, and make images of MongoDB and Kafka. What it started it stops. At the
# end it prints what it saw as a Markdown table, the one in deploy/README.md.
#
# Settings (environment):
#   KEEP=1          leave everything running at the end
#   E2E_STEPS       steps to do, of those below, on what KEEP=1 left; all, from nothing, when empty
#   E2E_TABLE       file that gets the table too
#   KAFKA_AWAY      seconds for which Kafka is away                                             (300)
set -euo pipefail
cd "$(dirname "$0")/.."
all=(cluster servers install test kafka mongodb upgrade rollback pods drain scale audit test trial)

tools=$(cd "${BITACORA_TOOLS:-../shared/tools}" && pwd)
helm=$PWD/bin/tools/helm
machine=10.88.255.1 # under which pods reach this machine
port=${E2E_OIDC_PORT:-8188}
issuer=http://$machine:$port/realms/bitacora
namespace=bitacora release=bitacora
services=(asset workorder delivery status people)
programs=("${services[@]}" console) # what has a Deployment in the release
node_data=${KUBE_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/kube-local}/data/volumes # on the node; goes with the cluster
tls=$node_data/tls
work=$(mktemp -d)
table=$work/table
relay='' loading='' keycloak_pid=''

. scripts/kube/base.sh
. scripts/kube/servers.sh
. scripts/kube/release.sh
. scripts/kube/disturb.sh
. scripts/kube/trial.sh
trap clean_up EXIT INT TERM

# A function, so that it is read whole before it begins.
main() {
  local step steps begun_provider=''
  eval "$("$tools/containers/images.sh")"
  read -ra steps <<<"${E2E_STEPS:-${all[*]}}"
  row "| what | requests, of them writes | tries that had to be repeated | failed | acknowledged documents that are there | 99 % of answers, slowest | figures complete after the end |"
  row "|---|---|---|---|---|---|---|"
  [ "${steps[0]}" = cluster ] || start_cluster
  build_tools
  scripts/charts.sh
  for step in "${steps[@]}"; do
    # The provider needs the cluster's network, and all that comes behind the cluster needs the provider.
    if [ "$step" != cluster ] && [ -z "$begun_provider" ]; then
      say "an OIDC provider, under an address that pods reach"
      start_provider
      begun_provider=yes
    fi
    "step_$step"
  done
  say "proved"
  cat "$table"
  [ -z "${E2E_TABLE:-}" ] || cp "$table" "$E2E_TABLE"
}
main

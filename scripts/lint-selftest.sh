#!/usr/bin/env bash
# lint-selftest.sh - does each depguard rule of .golangci.yml still refuse what it is there to refuse,
# and let pass what is allowed? Writes one file per line of the table below into a throw-away module
# beside a copy of the configuration, lints it once, and compares.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
house=github.com/bitacora-salud/bitacora
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# file                                                   import                                   rule that refuses it (- = allowed)
table=$(cat <<'T'
pkg/mx/a.go                                              log                                      unwanted
pkg/mx/b.go                                              log/slog                                 -
pkg/mx/c.go                                              math/rand                                unwanted
pkg/mx/d.go                                              math/rand/v2                             -
pkg/mx/e_test.go                                         github.com/stretchr/testify/require      unwanted
pkg/mx/f.go                                              testing                                  test-libraries
pkg/mx/f_test.go                                         testing                                  -
pkg/docstore/docstoretest/a.go                           testing                                  -
pkg/rest/a.go                                            ./pkg/testenv                            test-libraries
pkg/rest/a_test.go                                       ./pkg/testenv                            -
pkg/rest/b.go                                            go.mongodb.org/mongo-driver/v2/mongo     mongo-driver
pkg/docstore/a.go                                        go.mongodb.org/mongo-driver/v2/mongo     mongo-driver
pkg/docstore/a_test.go                                   go.mongodb.org/mongo-driver/v2/mongo     -
pkg/docstore/mongodoc/a.go                               go.mongodb.org/mongo-driver/v2/mongo     -
pkg/docstore/mongodoc/b.go                               modernc.org/sqlite                       sqlite-driver
pkg/docstore/sqlitedoc/a.go                              modernc.org/sqlite                       -
services/asset/app/a.go                                  modernc.org/sqlite                       sqlite-driver
services/asset/app/budget_bench_test.go                  modernc.org/sqlite                       -
services/asset/app/b.go                                  go.mongodb.org/mongo-driver/v2/mongo     mongo-driver
pkg/run/b.go                                             github.com/segmentio/kafka-go            kafka-client
pkg/event/kafkabus/a.go                                  github.com/segmentio/kafka-go            -
services/bitacora/internal/cli/a.go                      github.com/segmentio/kafka-go            kafka-client
pkg/event/kafkabus/b.go                                  github.com/twmb/franz-go/pkg/kfake       kafka-messages
pkg/event/kafkabus/d.go                                  github.com/twmb/franz-go/pkg/kmsg        -
pkg/run/c.go                                             github.com/twmb/franz-go/pkg/kmsg        embedded-broker
pkg/embedded/a.go                                        github.com/twmb/franz-go/pkg/kfake       -
pkg/event/kafkabus/c_test.go                             github.com/testcontainers/testcontainers-go containers
pkg/testenv/a.go                                         github.com/testcontainers/testcontainers-go -
pkg/run/a.go                                             ./services/asset/app                     pkg
pkg/event/b.go                                           ./pkg/fault                              -
pkg/event/c.go                                           ./pkg/rest                               event
pkg/event/d.go                                           github.com/google/uuid                   event
pkg/caller/a.go                                          ./pkg/event                              -
pkg/caller/b.go                                          ./pkg/rest                               caller
pkg/docstore/b.go                                        ./pkg/caller                             -
pkg/docstore/c.go                                        ./pkg/event/relay                        docstore
pkg/docstore/sqlitedoc/b.go                              ./pkg/rest                               docstore
pkg/event/kafkabus/e.go                                  ./pkg/event                              -
pkg/event/kafkabus/f.go                                  ./pkg/docstore                           brokers
pkg/embedded/b.go                                        ./pkg/docstore                           brokers
pkg/event/consume/a.go                                   ./pkg/docstore                           -
pkg/event/consume/b.go                                   ./pkg/event/kafkabus                     relays
pkg/event/consume/c.go                                   ./pkg/rest                               relays
services/asset/internal/unit/a.go                        ./pkg/mx                                 -
services/asset/internal/unit/b.go                        ./pkg/event                              -
services/asset/internal/unit/c.go                        ./pkg/fault                              -
services/asset/internal/unit/d.go                        ./services/asset/internal/asset          -
services/asset/internal/unit/e.go                        ./pkg/event/kafkabus                     domain
services/asset/internal/unit/f.go                        ./pkg/docstore                           domain
services/asset/internal/unit/g.go                        net/http                                 domain
services/asset/internal/unit/h.go                        github.com/danielgtaylor/huma/v2         domain
services/asset/internal/unit/i.go                        ./services/asset/internal/store          domain
services/delivery/internal/delivery/a.go                 ./services/delivery/internal/rest        domain
services/status/internal/projection/a.go                 ./services/status/internal/react         domain
services/workorder/internal/order/a.go                   ./services/workorder/app                 domain
services/workorder/internal/order/a_test.go              pgregory.net/rapid                       -
services/workorder/internal/order/b.go                   pgregory.net/rapid                       test-libraries
services/asset/internal/store/a.go                       ./pkg/docstore                           -
services/asset/internal/store/b.go                       ./services/asset/internal/unit           -
services/asset/internal/store/c.go                       ./services/asset/internal/rest           store
services/asset/internal/store/d.go                       net/http                                 store
services/asset/internal/rest/a.go                        ./services/asset/internal/store          -
services/asset/internal/rest/b.go                        ./services/asset/internal/react          rest
services/asset/internal/rest/c.go                        ./services/asset/app                     rest
services/asset/internal/react/a.go                       ./services/asset/internal/unit           -
services/asset/internal/react/b.go                       ./services/asset/internal/rest           react
services/asset/internal/react/c.go                       net/http                                 react
services/asset/cmd/asset/a.go                            ./services/asset/app                     -
services/asset/cmd/asset/b.go                            ./services/asset/internal/unit           cmd
services/asset/app/c.go                                  ./services/asset/internal/rest           -
services/asset/app/d.go                                  ./services/status/app                    service-asset
services/workorder/app/a.go                              ./services/asset/app                     service-workorder
services/delivery/app/a.go                               ./services/workorder/app                 service-delivery
services/status/app/a.go                                 ./services/bitacora/scenario              service-status
services/people/app/a.go                                 ./services/status/app                    service-people
services/people/internal/person/a.go                     ./services/people/internal/store         domain
services/console/internal/ui/a.go                        ./pkg/mx                                 -
services/console/internal/ui/b.go                        net/http                                 console-ui
services/console/internal/ui/c.go                        ./services/console/internal/api          console-ui
services/console/internal/screen/me/a.go                 ./services/console/internal/api          -
services/console/internal/screen/me/b.go                 ./services/console/internal/signin       console-screen
services/console/internal/screen/me/c.go                 ./pkg/docstore                           console-screen
services/console/internal/api/a.go                       ./pkg/rest                               console-api
services/console/internal/signin/a.go                    ./services/console/internal/session      -
services/console/internal/signin/b.go                    ./pkg/docstore                           console-sessions
services/console/app/a.go                                ./services/asset/app                     service-console
services/bitacora/internal/cli/b.go                      ./services/asset/app                     -
services/bitacora/internal/cli/c.go                      ./services/asset/store                    service-bitacora
T
)

cp "$root/.golangci.yml" "$tmp/"
printf 'module %s\n\ngo 1.26\n' "$house" >"$tmp/go.mod"
while read -r file import _; do
  mkdir -p "$tmp/$(dirname "$file")"
  case $import in
    ./services/*) import=$import/leaf ;;& # a leaf below it, lest the allowed and the refused make a cycle
    ./*) mkdir -p "$tmp/$import" && echo 'package p' >"$tmp/$import/p.go" ;;
  esac
  printf 'package p\n\nimport _ "%s"\n' "${import/#.\//$house/}" >"$tmp/$file"
done <<<"$table"

cd "$tmp"
# Nothing is downloaded: depguard reads imports only, whether they resolve or not.
found=$(GOWORK=off GOFLAGS=-mod=mod GOPROXY=off "$root/bin/tools/golangci-lint" run --config "$tmp/.golangci.yml" --enable-only depguard --issues-exit-code 0 \
  --max-same-issues 0 --max-issues-per-linter 0 --output.text.path stdout --output.text.print-issued-lines=false --show-stats=false ./... 2>"$tmp/log" |
  sed -n "s/^\([^:]*\):.*from list '\([^']*\)'.*/\1 \2/p" | sort -u)
wanted=$(awk '$3 != "-" {print $1, $3}' <<<"$table" | sort -u)
if [ "$found" != "$wanted" ]; then
  echo "lint-selftest: the dependency rule is not what the table says (< wanted, > found):" >&2
  diff <(echo "$wanted") <(echo "$found") >&2 || true
  tail -5 "$tmp/log" >&2
  exit 1
fi
echo "lint-selftest: $(wc -l <<<"$wanted") violations refused, $(grep -c ' -$' <<<"$table") allowed imports passed"

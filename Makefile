# Bitácora. `make` lists what there is.
# build, run and test need only Go, git and make.

SHELL := /bin/sh
.DEFAULT_GOAL := help

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
# One pattern per module of the workspace, so that one `go test` runs them all side by side.
PACKAGES = $(shell go list -m -f '{{.Path}}/...')
# -race needs a C compiler that works, not only one that is there; `make test RACE=` goes without.
RACE ?= $(shell printf '\043include <stdlib.h>\nint main(void) { return EXIT_SUCCESS; }\n' | $$(go env CC) -x c -o /dev/null - 2>/dev/null && echo -race)
# SQLite is C that was translated into Go: it works on memory of its own, which the race detector does not look at. Compiled without the detector's
# calls it computes three times as fast, and nothing less is seen; what calls it, the driver among it, is watched.
UNWATCHED = $(if $(RACE),$(patsubst %,-gcflags=%=-race=false,modernc.org/sqlite/lib modernc.org/libc))
# Tests wait as well as compute: for a disk, a tick, somebody else's commit. Two packages a core keep the cores busy.
SIDE_BY_SIDE = $(shell expr 2 \* "$$(getconf _NPROCESSORS_ONLN)")
TOOLS := bin/tools
SUMMED := $(TOOLS)/gotestsum --format standard-quiet --
# gotestsum counts the tests and names the skipped ones; where it was not built, plain `go test` does as well.
GOTEST = $(if $(wildcard $(TOOLS)/gotestsum),$(SUMMED),go test)
# Only the packages that hold tests against real servers, or budgets.
INTEGRATION = $(shell go list -tags integration -f '{{.ImportPath}} {{.TestGoFiles}} {{.XTestGoFiles}}' $(PACKAGES) | sed -n 's/ .*_integration_test\.go.*//p')
BENCHED = $(addprefix ./,$(sort $(dir $(shell grep -rl --include='*_test.go' '^func BenchmarkBudget' pkg services))))

# The tests that drive Chromium, and what looks at the pages there.
AXE := $(TOOLS)/browser/node_modules/axe-core/axe.min.js
IN_BROWSER = AXE=$(CURDIR)/$(AXE) go test -tags browser -timeout 30m $(TESTFLAGS) ./services/bitacora/internal/browser

.PHONY: help build run test test-integration test-rules test-browser test-tabs test-slow-line pictures bench generate check-api attack power-cut syncs lint fmt tools clean

help: ## list what make can do
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 20

build: ## build the single binary, bin/bitacora
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/bitacora ./services/bitacora/cmd/bitacora

run: build ## build, then serve everything in one process on :8080, data under ./data
	bin/bitacora serve

test: ## every test that needs no outside server (with -race where a C compiler works; `make lint` vets)
	$(if $(RACE),CGO_ENABLED=1 )$(GOTEST) $(RACE) $(UNWATCHED) -vet=off -p $(SIDE_BY_SIDE) -timeout 15m $(TESTFLAGS) $(PACKAGES)

# One package at a time: they share the servers, and some of them kill.
test-integration: $(TOOLS)/gotestsum ## the tests that need MongoDB, Kafka and Keycloak: those of MONGODB_URI, KAFKA_BROKERS and KEYCLOAK_URL, or started here
	go run ./pkg/testenv/withservers $(SUMMED) -tags integration -p 1 -timeout 20m $(TESTFLAGS) $(INTEGRATION)

# The services' rules, through HTTP.
RULES = $(foreach s,asset workorder delivery status people,./services/$(s)/app)
test-rules: $(TOOLS)/gotestsum ## the services' rules, which `make test` holds on SQLite and the embedded broker, on MongoDB and Kafka
	go run ./pkg/testenv/withservers $(SUMMED) -tags integration -p 1 -timeout 20m $(TESTFLAGS) $(RULES)

test-tabs: ## what goes wrong in browsers: ten tabs at once, back and reload, a session that ended in another tab, a clock a day wrong, another installation's cookie (2 minutes)
	$(IN_BROWSER) -run '^Test(TenTabs|BackAndReload|WhatWasWritten|AClock|TwoInstallations)'

test-slow-line: ## a requester's, a contractor's and a director's day on a line of 150 kbit/s and 800 ms that breaks (5 minutes)
	$(IN_BROWSER) -v -run '^TestSlowLine$$'

pictures: ## a picture of every screen of the console into bin/pictures: full, empty, failing, forbidden; two of them into docs/ (10 minutes)
	mkdir -p bin/pictures
	PICTURES=$(CURDIR)/bin/pictures $(IN_BROWSER) -run '^TestPictures$$'
	mkdir -p docs
	cp bin/pictures/*.webp docs/

test-browser: $(AXE) ## every role's day in Chromium (Debian's package chromium): finger, mouse, no JavaScript, keyboard alone, at two sizes; every screen, and every list on paper, looked at by axe (npm)
	$(IN_BROWSER) -skip '^Test(SlowLine|Pictures|TenTabs|BackAndReload|WhatWasWritten|AClock|TwoInstallations).*$$'

$(AXE): tools/browser/package.json tools/browser/package-lock.json
	mkdir -p $(TOOLS)/browser
	cp $^ $(TOOLS)/browser
	cd $(TOOLS)/browser && npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

bench: ## measure the budgets, each beside its bare counterpart: `budget NAME ratio R floor F`
	go run ./pkg/testenv/withservers go test -tags integration -run '^$$' -bench '^BenchmarkBudget' -benchtime 1x -p 1 -timeout 30m $(TESTFLAGS) $(BENCHED) \
		>bench.out; status=$$?; grep -E '^(budget|FAIL|---|panic)|_test.go:' bench.out; exit $$status

generate: $(TOOLS)/templ ## write the pages' code from their templates, and api/ (OpenAPI, event schemas, AsyncAPI) from the code
	$(TOOLS)/templ generate -path services/console -log-level warn
	go run ./services/bitacora/cmd/generate refusals
	go run ./services/bitacora/cmd/generate

check-api: ## whether api/ satisfies its users' tools: redocly, AsyncAPI's parser, clients in three languages (Node, Python)
	scripts/check-api.sh

attack: ## attack an installation of its own, in kinds (half an hour; Python, and real servers as for test-integration; ATTACK="-kinds probes -seed 7")
	go run ./pkg/testenv/withservers scripts/attack.sh $(ATTACK)

power-cut: build ## cut the power of the single binary's disk 50 times under load, and serve what is left (root; 10 minutes)
	go run ./services/bitacora/cmd/attack -kinds power-cuts -each 20m $(ATTACK)

syncs: build ## how often the single binary syncs which file for an acknowledged write (strace)
	scripts/syncs.sh bin/bitacora

lint: $(TOOLS)/golangci-lint ## formatting and linters, the dependency rule among them
	scripts/lint.sh
	scripts/lint-selftest.sh

fmt: $(TOOLS)/golangci-lint ## format every Go file
	scripts/lint.sh fmt

tools: $(TOOLS)/golangci-lint $(TOOLS)/gotestsum $(TOOLS)/benchstat $(TOOLS)/templ ## build the pinned tools into bin/tools (2 minutes, once per version)

$(TOOLS)/golangci-lint: TOOL = github.com/golangci/golangci-lint/v2/cmd/golangci-lint
$(TOOLS)/gotestsum: TOOL = gotest.tools/gotestsum
$(TOOLS)/benchstat: TOOL = golang.org/x/perf/cmd/benchstat
$(TOOLS)/templ: TOOL = github.com/a-h/templ/cmd/templ
$(TOOLS)/%: tools/go.mod tools/go.sum
	cd tools && GOWORK=off GOBIN=$(CURDIR)/$(TOOLS) go install $(TOOL)
	@touch $@

clean: ## remove what was built and measured, not the data and not the tools
	rm -rf bin/bitacora bench.out coverage*

# Images and charts. Helm and what checks charts are pinned in tools/charts, a module of its own.
CHART_TOOLS := $(addprefix $(TOOLS)/,helm helm-unittest kubeconform)
# What `go install` cannot know: Helm's own version, and the Kubernetes that it assumes where it asks none.
HELM_FLAGS = $(shell cd tools/charts && GOWORK=off go list -m -f '-X {{.Path}}/internal/version.version={{.Version}}' helm.sh/helm/v3) \
	-X helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor=34 -X helm.sh/helm/v3/pkg/lint/rules.k8sVersionMinor=34

.PHONY: images check-images charts chart-tools check-charts e2e-kube up down rehearse-backup upgrade-check

images: ## build the images of the services and of the single binary, with Docker
	VERSION=$(VERSION) scripts/images.sh

check-images: ## reproducible, self-contained and small: what can be known without Docker and a network (root; CHECKS="arm64 layers golang" for the rest)
	scripts/images-check.sh $(CHECKS)

up: ## run it with MongoDB, Kafka and Keycloak on this machine, with Docker's compose
	VERSION=$(VERSION) scripts/compose.sh up

down: ## stop what `make up` started; WIPE=1 removes its data
	WIPE=$(WIPE) scripts/compose.sh down

rehearse-backup: ## lose everything and get it back, with real servers (5 minutes, with ../shared/tools)
	scripts/backup-rehearsal.sh

upgrade-check: ## from the release before (BEFORE=its checkout) to this one, back and forth again, under load, with real servers (5 minutes)
	scripts/upgrade-check.sh $(BEFORE)

charts: $(TOOLS)/helm ## make the charts ready: values, schemas, READMEs, and the charts they are made of
	scripts/charts.sh

check-charts: $(CHART_TOOLS) ## everything that can be known of the charts without a cluster
	scripts/check-charts.sh

chart-tools: $(CHART_TOOLS) ## build the pinned tools that make and check charts into bin/tools (3 minutes, once per version)

e2e-kube: $(TOOLS)/helm ## install, upgrade and disturb it on a real cluster, under load (half an hour, with ../shared/tools)
	scripts/kube-e2e.sh

$(TOOLS)/helm: TOOL = helm.sh/helm/v3/cmd/helm
$(TOOLS)/helm-unittest: TOOL = github.com/helm-unittest/helm-unittest/cmd/helm-unittest
$(TOOLS)/kubeconform: TOOL = github.com/yannh/kubeconform/cmd/kubeconform
$(CHART_TOOLS): tools/charts/go.mod tools/charts/go.sum
	cd tools/charts && GOWORK=off CGO_ENABLED=0 GOBIN=$(CURDIR)/$(TOOLS) go install -trimpath -ldflags '-s -w $(HELM_FLAGS)' $(TOOL)
	@touch $@

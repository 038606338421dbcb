package monitoring_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/docstore/mongodoc"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/bustest"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	asset "github.com/bitacora-salud/bitacora/services/asset/app"
	delivery "github.com/bitacora-salud/bitacora/services/delivery/app"
	status "github.com/bitacora-salud/bitacora/services/status/app"
	workorder "github.com/bitacora-salud/bitacora/services/workorder/app"
)

type json = map[string]any

var (
	admin   = servicetest.As("admin", "admin@nation")
	planner = servicetest.As("plan", "planner@nation")
)

// long is for how many steps a state must hold until whatever fires by it fires: five minutes of a rate and ten of patience, and one more.
const long = 32

// TestReality runs services, breaks what an alert is about, and wants that alert, from what /metrics says. What all of them said together
// is what alerts, dashboards and the table of metrics may name.
func TestReality(t *testing.T) {
	seen := &catalogue{labels: map[string]map[string]map[string]bool{}}
	alerts := t.Run("alerts", func(t *testing.T) {
		for name, happens := range map[string]func(*testing.T, *catalogue){
			"all is well": allIsWell, "gone": gone, "store away": storeAway, "store slow": storeSlow, "broker away": brokerAway, "dead letter": deadLetter,
			"figures late": figuresLate, "figures mended": figuresMended, "saturated": saturated, "tokens refused": tokensRefused,
			"sign-ins fail": signInsFail, "pages fail": pagesFail,
		} {
			t.Run(name, func(t *testing.T) { t.Parallel(); happens(t, seen) })
		}
	})
	if !alerts {
		return // names would be missing for that
	}
	t.Run("names in alerts", func(t *testing.T) { seen.alertsNameWhatIsThere(t) })
	t.Run("names in dashboards", func(t *testing.T) { seen.dashboardsNameWhatIsThere(t) })
	t.Run("names in runbooks", func(t *testing.T) { seen.runbooksNameWhatIsThere(t) })
	t.Run("table", func(t *testing.T) { seen.tableIsComplete(t) })
}

func unit(clues string) json {
	return json{"clues": clues, "name": "Unidad " + clues, "unit_type": "CH", "municipality": "Mulegé"}
}

// provider has the site's services believe the tokens of an issuer of its own.
func (s *site) provider() *devissuer.Issuer {
	issuer, err := devissuer.Open(devissuer.Config{Dir: filepath.Join(s.t.TempDir(), "issuer"), URL: "urn:test", Audience: "bitacora"})
	if err != nil {
		s.t.Fatal(err)
	}
	var guard rest.Guard = auth.NewStaticVerifier(issuer, auth.Config{Issuer: "urn:test", Audience: "bitacora", Registerer: s.registry, Logger: bustest.Logger(s.t)})
	s.Guard = guard
	return issuer
}

// allIsWell is the single binary's shape: every service in one process, with traffic.
func allIsWell(t *testing.T, seen *catalogue) {
	s := newSite(t, "single", seen)
	issuer := s.provider()
	token, err := issuer.Sign("admin", []string{"admin@nation", "not a grant"}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	// Its metrics are those of a process that has tried to reach a MongoDB, too.
	if _, err := mongodoc.Open(t.Context(), mongodoc.Config{URI: "mongodb://127.0.0.1:1/?replicaSet=none", Database: "none", Timeout: 50 * time.Millisecond},
		bustest.Logger(t), s.registry); err == nil {
		t.Fatal("something answers on port 1")
	}
	for _, build := range []servicetest.New{workorder.New, delivery.New, status.New} {
		s.Start(t, build, servicetest.SQLite(t))
	}
	s.with(asset.New)
	s.Want(201, token, "POST", "/v1/units", unit("BSIST000014"))
	s.eventually("the nation's figures", func(m map[string]float64) bool {
		return m[`bitacora_figures_as_of_timestamp_seconds{projection="nation",service="status"}`] > 0
	})
	s.eventually("what is left is read", func(m map[string]float64) bool {
		_, read := m[`bitacora_consumer_lag_records{consumer="asset.deliveries",topic="bitacora.deliveries"}`]
		return read
	})
	if errs := s.Bus.Publish(t.Context(), []event.Record{{Topic: event.Units, Key: "k", Value: make([]byte, 20<<20)}}); errs == nil {
		t.Error("20 MB were published")
	}
	s.pass(2*long, func() {
		s.Want(200, token, "GET", "/v1/units", nil)
		s.Want(409, token, "POST", "/v1/units", json{"clues": "BSIST000014", "name": "Otra", "unit_type": "CH", "municipality": "Mulegé"})
	})
	s.want()
}

func gone(t *testing.T, seen *catalogue) {
	s := newSite(t, "asset", seen).with(asset.New)
	s.pass(5, nil)
	s.gone = true
	s.pass(9, nil)
	s.want()
	s.pass(2, nil)
	s.want("Away")
}

func storeAway(t *testing.T, seen *catalogue) {
	s := newSite(t, "asset", seen).with(asset.New)
	s.pass(5, func() { s.Want(200, planner, "GET", "/v1/units", nil) })
	s.want()
	s.faults.away.Store(true)
	before := time.Now().Add(-10 * time.Minute)
	if errs := s.Bus.Publish(t.Context(), []event.Record{{Topic: event.Deliveries, Key: "k", Value: []byte("{}"), Time: before}}); errs != nil {
		t.Fatal(errs[0])
	}
	s.eventually("the consumer holds what is ten minutes old", func(m map[string]float64) bool {
		return m[`bitacora_consumer_lag_seconds{consumer="asset.deliveries"}`] > 600
	})
	s.pass(long, func() { s.Want(503, planner, "GET", "/v1/units", nil) })
	s.want("Away", "Errors", "StoreFails", "ConsumerLate") // it runs and is scraped, and is not ready
	s.faults.away.Store(false)
	s.eventually("it has gone on", func(m map[string]float64) bool {
		return m[`bitacora_consumer_lag_seconds{consumer="asset.deliveries"}`] == 0
	})
}

func storeSlow(t *testing.T, seen *catalogue) {
	s := newSite(t, "asset", seen).with(asset.New)
	s.pass(5, func() { s.Want(200, planner, "GET", "/v1/units", nil) })
	s.want()
	slow := func(ctx context.Context, collection string) error {
		if collection != "units" {
			return nil
		}
		s.turn(2 * time.Second) // what a request takes is told by the service's clock, what a call takes by the real one
		select {
		case <-time.After(600 * time.Millisecond):
		case <-ctx.Done():
		}
		return nil
	}
	s.faults.before.Store(&slow)
	n := 0
	s.pass(long, func() {
		if n++; n%8 == 1 {
			s.Want(200, planner, "GET", "/v1/units", nil)
		}
	})
	s.want("Slow", "StoreSlow")
}

func brokerAway(t *testing.T, seen *catalogue) {
	s := newSite(t, "asset", seen).with(asset.New)
	s.eventually("the consumer has joined", func(m map[string]float64) bool {
		return m[`bitacora_consumer_alive_age_seconds{consumer="asset.deliveries"}`] > 0
	})
	s.pass(5, nil)
	s.want()
	s.broker.Down()
	defer s.broker.Up()
	s.Want(201, admin, "POST", "/v1/units", unit("BSIST000014"))
	s.turn(10 * time.Minute)
	s.eventually("what is waiting is seen", func(m map[string]float64) bool {
		return m[`bitacora_outbox_oldest_seconds{service="asset"}`] > 300 && m[`bitacora_consumer_alive_age_seconds{consumer="asset.deliveries"}`] > 300
	})
	s.pass(long, nil)
	s.want("BrokerAway", "OutboxLate")
}

func deadLetter(t *testing.T, seen *catalogue) {
	s := newSite(t, "asset", seen).with(asset.New)
	s.pass(5, nil)
	s.Publish(t, event.Deliveries, "delivery.confirmed", 1, json{"id": "d", "lines": "none"})
	s.eventually("the letter is counted", func(m map[string]float64) bool { return m[`bitacora_dead_letters{consumer="asset.deliveries"}`] == 1 })
	s.pass(long, nil)
	s.want("DeadLetters")
}

func figuresLate(t *testing.T, seen *catalogue) {
	s := newSite(t, "status", seen)
	s.turn(-10 * time.Minute)
	s.with(status.New)
	s.pass(5, nil)
	s.Publish(t, event.Assets, "asset.registered", 1, json{"id": "a", "unit_id": "BSIST000014", "office": "baja-california-sur", "lifecycle": json{"value": "draft"}})
	s.turn(10 * time.Minute)
	s.eventually("the asset waits for its unit, and not for being read", func(m map[string]float64) bool {
		return m[`bitacora_figures_late_seconds{projection="units",service="status"}`] > 500 && !slices.ContainsFunc(slices.Collect(maps.Keys(m)), func(series string) bool {
			return strings.HasPrefix(series, "bitacora_consumer_lag_seconds{") && m[series] > 0
		})
	})
	s.pass(long, nil)
	s.want("FiguresLate")
}

func figuresMended(t *testing.T, seen *catalogue) {
	s := newSite(t, "status", seen).with(status.New)
	at := json{"unit_id": "BSIST000014", "office": "baja-california-sur", "region": "1", "state_code": "03"}
	whole := func(more json) json { maps.Copy(more, at); return more }
	s.Publish(t, event.Units, "unit.registered", 1, whole(json{"id": "BSIST000014", "name": "Clínica", "kind": "medical_unit", "operation_state": "open", "own": true}))
	s.Publish(t, event.Assets, "asset.registered", 1, whole(json{"id": "a", "lifecycle": json{"value": "draft"}}))
	load := func(collection, id string) []docstore.Document {
		docs, err := s.faults.Load(t.Context(), collection, []string{id})
		if err != nil {
			t.Fatal(err)
		}
		return docs
	}
	s.eventually("the asset is counted", func(map[string]float64) bool {
		docs := load("unit_status", "BSIST000014")
		return len(docs) == 1 && strings.Contains(string(docs[0].Body), `"draft":1`)
	})
	s.pass(5, nil)
	s.want()
	// A fact that no event has changed: its unit's sums are wrong.
	fact := load("asset_facts", "a")[0]
	body := []byte(strings.ReplaceAll(string(fact.Body), `"draft"`, `"active"`))
	if err := s.faults.Apply(t.Context(), []docstore.Write{{Kind: docstore.Update, Collection: "asset_facts", ID: "a", Expect: fact.Version, Version: fact.Version, Body: body}}); err != nil {
		t.Fatal(err)
	}
	s.eventually("the check has found it", func(m map[string]float64) bool { return m[`bitacora_figures_mended_total{service="status"}`] == 1 })
	s.pass(long, nil)
	s.want("FiguresMended")
}

func saturated(t *testing.T, seen *catalogue) {
	s := newSite(t, "asset", seen).with(asset.New)
	s.pass(5, nil)
	release := make(chan struct{})
	hold := func(ctx context.Context, collection string) error {
		if collection == "units" {
			select {
			case <-release:
			case <-ctx.Done():
			}
		}
		return nil
	}
	s.faults.before.Store(&hold)
	var asking sync.WaitGroup
	for n := range 210 { // of many people: of one, a busy pod refuses what is over a tenth
		one := servicetest.As(fmt.Sprintf("plan-%d", n%20), "planner@nation")
		asking.Go(func() { s.Call(one, "GET", "/v1/units", nil) })
	}
	s.eventually("they wait", func(m map[string]float64) bool { return m[`bitacora_http_requests_in_flight{service="asset"}`] == 210 })
	s.pass(long, nil)
	close(release)
	asking.Wait()
	s.want("Saturated")
}

func tokensRefused(t *testing.T, seen *catalogue) {
	s := newSite(t, "asset", seen)
	issuer := s.provider()
	s.with(asset.New)
	good, err := issuer.Sign("plan", []string{"planner@nation"}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	s.pass(5, func() { s.Want(200, good, "GET", "/v1/units", nil) })
	header, rest, _ := strings.Cut(good, ".")
	n := 0
	s.pass(2*long, func() {
		s.Want(200, good, "GET", "/v1/units", nil)
		n++
		s.Want(http.StatusUnauthorized, fmt.Sprintf("%s.%d%s", header, n, rest), "GET", "/v1/units", nil)
	})
	s.want("TokensRefused")
}

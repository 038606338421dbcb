package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/services/workorder/app"
)

// world is the service, in one or more instances on one store and one broker, with the asset service played by the test.
type world struct {
	*testing.T
	ctx       context.Context
	bus       event.Bus
	driver    docstore.Driver
	instances []*service.Service
	now       atomic.Int64
	turn      atomic.Int64
}

// tokens are "subject role@place role@place": what a verified token would say.
type tokens struct{}

func (tokens) Authenticate(r *http.Request) (auth.Caller, error) {
	words := strings.Fields(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	if len(words) < 2 {
		return nil, errors.New("no token")
	}
	grants := make([]auth.Grant, len(words)-1)
	for i, w := range words[1:] {
		g, err := auth.ParseGrant(w)
		if err != nil {
			return nil, err
		}
		grants[i] = g
	}
	return auth.NewPrincipal(words[0], grants...), nil
}

// The people of the tests.
const (
	director   = "s-director unit_director@unit:BSIST000014"
	stranger   = "s-stranger unit_director@unit:BSIST000026"
	requester  = "s-requester requester@unit:BSIST000014"
	engineer   = "s-engineer biomedical_engineer@office:baja-california-sur"
	farEast    = "s-far biomedical_engineer@office:sonora"
	contracts  = "s-contracts contract_administrator@nation"
	office     = "s-office office_administrator@office:baja-california-sur"
	admin      = "s-admin admin@nation"
	planner    = "s-planner planner@nation"
	auditor    = "s-auditor auditor@nation"
	technician = "s-technician technician@technician:s-technician"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func newWorld(t *testing.T, instances int) *world {
	t.Helper()
	// Cleanups run after the test's own context has ended.
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	t.Cleanup(cancel)
	w := &world{T: t, ctx: ctx}
	w.now.Store(time.Date(2025, 8, 8, 16, 0, 0, 0, time.UTC).UnixMilli())
	driver, bus := w.servers()
	w.bus, w.driver = bus, driver
	w.must(bus.CreateTopics(ctx, event.TopicNames()))
	for range instances {
		s, err := app.New(service.Config{MaxInFlight: 256, Timeout: 15 * time.Second}, service.Deps{Driver: driver, Bus: bus, Guard: tokens{}, Logger: quiet(),
			Registry: prometheus.NewRegistry(), Version: "test", Now: w.clock})
		w.must(err)
		w.must(s.Store.Migrate(ctx))
		w.must(s.Start(ctx))
		t.Cleanup(func() { w.must(s.Stop(ctx)) })
		w.must(s.Ready(ctx))
		w.instances = append(w.instances, s)
	}
	w.unit("BSIST000014", 1, "baja-california-sur", "1", "open")
	w.unit("BSIST000026", 1, "baja-california-sur", "1", "open")
	w.tell(event.EquipmentTypes, "equipment_type.created", "0198a000-0000-7000-8000-0000000000d0", 1, map[string]any{"id": "0198a000-0000-7000-8000-0000000000d0", "key": "power_plant",
		"name_es": "Planta de energía", "category": "building_system", "tracking": "tagged"})
	w.asset(plant, 1, "BSIST000014", "active")
	w.heard()
	return w
}

// plant is the power plant of the clinic, bathroom an area of it.
const (
	plant    = "0198a000-0000-7000-8000-00000000000a"
	bathroom = "0198a000-0000-7000-8000-0000000000b0"
)

func (w *world) clock() time.Time { return time.UnixMilli(w.now.Load()) }

// later moves the clock.
func (w *world) later(d time.Duration) { w.now.Add(d.Milliseconds()) }

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// tell publishes what the asset service would.
func (w *world) tell(topic, kind, id string, version int64, state map[string]any) {
	w.Helper()
	b, err := json.Marshal(state)
	w.must(err)
	r, err := event.Envelope{Entry: event.Entry{ID: uuid.NewString(), Type: "mx.bitacora." + kind + ".v1", Version: version, At: event.At(w.clock()),
		Actor: "s-admin", Change: json.RawMessage("{}")}, Source: "asset", Subject: id, StateVersion: version, State: b, Topic: topic}.Record()
	w.must(err)
	for _, err := range w.bus.Publish(w.ctx, []event.Record{r}) {
		w.must(err)
	}
}

func (w *world) unit(id string, version int64, office, region, state string) {
	w.Helper()
	kind := "unit.registered"
	if version > 1 {
		kind = "unit.changed"
	}
	w.tell(event.Units, kind, id, version, map[string]any{"id": id, "unit_id": id, "office": office, "region": region, "state_code": "03", "name": id, "kind": "medical_unit",
		"operation_state": state, "time_zone": "America/Mazatlan", "care_level": "2", "address": "Av. Constitución s/n, Centro, 23920", "municipality": "Mulegé", "locality": "Santa Rosalía",
		"latitude": 27.3389, "longitude": -112.2669, "census_beds": 10, "areas": []map[string]any{{"id": bathroom, "name": "Baños", "path": "Baños"}}})
}

func (w *world) asset(id string, version int64, unit, lifecycle string) {
	w.Helper()
	w.tell(event.Assets, "asset.registered", id, version, map[string]any{"id": id, "unit_id": unit, "office": "baja-california-sur", "region": "1", "state_code": "03",
		"type_key": "power_plant", "lifecycle": map[string]any{"value": lifecycle}, "functioning": map[string]any{"value": "working"}})
}

// eventually waits until what is looked for is there.
func (w *world) eventually(what string, there func() bool) {
	w.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.NewTimer(30 * time.Second)
	defer limit.Stop()
	for !there() {
		select {
		case <-tick.C:
		case <-limit.C:
			w.Fatalf("%s never came", what)
		}
	}
}

// heard waits until all that was told has been taken in.
func (w *world) heard() {
	w.Helper()
	for group, topics := range w.instances[0].Groups() {
		w.eventually("the end of "+group, func() bool {
			lag, err := w.bus.Lag(w.ctx, group, topics)
			open := int64(0)
			for _, n := range lag {
				open += n
			}
			return err == nil && open == 0
		})
	}
}

// answer is what came back.
type answer struct {
	Status int
	Header http.Header
	Raw    string
	Body   map[string]any
}

// at returns what is at a dotted path of the body.
func (a answer) at(path string) any {
	var v any = a.Body
	for _, key := range strings.Split(path, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[key]
	}
	return v
}

func (a answer) str(path string) string { s, _ := a.at(path).(string); return s }

// rule is the rule that was broken.
func (a answer) rule() string { return strings.TrimPrefix(a.str("type"), rest.ProblemType) }

// j is a JSON object.
type j = map[string]any

// call sends a request to the instances in turn. headers are pairs.
func (w *world) call(who, method, path string, body any, headers ...string) answer {
	w.Helper()
	var in io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		in = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		w.must(err)
		in = bytes.NewReader(raw)
	}
	r := httptest.NewRequestWithContext(w.ctx, method, path, in)
	r.Header.Set("Authorization", "Bearer "+who)
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.instances[int(w.turn.Add(1))%len(w.instances)].Handler().ServeHTTP(rec, r)
	a := answer{Status: rec.Code, Header: rec.Header(), Raw: rec.Body.String(), Body: j{}}
	if rec.Body.Len() > 0 {
		if err := json.Unmarshal(rec.Body.Bytes(), &a.Body); err != nil {
			w.Fatalf("%s %s: %d %s", method, path, rec.Code, rec.Body)
		}
	}
	return a
}

// ok is call that must succeed.
func (w *world) ok(who, method, path string, body any, headers ...string) answer {
	w.Helper()
	a := w.call(who, method, path, body, headers...)
	if a.Status >= 300 {
		w.Fatalf("%s %s by %s: %d %s", method, path, who, a.Status, a.Raw)
	}
	return a
}

// refused is call that must be refused with that status and rule.
func (w *world) refused(status int, rule, who, method, path string, body any, headers ...string) answer {
	w.Helper()
	a := w.call(who, method, path, body, headers...)
	if a.Status != status || a.rule() != rule {
		w.Errorf("%s %s by %s: %d %s, want %d %s\n%s", method, path, who, a.Status, a.rule(), status, rule, a.Raw)
	}
	return a
}

// act carries out an action of an order.
func (w *world) act(who, id, action string, body any) answer {
	w.Helper()
	w.later(time.Minute)
	return w.ok(who, "POST", "/v1/work-orders/"+id+"/"+action, body)
}

func mxn(cents int) j { return j{"amount_cents": cents} }

// contract registers a contractor and a contract with it, whose money s-contracts may commit; both ids come back.
func (w *world) contract(ceiling int) (contractorID, contractID string) {
	w.Helper()
	contractorID = w.ok(contracts, "POST", "/v1/contractors", j{"name": "Electromecánica del Noroeste, S.A. de C.V.", "kinds": []string{"maintenance"}}).str("id")
	contractID = w.ok(contracts, "POST", "/v1/contracts", j{"number": "CNM-" + contractorID, "name": "Contrato Nacional de Mantenimiento 2025", "kind": "maintenance",
		"contractor_id": contractorID, "legal_regime": "lopsrm", "law": "Ley de Obras Públicas", "article": "45 Ter", "open_contract": true,
		"valid_from": "2025-01-01", "valid_to": "2025-12-31", "coverage": j{"nation": true},
		"lots": []j{{"fiscal_year": 2025, "lot": 1, "min_amount": mxn(ceiling / 2), "max_amount": mxn(ceiling)}}}).str("id")
	w.appoint("s-contracts", contractID, nil)
	return contractorID, contractID
}

// appoint lets a person commit the contract's first lot in the nation from 2025 on, or as terms say otherwise; the appointment's id comes
// back.
func (w *world) appoint(subject, contractID string, terms j) string {
	w.Helper()
	in := j{"contract_id": contractID, "lot": 1, "subject": subject, "places": []string{"nation"}, "from": "2025-01-01"}
	maps.Copy(in, terms)
	return w.ok(admin, "POST", "/v1/appointments", in).str("id")
}

func (w *world) budget(contractID string) answer {
	w.Helper()
	a := w.ok(auditor, "GET", "/v1/contracts/"+contractID+"/budgets", nil)
	items, _ := a.Body["items"].([]any)
	if len(items) != 1 {
		w.Fatalf("budgets: %s", a.Raw)
	}
	a.Body, _ = items[0].(j)
	return a
}

// money checks the sums of a contract's only budget, in centavos.
func (w *world) money(contractID string, committed, accrued, available float64) {
	w.Helper()
	b := w.budget(contractID)
	if b.at("committed.amount_cents") != committed || b.at("accrued.amount_cents") != accrued || b.at("available.amount_cents") != available {
		w.Errorf("budget: committed %v, accrued %v, available %v; want %v, %v, %v", b.at("committed.amount_cents"), b.at("accrued.amount_cents"),
			b.at("available.amount_cents"), committed, accrued, available)
	}
}

// corrective is a request for the power plant.
func corrective() j {
	return j{"unit_id": "BSIST000014", "type": "corrective", "priority": "urgent", "target": j{"kind": "asset", "asset_id": plant},
		"complaint": "la planta no arranca, avisar a Juana Pérez", "reported_functioning": "not_working"}
}

// ordered is a corrective order, approved and estimated by the engineer.
func (w *world) ordered() string {
	w.Helper()
	id := w.ok(requester, "POST", "/v1/work-orders", corrective()).str("id")
	w.act(engineer, id, "approve", nil)
	w.act(engineer, id, "estimate", j{"estimate": mxn(2_000_000_00)})
	return id
}

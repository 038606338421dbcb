package app_test

import (
	"maps"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/pkg/testenv"
	"github.com/bitacora-salud/bitacora/services/workorder/app"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(testenv.M(m)) }

// world is the service, in one or more instances on one store and one broker, with the asset service played by the test.
type world struct {
	*testing.T
	*servicetest.World
	driver    *servicetest.Rehearsal
	instances []*servicetest.Service
	now       atomic.Int64
	turn      atomic.Int64
}

// The people of the tests.
const (
	director, stranger, requester, technician = servicetest.Director, servicetest.Stranger, servicetest.Requester, servicetest.Technician
	engineer, farEast, office, contracts      = servicetest.Engineer, servicetest.FarEast, servicetest.Office, servicetest.Contracts
	admin, planner, auditor                   = servicetest.Admin, servicetest.Planner, servicetest.Auditor
)

func newWorld(t *testing.T, instances int) *world {
	t.Helper()
	w := &world{T: t}
	w.now.Store(time.Date(2025, 8, 8, 16, 0, 0, 0, time.UTC).UnixMilli())
	var driver docstore.Driver
	w.World, driver = servicetest.Servers(t)
	w.driver = &servicetest.Rehearsal{Driver: driver}
	w.Now = w.clock
	for range instances {
		w.instances = append(w.instances, w.Start(t, app.New, w.driver))
	}
	w.unit("BSIST000014", 1, "baja-california-sur", "1", "open")
	w.unit("BSIST000026", 1, "baja-california-sur", "1", "open")
	w.Publish(t, event.EquipmentTypes, "equipment_type.created", 1, j{"id": "0198a000-0000-7000-8000-0000000000d0", "key": "power_plant",
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

func (w *world) unit(id string, version int64, office, region, state string) {
	w.Helper()
	kind := "unit.registered"
	if version > 1 {
		kind = "unit.changed"
	}
	w.Publish(w.T, event.Units, kind, version, servicetest.Unit(id, j{"office": office, "region": region, "operation_state": state, "care_level": "2", "address": "Av. Constitución s/n, Centro, 23920", "municipality": "Mulegé", "locality": "Santa Rosalía",
		"latitude": 27.3389, "longitude": -112.2669, "census_beds": 10, "areas": []j{{"id": bathroom, "name": "Baños", "path": "Baños"}}}))
}

func (w *world) asset(id string, version int64, unit, lifecycle string) {
	w.Helper()
	w.Publish(w.T, event.Assets, "asset.registered", version, j{"id": id, "unit_id": unit, "office": "baja-california-sur", "region": "1", "state_code": "03",
		"type_key": "power_plant", "lifecycle": j{"value": lifecycle}, "functioning": j{"value": "working"}})
}

// heard waits until all that was published has been taken in.
func (w *world) heard() {
	w.Helper()
	w.instances[0].Heard()
}

type answer = servicetest.Answer

// j is a JSON object.
type j = map[string]any

// next is the instance whose turn it is.
func (w *world) next() *servicetest.Service { return w.instances[int(w.turn.Add(1))%len(w.instances)] }

// call sends a request to the instances in turn. headers are pairs.
func (w *world) call(who, method, path string, body any, headers ...string) answer {
	w.Helper()
	return w.next().Call(who, method, path, body, headers...)
}

// ok is call that must succeed.
func (w *world) ok(who, method, path string, body any, headers ...string) answer {
	w.Helper()
	a := w.call(who, method, path, body, headers...)
	if a.Status >= 300 {
		w.Fatalf("%s %s by %s: %d %s", method, path, who, a.Status, a.Body)
	}
	return a
}

// refused is call that must be refused with that status and rule.
func (w *world) refused(status int, rule, who, method, path string, body any, headers ...string) answer {
	w.Helper()
	return w.next().Refused(status, rule, who, method, path, body, headers...)
}

// act carries out an action of an order.
func (w *world) act(who, id, action string, body any) answer {
	w.Helper()
	w.later(time.Minute)
	return w.ok(who, "POST", "/v1/work-orders/"+id+"/"+action, body)
}

// does carries out actions of an order that need no words, one after the other; the answer to the last comes back.
func (w *world) does(who, id string, actions ...string) (last answer) {
	w.Helper()
	for _, action := range actions {
		last = w.act(who, id, action, nil)
	}
	return last
}

// worked starts and completes an order at that cost.
func (w *world) worked(who, id string, cents int) answer {
	w.Helper()
	w.act(who, id, "start", nil)
	return w.act(who, id, "complete", j{"cost": mxn(cents)})
}

// of is somebody who works for a contractor.
func of(contractorID string) string { return "s-firm contractor@contractor:" + contractorID }

func mxn(cents int) j { return j{"amount_cents": cents} }

// contract registers a contractor and a contract with it, whose money s-contracts may commit; both ids come back.
func (w *world) contract(ceiling int) (contractorID, contractID string) {
	w.Helper()
	contractorID = w.ok(contracts, "POST", "/v1/contractors", j{"name": "Electromecánica del Noroeste, S.A. de C.V.", "kinds": []string{"maintenance"}}).Text("id")
	contractID = w.ok(contracts, "POST", "/v1/contracts", j{"number": "CNM-" + contractorID, "name": "Contrato Nacional de Mantenimiento 2025", "kind": "maintenance",
		"contractor_id": contractorID, "legal_regime": "lopsrm", "law": "Ley de Obras Públicas", "article": "45 Ter", "open_contract": true,
		"valid_from": "2025-01-01", "valid_to": "2025-12-31", "coverage": j{"nation": true},
		"lots": []j{{"fiscal_year": 2025, "lot": 1, "min_amount": mxn(ceiling / 2), "max_amount": mxn(ceiling)}}}).Text("id")
	w.appoint("s-contracts", contractID, nil)
	return contractorID, contractID
}

// appoint lets a person commit the contract's first lot in the nation from 2025 on, or as terms say otherwise; the appointment's id comes
// back.
func (w *world) appoint(subject, contractID string, terms j) string {
	w.Helper()
	in := j{"contract_id": contractID, "lot": 1, "subject": subject, "places": []string{"nation"}, "from": "2025-01-01"}
	maps.Copy(in, terms)
	return w.ok(admin, "POST", "/v1/appointments", in).Text("id")
}

func (w *world) budget(contractID string) answer {
	w.Helper()
	a := w.ok(auditor, "GET", "/v1/contracts/"+contractID+"/budgets", nil)
	if len(a.List("items")) != 1 {
		w.Fatalf("budgets: %s", a.Body)
	}
	a.Document = a.At("items.0").(j)
	return a
}

// money checks the sums of a contract's only budget, in centavos.
func (w *world) money(contractID string, committed, accrued, available float64) {
	w.Helper()
	b := w.budget(contractID)
	if b.At("committed.amount_cents") != committed || b.At("accrued.amount_cents") != accrued || b.At("available.amount_cents") != available {
		w.Errorf("budget: committed %v, accrued %v, available %v; want %v, %v, %v", b.At("committed.amount_cents"), b.At("accrued.amount_cents"),
			b.At("available.amount_cents"), committed, accrued, available)
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
	id := w.ok(requester, "POST", "/v1/work-orders", corrective()).Text("id")
	w.act(engineer, id, "approve", nil)
	w.act(engineer, id, "estimate", j{"estimate": mxn(2_000_000_00)})
	return id
}

package app_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/pkg/testenv"
	"github.com/bitacora-salud/bitacora/services/delivery/app"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(testenv.M(m)) }

const supplier = "dfcc94b1-3536-5023-8525-6e43757e8a42"

const (
	office, director  = servicetest.Office, servicetest.Director
	stranger, planner = servicetest.Stranger, servicetest.Planner
	seller            = "s-seller contractor@contractor:" + supplier
	rival             = "s-rival contractor@contractor:d04f5cb2-9e61-58a8-a133-78effb4a5225"
)

// learn tells the service of a unit, three types and the supplier.
func learn(t *testing.T, w *servicetest.World) {
	t.Helper()
	for _, id := range []string{"BSIST000014", "BSIST000026"} {
		w.Publish(t, event.Units, "unit.registered", 1, servicetest.Unit(id, nil))
	}
	for i, typ := range []string{"hospital_bed tagged furniture", "electrocardiograph serialised medical_equipment", "diagnostic_set counted instruments"} {
		f := strings.Fields(typ)
		w.Publish(t, event.EquipmentTypes, "equipment_type.created", 1, map[string]any{"id": typeID(i), "key": f[0], "tracking": f[1], "category": f[2], "name_es": f[0]})
	}
	w.Publish(t, event.Contractors, "contractor.created", 1, map[string]any{"id": supplier, "name": "Proveedor A"})
}

func typeID(i int) string { return fmt.Sprintf("0198b0c4-3b9e-7c2e-9d61-2b1f6a1d00f%d", i) }

func start(t *testing.T) (*servicetest.World, *servicetest.Service) {
	t.Helper()
	w, s := servicetest.Run(t, app.New)
	learn(t, w)
	return w, s
}

func lines(quantities ...int) []map[string]any {
	out := make([]map[string]any, len(quantities))
	for i, q := range quantities {
		out[i] = map[string]any{"type_id": typeID(i), "quantity": q}
	}
	return out
}

// create waits for what it names, as a client does that is told to repeat.
func create(t *testing.T, s *servicetest.Service, token string, body map[string]any) map[string]any {
	t.Helper()
	var out map[string]any
	servicetest.Eventually(t, "the references arrive", func() bool {
		if a := s.Call(token, "POST", "/v1/deliveries", body); a.Status == http.StatusUnprocessableEntity && a.Header.Get("Retry-After") != "" {
			return false
		}
		out = s.Want(201, token, "POST", "/v1/deliveries", body)
		return true
	})
	return out
}

func TestDeliveryFromDispatchToConfirmation(t *testing.T) {
	_, s := start(t)
	d := create(t, s, office, map[string]any{"unit_id": "BSIST000014", "supplier_id": supplier, "lines": lines(6, 1, 3)})
	path := "/v1/deliveries/" + d["id"].(string)
	s.Want(409, director, "POST", path+"/confirm", map[string]any{"lines": []any{map[string]any{"line": 1}}})
	d = s.Want(200, office, "PATCH", path, map[string]any{"lines": []any{map[string]any{"line": 3, "tracking": "not_stocked"}}}, "If-Match", `"1"`)
	if got := d["lines"].([]any)[2].(map[string]any)["tracking"]; got != "not_stocked" {
		t.Errorf("line 3 is kept track of as %v", got)
	}
	s.Want(200, seller, "POST", path+"/dispatch", map[string]any{"occurred_at": servicetest.Ago(10 * 24 * time.Hour)})
	s.Want(404, rival, "GET", path, nil)
	s.Want(404, stranger, "POST", path+"/arrive", nil)
	s.Want(200, director, "POST", path+"/arrive", nil)
	confirm := map[string]any{"lines": []any{
		map[string]any{"line": 1, "accepted": 5, "rejections": []any{map[string]any{"reason": "damaged", "quantity": 1}}},
		map[string]any{"line": 2, "reservations": []any{map[string]any{"reason": "no_manual", "quantity": 1, "due_days": 15}}},
		map[string]any{"line": 3, "accepted": 3},
	}}
	s.Want(403, planner, "POST", path+"/confirm", confirm)
	s.Want(404, stranger, "POST", path+"/confirm", confirm)
	s.Want(403, seller, "POST", path+"/confirm", confirm)
	s.Want(422, director, "POST", path+"/confirm", map[string]any{"lines": []any{map[string]any{"line": 1, "accepted": 6}}})
	got := s.Want(200, director, "POST", path+"/confirm", confirm, "Idempotency-Key", "k-1")
	if got["state"] != "confirmed" || got["accepted_in_full"] != nil {
		t.Fatalf("confirmed, but not in full; got %v", got)
	}
	if e := got["late_entries"].([]any)[0].(map[string]any); e["what"] != "dispatch" || e["confirmed_by"] != "s-director" {
		t.Errorf("what was entered late is confirmed with the delivery: %v", e)
	}
	again := s.Call(director, "POST", path+"/confirm", confirm, "Idempotency-Key", "k-1")
	if again.Status != 200 || again.Header.Get("Idempotency-Replayed") != "true" {
		t.Fatalf("the same key is a replay, got %d %v", again.Status, again.Header)
	}
	other := s.Want(409, director, "POST", path+"/confirm", confirm, "Idempotency-Key", "k-2")
	if other["state"] != "confirmed" {
		t.Fatalf("another key meets the state it is in, got %v", other)
	}
	s.Want(409, office, "POST", path+"/cancel", map[string]any{"reason": "ya no"})
	arrived := map[string]any{"unit_id": "BSIST000026", "arrived_at": s.Store.Now().String(), "lines": lines(2)}
	s.Refused(422, "reference-unknown", director, "POST", "/v1/deliveries", arrived)
	arrived["unit_id"] = "BSIST000014"
	if came := s.Want(201, director, "POST", "/v1/deliveries", arrived); came["state"] != "arrived" || came["announced"] != false {
		t.Errorf("what came unannounced is registered by its unit: %v", came)
	}
	if n := len(s.Items(planner, path+"/history")); n != 5 {
		t.Fatalf("created, changed, dispatched, received, confirmed: the history has %d", n)
	}
}

func TestConfirmedByTwoAtOnce(t *testing.T) {
	_, s := start(t)
	d := create(t, s, office, map[string]any{"unit_id": "BSIST000014", "lines": lines(6)})
	path := "/v1/deliveries/" + d["id"].(string)
	s.Want(200, office, "POST", path+"/dispatch", nil)
	var wg sync.WaitGroup
	status := make([]int, 16)
	for i := range status {
		wg.Go(func() {
			status[i] = s.Call(director, "POST", path+"/confirm", map[string]any{"lines": []any{map[string]any{"line": 1, "accepted": 6}}}, "Idempotency-Key", fmt.Sprint("k", i)).Status
		})
	}
	wg.Wait()
	done := 0
	for _, st := range status {
		switch st {
		case 200:
			done++
		case 409:
		default:
			t.Errorf("got %d", st)
		}
	}
	if done != 1 {
		t.Fatalf("confirmed once, got %d times", done)
	}
}

func TestTwoInstances(t *testing.T) {
	w := servicetest.Open(t)
	store := servicetest.SQLite(t)
	a, b := w.Start(t, app.New, store), w.Start(t, app.New, store)
	learn(t, w)
	d := create(t, a, office, map[string]any{"unit_id": "BSIST000014", "lines": lines(1)})
	path := "/v1/deliveries/" + d["id"].(string)
	b.Want(200, office, "POST", path+"/dispatch", nil)
	a.Want(200, director, "POST", path+"/confirm", map[string]any{"lines": []any{map[string]any{"line": 1, "accepted": 1}}})
	w.Publish(t, event.Units, "unit.changed", 2, servicetest.Unit("BSIST000014", map[string]any{"office": "sonora", "state_code": "26"}))
	w.Publish(t, event.Units, "unit.registered", 1, servicetest.Unit("BSIST000014", nil))
	servicetest.Eventually(t, "the delivery belongs to the other office", func() bool {
		return b.Want(200, planner, "GET", path, nil)["office"] == "sonora"
	})
}

// A supplier knows where to bring what is its own, and nothing else of the unit.
func TestWhoBringsADeliveryKnowsWhereToGoAndNothingElseOfTheUnit(t *testing.T) {
	w, s := start(t)
	w.Publish(t, event.Units, "unit.changed", 2, servicetest.Unit("BSIST000014", map[string]any{"address": "Av. Constitución s/n, Centro, 23920", "municipality": "Mulegé", "locality": "Santa Rosalía",
		"latitude": 27.3389, "longitude": -112.2669, "census_beds": 10}))
	path := "/v1/deliveries/" + create(t, s, office, map[string]any{"unit_id": "BSIST000014", "supplier_id": supplier, "lines": lines(6)})["id"].(string) + "/site"
	s.Heard()
	for _, who := range []string{seller, office, director, planner} {
		site := s.Want(200, who, "GET", path, nil)
		for key, want := range map[string]any{"unit_id": "BSIST000014", "name": "Unidad BSIST000014", "address": "Av. Constitución s/n, Centro, 23920", "municipality": "Mulegé", "locality": "Santa Rosalía",
			"state_code": "03", "latitude": 27.3389, "longitude": -112.2669, "time_zone": "America/Mazatlan", "census_beds": nil} {
			if site[key] != want {
				t.Errorf("%s reads %s: %v, want %v", who, key, site[key], want)
			}
		}
	}
	for _, who := range []string{rival, stranger} {
		s.Want(404, who, "GET", path, nil)
	}
	s.Want(403, servicetest.Technician, "GET", path, nil)

	d := strings.TrimSuffix(strings.TrimPrefix(path, "/v1/deliveries/"), "/site")
	another := create(t, s, office, map[string]any{"unit_id": "BSIST000026", "lines": lines(1)})["id"].(string)
	for who, want := range map[string][]string{seller: {d}, rival: nil, stranger: {another}, office: {another, d}} {
		var got []string
		for _, item := range s.Want(200, who, "GET", "/v1/deliveries/sites?ids="+another+"&ids="+typeID(0)+"&ids="+d+"&ids="+another, nil)["items"].([]any) {
			site := item.(map[string]any)
			if got = append(got, site["delivery_id"].(string)); site["name"] == "" || site["id"] != site["unit_id"] {
				t.Errorf("%s: %v", who, site)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s reads the sites of %v, want %v", who, got, want)
		}
	}
}

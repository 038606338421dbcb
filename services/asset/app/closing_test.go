package app_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/services/asset/app"
)

const hospital = "/v1/units/BSIST000014"

// operate sets a unit's state of operation, whatever its version.
func operate(s *servicetest.Service, path, state string) servicetest.Answer {
	now := s.Call(admin, "GET", path, nil)
	return s.Call(admin, "PATCH", path, object{"operation_state": state}, "If-Match", now.Header.Get("ETag"))
}

func want(t *testing.T, a servicetest.Answer, status int, says ...string) {
	t.Helper()
	if a.Status != status {
		t.Errorf("got %d, want %d: %s", a.Status, status, a.Body)
	}
	for _, text := range says {
		if !strings.Contains(string(a.Body), text) {
			t.Errorf("%q is not in %s", text, a.Body)
		}
	}
}

func TestAUnitWithAssetsInItIsNotClosed(t *testing.T) {
	_, s := start(t)
	bed := register(t, s)
	var last string
	for i := range 3 {
		a := s.Want(201, engineer, "POST", "/v1/assets", object{"unit_id": "BSIST000014", "type_id": bed, "inventory_tag": fmt.Sprint("T", i)})
		last = "/v1/assets/" + a["id"].(string)
	}
	s.Want(200, engineer, "POST", last+"/report-custody", object{"value": "on_loan"}) // it is the unit's, wherever it is
	want(t, operate(s, hospital, "closed"), 409, "assets-remain", "3 that are not retired", `"state":"open"`)
	want(t, operate(s, hospital, "suspended"), 200)
	want(t, operate(s, hospital, "closed"), 409, "assets-remain", `"state":"suspended"`)
	for _, query := range []string{"?dry_run=true", ""} {
		report := s.Want(200, admin, "POST", "/v1/units/import"+query,
			[]byte("clues,nombre_unidad,estatus\nBSIST000014,Unidad BSIST000014,FUERA DE OPERACION\nBSIST000026,Unidad BSIST000026,FUERA DE OPERACION\n"))
		if report["rejected"] != 1.0 || report["changed"] != 1.0 || !strings.Contains(fmt.Sprint(report["errors"]), "3 that are not retired") {
			t.Errorf("import%s: %v", query, report)
		}
	}
	if state := s.Want(200, admin, "GET", hospital, nil)["operation_state"]; state != "suspended" {
		t.Errorf("the unit is %v", state)
	}
}

func TestIntoAClosedUnitNothingIsRegisteredUntilItOpens(t *testing.T) {
	_, s := start(t)
	bed := register(t, s)
	body := object{"unit_id": "BSIST000014", "type_id": bed, "inventory_tag": "T1"}
	want(t, operate(s, hospital, "closed"), 200, `"operation_state":"closed"`)
	want(t, s.Call(engineer, "POST", "/v1/assets", body), 409, "unit-closed")
	// What else is said of a closed unit is taken, also that it is closed.
	s.Want(200, admin, "PATCH", hospital, object{"operation_state": "closed", "census_beds": 3}, "If-Match", `"2"`)
	want(t, operate(s, hospital, "open"), 200)
	s.Want(201, engineer, "POST", "/v1/assets", body)
	want(t, operate(s, hospital, "closed"), 409, "1 that are not retired")
}

// TestADeliveryConfirmedForAUnitClosedMeanwhileIsNotLost: its items become assets, which the planners' figures show apart.
func TestADeliveryConfirmedForAUnitClosedMeanwhileIsNotLost(t *testing.T) {
	w, s := start(t)
	bed := register(t, s)
	want(t, operate(s, hospital, "closed"), 200)
	w.Publish(t, event.Deliveries, "delivery.confirmed", 4, confirmed(bed, bed))
	servicetest.Eventually(t, "the beds are in the register", func() bool { return len(s.Items(planner, "/v1/assets?unit_id=BSIST000014")) == 5 })
	want(t, s.Call(admin, "PATCH", hospital, object{"census_beds": 3}, "If-Match", `"2"`), 200, `"operation_state":"closed"`)
	want(t, operate(s, hospital, "open"), 200)
	want(t, operate(s, hospital, "closed"), 409, "5 that are not retired")
}

// TestClosingAndRegisteringAtOnce lets two processes on one store register assets in units that are being closed: in none that is closed in
// the end is an asset.
func TestClosingAndRegisteringAtOnce(t *testing.T) {
	w, driver := servicetest.Servers(t)
	both := []*servicetest.Service{w.Start(t, app.New, driver), w.Start(t, app.New, driver)}
	bed := register(t, both[0])
	const rounds = 36
	outcome := map[string]int{}
	for n := range rounds {
		id := fmt.Sprintf("TEST-%d", n)
		both[0].Want(201, admin, "POST", "/v1/units", object{"id": id, "name": id, "state_code": "03"})
		if n%2 == 1 { // its gates are there, and down
			want(t, operate(both[0], "/v1/units/"+id, "closed"), 200)
			want(t, operate(both[0], "/v1/units/"+id, "open"), 200)
		}
		var registered sync.Map
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				for range (n + i) % 12 * 4 { // so that it meets the closing at another step
					both[i%2].Call(engineer, "GET", "/v1/units/"+id, nil)
				}
				a := both[i%2].Call(engineer, "POST", "/v1/assets", object{"unit_id": id, "type_id": bed, "inventory_tag": fmt.Sprint(id, "-", i)})
				if a.Status == 201 {
					registered.Store(i, true)
				} else if a.Status != 409 || !strings.Contains(string(a.Body), "unit-closed") {
					t.Errorf("got %d: %s", a.Status, a.Body)
				}
			})
		}
		closing := operate(both[1], "/v1/units/"+id, "closed")
		wg.Wait()
		acknowledged := 0
		registered.Range(func(any, any) bool { acknowledged++; return true })
		state := both[0].Want(200, admin, "GET", "/v1/units/"+id, nil)["operation_state"]
		there := len(both[0].Items(planner, "/v1/assets?unit_id="+id))
		outcome[fmt.Sprint(closing.Status)]++
		if there != acknowledged || (state == "closed") != (closing.Status == 200) || state == "closed" && there > 0 {
			t.Fatalf("round %d: closing was answered %d, the unit is %v, %d were registered, %d are there: %s", n, closing.Status, state, acknowledged, there, closing.Body)
		}
	}
	t.Logf("answers to closing: %v", outcome)
}

package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
)

func TestACorrectiveOrderFromRequestToAcceptance(t *testing.T) {
	w := newWorld(t, 1)
	firm, contract := w.contract(1_000_00)
	contractor := of(firm)
	o := w.ok(requester, "POST", "/v1/work-orders", corrective())
	id := o.Text("id")
	if o.Status != 201 || o.Text("state") != "requested" || o.Text("folio") != "OT-BAJA-CALIFORNIA-SUR-2025-000001" || o.Text("office") != "baja-california-sur" ||
		o.Text("requested_at") != "2025-08-08T16:00:00.000Z" || o.Text("reported_functioning") != "not_working" || o.Header.Get("Bitacora-Written") != "work_order/"+id+"@1" {
		t.Fatalf("%s %v", o.Body, o.Header)
	}
	w.refused(404, "not-found", contractor, "GET", "/v1/work-orders/"+id, nil)
	w.act(engineer, id, "approve", nil)
	w.act(engineer, id, "estimate", j{"estimate": mxn(600_00)})
	w.act(contracts, id, "commit", j{"contract_id": contract})
	w.money(contract, 600_00, 0, 400_00)
	w.does(contractor, id, "acknowledge", "arrive", "start")
	if held := w.act(contractor, id, "hold", j{"reason": "awaiting_parts", "note": "falta la bomba de inyección"}); held.Text("state") != "on_hold" || held.Text("hold.reason") != "awaiting_parts" {
		t.Errorf("held: %s", held.Body)
	}
	w.act(contractor, id, "resume", nil)
	if restored := w.act(contractor, id, "restore", j{"outcome": "full"}); restored.Text("restored_functioning") != "working" || restored.Text("state") != "in_progress" || restored.Text("restored_at") == "" {
		t.Errorf("restored: %s", restored.Body)
	}
	if done := w.act(contractor, id, "complete", j{"cost": mxn(550_00)}); done.Text("state") != "completed" || done.At("awaiting.0") != "unit_conformity" {
		t.Errorf("completed: %s", done.Body)
	}
	w.money(contract, 600_00, 0, 400_00)
	if done := w.act(director, id, "accept", nil); done.Text("state") != "accepted" || done.Text("accepted_at") == "" || done.Text("conformity.by") != "s-director" {
		t.Errorf("accepted: %s", done.Body)
	}
	w.money(contract, 0, 550_00, 450_00)
	history := w.ok(planner, "GET", "/v1/work-orders/"+id+"/history", nil)
	for _, name := range strings.Fields("requested approved estimated committed assigned acknowledged arrived started held resumed restored completed conformed accepted") {
		if !strings.Contains(string(history.Body), "mx.bitacora.work_order."+name+".v1") {
			t.Errorf("history lacks %s", name)
		}
	}
	if strings.Contains(string(history.Body), "Juana") || strings.Contains(string(history.Body), "bomba") {
		t.Errorf("free text in the history: %s", history.Body)
	}
	for _, published := range w.Published(t, event.WorkOrders, id, 14) {
		if strings.Contains(published, "Juana") || strings.Contains(published, "bomba") || !strings.Contains(published, `"folio"`) {
			t.Errorf("published: %s", published)
		}
	}
}

func TestAWorksOrderOfTheProgramme(t *testing.T) {
	w := newWorld(t, 1)
	_, contract := w.contract(100_000_00)
	programme := "/v1/programs/" + w.ok(contracts, "POST", "/v1/programs", j{"name": "Programa de Mantenimiento 2025", "fiscal_year": 2025}).Text("id")
	planned := j{"unit_id": "BSIST000014", "area_id": bathroom, "element": "floors", "description": "Sustitución de pisos en baños", "quantity": 38.5,
		"measure_unit": "m2", "planned_start": "2025-09-01", "planned_end": "2025-09-12"}
	add := func(replayed string) string {
		t.Helper()
		a := w.ok(office, "POST", programme+"/add-line", planned, "Idempotency-Key", "line-1")
		if a.At("lines") != 1.0 || a.Header.Get("Idempotency-Replayed") != replayed {
			t.Errorf("a line is added once, whatever comes between: %v %s", a.Header, a.Body)
		}
		return a.Text("latest_line_id")
	}
	line := add("")
	if again := add("true"); again != line {
		t.Errorf("repeated as %s, not %s", again, line)
	}
	for i := range 21 {
		w.ok(contracts, "PATCH", programme, j{"name": fmt.Sprint("Programa ", i)}, "If-Match", "*", "Idempotency-Key", fmt.Sprint("between-", i))
	}
	w.later(48 * time.Hour)
	add("true")
	w.refused(422, "reference-unknown", "s-sonora office_administrator@office:sonora", "POST", programme+"/add-line", planned)
	o := w.ok(engineer, "POST", "/v1/work-orders", j{"unit_id": "BSIST000014", "type": "works", "priority": "medium", "target": j{"kind": "area_element", "area_id": bathroom, "element": "floors"},
		"program_line_id": line, "scheduled_start": "2025-09-01T15:00:00Z", "scheduled_end": "2025-09-12T22:00:00Z", "quantity": 38.5, "measure_unit": "m2", "estimate": mxn(45_000_00)})
	id, path := o.Text("id"), "/v1/work-orders/"+o.Text("id")
	w.refused(409, "own-estimate", engineer, "POST", path+"/approve", nil)
	w.act(office, id, "approve", nil)
	assigned := w.act(contracts, id, "assign", j{"contract_id": contract})
	if assigned.At("committed.amount_cents") != 45_000_00.0 || assigned.Text("funding_source.kind") != "maintenance_contract" || assigned.Text("scheduled_start") != "2025-09-01T15:00:00.000Z" {
		t.Errorf("assigned: %s", assigned.Body)
	}
	w.act(engineer, id, "start", nil)
	w.refused(422, "cost-missing", engineer, "POST", path+"/complete", j{"quantity_done": 37.25})
	// More than was ordered needs two people.
	done := j{"quantity_done": 40, "cost": mxn(45_000_00)}
	w.refused(409, "quantity-above-order", engineer, "POST", path+"/complete", done)
	w.act(engineer, id, "propose-quantity", j{"quantity": 45, "note": "el baño de mujeres mide más"})
	w.refused(403, "role-not-allowed", technician, "POST", path+"/approve-quantity", j{"quantity": 45})
	w.refused(404, "not-found", "s-far office_administrator@office:sonora", "POST", path+"/approve-quantity", j{"quantity": 45})
	w.act(office, id, "approve-quantity", j{"quantity": 45})
	if a := w.act(engineer, id, "complete", done); a.At("quantity") != 45.0 || a.At("quantity_done") != 40.0 || len(a.List("awaiting")) != 2 || a.Text("restored_at") != "" {
		t.Errorf("completed: %s", a.Body)
	}
	if one := w.act(director, id, "accept", nil); one.Text("state") != "completed" || one.At("awaiting.0") != "technical_verification" {
		t.Errorf("with the unit's conformity alone: %s", one.Body)
	}
	w.money(contract, 45_000_00, 0, 55_000_00)
	if both := w.act(engineer, id, "verify", j{"result": "passed"}); both.Text("state") != "accepted" {
		t.Errorf("with both: %s", both.Body)
	}
	w.money(contract, 0, 45_000_00, 55_000_00)
	if list := w.ok(director, "GET", "/v1/work-orders?program_line_id="+line+"&state=accepted", nil); len(list.List("items")) != 1 {
		t.Errorf("list: %s", list.Body)
	}
}

func TestWhatEndsAnOrderFreesItsBudget(t *testing.T) {
	w := newWorld(t, 1)
	firm, contract := w.contract(1_000_00)
	id, other := w.ordered(), w.ordered()
	w.act(contracts, id, "commit", j{"contract_id": contract, "committed": mxn(1_000_00)})
	a := w.refused(409, "budget-exceeded", contracts, "POST", commitOf(other), j{"contract_id": contract, "committed": mxn(1)})
	if !strings.Contains(string(a.Body), "at most $0.00 MXN") || a.At("state") != nil {
		t.Errorf("what is left: %s", a.Body)
	}
	w.worked(of(firm), id, 1_000_00)
	w.act(director, id, "return", j{"note": "sigue fallando", "reported_functioning": "not_working"})
	w.money(contract, 1_000_00, 0, 0)
	w.act(engineer, id, "cancel", j{"note": "se dará de baja"})
	w.money(contract, 0, 0, 1_000_00)
	w.act(contracts, other, "commit", j{"contract_id": contract, "committed": mxn(1)})
	w.money(contract, 1, 0, 999_99)
}

func TestAnOrdersPlaceFollowsItsUnit(t *testing.T) {
	w := newWorld(t, 1)
	id := w.ok(requester, "POST", "/v1/work-orders", corrective()).Text("id")
	w.unit("BSIST000014", 3, "sonora", "1", "open")
	servicetest.Eventually(w.T, "the order in its new office", func() bool { return w.call(farEast, "GET", "/v1/work-orders/"+id, nil).Text("office") == "sonora" })
	w.refused(404, "not-found", engineer, "GET", "/v1/work-orders/"+id, nil)
	w.unit("BSIST000014", 2, "baja-california-sur", "1", "open") // late
	w.heard()
	if a := w.ok(farEast, "GET", "/v1/work-orders/"+id, nil); a.Text("office") != "sonora" || a.Version() != "2" {
		t.Errorf("after a late record: %s %s", a.Header.Get("ETag"), a.Body)
	}
	w.later(time.Hour)
	if a := w.ok(requester, "POST", "/v1/work-orders", corrective()); a.Text("folio") != "OT-SONORA-2025-000001" {
		t.Errorf("folio %s", a.Text("folio"))
	}
}

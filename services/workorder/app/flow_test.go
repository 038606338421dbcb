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
	contractor := "s-firm contractor@contractor:" + firm
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
	w.act(contractor, id, "acknowledge", nil)
	w.act(contractor, id, "arrive", nil)
	w.act(contractor, id, "start", nil)
	held := w.act(contractor, id, "hold", j{"reason": "awaiting_parts", "note": "falta la bomba de inyección"})
	if held.Text("state") != "on_hold" || held.Text("hold.reason") != "awaiting_parts" {
		t.Errorf("held: %s", held.Body)
	}
	w.act(contractor, id, "resume", nil)
	restored := w.act(contractor, id, "restore", j{"outcome": "full"})
	if restored.Text("restored_functioning") != "working" || restored.Text("state") != "in_progress" || restored.Text("restored_at") == "" {
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
	w.published(event.WorkOrders, 14)
}

// published waits for so many records of a topic and looks for free text in them.
func (w *world) published(topic string, n int) {
	w.Helper()
	sub, err := w.Bus.Subscribe("test-"+w.Name(), []string{topic})
	w.must(err)
	defer func() { w.must(sub.Close(w.Context())) }()
	seen := 0
	servicetest.Eventually(w.T, "the published events", func() bool {
		records, err := sub.Fetch(w.Context(), 100)
		w.must(err)
		for _, r := range records {
			e, err := event.Decode(r)
			w.must(err)
			seen++
			if s := string(r.Value); strings.Contains(s, "Juana") || strings.Contains(s, "bomba") || !strings.Contains(string(e.State), `"folio"`) {
				w.Errorf("%s: %s", e.Type, s)
			}
		}
		return seen >= n
	})
}

func TestAWorksOrderOfTheProgramme(t *testing.T) {
	w := newWorld(t, 1)
	_, contract := w.contract(100_000_00)
	programID := w.ok(contracts, "POST", "/v1/programs", j{"name": "Programa de Mantenimiento 2025", "fiscal_year": 2025}).Text("id")
	planned := j{"unit_id": "BSIST000014", "area_id": bathroom, "element": "floors", "description": "Sustitución de pisos en baños", "quantity": 38.5,
		"measure_unit": "m2", "planned_start": "2025-09-01", "planned_end": "2025-09-12"}
	program := w.ok(office, "POST", "/v1/programs/"+programID+"/add-line", planned, "Idempotency-Key", "line-1")
	again := w.ok(office, "POST", "/v1/programs/"+programID+"/add-line", planned, "Idempotency-Key", "line-1")
	line := program.Text("latest_line_id")
	if program.At("lines") != 1.0 || again.At("lines") != 1.0 || again.Text("latest_line_id") != line || again.Header.Get("Idempotency-Replayed") != "true" {
		t.Fatalf("%s\n%s", program.Body, again.Body)
	}
	for i := range 21 {
		w.ok(contracts, "PATCH", "/v1/programs/"+programID, j{"name": fmt.Sprint("Programa ", i)}, "If-Match", "*", "Idempotency-Key", fmt.Sprint("between-", i))
	}
	w.later(48 * time.Hour)
	if late := w.ok(office, "POST", "/v1/programs/"+programID+"/add-line", planned, "Idempotency-Key", "line-1"); late.At("lines") != 1.0 ||
		late.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("a line is added once, whatever comes between: %s", late.Body)
	}
	w.refused(422, "reference-unknown", "s-sonora office_administrator@office:sonora", "POST", "/v1/programs/"+programID+"/add-line", planned)
	request := j{"unit_id": "BSIST000014", "type": "works", "priority": "medium", "target": j{"kind": "area_element", "area_id": bathroom, "element": "floors"},
		"program_line_id": line, "scheduled_start": "2025-09-01T15:00:00Z", "scheduled_end": "2025-09-12T22:00:00Z", "quantity": 38.5, "measure_unit": "m2",
		"estimate": mxn(45_000_00)}
	o := w.ok(engineer, "POST", "/v1/work-orders", request)
	id := o.Text("id")
	w.refused(409, "own-estimate", engineer, "POST", "/v1/work-orders/"+id+"/approve", nil)
	w.act(office, id, "approve", nil)
	assigned := w.act(contracts, id, "assign", j{"contract_id": contract})
	if assigned.At("committed.amount_cents") != 45_000_00.0 || assigned.Text("funding_source.kind") != "maintenance_contract" || assigned.Text("scheduled_start") != "2025-09-01T15:00:00.000Z" {
		t.Errorf("assigned: %s", assigned.Body)
	}
	w.act(engineer, id, "start", nil)
	w.refused(422, "cost-missing", engineer, "POST", "/v1/work-orders/"+id+"/complete", j{"quantity_done": 37.25})
	done := w.act(engineer, id, "complete", j{"quantity_done": 37.25, "cost": mxn(45_000_00)})
	if done.At("quantity_done") != 37.25 || len(done.List("awaiting")) != 2 || done.Text("restored_at") != "" {
		t.Errorf("completed: %s", done.Body)
	}
	if one := w.act(director, id, "accept", nil); one.Text("state") != "completed" || one.At("awaiting.0") != "technical_verification" {
		t.Errorf("with the unit's conformity alone: %s", one.Body)
	}
	w.money(contract, 45_000_00, 0, 55_000_00)
	if both := w.act(engineer, id, "verify", j{"result": "passed"}); both.Text("state") != "accepted" {
		t.Errorf("with both: %s", both.Body)
	}
	w.money(contract, 0, 45_000_00, 55_000_00)
	list := w.ok(director, "GET", "/v1/work-orders?program_line_id="+line+"&state=accepted", nil)
	if items := list.List("items"); len(items) != 1 {
		t.Errorf("list: %s", list.Body)
	}
}

func TestWhatEndsAnOrderFreesItsBudget(t *testing.T) {
	w := newWorld(t, 1)
	firm, contract := w.contract(1_000_00)
	id := w.ordered()
	w.act(contracts, id, "commit", j{"contract_id": contract, "committed": mxn(1_000_00)})
	other := w.ordered()
	a := w.refused(409, "budget-exceeded", contracts, "POST", "/v1/work-orders/"+other+"/commit", j{"contract_id": contract, "committed": mxn(1)})
	if !strings.Contains(string(a.Body), "at most $0.00 MXN") || a.At("state") != nil {
		t.Errorf("what is left: %s", a.Body)
	}
	w.act("s-firm contractor@contractor:"+firm, id, "start", nil)
	w.act("s-firm contractor@contractor:"+firm, id, "complete", j{"cost": mxn(1_000_00)})
	w.act(director, id, "return", j{"note": "sigue fallando", "reported_functioning": "not_working"})
	w.money(contract, 1_000_00, 0, 0)
	w.act(engineer, id, "cancel", j{"note": "se dará de baja"})
	w.money(contract, 0, 0, 1_000_00)
	w.act(contracts, other, "commit", j{"contract_id": contract, "committed": mxn(1)})
	w.money(contract, 1, 0, 999_99)
	lots := j{"lots": []j{{"fiscal_year": 2025, "lot": 1, "min_amount": mxn(0), "max_amount": mxn(1_000_00)}, {"fiscal_year": 2026, "lot": 1, "max_amount": mxn(7)}}}
	w.refused(422, "lot-outside-validity", admin, "PATCH", "/v1/contracts/"+contract, lots, "If-Match", `"1"`)
	lots["valid_to"] = "2026-12-31"
	w.refused(409, "same-person", contracts, "PATCH", "/v1/contracts/"+contract, lots, "If-Match", `"1"`)
	w.ok(admin, "PATCH", "/v1/contracts/"+contract, lots, "If-Match", `"1"`)
	if a := w.ok(auditor, "GET", "/v1/contracts/"+contract+"/budgets", nil); len(a.List("items")) != 2 {
		t.Errorf("budgets: %s", a.Body)
	}
	w.refused(422, "lot-missing", contracts, "PATCH", "/v1/contracts/"+contract, j{"lots": []j{{"fiscal_year": 2026, "lot": 1, "max_amount": mxn(7)}}}, "If-Match", `"2"`)
	w.refused(412, "stale-version", contracts, "PATCH", "/v1/contracts/"+contract, j{"name": "Otro"}, "If-Match", `"1"`)
}

func TestAnOrdersPlaceFollowsItsUnit(t *testing.T) {
	w := newWorld(t, 1)
	id := w.ok(requester, "POST", "/v1/work-orders", corrective()).Text("id")
	w.unit("BSIST000014", 3, "sonora", "1", "open")
	servicetest.Eventually(w.T, "the order in its new office", func() bool { return w.call(farEast, "GET", "/v1/work-orders/"+id, nil).Text("office") == "sonora" })
	w.refused(404, "not-found", engineer, "GET", "/v1/work-orders/"+id, nil)
	w.unit("BSIST000014", 2, "baja-california-sur", "1", "open") // late
	w.heard()
	if a := w.ok(farEast, "GET", "/v1/work-orders/"+id, nil); a.Text("office") != "sonora" || a.Header.Get("ETag") != `"2"` {
		t.Errorf("after a late record: %s %s", a.Header.Get("ETag"), a.Body)
	}
	w.later(time.Hour)
	if a := w.ok(requester, "POST", "/v1/work-orders", corrective()); a.Text("folio") != "OT-SONORA-2025-000001" {
		t.Errorf("folio %s", a.Text("folio"))
	}
}

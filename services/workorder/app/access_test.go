package app_test

import (
	"fmt"
	"maps"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
)

func TestWhoSeesAndDoesWhat(t *testing.T) {
	w := newWorld(t, 1)
	firm, contract := w.contract(1_000_00)
	rival, _ := w.contract(1_000_00)
	id := w.ordered()
	path := "/v1/work-orders/" + id
	for _, who := range []string{stranger, farEast, of(rival), of(firm), technician} {
		w.refused(404, "not-found", who, "GET", path, nil)
		w.refused(404, "not-found", who, "GET", path+"/history", nil)
		if list := w.ok(who, "GET", "/v1/work-orders", nil); len(list.List("items")) != 0 {
			t.Errorf("%s sees %s", who, list.Body)
		}
	}
	for who, action := range map[string]string{planner: "approve", requester: "approve", director: "start", engineer: "accept", contracts: "verify", auditor: "cancel"} {
		w.refused(403, "role-not-allowed", who, "POST", path+"/"+action, j{"note": "x", "result": "passed"})
	}
	w.refused(404, "not-found", farEast, "POST", path+"/cancel", j{"note": "x"})
	w.refused(422, "reference-unknown", stranger, "POST", "/v1/work-orders", corrective())
	w.act(contracts, id, "assign", j{"contract_id": contract, "committed": mxn(10)})
	w.ok(of(firm), "GET", path, nil)
	w.refused(404, "not-found", of(rival), "POST", path+"/start", nil)
	if a := w.ok(of(firm), "GET", "/v1/contracts", nil); len(a.List("items")) != 1 {
		t.Errorf("the contractor's contracts: %s", a.Body)
	}
	w.refused(403, "role-not-allowed", requester, "GET", "/v1/contracts/"+contract, nil)
	w.refused(404, "not-found", of(rival), "GET", "/v1/contracts/"+contract+"/budgets", nil)

	inHouse := w.ordered()
	w.act(engineer, inHouse, "assign", j{"technician_id": "s-technician"})
	w.act(technician, inHouse, "start", nil)
	if a := w.act(technician, inHouse, "complete", nil); a.Text("restored_functioning") != "working" || a.At("cost") != nil {
		t.Errorf("in-house: %s", a.Body)
	}
}

func TestRepeats(t *testing.T) {
	w := newWorld(t, 2)
	firm, contract := w.contract(1_000_00)
	first := w.ok(requester, "POST", "/v1/work-orders", corrective(), "Idempotency-Key", "k1")
	again := w.ok(requester, "POST", "/v1/work-orders", corrective(), "Idempotency-Key", "k1")
	if again.Status != 201 || again.Text("id") != first.Text("id") || again.Text("folio") != first.Text("folio") || again.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("%d %s", again.Status, again.Body)
	}
	other := corrective()
	other["priority"] = "low"
	w.refused(422, "idempotency-key-reused", requester, "POST", "/v1/work-orders", other, "Idempotency-Key", "k1")
	path := "/v1/work-orders/" + first.Text("id")
	w.ok(engineer, "POST", path+"/approve", nil, "Idempotency-Key", "k2")
	if a := w.ok(engineer, "POST", path+"/approve", nil, "Idempotency-Key", "k2"); a.Header.Get("Idempotency-Replayed") != "true" || a.Version() != "2" {
		t.Errorf("%v", a.Header)
	}
	a := w.refused(409, "transition-not-allowed", engineer, "POST", path+"/approve", nil, "Idempotency-Key", "k3")
	if a.Text("state") != "approved" || !strings.Contains(string(a.Body), `"assign"`) || !strings.Contains(string(a.Body), `"cancel"`) {
		t.Errorf("a conflict says the state and what is open: %s", a.Body)
	}
	assign := j{"contract_id": contract, "committed": mxn(700_00)}
	w.act(engineer, first.Text("id"), "estimate", j{"estimate": mxn(700_00)})
	w.ok(contracts, "POST", path+"/assign", assign, "Idempotency-Key", "k4")
	// The budget would not bear it twice; a repeat does not try.
	if a := w.ok(contracts, "POST", path+"/assign", assign, "Idempotency-Key", "k4"); a.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("%v %s", a.Header, a.Body)
	}
	w.money(contract, 700_00, 0, 300_00)
	w.worked(of(firm), first.Text("id"), 700_00)
	w.ok(director, "POST", path+"/accept", nil, "Idempotency-Key", "k5")
	w.ok(director, "POST", path+"/accept", nil, "Idempotency-Key", "k5")
	w.refused(409, "transition-not-allowed", director, "POST", path+"/accept", nil, "Idempotency-Key", "k6")
	w.refused(409, "transition-not-allowed", director, "POST", path+"/return", j{"note": "tarde"})
	w.money(contract, 0, 700_00, 300_00)
	w.asset(plant, 2, "BSIST000014", "retired")
	w.heard()
	if a := w.ok(requester, "POST", "/v1/work-orders", corrective(), "Idempotency-Key", "k1"); a.Text("state") != "accepted" || a.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("a replay is told from a new request before what it names is looked at: %s", a.Body)
	}
	w.refused(412, "stale-version", engineer, "POST", path+"/cancel", j{"note": "x"}, "If-Match", `"2"`)
}

func TestBadInput(t *testing.T) {
	w := newWorld(t, 1)
	with := func(change j) j {
		r := corrective()
		maps.Copy(r, change)
		return r
	}
	for name, c := range map[string]struct {
		body   any
		status int
		rule   string
	}{
		"not json":            {`{"unit_id":`, 400, "body-malformed"},
		"broken utf-8":        {"{\"complaint\":\"\xff\"}", 400, "body-malformed"},
		"wrong type":          {with(j{"priority": 3}), 422, "validation-failed"},
		"unknown field":       {with(j{"colour": "red"}), 422, "validation-failed"},
		"unknown type":        {with(j{"type": "magic"}), 422, "validation-failed"},
		"id not a uuid":       {with(j{"id": "17"}), 422, "validation-failed"},
		"id not v7":           {with(j{"id": "6f1b1f4e-5d0c-4b53-9a3b-0c6c5f5d2a10"}), 422, "id-not-uuidv7"},
		"ten megabytes":       {with(j{"complaint": strings.Repeat("a", 10<<20)}), 413, "body-too-large"},
		"2^63-1 centavos":     {with(j{"estimate": j{"amount_cents": int64(math.MaxInt64)}}), 422, "validation-failed"},
		"foreign money":       {with(j{"estimate": j{"amount_cents": 1, "currency": "USD"}}), 422, "validation-failed"},
		"asked for in 1800":   {with(j{"occurred_at": "1800-01-01T00:00:00Z"}), 422, "occurred-too-early"},
		"the zero instant":    {with(j{"occurred_at": "0001-01-01T00:00:00Z"}), 422, "validation-failed"}, // it is not taken for now
		"elsewhere written":   {with(j{"occurred_at": "0000-12-31T18:00:00-06:00"}), 422, "validation-failed"},
		"planned in 1800":     {with(j{"scheduled_start": "1800-01-01T00:00:00Z"}), 422, "date-out-of-range"},
		"ends before":         {with(j{"scheduled_start": "2025-09-02T00:00:00Z", "scheduled_end": "2025-09-01T00:00:00Z"}), 422, "period-reversed"},
		"in the future":       {with(j{"occurred_at": "2025-08-08T16:06:00Z"}), 422, "occurred-in-future"},
		"no report":           {with(j{"reported_functioning": ""}), 422, "validation-failed"},
		"report of a unit":    {with(j{"target": j{"kind": "unit"}}), 422, "report-not-expected"},
		"asset without id":    {with(j{"target": j{"kind": "asset"}}), 422, "target-mismatch"},
		"element without one": {with(j{"target": j{"kind": "area_element", "area_id": bathroom}}), 422, "target-mismatch"},
		"unknown asset":       {with(j{"target": j{"kind": "asset", "asset_id": "0198a000-0000-7000-8000-0000000000ff"}}), 422, "reference-unknown"},
		"asset elsewhere":     {with(j{"unit_id": "BSIST000026"}), 422, "reference-unknown"},
		"unknown unit":        {with(j{"unit_id": "BSIST000031"}), 422, "reference-unknown"},
		"quantity alone":      {with(j{"quantity": 3}), 422, "value-unknown"},
		"a million m² and 1":  {with(j{"quantity": 1_000_000.01, "measure_unit": "m2"}), 422, "validation-failed"},
		"three decimals":      {with(j{"quantity": 1.005, "measure_unit": "m2"}), 422, "quantity-out-of-range"},
	} {
		t.Run(name, func(t *testing.T) {
			if a := w.call(requester, "POST", "/v1/work-orders", c.body); a.Status != c.status || a.Rule() != c.rule {
				t.Errorf("%d %s, want %d %s: %.300s", a.Status, a.Rule(), c.status, c.rule, a.Body)
			}
		})
	}
	elsewhere := "s-office office_administrator@office:baja-california-sur"
	w.refused(422, "asset-elsewhere", elsewhere, "POST", "/v1/work-orders", with(j{"unit_id": "BSIST000026"}))
	w.refused(422, "amount-invalid", engineer, "POST", "/v1/work-orders", with(j{"estimate": mxn(-1)}))
	w.refused(422, "amount-invalid", engineer, "POST", "/v1/work-orders", with(j{"estimate": mxn(10_000_000_000_00 + 1)}))
	id := w.ordered()
	w.refused(422, "contract-missing", contracts, "POST", "/v1/work-orders/"+id+"/commit", j{"committed": mxn(1)})
	w.refused(422, "amount-invalid", contracts, "POST", "/v1/work-orders/"+id+"/commit", j{"contract_id": second(w.contract(100)), "committed": mxn(0)})
	w.refused(422, "assignee-missing", engineer, "POST", "/v1/work-orders/"+id+"/assign", j{})
	w.refused(404, "not-found", engineer, "POST", "/v1/work-orders/17/start", nil)
	w.refused(422, "rfc-malformed", contracts, "POST", "/v1/contractors", j{"name": "Juan Pérez", "rfc": "PEPJ800101AB1"})
	w.later(24 * 365 * time.Hour)
	w.refused(409, "contract-not-valid", contracts, "POST", "/v1/work-orders/"+id+"/assign", j{"contract_id": second(w.contract(100)), "committed": mxn(1)})
	w.unit("BSIST000026", 2, "baja-california-sur", "1", "closed")
	w.asset(plant, 2, "BSIST000014", "retired")
	w.heard()
	w.refused(409, "unit-closed", elsewhere, "POST", "/v1/work-orders", with(j{"unit_id": "BSIST000026"}))
	w.refused(409, "asset-retired", requester, "POST", "/v1/work-orders", corrective())
}

func second(_, b string) string { return b }

func TestAReferenceMayArriveAMomentLater(t *testing.T) {
	w := newWorld(t, 1)
	late := "0198a000-0000-7000-8000-00000000000c"
	var told sync.WaitGroup
	told.Go(func() { w.asset(late, 1, "BSIST000014", "active") })
	defer told.Wait()
	r := corrective()
	r["target"] = j{"kind": "asset", "asset_id": late}
	// The request waits for it; on a machine too busy to bring it within a second the client does as it is told and repeats.
	servicetest.Eventually(w.T, "the order", func() bool {
		return w.call(requester, "POST", "/v1/work-orders", r, "Idempotency-Key", "k").Status == 201
	})
}

func TestABudgetUnder32CommitmentsAtOnce(t *testing.T) {
	w := newWorld(t, 2)
	_, contract := w.contract(100_00)
	ids := make([]string, 32)
	for i := range ids {
		ids[i] = w.ordered()
	}
	var all sync.WaitGroup
	answers := make([]answer, len(ids))
	for i, id := range ids {
		all.Go(func() {
			answers[i] = w.call(contracts, "POST", "/v1/work-orders/"+id+"/commit", j{"contract_id": contract, "committed": mxn(9_00)}, "Idempotency-Key", fmt.Sprint(i))
		})
	}
	all.Wait()
	assigned := 0
	for _, a := range answers {
		switch {
		case a.Status == 200:
			assigned++
		case a.Status != 409 || a.Rule() != "budget-exceeded":
			t.Errorf("%d %s", a.Status, a.Body)
		}
	}
	if assigned != 11 {
		t.Errorf("%d orders of $9.00 assigned under a ceiling of $100.00", assigned)
	}
	w.money(contract, 99_00, 0, 1_00)
	if list := w.ok(engineer, "GET", "/v1/work-orders?contract_id="+contract+"&limit=200", nil); len(list.List("items")) != 11 {
		t.Errorf("%d orders are under the contract", len(list.List("items")))
	}
}

// Two instances on one store and one broker: folios stay unique from the first on, each event is in the history once, and a unit's move
// takes each order along once.
func TestTwoInstances(t *testing.T) {
	w := newWorld(t, 2)
	const n = 24
	var all sync.WaitGroup
	answers := make([]answer, n)
	for i := range n {
		all.Go(func() { answers[i] = w.call(requester, "POST", "/v1/work-orders", corrective()) })
	}
	all.Wait()
	folios := map[string]bool{}
	for _, a := range answers {
		if a.Status != 201 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		folios[a.Text("folio")] = true
	}
	if len(folios) != n || !folios[fmt.Sprintf("OT-BAJA-CALIFORNIA-SUR-2025-%06d", n)] {
		t.Errorf("folios: %v", folios)
	}
	w.unit("BSIST000014", 2, "sonora", "1", "open")
	servicetest.Eventually(w.T, "all orders in their new office", func() bool {
		return len(w.ok(farEast, "GET", "/v1/work-orders?limit=200", nil).List("items")) == n
	})
	for _, a := range answers {
		w.Published(t, event.WorkOrders, a.Text("id"), 2)
		h := w.ok(farEast, "GET", "/v1/work-orders/"+a.Text("id")+"/history", nil)
		if items := h.List("items"); len(items) != 2 || strings.Count(string(h.Body), "place_changed") != 1 {
			t.Errorf("history: %s", h.Body)
		}
	}
}

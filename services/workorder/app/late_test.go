package app_test

import (
	"testing"
	"time"
)

// before is an instant before the world's now, as a client sends it.
func (w *world) before(d time.Duration) string { return w.clock().Add(-d).UTC().Format(time.RFC3339) }

func TestTheUnitConfirmsWhatWasEnteredLateBeforeAnOrderIsAccepted(t *testing.T) {
	w := newWorld(t, 1)
	firm, contract := w.contract(1_000_00)
	request := corrective()
	request["occurred_at"] = w.before(10 * 24 * time.Hour)
	o := w.ok(requester, "POST", "/v1/work-orders", request)
	id := o.Text("id")
	if o.Text("late_entry") != "unconfirmed" || o.Text("reported_at") != "2025-07-29T16:00:00.000Z" || o.Text("recorded_at") != "2025-08-08T16:00:00.000Z" {
		t.Fatalf("%s", o.Body)
	}
	w.act(engineer, id, "approve", nil)
	w.act(engineer, id, "estimate", j{"estimate": mxn(600_00)})
	w.act(contracts, id, "assign", j{"contract_id": contract, "committed": mxn(600_00)})
	w.refused(422, "instant-order", of(firm), "POST", "/v1/work-orders/"+id+"/start", j{"occurred_at": w.before(11 * 24 * time.Hour)})
	w.refused(422, "occurred-in-future", of(firm), "POST", "/v1/work-orders/"+id+"/start", j{"occurred_at": w.before(-6 * time.Minute)})
	w.worked(of(firm), id, 500_00)
	if a := w.act(director, id, "accept", nil); a.Text("state") != "completed" || a.At("awaiting.0") != "late_entry_confirmation" {
		t.Errorf("accepted although what was entered late waits for the unit: %s", a.Body)
	}
	for who, status := range map[string]int{engineer: 403, of(firm): 403, stranger: 404} {
		if a := w.call(who, "POST", "/v1/work-orders/"+id+"/confirm-late-entries", nil); a.Status != status {
			t.Errorf("%s: %d", who, a.Status)
		}
	}
	w.money(contract, 600_00, 0, 400_00)
	if a := w.ok(office, "GET", "/v1/work-orders?late_entry=unconfirmed", nil); len(a.List("items")) != 1 {
		t.Errorf("what waits is found: %s", a.Body)
	}
	if a := w.act(director, id, "confirm-late-entries", nil); a.Text("state") != "accepted" || a.Text("late_entry") != "confirmed" {
		t.Errorf("confirmed: %s", a.Body)
	}
	w.money(contract, 0, 500_00, 500_00)
}

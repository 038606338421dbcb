package app_test

import (
	"testing"
	"time"
)

// before is an instant before the world's now, as a client sends it.
func (w *world) before(d time.Duration) string { return w.clock().Add(-d).UTC().Format(time.RFC3339) }

func TestAFailureOfYesterdayIsReportedTodayAndTheWorkIsRecordedAsItHappened(t *testing.T) {
	w := newWorld(t, 1)
	firm, contract := w.contract(1_000_00)
	contractor := "s-firm contractor@contractor:" + firm
	request := corrective()
	request["occurred_at"] = w.before(24 * time.Hour)
	o := w.ok(requester, "POST", "/v1/work-orders", request)
	id, path := o.Text("id"), "/v1/work-orders/"+o.Text("id")
	if o.Text("reported_at") != "2025-08-07T16:00:00.000Z" || o.Text("recorded_at") != "2025-08-08T16:00:00.000Z" || o.At("late_entry") != nil {
		t.Errorf("reported yesterday: %s", o.Body)
	}
	// The contractor came last night; the papers followed.
	w.act(engineer, id, "approve", nil)
	w.act(engineer, id, "estimate", j{"estimate": mxn(600_00)})
	w.act(contracts, id, "assign", j{"contract_id": contract, "committed": mxn(1)})
	w.refused(422, "instant-order", contractor, "POST", path+"/arrive", j{"occurred_at": w.before(25 * time.Hour)})
	w.ok(contractor, "POST", path+"/start", j{"occurred_at": w.before(19 * time.Hour)})
	w.ok(contractor, "POST", path+"/arrive", j{"occurred_at": w.before(20 * time.Hour)})
	w.refused(422, "occurred-in-future", contractor, "POST", path+"/hold", j{"reason": "other", "occurred_at": w.before(-6 * time.Minute)})
	w.ok(contractor, "POST", path+"/hold", j{"reason": "other", "occurred_at": w.before(-4 * time.Minute)})
	w.ok("s-other contractor@contractor:"+firm, "POST", path+"/resume", nil)
}

func TestTheUnitConfirmsWhatWasEnteredLateBeforeAnOrderIsAccepted(t *testing.T) {
	w := newWorld(t, 1)
	firm, contract := w.contract(1_000_00)
	contractor := "s-firm contractor@contractor:" + firm
	request := corrective()
	request["occurred_at"] = w.before(10 * 24 * time.Hour)
	o := w.ok(requester, "POST", "/v1/work-orders", request)
	id := o.Text("id")
	if o.Text("late_entry") != "unconfirmed" {
		t.Fatalf("%s", o.Body)
	}
	w.act(engineer, id, "approve", nil)
	w.act(engineer, id, "estimate", j{"estimate": mxn(600_00)})
	w.act(contracts, id, "assign", j{"contract_id": contract, "committed": mxn(600_00)})
	w.act(contractor, id, "start", nil)
	w.act(contractor, id, "complete", j{"cost": mxn(500_00)})
	if a := w.act(director, id, "accept", nil); a.Text("state") != "completed" || a.At("awaiting.0") != "late_entry_confirmation" {
		t.Errorf("accepted although what was entered late waits for the unit: %s", a.Body)
	}
	for who, status := range map[string]int{engineer: 403, contractor: 403, stranger: 404} {
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
	own := w.ok(director, "POST", "/v1/work-orders", request)
	if own.Text("late_entry") != "confirmed" {
		t.Errorf("the director's own word is the unit's: %s", own.Body)
	}
}

package app_test

import "testing"

// What is looked for and not found is paused for that reason: by it a planner counts what was not found, until it turns up.
func TestWhatWasNotLocatedIsCountedByTheReasonOfItsPause(t *testing.T) {
	w := newWorld(t, 1)
	count := func(reason string, want int) {
		t.Helper()
		if list := w.ok(planner, "GET", "/v1/work-orders?hold_reason="+reason, nil).List("items"); len(list) != want {
			t.Errorf("%s: %d orders, want %d", reason, len(list), want)
		}
	}
	lost, barred := w.ordered(), w.ordered()
	for id, reason := range map[string]string{lost: "not_located", barred: "awaiting_access"} {
		w.act(engineer, id, "assign", j{"technician_id": "s-technician"})
		w.act(technician, id, "start", nil)
		if o := w.act(technician, id, "hold", j{"reason": reason}); o.Text("hold.reason") != reason {
			t.Errorf("%s", o.Body)
		}
	}
	count("not_located", 1)
	count("not_located,awaiting_access", 2)
	w.refused(422, "validation-failed", technician, "POST", "/v1/work-orders/"+lost+"/hold", j{"reason": "equipment_not_found"})
	w.refused(422, "validation-failed", planner, "GET", "/v1/work-orders?hold_reason=lost", nil)
	w.act(technician, lost, "resume", nil)
	count("not_located", 0)
}

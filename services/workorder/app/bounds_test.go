package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// What an order refers to goes into its events, and is a key, not what people write.
func TestAReferenceIsNoText(t *testing.T) {
	w := newWorld(t, 1)
	for key, status := range map[string]int{"LA-019GYN010-E3-2017": 201, "LCEN/2025_3.1": 201, "donado por Juana Pérez": 422, " ": 422, "\u200b": 422, "PéREZ": 422} {
		for _, in := range []j{{"project_id": key}, {"funding_source": j{"kind": "donation", "ref_id": key}}} {
			in["unit_id"], in["target"], in["effect"] = "BSIST000014", j{"kind": "unit"}, "none"
			if a := w.call(engineer, "POST", "/v1/work-orders", in); a.Status != status || status == 422 && !strings.Contains(string(a.Body), "_id") {
				t.Errorf("%v: %d %s", in, a.Status, a.Body)
			}
		}
	}
}

// TestAnOrderFullOfNotesCanStillEnd: what people write at each step is kept up to a bound; then a step is taken without a note, and the
// order can be cancelled, which needs one.
func TestAnOrderFullOfNotesCanStillEnd(t *testing.T) {
	w := newWorld(t, 1)
	id := w.ordered()
	w.act(engineer, id, "assign", j{"technician_id": "s-technician"})
	w.act(technician, id, "start", nil)
	pause := j{"reason": "other", "note": "a" + strings.Repeat("\u2028", 1998) + "z"} // 12 KB
	w.act(technician, id, "hold", pause)
	w.act(technician, id, "resume", nil)
	w.instances[0].Rewrite("work_orders", id, func(body map[string]json.RawMessage) { // as after 75 pauses
		var notes []json.RawMessage
		w.must(json.Unmarshal(body["notes"], &notes))
		last := notes[len(notes)-1]
		for size := 0; size < 900<<10; size += len(last) { // a document may have 1 MB, and nothing is added to the last 64 KB
			notes = append(notes, last)
		}
		body["notes"], _ = json.Marshal(notes) // it was JSON
	})
	full := false
	for n := range 6 {
		a := w.call(technician, "POST", "/v1/work-orders/"+id+"/hold", pause)
		if full = a.Status == http.StatusUnprocessableEntity; full {
			if !strings.Contains(string(a.Body), "document-too-large") || n == 0 {
				t.Fatalf("hold %d: %s", n+1, a.Body)
			}
			break
		}
		w.act(technician, id, "resume", nil)
	}
	if !full {
		t.Fatal("6 more notes of 12 KB, 60 KB below the bound, and all were taken")
	}
	w.act(contracts, id, "cancel", j{"note": pause["note"]})
	w.heard()
}

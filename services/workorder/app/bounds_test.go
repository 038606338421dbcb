package app_test

import (
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
	note := "a" + strings.Repeat("\u2028", 1998) + "z"
	full := false
	for range 120 {
		a := w.call(technician, "POST", "/v1/work-orders/"+id+"/hold", j{"reason": "other", "note": note})
		if full = a.Status == http.StatusUnprocessableEntity; full {
			if !strings.Contains(string(a.Body), "document-too-large") {
				t.Fatalf("hold: %s", a.Body)
			}
			break
		}
		w.act(technician, id, "resume", nil)
	}
	if !full {
		t.Fatal("120 notes of 12 KB and no bound")
	}
	w.act(contracts, id, "cancel", j{"note": note})
	w.heard()
}

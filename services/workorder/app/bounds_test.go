package app_test

import (
	"net/http"
	"strings"
	"testing"
)

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

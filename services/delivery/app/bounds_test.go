package app_test

import (
	"strings"
	"testing"
)

// TestNoDeliveryGrowsBeyondItsEvents: a delivery of as many lines as there may be can be confirmed in the plain way, is refused with as
// many reasons as there may be on each, and whatever was accepted is told.
func TestNoDeliveryGrowsBeyondItsEvents(t *testing.T) {
	const lines = 500
	_, s := start(t)
	send := func(description string) map[string]any {
		out := make([]map[string]any, lines)
		for i := range out {
			out[i] = map[string]any{"type_id": typeID(2), "quantity": 100, "description": description}
		}
		return map[string]any{"unit_id": "BSIST000014", "lines": out}
	}
	create(t, s, office, map[string]any{"unit_id": "BSIST000014", "lines": []any{map[string]any{"type_id": typeID(2), "quantity": 1}}})
	for _, description := range []string{strings.Repeat("ñ", 200), strings.Repeat("\"<", 100)} {
		a := s.Call(office, "POST", "/v1/deliveries", send(description))
		if a.Status != 422 || !strings.Contains(string(a.Body), "document-too-large") {
			t.Errorf("500 lines of %d bytes: %d %.200s", len(description), a.Status, a.Body)
		}
	}
	d := s.Want(201, office, "POST", "/v1/deliveries", send("Estuche de diagnóstico"))
	path := "/v1/deliveries/" + d["id"].(string)
	s.Want(200, office, "POST", path+"/dispatch", nil)
	s.Want(200, director, "POST", path+"/arrive", nil)
	confirm := func(reasons int) map[string]any {
		found := make([]map[string]any, lines)
		for i := range found {
			var rejections []any
			for range reasons {
				rejections = append(rejections, map[string]any{"reason": "damaged", "quantity": 1})
			}
			found[i] = map[string]any{"line": i + 1, "accepted": 100 - reasons, "rejections": rejections}
		}
		return map[string]any{"lines": found}
	}
	a := s.Call(director, "POST", path+"/confirm", confirm(20))
	if a.Status != 422 || !strings.Contains(string(a.Body), "document-too-large") {
		t.Fatalf("20 reasons on each of 500 lines: %d %.300s", a.Status, a.Body)
	}
	got := s.Want(200, director, "POST", path+"/confirm", confirm(1))
	if got["state"] != "confirmed" {
		t.Errorf("it is confirmed with a reason on each line, got %v", got["state"])
	}
	s.Published()
}
